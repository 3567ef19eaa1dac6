package collect

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

var types = map[hostfs.Type]facts.Type{
	hostfs.Regular: facts.Regular, hostfs.Directory: facts.Directory, hostfs.Symlink: facts.Symlink,
	hostfs.FIFO: facts.FIFO, hostfs.Socket: facts.Socket,
	hostfs.CharDevice: facts.CharDevice, hostfs.BlockDevice: facts.BlockDevice,
}

// node turns what the accessor saw into a fact.
func node(path audit.Untrusted, i *hostfs.Info) facts.Node {
	return facts.Node{
		Path: path, Type: types[i.Type], Mode: i.Mode, UID: i.UID, GID: i.GID, Links: i.Nlink,
		Size: i.Size, Dev: i.Dev, Ino: i.Ino, Immutable: i.Immutable || i.AppendOnly,
	}
}

// groupWrite is the mode bit that stands for an ACL's mask where there is an ACL.
const groupWrite = 0o020

// withACL adds the named entries of the ACL to a node whose group bits could be a mask.
func withACL(n facts.Node, pin *hostfs.Pin) facts.Node {
	if n.Mode&groupWrite == 0 {
		return n
	}
	acl, err := pin.ACL()
	if err != nil {
		return n
	}
	for _, e := range acl.Entries {
		if e.Tag == hostfs.ACLUser || e.Tag == hostfs.ACLGroup {
			n.ACL = append(n.ACL, facts.ACLEntry{Group: e.Tag == hostfs.ACLGroup, ID: e.ID, Perm: uint8(e.Perm)})
		}
	}
	return n
}

// problem turns an error of the accessor into a fact. exact tells whether the
// accessor had the account's own rights: otherwise a denial proves nothing.
func problem(path string, err error, exact bool) *facts.Problem {
	p := &facts.Problem{At: audit.Untrusted(path), Why: err.Error()}
	var at *hostfs.PathError
	if errors.As(err, &at) {
		p.At = at.Path
	}
	switch errno := hostfs.Errno(err); {
	case errors.Is(err, fs.ErrNotExist):
		p.Failure = facts.Missing
	case !exact:
		p.Failure = facts.Uncertain
	case errno == syscall.EACCES || errno == syscall.EPERM:
		p.Failure = facts.Denied
		if at != nil && at.Op != "read" {
			// Looking a name up needs the right to search its directory, and no other.
			p.Dir = audit.Untrusted(filepath.Dir(string(at.Path)))
		}
	case errno == syscall.ELOOP:
		p.Failure = facts.Loop
	case errno == syscall.ENOTDIR:
		p.Failure = facts.NotDirectory
	case errno == syscall.ENAMETOOLONG:
		p.Failure = facts.NameTooLong
	default:
		p.Failure = facts.Uncertain
	}
	return p
}
