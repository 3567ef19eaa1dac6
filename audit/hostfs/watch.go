//go:build linux

package hostfs

import (
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// Watch adds a directory to an inotify(7) instance with the given mask and
// returns the watch descriptor and what the directory is. inotify takes a path, which whoever owns a part
// of it may exchange meanwhile; this resolves it as every other operation does,
// does not follow a link at its end, and hands the kernel the pinned directory.
//
// A directory of a file system that was merely allowed (see [Root.Allow]) is an
// ErrFilesystem: what other machines change there the kernel does not tell.
func (v *View) Watch(instance int, path string, mask uint32) (int, Info, error) {
	if err := v.begin(); err != nil {
		return -1, Info{}, err
	}
	defer v.end()
	l, err := v.resolve("watch", path, false, false)
	if err != nil {
		return -1, Info{}, err
	}
	defer l.close()
	if l.info.Type != Directory {
		return -1, Info{}, &PathError{"watch", audit.Untrusted(path), unix.ENOTDIR}
	}
	table, err := v.root.mounts.current()
	if err != nil {
		return -1, Info{}, err
	}
	if !entered[table.byID[l.info.MntID].fstype] {
		return -1, Info{}, &PathError{"watch", audit.Untrusted(path), ErrFilesystem}
	}
	wd, err := unix.InotifyAddWatch(instance, procPath(l.fd), mask|unix.IN_ONLYDIR|unix.IN_EXCL_UNLINK)
	if err != nil {
		return -1, Info{}, &PathError{"watch", audit.Untrusted(path), err}
	}
	return wd, l.info, nil
}

// Unheard is a View like [Root.Self]'s of which OnPath is told nothing: for looking
// at what accounts own.
func (r *Root) Unheard() *View { return &View{root: r, follower: r.own.euid, unheard: true} }

// OnPath has f told of every path that is looked up with the process's own
// rights, and of where links on it lead; a listed directory has a slash at its
// end. Whoever keeps an audit current watches these. f is called by several
// goroutines. Call it before the first use of a View.
func (r *Root) OnPath(f func(path string)) { r.onPath = f }

func (v *View) tells() bool { return v.root.onPath != nil && !v.kept && !v.unheard }

func (v *View) tell(path string) {
	if v.tells() {
		v.root.onPath(path)
	}
}

func (v *View) tellListed(path string) {
	if v.tells() {
		v.root.onPath(path + "/")
	}
}

// tellBelow tells what is left of a path whose link led to the directory reached.
func (v *View) tellBelow(rest string) {
	if v.tells() {
		v.root.onPath(v.here() + "/" + rest)
	}
}

// Forget has the directories above the homes looked at again by the next View,
// however recently that was done: somebody learnt that one of them changed.
func (r *Root) Forget() {
	r.cache.mu.Lock()
	defer r.cache.mu.Unlock()
	if g := r.cache.current; g != nil {
		g.born = time.Time{}
	}
}
