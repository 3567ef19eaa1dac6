//go:build linux

package hostfs

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

const (
	maxPath  = unix.PathMax - 1
	maxLinks = 40 // MAXSYMLINKS in the kernel's fs/namei.c and in glibc's realpath
	// maxDepth bounds the directories pinned at once; a link can ask for 2000.
	maxDepth = 256
	// maxSteps bounds the components of one resolution, those of links included.
	maxSteps = 8192
	// maxAccountSteps bounds those of all resolutions for one account: links can
	// make each of 4096 names as long as a name can be.
	maxAccountSteps = 1 << 18
)

// leaf is what a path leads to.
type leaf struct {
	name string
	fd   int
	info Info
	// plain and readable: see node.
	plain, readable bool
	// owned: fd is not on the trail and the receiver closes it.
	owned bool
	// isDir: the object is the trail's top.
	isDir bool
}

func (l *leaf) close() {
	if l.owned {
		closeFD(l.fd)
		l.owned = false
	}
}

// resolve walks path as open(2) does: path_resolution(7). follow says whether a
// link at the end is followed; a trailing slash follows it in any case. list says
// that a directory at the end is going to be listed.
func (v *View) resolve(op, path string, follow, list bool) (leaf, error) {
	if len(path) == 0 || path[0] != '/' || len(path) > maxPath || strings.IndexByte(path, 0) >= 0 {
		return leaf{}, &PathError{op, audit.Untrusted(path), ErrPath}
	}
	v.tell(path)
	v.depth = 1
	v.links = v.links[:0]
	rest, links := path, 0
	for range maxSteps {
		if v.steps++; v.kept && v.steps > maxAccountSteps {
			break
		}
		name, tail := component(rest)
		if name == "" {
			t := v.top()
			return leaf{name: t.name, fd: t.fd, info: t.info, plain: t.plain, isDir: true}, nil
		}
		last := strings.Trim(tail, "/") == ""
		rest = tail
		if name == "." || name == ".." {
			if err := v.dot(op, name); err != nil {
				return leaf{}, err
			}
			continue
		}
		n, err := v.step(op, name, list && last)
		if err != nil {
			return leaf{}, err
		}
		switch {
		case n.info.Type == Directory:
			continue
		case n.info.Type == Symlink && (!last || follow || tail != ""):
			if links++; links > maxLinks {
				closeFD(n.fd)
				return leaf{}, v.fail(op, name, unix.ELOOP)
			}
			target, err := v.follow(op, n, last)
			if err != nil {
				return leaf{}, err
			}
			if len(target)+len(rest) > 2*maxPath {
				return leaf{}, v.fail(op, name, unix.ENAMETOOLONG)
			}
			rest = target + rest
			v.tellBelow(rest)
		case !last || tail != "":
			closeFD(n.fd)
			return leaf{}, v.fail(op, name, unix.ENOTDIR)
		default:
			return leaf{name: n.name, fd: n.fd, info: n.info, plain: n.plain, readable: n.readable, owned: true}, nil
		}
	}
	return leaf{}, &PathError{op, audit.Untrusted(path), ErrTooLarge}
}

// component splits the first name off a path; tail keeps its slashes.
func component(path string) (name, tail string) {
	path = strings.TrimLeft(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

func (v *View) fail(op, name string, err error) error {
	return &PathError{op, audit.Untrusted(v.pathTo(v.depth, name)), err}
}

// dot handles "." and "..", both of which need the right to search the directory.
// ".." of the root is the root; of any other directory, the one we came through.
func (v *View) dot(op, name string) error {
	if err := v.searched(); err != nil {
		return err
	}
	fd, e := v.pin(".")
	if e != 0 {
		return v.fail(op, name, e)
	}
	closeFD(fd)
	if name == ".." && v.depth > 1 {
		v.depth--
	}
	return nil
}

// step goes to name in the directory reached. A directory is put on the trail;
// anything else is returned pinned and belongs to the caller.
func (v *View) step(op, name string, list bool) (node, error) {
	if n, ok := v.remembered(name); ok {
		if n.crossed && v.sealed != "" {
			if path := v.pathTo(v.depth, name); v.inside(path) {
				return node{}, v.fail(op, name, v.root.mountOn(v.top().info.MntID, path))
			}
		}
		v.depth++
		return n, nil
	}
	v.cut(v.depth)
	if n, ok := v.takeHeld(name); ok {
		return n, nil
	}
	if v.depth >= maxDepth {
		return node{}, v.fail(op, name, ErrTooLarge)
	}
	n, err := v.open(op, name, list)
	if err != nil || n.info.Type != Directory {
		return n, err
	}
	if parent := v.top().cached; parent != nil && !n.readable {
		v.root.offer(v.gen, parent, &n)
	}
	v.push(n)
	return n, nil
}

// remembered puts a directory that is pinned already on the trail, if it is not
// there from the last way.
func (v *View) remembered(name string) (node, bool) {
	if v.depth < len(v.trail) && v.trail[v.depth].name == name {
		return v.trail[v.depth], true
	}
	parent := v.top().cached
	if parent == nil {
		return node{}, false
	}
	c := v.root.cache.child(parent, name)
	if c == nil {
		return node{}, false
	}
	v.cut(v.depth)
	v.trail = append(v.trail, c.node)
	return c.node, true
}

// takeHeld hands out a file that a listing of the directory reached has pinned.
func (v *View) takeHeld(name string) (node, bool) {
	if v.depth != v.heldDepth {
		return node{}, false
	}
	for i, n := range v.held {
		if n.name == name {
			v.held = slices.Delete(v.held, i, i+1)
			return n, true
		}
	}
	return node{}, false
}

func (v *View) push(n node) {
	v.trail = append(v.trail, n)
	v.depth++
}

// follow reads the link n and closes it. An absolute target starts at the root.
func (v *View) follow(op string, n node, last bool) (string, error) {
	defer closeFD(n.fd)
	if err := v.become(); err != nil {
		return "", err
	}
	if err := v.mayFollow(n, last); err != nil {
		return "", v.fail(op, n.name, err)
	}
	size, e := readlinkFD(n.fd, v.link[:])
	if e == 0 && size == 0 {
		e = unix.ENOENT
	}
	if e == 0 && size > maxPath {
		e = unix.ENAMETOOLONG
	}
	if e != 0 {
		return "", v.fail(op, n.name, e)
	}
	target := string(v.link[:size])
	if v.collect {
		v.links = append(v.links, Link{Path: audit.Untrusted(v.pathTo(v.depth, n.name)),
			Target: audit.Untrusted(target), Info: n.info, In: v.top().info})
	}
	if target[0] == '/' {
		v.depth = 1
	}
	return target, nil
}

// mayFollow applies the rules about following links that the kernel would apply,
// and ours. For fs.protected_symlinks see may_follow_link in fs/namei.c: it looks
// at the last component only. A View that could not become the account follows
// only links that no account can have made: otherwise a link to /etc/shadow would
// be read with root's rights.
func (v *View) mayFollow(n node, last bool) error {
	dir := v.top().info
	const shared = unix.S_ISVTX | unix.S_IWOTH
	if v.root.guardLinks && last && dir.Mode&shared == shared && n.info.UID != v.follower && n.info.UID != dir.UID {
		return unix.EACCES
	}
	if v.foreign && (n.info.UID != 0 || dir.UID != 0 || dir.Mode&0022 != 0) {
		return ErrSymlink
	}
	table, err := v.root.mounts.current()
	if err != nil {
		return err
	}
	if table.byID[n.info.MntID].nosymfollow {
		return unix.ELOOP
	}
	return nil
}
