package collect

import (
	"errors"
	"fmt"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/sshdconf"
)

const (
	// keyFileSize bounds one key file, in bytes.
	keyFileSize = 16 << 20
	// maxGlobbed bounds the files that one entry of AuthorizedKeysFile matches.
	maxGlobbed = 64
)

// servers fills in the account as each sshd of the host sees it.
func (r *accountReader) servers() {
	h := r.c.host
	r.a.Via = grown(r.a.Via, len(h.Servers))
	for i, s := range h.Servers {
		via := &r.a.Via[i]
		via.Server = s
		if s.Config == nil {
			continue
		}
		settings, err := s.Config.Effective(r.conn(s))
		if err != nil {
			errors.As(err, &via.Dies) // the host's checks tell it too
			continue
		}
		via.Settings, via.Policy = settings, r.c.policy(settings)
		via.KeyFiles = make([]*facts.KeyFile, 0, len(via.Policy.KeyFiles))
		for _, entry := range via.Policy.KeyFiles {
			via.KeyFiles = r.entry(via.KeyFiles, s, via.Policy, entry)
		}
		if r.peer != nil {
			r.after(via)
		}
	}
}

// policy takes the policy out of settings, once for all accounts that share them.
func (c *Collector) policy(s *sshdconf.Settings) *facts.Policy {
	if p, known := c.policies.Load(s); known {
		return p.(*facts.Policy)
	}
	policy := facts.NewPolicy(s)
	c.lists(policy, s)
	p, _ := c.policies.LoadOrStore(s, policy)
	return p.(*facts.Policy)
}

// conn is a connection of the account from an unnamed address to the server's port.
func (r *accountReader) conn(s *facts.Server) sshdconf.Conn {
	conn := sshdconf.Conn{User: r.a.Name, LocalPort: s.Port}
	if r.peer != nil {
		conn = r.peer.conn(s, r.a.Name)
	}
	if s.Config.DependsOnUser() {
		conn.Groups = r.c.host.Accounts.GroupNames(&r.a.Account)
	}
	return conn
}

