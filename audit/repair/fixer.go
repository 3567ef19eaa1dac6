//go:build linux

package repair

import (
	"sync"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
)

// Fixer repairs accounts of one host and keeps the record.
type Fixer struct {
	// Root is the host whose homes are repaired.
	Root *hostfs.Root
	// StateDir holds the journal, on the machine that runs sshaudit whatever
	// Root is; normally /var/lib/sshaudit.
	StateDir string
	// LockPath is the file that keeps two fixers apart; normally
	// /run/sshaudit/fix.lock.
	LockPath string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Version is written into the record.
	Version string
	// UIDMin is the first uid of ordinary accounts; those below are repaired
	// only when they are named.
	UIDMin uint32
	// Accounts are all accounts of the host: whose home is shared with whom,
	// and which owner is a living account, is decided by them.
	Accounts []Account
	// ValidKeys reports whether every line of a text is a comment, blank, or a
	// line that sshd takes. Without it no key file changes its owner.
	ValidKeys func(text []byte) bool
	// RepairText returns the repaired text of an authorized_keys file and what
	// was repaired, line by line and without any of its content; the same text
	// when nothing was. Options.Keys needs it.
	RepairText func(text []byte) (fixed []byte, notes []string, err error)

	indexOnce sync.Once
	indexed   *accounts
}

// index is made at the first question; Accounts must not change afterwards.
func (f *Fixer) index() *accounts {
	f.indexOnce.Do(func() { f.indexed = indexAccounts(f.Accounts) })
	return f.indexed
}

// Options say how far a run goes.
type Options struct {
	// DryRun plans and reports; nothing is changed or recorded.
	DryRun bool
	// All tells that the accounts were not named one by one: then nobody loses
	// access through an access list, and system accounts stay as they are.
	All bool
	// Keys repairs the text of authorized_keys too.
	Keys bool
	// Force lets undo go on where the file system cannot prove that the object
	// is the recorded one.
	Force bool
}

func (f *Fixer) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// The words of audit.Change.
const (
	whatMode    = "mode"
	whatOwner   = "owner"
	whatContent = "content"

	resultDone    = "done"
	resultPlanned = "planned"
	resultUndone  = "undone"
	resultFailed  = "failed"
)

// maxRefused bounds the refusals reported for one account: a user can make any
// number of them.
const maxRefused = 100

// notes collects what is reported of one account.
type notes struct {
	user    string
	home    string
	refused []audit.Refusal
	seen    map[string]bool
	more    int
	// quiet: the account was not named and is not one that people log in to;
	// only that a repair is due is said of it.
	quiet bool
}

func newNotes(t Target) *notes {
	return &notes{user: t.Name, home: t.Home, seen: map[string]bool{}}
}

// refuse reports an object once, however often it is met.
func (n *notes) refuse(rel string, r *refusal) {
	if n.seen[rel] || n.quiet && r.reason != reasonNotNamed {
		return
	}
	n.seen[rel] = true
	if len(n.refused) >= maxRefused {
		n.more++
		return
	}
	n.refused = append(n.refused, r.entry(n.user, shownPath(n.home, rel)))
}

// list returns the refusals, with the number of those left out in the last.
func (n *notes) list() []audit.Refusal {
	if n.more > 0 {
		r := refuse(reasonTooMany, "%d more files are left as they are for reasons like the ones above", n.more)
		return append(n.refused, r.entry(n.user, n.home))
	}
	return n.refused
}
