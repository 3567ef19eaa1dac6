//go:build linux

package hostfs

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// open pins name in the directory reached and describes it, with the rights of the
// account.
func (v *View) open(op, name string, list bool) (node, error) {
	if err := v.searched(); err != nil {
		return node{}, err
	}
	n, err := v.openNow(op, name, list)
	switch {
	case !v.waiting, certainError(err):
		return n, err
	case err == nil && (!n.readable || v.certainList(&n)):
		return n, nil
	case err == nil:
		closeFD(n.fd)
	}
	if err := v.become(); err != nil {
		return node{}, err
	}
	return v.openNow(op, name, list)
}

// openNow is open with the rights that the thread has.
func (v *View) openNow(op, name string, list bool) (node, error) {
	n := node{name: name, plain: v.top().plain}
	var e syscall.Errno
	if list {
		n.fd, e = v.openDir(name)
		n.readable = e == 0
	}
	if !n.readable && e != unix.ENOENT {
		n.fd, e = v.pin(name)
	}
	if e == unix.EXDEV {
		path := v.pathTo(v.depth, name)
		var m mount
		var err error
		n.fd, m, err = v.cross(v.top(), &v.name, v.root.hostPath(path), v.inside(path))
		if err != nil {
			return n, v.fail(op, name, err)
		}
		n.crossed, n.plain = true, judged[m.fstype]
		n.transit = m.fstype == "autofs" && !v.root.enters(m.fstype)
	} else if e != 0 {
		return n, v.fail(op, name, reason(e))
	}
	if n.info, e = statFD(v.root.procFD, n.fd); e != 0 {
		closeFD(n.fd)
		return n, v.fail(op, name, e)
	}
	return n, nil
}

func reason(e syscall.Errno) error {
	if e == unix.EAGAIN {
		return ErrBusy
	}
	return e
}

// openDir opens a directory for listing at once, instead of pinning it first:
// O_DIRECTORY keeps the kernel from opening anything else.
func (v *View) openDir(name string) (int, syscall.Errno) {
	return v.openFor(name, readFlags|unix.O_DIRECTORY|unix.O_NOFOLLOW)
}

// openFor opens name strictly in the directory reached.
func (v *View) openFor(name string, flags uint64) (int, syscall.Errno) {
	if !v.name.set(name) {
		return -1, unix.ENAMETOOLONG
	}
	if v.top().transit {
		return -1, unix.EXDEV
	}
	v.how = unix.OpenHow{Flags: flags, Resolve: strict}
	return openat2(v.top().fd, &v.name, &v.how)
}

// pin opens name in the directory reached.
func (v *View) pin(name string) (int, syscall.Errno) {
	return v.root.pin(v.scratch, v.top(), name, v.here)
}

// pin opens one component with O_PATH: a link or a mount is never followed. In
// an automounter's directory nothing is looked up that is not mounted. dir names
// the directory d, for the kernels that need it.
func (r *Root) pin(s *scratch, d *node, name string, dir func() string) (int, syscall.Errno) {
	if !s.name.set(name) {
		return -1, unix.ENAMETOOLONG
	}
	if d.transit && name != "." {
		return -1, unix.EXDEV
	}
	s.how = unix.OpenHow{Flags: pinFlags, Resolve: strict}
	fd, e := openat2(d.fd, &s.name, &s.how)
	if e == unix.ENOSYS || e == unix.EPERM {
		return r.pinOld(s, d, strings.TrimSuffix(dir(), "/")+"/"+name)
	}
	return fd, e
}

// pinOld is pin without openat2: kernels before 5.6, and filters that forbid it.
// The mount table is asked before the name is touched, and the result must lie on
// the same mount. A mount that appears in between is noticed, not entered.
func (r *Root) pinOld(s *scratch, d *node, path string) (int, syscall.Errno) {
	table, err := r.mounts.current()
	if err != nil {
		return -1, Errno(err)
	}
	if _, ok := table.on(d.info.MntID, r.hostPath(path)); ok {
		return -1, unix.EXDEV
	}
	fd, e := openat(d.fd, &s.name, pinFlags)
	if e != 0 {
		return fd, e
	}
	id, e := mountOfFD(r.procFD, fd)
	if e == 0 && id != d.info.MntID {
		e = unix.EXDEV
	}
	if e != 0 {
		closeFD(fd)
		return -1, e
	}
	return fd, 0
}
