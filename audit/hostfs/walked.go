//go:build linux

package hostfs

import (
	"slices"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// Dir is a directory on a way.
type Dir struct {
	// Path is canonical, inside the root.
	Path audit.Untrusted
	Info Info
}

// Link is a symbolic link that was followed.
type Link struct {
	// Path is where it stands, with earlier links resolved; Target is its text.
	Path, Target audit.Untrusted
	// Info is the link's own; In is that of the directory that holds it.
	Info, In Info
}

// Walked is where a path leads and what lies on the way. Close it.
type Walked struct {
	// Pin is the object itself; its Path is what realpath(3) returns.
	Pin
	// Chain holds every directory from the canonical parent of the object up to
	// "/": what safe_path in OpenSSH's misc.c looks at, in its order.
	Chain []Dir
	// Links holds the links that were followed, in order.
	Links []Link
}

// Walk resolves path as open(2) and realpath(3) do, following links, and pins
// what it leads to. The error is a *PathError that names the component.
func (v *View) Walk(path string) (*Walked, error) {
	w := &Walked{}
	if err := v.WalkInto(w, path); err != nil {
		return nil, err
	}
	return w, nil
}

// WalkInto is Walk into the memory of an earlier result, which was closed.
func (v *View) WalkInto(w *Walked, path string) error {
	if err := v.begin(); err != nil {
		return err
	}
	defer v.end()
	v.collect = true
	l, err := v.resolve("open", path, true, false)
	v.collect = false
	if err != nil {
		return err
	}
	return v.walked(w, l, path)
}

// OpenHome is Walk for an account's home directory, and from then on this View
// crosses no mount below it: whatever is mounted there, the account may have
// mounted it. Anything but a directory is an ErrType.
func (v *View) OpenHome(path string) (*Walked, error) {
	v.sealed = ""
	w, err := v.Walk(path)
	if err != nil {
		return nil, err
	}
	if w.Info.Type != Directory {
		w.Close()
		return nil, &PathError{"open", w.Path, ErrType}
	}
	v.seal(w.Path)
	return w, nil
}

// EnterHome is OpenHome for those who only want to know what the home is.
func (v *View) EnterHome(path string) (Dir, error) {
	v.sealed = ""
	if err := v.begin(); err != nil {
		return Dir{}, err
	}
	defer v.end()
	l, err := v.resolve("open", path, true, false)
	if err != nil {
		return Dir{}, err
	}
	if !l.isDir {
		l.close()
		return Dir{}, v.fail("open", l.name, ErrType)
	}
	d := Dir{Path: audit.Untrusted(v.canonical(v.depth, "", path)), Info: l.info}
	v.seal(d.Path)
	return d, nil
}

func (v *View) seal(home audit.Untrusted) {
	if home != "/" { // a home in name only; nobody but root mounts there
		v.sealed = string(home)
	}
}

// walked fills in w for what path led to.
func (v *View) walked(w *Walked, l leaf, path string) error {
	parents := v.depth
	if l.isDir {
		fd, err := unix.FcntlInt(uintptr(l.fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return v.fail("open", "", err)
		}
		l.fd = fd
		parents--
	}
	w.Pin = Pin{root: v.root, fd: l.fd, Info: l.info, plain: l.plain, readable: l.readable}
	w.bind(v)
	w.Links = append(w.Links[:0], v.links...)
	name := l.name
	if l.isDir {
		name = ""
	}
	path = v.canonical(v.depth, name, path)
	w.Path = audit.Untrusted(path)
	// The paths of the chain are prefixes of the canonical one and share its memory.
	w.Chain = slices.Grow(w.Chain[:0], parents)[:parents]
	end := len(path)
	for i := parents - 1; i >= 0; i-- {
		end -= 1 + nameLen(path[:end])
		w.Chain[parents-1-i] = Dir{Path: audit.Untrusted(path[:max(end, 1)]), Info: v.trail[i].info}
	}
	return nil
}

// nameLen is the length of the last name in a canonical path.
func nameLen(path string) int {
	n := 0
	for n < len(path) && path[len(path)-1-n] != '/' {
		n++
	}
	return n
}
