//go:build linux

package hostfs

import (
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// Beneath pins rel below the pinned directory, strictly, for a repair: no link is
// followed and none is returned (ErrSymlink), no mount is crossed (ErrFilesystem),
// no "..". rel is one or more names, "/" between them.
func (p *Pin) Beneath(rel string) (*Pin, error) {
	if p.Info.Type != Directory {
		return nil, p.fail("open", unix.ENOTDIR)
	}
	dir := p
	for {
		name, rest, more := strings.Cut(rel, "/")
		at := audit.Untrusted(strings.TrimSuffix(string(dir.Path), "/") + "/" + name)
		if name == "" || name == "." || name == ".." || strings.IndexByte(name, 0) >= 0 {
			return nil, &PathError{"open", at, ErrPath}
		}
		next, err := dir.strictly(name, at)
		if err == nil && next.Info.Type == Symlink {
			err = ErrSymlink
		}
		if err == nil && more && next.Info.Type != Directory {
			err = unix.ENOTDIR
		}
		if dir != p {
			dir.Close()
		}
		if err != nil {
			next.Close()
			return nil, &PathError{"open", at, err}
		}
		if !more {
			return next, nil
		}
		dir, rel = next, rest
	}
}

// strictly pins one name in the pinned directory.
func (p *Pin) strictly(name string, at audit.Untrusted) (*Pin, error) {
	next := &Pin{root: p.root, fd: -1, view: p.view, turn: p.turn, Path: at}
	if p.waiting() {
		if err := p.view.become(); err != nil {
			return next, err
		}
	}
	s := p.root.scratch.Get().(*scratch)
	defer p.root.scratch.Put(s)
	fd, e := p.root.pin(s, &node{fd: p.fd, info: p.Info}, name, func() string { return string(p.Path) })
	if e == unix.EXDEV {
		return next, p.root.mountOn(p.Info.MntID, string(at))
	}
	if e != 0 {
		return next, reason(e)
	}
	next.fd = fd
	if next.Info, e = statFD(p.root.procFD, fd); e != 0 {
		return next, e
	}
	return next, nil
}
