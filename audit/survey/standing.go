package survey

import (
	"context"
	"reflect"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/collect"
	"sshaudit/audit/facts"
)

// Standing is an audit that is kept current: it holds what was found about every
// account, and one account can be looked at again alone. Evaluate may be used by
// several goroutines, everything else by one.
type Standing struct {
	*Survey
	memory *collect.Memory
	// results are by the account's index.
	results []result
	// host are the findings about the host; stale tells that they have to be made
	// anew, because accounts have other things in common than before.
	host  []audit.Finding
	stale bool
}

// result is what is kept of an account.
type result struct {
	tally
	shares collect.Shares
}

// Evaluated is one look at an account, to be handed to Put.
type Evaluated struct {
	// Account is the account's index; Cost is the processor time that the look took.
	Account int32
	Cost    time.Duration
	// Places are the directories whose changes concern the account, Above those
	// above them, which are the system's.
	Places []collect.Place
	Above  []string

	tally   tally
	holding collect.Holding
}

// OpenStanding reads the host and chooses the accounts; nothing is known of them
// yet. before is the Standing that this one is to replace, nil for the first: what
// has not changed is taken over. Close it.
func OpenStanding(ctx context.Context, o Options, before *Standing) (*Standing, error) {
	st := &Standing{memory: new(collect.Memory), stale: true}
	if before != nil {
		st.memory = before.memory
	}
	o.memory = st.memory
	var err error
	if st.Survey, err = Open(ctx, o); err != nil {
		return nil, err
	}
	if before == nil || !st.SameAccounts(before) {
		st.results = make([]result, st.Host().Accounts.Len())
	}
	return st, nil
}

// ReadReach asks the packet filter. It is to be called once, before the first Report.
func (st *Standing) ReadReach(ctx context.Context) {
	st.readReach(ctx)
}

// KeepReach takes over what the packet filter answered from the Standing that this
// one replaces, if the same sockets listen. It reports whether they do.
func (st *Standing) KeepReach(from *Standing) bool {
	h, old := st.Host(), from.Host()
	if h.Services == nil || old.Services == nil {
		return h.Services == old.Services // nobody asked, and nobody will
	}
	same := slices.EqualFunc(h.Services.Listeners, old.Services.Listeners, func(a, b facts.Listener) bool {
		return a.Local == b.Local && a.Inode == b.Inode
	})
	if !same {
		return false
	}
	h.Reach = old.Reach
	for _, p := range old.Problems {
		if p.Subject == collect.PacketFilter {
			h.Problems = append(h.Problems, p)
		}
	}
	return true
}

// Accounts returns the indexes of the accounts that are audited.
func (st *Standing) Accounts() []int { return st.accounts }

// Memory returns what is remembered from one Standing to the next.
func (st *Standing) Memory() *collect.Memory { return st.memory }

// SameAccounts tells whether another Standing has the same accounts, with the same
// indexes.
func (st *Standing) SameAccounts(other *Standing) bool {
	return st.Host().Accounts == other.Host().Accounts && slices.Equal(st.accounts, other.accounts)
}

// Inherit takes over what is known of the accounts from the Standing that this
// one replaces, if both have the same accounts. It reports whether they have.
func (st *Standing) Inherit(from *Standing) bool {
	if !st.SameAccounts(from) {
		return false
	}
	st.results, from.results = from.results, nil
	st.collect.Inherit(from.collect)
	return true
}

// Alike tells whether the same sshds with the same arguments run as in another
// Standing, so that a change to them shows in files that are watched.
func (st *Standing) Alike(other *Standing) bool {
	return slices.EqualFunc(st.Host().Servers, other.Host().Servers, func(a, b *facts.Server) bool {
		return a.Binary == b.Binary && a.ConfigFile == b.ConfigFile && slices.Equal(a.Args, b.Args) && a.Version == b.Version
	})
}

// Evaluate looks at accounts one after another and calls f with the outcome of
// each; f returns true to have the same account looked at once more.
func (st *Standing) Evaluate(ctx context.Context, accounts []int32, f func(*Evaluated) (again bool)) error {
	h := st.Host()
	st.collect.Forget()
	return st.collect.Work(func(w *collect.Worker) error {
		for _, i := range accounts {
			for again := true; again; {
				if err := ctx.Err(); err != nil {
					return err
				}
				started := spent()
				a := w.Account(int(i))
				e := &Evaluated{Account: i}
				if !st.uninteresting(a) {
					e.tally.add(st.Survey, h, int(i), a)
				}
				e.holding = collect.Held(a)
				e.Places, e.Above = collect.Places(a)
				e.Cost = spent() - started
				again = f(e)
			}
		}
		return nil
	})
}

// spent is the processor time of this thread, to which a Worker is bound.
func spent() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0 // the kernel has had this clock for twenty years
	}
	return time.Duration(t.Nano())
}

// Put keeps the outcome of Evaluate. It reports whether the report differs by it:
// other things were known of the account, or it shared others with somebody.
func (st *Standing) Put(e *Evaluated) bool {
	if st.results == nil { // nothing was inherited: the accounts are the same and are looked at anew
		st.results = make([]result, st.Host().Accounts.Len())
	}
	r := &st.results[e.Account]
	if st.collect.Share(e.Account, r.shares, e.holding) {
		st.stale = true
	}
	same := r.users == e.tally.users && r.blocked == e.tally.blocked && reflect.DeepEqual(r.found, e.tally.found)
	*r = result{e.tally, e.holding.Shares}
	r.found = slices.Clip(r.found)
	return !same || st.stale
}

// Report returns what is known now. at is the moment whose facts it tells.
func (st *Standing) Report(at time.Time) *audit.Report {
	if st.stale {
		st.host, st.stale = checks.Host(st.list, st.Host()), false
	}
	var all tally
	for i := range st.results {
		t := &st.results[i].tally
		all.found = append(all.found, t.found...)
		all.users += t.users
		all.blocked += t.blocked
		if room := maxProblems - len(all.problems); room > 0 {
			all.problems = append(all.problems, t.problems[:min(room, len(t.problems))]...)
		}
	}
	r := st.report(st.host, []tally{all})
	r.Started = at
	return r
}
