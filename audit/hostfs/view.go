//go:build linux

package hostfs

import (
	"fmt"
	"strings"
)

// View reads the host with one identity. It is for one goroutine.
//
// A View that [Root.As] hands out keeps the directories on its last way pinned
// until it ends, so that the objects of one home are all reached through the
// same directories, and quickly. What it says of them is how they were at first.
type View struct {
	root *Root
	gen  *generation
	// trail is the way to the directory reached last, from the root; its names are
	// canonical: no link, no ".".
	trail []node
	// depth is how many of trail belong to the walk under way.
	depth int
	*scratch
	// kept: the trail outlives an operation. over: the account's rights are gone.
	kept, over bool
	// waiting: the thread has its own identity still, and becomes id at the first
	// doubt; see ReadAs. failed says why it could not.
	waiting bool
	worker  *Worker
	id      Identity
	failed  error
	// unheard: see Root.Unheard.
	unheard bool
	// turn counts the accounts that this View served; see Pin.
	turn uint64
	// switched and foreign: see Switched and follow.
	switched, foreign bool
	// steps counts the components of all ways so far.
	steps int
	// follower is the uid that follows links, for fs.protected_symlinks.
	follower uint32
	// sealed is the canonical path of the home below which no mount is crossed.
	sealed string
	// links collects what Walk reports.
	links   []Link
	collect bool
	// held are files that the last listing pinned, in the directory at heldDepth.
	held      []node
	heldDepth int
}

// maxHeld bounds the files that stay pinned after a listing.
const maxHeld = 16

// node is a pinned directory on the way.
type node struct {
	name string
	fd   int
	info Info
	// shared: the descriptor belongs to the Root's cache.
	shared bool
	cached *cached
	// readable: opened for listing or reading, not with O_PATH; listed: that was done once.
	readable, listed bool
	// crossed: it is the root of another mount than its parent's.
	crossed bool
	// plain: on a file system that judges by owner and mode alone.
	plain bool
	// transit: an automounter's directory; only what is mounted in it may be entered.
	transit bool
}

// Switched reports whether the kernel applied the rights of the account that
// [Root.As] was asked for, so that what could not be read here cannot be read by
// sshd either. It is false for a View of [Root.Self], and where the process may
// not change its identity and is not the account itself.
func (v *View) Switched() bool { return v.switched }

// begin makes the View ready for one operation; end undoes it.
func (v *View) begin() error {
	if v.over {
		return errOver
	}
	if v.failed != nil {
		return v.failed
	}
	if v.gen != nil {
		return nil
	}
	g, err := v.root.acquire()
	if err != nil {
		return err
	}
	v.gen = g
	v.scratch = v.root.scratch.Get().(*scratch)
	v.trail = append(v.trail[:0], g.root.node)
	return nil
}

func (v *View) end() {
	if !v.kept {
		v.finish()
	}
}

// finish releases everything that is pinned.
func (v *View) finish() {
	if v.gen == nil {
		return
	}
	v.cut(0)
	v.root.scratch.Put(v.scratch)
	v.root.release(v.gen)
	v.gen, v.scratch = nil, nil
}

// retire ends a View that was an account's.
func (v *View) retire() {
	v.finish()
	v.over, v.waiting = true, false
}

// errOver guards against reading with root's rights what an account's were meant for.
var errOver = fmt.Errorf("%w any more: it was used after its end", ErrIdentity)

// reset makes a View new for another account; it keeps only memory.
func (v *View) reset(r *Root, uid uint32) {
	*v = View{root: r, kept: true, follower: uid, turn: v.turn + 1, trail: v.trail[:0], links: v.links[:0], held: v.held[:0]}
}

// cut forgets the directories of the trail from depth n on.
func (v *View) cut(n int) {
	if n < v.heldDepth {
		v.cutHeld()
	}
	for _, d := range v.trail[n:] {
		if !d.shared {
			closeFD(d.fd)
		}
	}
	v.trail = v.trail[:n]
}

func (v *View) cutHeld() {
	for _, f := range v.held {
		closeFD(f.fd)
	}
	v.held, v.heldDepth = v.held[:0], 0
}

// top is the directory that the walk has reached.
func (v *View) top() *node { return &v.trail[v.depth-1] }

// here is the canonical path of the directory reached, "/" for the root.
func (v *View) here() string { return v.pathTo(v.depth, "") }

// pathTo is the canonical path of the first n directories and a name below them.
func (v *View) pathTo(n int, name string) string {
	size := 1 + len(name)
	for _, d := range v.trail[1:n] {
		size += 1 + len(d.name)
	}
	var b strings.Builder
	b.Grow(size)
	for _, d := range v.trail[1:n] {
		b.WriteByte('/')
		b.WriteString(d.name)
	}
	if name != "" || n == 1 {
		b.WriteByte('/')
		b.WriteString(name)
	}
	return b.String()
}

// canonical is pathTo in the memory of path, if that is the same.
func (v *View) canonical(n int, name, path string) string {
	rest := path
	for _, d := range v.trail[1:n] {
		if len(rest) <= len(d.name) || rest[0] != '/' || rest[1:1+len(d.name)] != d.name {
			return v.pathTo(n, name)
		}
		rest = rest[1+len(d.name):]
	}
	if name == "" && rest == "" && n > 1 || name != "" && len(rest) == 1+len(name) && rest[0] == '/' && rest[1:] == name {
		return path
	}
	return v.pathTo(n, name)
}

// inside reports whether path lies below the sealed home.
func (v *View) inside(path string) bool {
	if v.sealed == "" {
		return false
	}
	rest, ok := strings.CutPrefix(path, v.sealed)
	return ok && len(rest) > 1 && rest[0] == '/'
}
