//go:build linux

package repair

import (
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

const (
	maxHandedFile    = 1 << 20
	maxHandedEntries = 64
)

// mayHand decides whether an object with a wrong owner may become the
// account's. A file that root wrote somewhere in the home can be moved by the
// account to any name in it; giving it away would give away what it says. So
// it must prove by its whole content that it is what its name says.
//
// What it returns for a file is a descriptor with a read lease, -1 for a
// directory: as long as the lease stands, nobody can have written the file
// since it was read. The caller closes it.
func (r *run) mayHand(o *object, t Target, home *hostfs.Walked) (lease int, _ *refusal) {
	if why := r.neverHanded(o, t); why != nil {
		return -1, why
	}
	no := func(why string) *refusal { return ownerRefusal(o.info.UID, t.UID, why) }
	parent, err := parentPin(home, o.rel)
	if err != nil {
		return -1, hostfsRefusal(err)
	}
	if parent != &home.Pin {
		defer parent.Close()
	}
	if parent.Info.UID != 0 && parent.Info.UID != t.UID {
		return -1, no("the directory above it belongs to yet another uid")
	}
	if o.kind == keyfiles.SSHDir {
		return -1, handDirectory(o, t, home, no)
	}
	return r.handFile(o, no)
}

// neverHanded refuses what no content can excuse.
func (r *run) neverHanded(o *object, t Target) *refusal {
	owner := o.info.UID
	no := func(why string) *refusal { return ownerRefusal(owner, t.UID, why) }
	switch {
	case owner == unmappedUID():
		return refuse(reasonUIDUnmapped, "its owner is one that this mount cannot express (shown as uid %d)", owner)
	case o.kind == keyfiles.PrivateKey:
		return no("a private key never changes hands")
	case o.kind == keyfiles.Home:
		return no("a directory above the account's files is not given away")
	case unix.Geteuid() != 0:
		return no("only root may change it")
	case o.info.Mode&0o7000 != 0:
		return no("it has a set-id or sticky bit")
	case owner != 0 && r.living(owner):
		return no("the owner is another account")
	case owner != 0 && r.subordinate(owner):
		return no("the owner is in a range of /etc/subuid")
	}
	return nil
}

// parentPin pins the directory that holds rel.
func parentPin(home *hostfs.Walked, rel string) (*hostfs.Pin, error) {
	if dir := parentOf(rel); dir != "" {
		return home.Beneath(dir)
	}
	return &home.Pin, nil
}

func handDirectory(o *object, t Target, home *hostfs.Walked, no func(string) *refusal) *refusal {
	if home.Info.UID != t.UID {
		return no("the home is not the account's either")
	}
	if keyfiles.OthersWrite(o.info.Mode) {
		return no("others can write it")
	}
	names, err := listNames(o.pin)
	if err != nil {
		return asRefusal(err, "list")
	}
	if len(names) > maxHandedEntries {
		return no("it has more than " + strconv.Itoa(maxHandedEntries) + " entries")
	}
	for _, name := range names {
		if keyfiles.KindOf(name) == keyfiles.Other {
			return no("it holds files that sshd and ssh do not read")
		}
	}
	return nil
}

// handFile reads the file as root and wants every line to be of its kind.
func (r *run) handFile(o *object, no func(string) *refusal) (lease int, _ *refusal) {
	valid := r.f.validFor(path.Base(o.rel))
	if valid == nil {
		return -1, no("sshaudit does not give away files of this name")
	}
	lease, err := leased(o.pin)
	if err != nil {
		return -1, asRefusal(err, "open")
	}
	text, err := o.pin.ReadAll(maxHandedFile, nil)
	var refused *refusal
	if err != nil {
		refused = hostfsRefusal(err)
	} else if keyfiles.LooksPrivate(text) || !valid(text) {
		refused = no("not every line of it is what the name promises")
	}
	if refused != nil {
		unix.Close(lease)
		return -1, refused
	}
	return lease, nil
}

// validFor returns the test for the content of a file of this name, nil for
// names that never change hands.
func (f *Fixer) validFor(name string) func([]byte) bool {
	switch {
	case name == "known_hosts":
		return validKnownHosts
	case name == "config":
		return validClientConfig
	case name == "authorized_keys", name == "authorized_keys2", strings.HasSuffix(name, ".pub"):
		if f.ValidKeys == nil {
			return nil
		}
		// Comments alone prove nothing, whatever they say.
		return func(text []byte) bool {
			return f.ValidKeys(text) && everyLine(text, func([]string) bool { return true })
		}
	}
	return nil
}

// leased opens the pinned regular file for reading and takes a read lease,
// which the kernel grants only while nobody has it open for writing.
func leased(p *hostfs.Pin) (int, error) {
	if p.Info.Type != hostfs.Regular {
		return -1, refuse(reasonType, "it is a %s instead of a %s", p.Info.Type, hostfs.Regular)
	}
	fd, err := unix.Open(fdPath(p.Fd()), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err == unix.EAGAIN {
		return -1, refuse(reasonLeased, "its owner holds a lease on it; run again")
	}
	if err != nil {
		return -1, err
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		return fd, nil
	}
	unix.Close(fd)
	switch err {
	case unix.EAGAIN, unix.EBUSY:
		return -1, refuse(reasonBusy, "somebody has it open for writing; run again")
	case unix.EINVAL, unix.EOPNOTSUPP, unix.ENOLCK:
		return -1, refuse(reasonFilesystem, "the file system has no leases, so that nobody could tell whether it is written meanwhile")
	}
	return -1, err
}

// living reports whether a uid is an account of the host.
func (r *run) living(uid uint32) bool { return r.f.index().uids[uid] }

// leaseStands reports whether nobody opened the file for writing since leased.
func leaseStands(fd int) bool {
	kind, err := unix.FcntlInt(uintptr(fd), unix.F_GETLEASE, 0)
	return err == nil && kind == unix.F_RDLCK
}
