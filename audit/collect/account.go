package collect

import (
	"errors"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

const (
	// overflowUID is nobody's, to which the kernel maps what has no uid here.
	overflowUID = 65534
	// lastUID is the last uid that an account can have; the one after it means
	// "none" to the kernel.
	lastUID = 1<<32 - 2
)

// Worker reads accounts on one thread, which takes on their rights in turn.
type Worker struct {
	c      *Collector
	thread *hostfs.Worker
	// buf is what files are read into.
	buf []byte
	// walked is the way to a key file, holding what the account shares.
	walked  hostfs.Walked
	holding Holding
	spare   spare
}

// Work calls f with a Worker and waits for it. Several may work at the same time.
func (c *Collector) Work(f func(*Worker) error) error {
	return c.root.Worker(func(thread *hostfs.Worker) error { return f(&Worker{c: c, thread: thread}) })
}

// Account collects what there is of the account with index i, with the rights
// that sshd would have. The index of homes and keys of the host grows by it.
func (w *Worker) Account(i int) *facts.Account { return w.account(i, nil) }

// account collects an account, for one login if there is a peer.
func (w *Worker) account(i int, peer *Peer) *facts.Account {
	c := w.c
	db := c.host.Accounts
	a, entries, vias := w.spare.fresh()
	a.Account, a.GIDs = *db.At(i), db.Groups(db.At(i))
	a.SSHDir.Entries, a.Via = entries, vias
	a.Shadow, a.ShadowKnown = db.Shadow(&a.Account)
	a.System = a.UID != 0 && (a.UID < c.host.UIDMin || a.UID == overflowUID || a.UID >= lastUID)
	a.Login = c.shell(shellOf(a))
	err := w.thread.ReadAs(hostfs.Identity{UID: a.UID, GID: a.GID, Groups: a.GIDs}, func(v *hostfs.View) error {
		r := &accountReader{Worker: w, v: v, a: a, exact: v.Switched(), peer: peer}
		if !r.exact {
			a.Unswitched = "the files were not read with the account's own rights: run sshaudit as root"
		}
		r.home()
		r.sshDir()
		r.trust()
		r.servers()
		return nil
	})
	if err != nil {
		a.SSHDir, a.Trust, a.Via = facts.Dir{}, nil, nil // what was read before that is no whole picture
		a.Unswitched = err.Error()
		a.Home.Problem = &facts.Problem{Failure: facts.Uncertain, At: audit.Untrusted(a.Account.Home), Why: err.Error()}
	}
	if peer == nil && c.opts.Memory == nil {
		w.holding.fill(a)
		c.share(int32(i), &Shares{}, &w.holding)
	}
	return a
}

// keyFiles returns the key files of an account, each once though several sshds read it.
func keyFiles(a *facts.Account) []*facts.KeyFile {
	var list []*facts.KeyFile
	for i := range a.Via {
		for _, f := range a.Via[i].KeyFiles {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// accountReader reads one account through one view.
type accountReader struct {
	*Worker
	v *hostfs.View
	a *facts.Account
	// exact tells that the view has the account's own rights.
	exact bool
	// peer is the client of the one login that is asked about; nil for an audit.
	peer *Peer
	// files are the key files that were read already, by path.
	files []*facts.KeyFile
}

func (r *accountReader) home() {
	path := r.a.Account.Home
	switch {
	case path == "":
		r.a.Home.Problem = &facts.Problem{Failure: facts.Missing, Why: "passwd names no home"}
		return
	case len(path) >= pathMax:
		r.a.Home.Problem = &facts.Problem{Failure: facts.NameTooLong, At: audit.Untrusted(path), Why: "the path has 4096 bytes or more"}
		return
	case path[0] != '/':
		path = "/" + path // sshd works in /
	}
	home, err := r.v.EnterHome(path)
	if err != nil && errors.Is(err, hostfs.ErrType) {
		if info, statErr := r.v.Stat(path); statErr == nil {
			r.a.Home.Node = node(audit.Untrusted(path), &info)
			return
		}
	}
	if err != nil {
		r.a.Home.Problem = problem(path, err, r.exact)
		return
	}
	if r.a.Home.Node = node(home.Path, &home.Info); home.Info.Mode&groupWrite != 0 {
		r.a.Home.Node = r.dirACL(r.a.Home.Node)
	}
	if r.peer != nil {
		r.a.Home.Filesystem = r.volume(string(home.Path))
	}
}

// below joins a name to the canonical home.
func (r *accountReader) below(name string) string {
	return strings.TrimSuffix(string(r.a.Home.Path), "/") + "/" + name
}

// usable tells whether there is a home to look into.
func (r *accountReader) usable() bool {
	return r.a.Home.Problem == nil && r.a.Home.Type == facts.Directory
}

// trust notes the files that host-based logins read.
func (r *accountReader) trust() {
	if !r.usable() || r.a.System {
		return
	}
	for _, name := range []string{".shosts", ".rhosts"} {
		if r.v.Lacks(string(r.a.Home.Path), name) {
			continue
		}
		if info, err := r.v.Lstat(r.below(name)); err == nil {
			r.a.Trust = append(r.a.Trust, node(audit.Untrusted(r.below(name)), &info))
		}
	}
}