// entry reads the files of one entry of AuthorizedKeysFile: one, or from 10.0 on
// those that the pattern matches (auth2-pubkey.c user_key_allowed). They are
// appended to list.
func (r *accountReader) entry(list []*facts.KeyFile, s *facts.Server, policy *facts.Policy, entry string) []*facts.KeyFile {
	if strings.EqualFold(entry, "none") {
		return list
	}
	path, unknown := sshdconf.KeysPath(entry, r.a.Account.Home, r.a.Name, r.a.UID)
	if unknown != 0 {
		return append(list, &facts.KeyFile{Setting: entry, Path: audit.Untrusted(path), BadToken: unknown})
	}
	if len(path) >= pathMax {
		return append(list, &facts.KeyFile{Setting: entry, Path: audit.Untrusted(path), Problem: r.tooLong(entry, path)})
	}
	if path[0] != '/' {
		path = "/" + path // the home is relative, and sshd works in /
	}
	if !s.Globs || !strings.ContainsAny(path, `*?[\`) {
		return append(list, r.keyFile(s, policy, entry, path))
	}
	found, err := r.v.Glob(path, maxGlobbed)
	if err != nil {
		return append(list, &facts.KeyFile{Setting: entry, Path: audit.Untrusted(path), Problem: problem(path, err, false)})
	}
	for _, p := range found {
		list = append(list, r.keyFile(s, policy, entry, p))
	}
	return list
}

// pathMax is PATH_MAX: a path must be shorter.
const pathMax = 4096

// tooLong is the problem of a path that nothing can open. sshd dies of one that
// it made of the home and a relative entry (auth.c expand_authorized_keys).
func (r *accountReader) tooLong(entry, path string) *facts.Problem {
	p := &facts.Problem{Failure: facts.TooLong, At: audit.Untrusted(path), Why: "the path has 4096 bytes or more"}
	if strings.HasPrefix(entry, "/") || strings.HasPrefix(entry, "%h") && strings.HasPrefix(r.a.Account.Home, "/") {
		p.Failure = facts.NameTooLong
	}
	return p
}

// keyFile opens one key file as the account and reads it; several sshds of one
// release share the result.
func (r *accountReader) keyFile(s *facts.Server, policy *facts.Policy, entry, path string) *facts.KeyFile {
	for _, f := range r.files {
		if string(f.Path) == path && f.Release == s.Version {
			return f
		}
	}
	f := r.spare.keyFile()
	f.Setting, f.Path, f.Release = entry, audit.Untrusted(path), s.Version
	r.files = append(r.files, f)
	if f.Problem = r.absent(path); f.Problem != nil {
		return f
	}
	walked := &r.walked
	if err := r.v.WalkInto(walked, path); err != nil {
		f.Problem = problem(path, err, r.exact)
		return f
	}
	defer walked.Close()
	f.Node = withACL(node(walked.Path, &walked.Info), &walked.Pin)
	f.Dirs = grown(f.Dirs, len(walked.Chain))
	for i := range walked.Chain {
		f.Dirs[i] = node(walked.Chain[i].Path, &walked.Chain[i].Info)
		if f.Dirs[i].Mode&groupWrite != 0 {
			f.Dirs[i] = r.dirACL(f.Dirs[i])
		}
	}
	if r.c.host.SELinux {
		label, err := walked.Label()
		if err == nil {
			f.Label = string(label)
			r.label(f)
		}
	}
	if f.Type == facts.Regular {
		r.read(f, walked, policy)
	}
	return f
}

// absent tells from the listing of .ssh that a file in it does not exist, which
// is the usual fate of authorized_keys2; nil if the listing does not tell.
func (r *accountReader) absent(path string) *facts.Problem {
	dir := strings.TrimSuffix(r.a.Account.Home, "/") + "/.ssh"
	name, ok := strings.CutPrefix(path, dir+"/")
	d := &r.a.SSHDir
	switch {
	case !ok || name == "" || strings.ContainsRune(name, '/') || name[0] == '.':
		return nil
	case d.Problem != nil && d.Problem.Failure == facts.Missing && !d.Link:
		return d.Problem
	case d.Problem != nil || d.Type != facts.Directory || d.Truncated || r.has(name):
		return nil
	case d.UID != r.a.UID || d.Mode&ownerSearch == 0:
		return nil // it may be that the account can list the directory and not search it
	}
	return &facts.Problem{Failure: facts.Missing, At: audit.Untrusted(path), Why: "the file does not exist"}
}

// ownerSearch is the right of a directory's owner to reach what is in it.
const ownerSearch = 0o100

// has tells whether .ssh has an entry of this name.
func (r *accountReader) has(name string) bool {
	for i := range r.a.SSHDir.Entries {
		if string(r.a.SSHDir.Entries[i].Name) == name {
			return true
		}
	}
	return false
}

// dirACL adds the ACL of a directory above a key file.
func (r *accountReader) dirACL(n facts.Node) facts.Node {
	walked, err := r.v.Walk(string(n.Path))
	if err != nil {
		return n
	}
	defer walked.Close()
	return withACL(n, &walked.Pin)
}

// label gives the entry of .ssh that is this file its SELinux label.
func (r *accountReader) label(f *facts.KeyFile) {
	for i := range r.a.SSHDir.Entries {
		if e := &r.a.SSHDir.Entries[i]; e.Path == f.Node.Path {
			e.Label = f.Label
		}
	}
}

// read parses the content of a key file.
func (r *accountReader) read(f *facts.KeyFile, walked *hostfs.Walked, policy *facts.Policy) {
	data, err := walked.ReadAll(keyFileSize, r.buf)
	if cap(data) > cap(r.buf) {
		r.buf = data
	}
	switch {
	case errors.Is(err, hostfs.ErrTooLarge):
		f.Unread = fmt.Sprintf("the file is larger than the %d MiB that are read of a key file; what lies behind was not seen",
			keyFileSize>>20)
	case err != nil && hostfs.Errno(err) != 0 && r.exact:
		// It could be pinned and not read: the account lacks the right to read it.
		f.Problem = problem(string(f.Path), err, r.exact)
		return
	case err != nil:
		f.Unread = err.Error()
		return
	}
	f.Keys = authkeys.ParseInto(r.spare.text(), data, authkeys.Rules{
		Version: f.Release, Now: r.c.host.Now, Zone: r.c.host.Zone, UseDNS: policy.UseDNS,
	})
	if f.Keys.Unread && f.Unread == "" {
		f.Unread = fmt.Sprintf("the file has more than the %d lines that are read of a key file", authkeys.MaxLines)
	}
}
