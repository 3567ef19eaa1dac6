//go:build linux

package repair

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

// maxListed bounds the entries of ~/.ssh that are looked at.
const maxListed = 4096

// object is a pinned object of the account and what was seen of it.
type object struct {
	rel string
	pin *hostfs.Pin
	observed
}

// look is one pass over an account's objects, with one identity.
type look struct {
	t    Target
	home *hostfs.Walked
	view *hostfs.View
	// asRoot: a dry run looks where the account will be able to look afterwards.
	asRoot bool
	// blocked are places that the identity could not reach.
	blocked []place
	objects []object
	placed  map[string]bool
	notes   *notes
	buf     []byte
}

// close lets go of everything but the home.
func (l *look) close() {
	for _, o := range l.objects {
		if o.pin != &l.home.Pin {
			o.pin.Close()
		}
	}
	l.objects = nil
}

// all looks at every place and at every entry of ~/.ssh.
func (l *look) all() {
	l.placed = map[string]bool{}
	for _, p := range places(l.t) {
		l.placed[p.rel] = true
		l.one(p)
	}
	i := slices.IndexFunc(l.objects, func(o object) bool { return o.rel == ".ssh" })
	if i < 0 || l.objects[i].info.Type != hostfs.Directory {
		return
	}
	names, err := listNames(l.objects[i].pin)
	if errors.Is(err, fs.ErrPermission) {
		l.blocked = append(l.blocked, place{".ssh", keyfiles.SSHDir})
		return
	}
	if err != nil {
		l.notes.refuse(".ssh", asRefusal(err, "list"))
		return
	}
	if len(names) > maxListed {
		l.notes.refuse(".ssh", refuse(reasonTooMany, "more than %d entries; those beyond were not looked at", maxListed))
		names = names[:maxListed]
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	for _, name := range names {
		if rel := ".ssh/" + name; !l.placed[rel] {
			l.one(place{rel, keyfiles.KindOf(name)})
		}
	}
}

// rank puts what sshd reads before what nobody reads: the number of repairs in
// one run is bounded, and the account chooses the other names.
func rank(name string) int {
	switch keyfiles.KindOf(name) {
	case keyfiles.AuthorizedKeys:
		return 0
	case keyfiles.Other:
		return 2
	default:
		return 1
	}
}

// listNames lists the pinned directory, maxListed+1 names at most.
func listNames(p *hostfs.Pin) ([]string, error) {
	dir, err := os.OpenFile(fdPath(p.Fd()), unix.O_DIRECTORY|unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(maxListed + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}

// one pins and observes a place; what is not there is no matter.
func (l *look) one(p place) {
	pin := &l.home.Pin
	if p.rel != "" {
		var err error
		if pin, err = l.home.Beneath(p.rel); err != nil {
			l.unreached(p, err)
			return
		}
	}
	o := object{rel: p.rel, pin: pin, observed: observed{kind: p.kind, info: pin.Info}}
	l.observe(&o)
	if o.skip() {
		if p.rel != "" {
			pin.Close()
		}
		return
	}
	l.objects = append(l.objects, o)
}

// skip tells that neither program minds the object: sub-directories and
// sockets of ~/.ssh, and anything but a file under a name of no meaning.
func (o *object) skip() bool {
	if o.kind.Directory() || o.info.Type == hostfs.Regular {
		return false
	}
	guessed := o.kind == keyfiles.PrivateKey || o.kind == keyfiles.PublicKey
	return o.kind == keyfiles.Other || guessed && (o.info.Type == hostfs.Directory || o.info.Type == hostfs.Socket)
}

// observe adds what takes more calls, and only where it can matter.
func (l *look) observe(o *object) {
	if o.info.UID != l.t.UID {
		o.readable = l.reads(o)
		if l.asRoot {
			o.readable = o.info.Mode&0o004 != 0
		}
	}
	loose := o.info.Mode&0o077 != 0
	if loose && o.info.Type == hostfs.Regular && o.kind != keyfiles.AuthorizedKeys && o.kind != keyfiles.PrivateKey {
		l.probe(o)
	}
	if keyfiles.Target(o.kind, o.info.Mode) != o.info.Mode && o.info.Type != hostfs.Symlink {
		if acl, err := o.pin.ACL(); err == nil {
			o.acl = acl
		}
	}
}

// probe finds private keys that have another name.
func (l *look) probe(o *object) {
	text, err := o.pin.ReadAll(keyfiles.PrivateProbe, l.buf)
	if err != nil && !errors.Is(err, hostfs.ErrTooLarge) {
		return
	}
	if keyfiles.LooksPrivate(text) {
		o.kind = keyfiles.PrivateKey
	}
	l.buf = text[:0]
}

// reads reports whether this identity may read the file or enter the directory.
func (l *look) reads(o *object) bool {
	switch o.info.Type {
	case hostfs.Directory:
		fd, err := unix.Openat(o.pin.Fd(), ".", unix.O_PATH|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err == nil
	case hostfs.Regular:
		fd, err := unix.Open(fdPath(o.pin.Fd()), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err == nil || errors.Is(err, unix.EAGAIN) // a lease stands on it
	default:
		return false
	}
}

// unreached says why a place could not be pinned, where that matters.
func (l *look) unreached(p place, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		// Not there; what stands in the way of it is a place of its own.
	case l.notes.seen[parentOf(p.rel)] && p.rel != "":
		// The directory itself was reported.
	case errors.Is(err, fs.ErrPermission):
		l.blocked = append(l.blocked, p)
	case errors.Is(err, hostfs.ErrSymlink):
		l.link(p)
	case p.kind == keyfiles.Other && errors.Is(err, hostfs.ErrFilesystem):
	default:
		l.notes.refuse(p.rel, hostfsRefusal(err))
	}
}

// link reports a symbolic link, unless sshd is content with what it leads to.
// A link is never followed to change something.
func (l *look) link(p place) {
	if p.kind == keyfiles.Other {
		return
	}
	at := shownPath(string(l.home.Path), p.rel)
	info, err := l.view.Stat(at)
	directory := p.kind.Directory()
	strict := directory || p.kind == keyfiles.AuthorizedKeys || p.kind == keyfiles.PrivateKey
	switch {
	case err != nil && !strict:
		return
	case err == nil && !directory && info.UID == l.t.UID && keyfiles.Target(p.kind, info.Mode) == info.Mode:
		return
	case err == nil && !strict && info.UID == 0 && !keyfiles.OthersWrite(info.Mode):
		return
	}
	target, err := l.view.Readlink(at)
	if err != nil {
		// Some directory above is the link; it is a place of its own, or the
		// name became something else meanwhile.
		target = "another place"
	}
	l.notes.refuse(p.rel, refuse(reasonSymlink,
		"it is a symbolic link to %s, or lies behind one; sshaudit does not follow links that a user controls: repair what it leads to by hand", target))
}

// denied reports the places that stayed out of reach.
func (l *look) denied() {
	for _, p := range l.blocked {
		if l.notes.seen[parentOf(p.rel)] || p.kind == keyfiles.Other {
			continue
		}
		l.notes.refuse(p.rel, refuse(reasonDenied, "permission denied as uid %d; what is behind it was not looked at", l.t.UID))
	}
}

func parentOf(rel string) string {
	if i := strings.LastIndexByte(rel, '/'); i >= 0 {
		return rel[:i]
	}
	return ""
}

// octal writes a mode as reports have it.
func octal(mode uint32) string { return fmt.Sprintf("%04o", mode) }

func owners(uid, gid uint32) string { return fmt.Sprintf("%d:%d", uid, gid) }
