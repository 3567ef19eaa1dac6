//go:build linux

package hostfs

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The directories above the homes ("/", "/home") are the same for every account.
// Those that everybody may search, by owner, group and other bits alike and
// without an ACL, are pinned once for all identities. They are looked at again
// after cacheAge: a daemon must see that somebody opened up /home.
const (
	cacheAge  = time.Second
	cacheDirs = 64
)

// cached is a directory in the cache.
type cached struct {
	node
	children map[string]*cached
}

// generation is the cache of one period. It is freed when it is both out of date
// and unused: a descriptor that is closed under a user could come to mean another
// directory.
type generation struct {
	root  cached
	born  time.Time
	users int
	size  int
}

type cache struct {
	mu      sync.RWMutex
	current *generation
}

// acquire returns the current generation; the caller releases it.
func (r *Root) acquire() (*generation, error) {
	c := &r.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.current; g != nil && time.Since(g.born) < cacheAge {
		g.users++
		return g, nil
	}
	info, e := statFD(r.procFD, r.fd)
	if e != 0 {
		return nil, e
	}
	if old := c.current; old != nil && old.users == 0 {
		old.root.close()
	}
	g := &generation{born: time.Now(), users: 1}
	g.root.node = node{fd: r.fd, info: info, shared: true}
	g.root.cached = &g.root
	g.root.plain = r.arithmetic && everybodySearches(r.fd, &info) && r.judged(info.MntID)
	c.current = g
	return g, nil
}

func (r *Root) release(g *generation) {
	c := &r.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.users--; g.users == 0 && g != c.current {
		g.root.close()
	}
}

// close closes the directories below d; d itself belongs to the Root or to its parent.
func (d *cached) close() {
	for _, child := range d.children {
		child.close()
		closeFD(child.fd)
	}
}

func (c *cache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil && c.current.users == 0 {
		c.current.root.close()
	}
	c.current = nil
}

// child looks a name up below a cached directory.
func (c *cache) child(parent *cached, name string) *cached {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return parent.children[name]
}

// offer puts a directory that was reached from a cached one into the cache, if it
// qualifies; n then belongs to the cache.
func (r *Root) offer(g *generation, parent *cached, n *node) {
	i := n.info
	if i.Type != Directory || i.UID != 0 || i.Mode&everybodySearch != everybodySearch || n.transit {
		return
	}
	c := &r.cache
	c.mu.RLock()
	full := g.size >= cacheDirs
	c.mu.RUnlock()
	if full || hasACL(n.fd) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.size >= cacheDirs || parent.children[n.name] != nil {
		return
	}
	if parent.children == nil {
		parent.children = map[string]*cached{}
	}
	g.size++
	n.shared = true
	entry := &cached{node: *n}
	entry.cached = entry
	n.cached = entry
	parent.children[n.name] = entry
}

// everybodySearches reports whether the kernel lets every account look up names
// in a pinned directory.
func everybodySearches(fd int, i *Info) bool {
	return i.Type == Directory && i.Mode&everybodySearch == everybodySearch && !hasACL(fd)
}

// judged reports whether the mount is of a file system of that name.
func (r *Root) judged(mount uint64) bool {
	table, err := r.mounts.current()
	return err == nil && judged[table.byID[mount].fstype]
}

// hasACL reports whether an access ACL could deny somebody what the mode bits
// grant; when in doubt, it could.
func hasACL(fd int) bool {
	_, err := unix.Getxattr(procPath(fd), xattrACL, nil)
	return err != unix.ENODATA && err != unix.EOPNOTSUPP
}
