package live

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/survey"
)

const (
	// maxWorkers bounds the accounts that are looked at at the same time in the
	// first pass; later ones leave the other processors to the host.
	maxWorkers = 4
	// chunk is how many accounts one of them takes.
	chunk = 128
)

// serve looks at the host whenever that is asked for.
func (k *Keeper) serve(ctx context.Context) {
	var rested time.Time
	for {
		var r request
		select {
		case <-ctx.Done():
			return
		case r = <-k.requests:
		}
		wait := time.Until(rested)
		if r.opts != nil {
			wait = 0 // the administrator waits
		}
		if !r.since.IsZero() {
			wait = max(wait, systemSettle)
		}
		if r = k.gather(ctx, r, wait); ctx.Err() != nil {
			return
		}
		began, spent := time.Now(), processCost(0)
		if err := k.protected(func() error { return k.renew(ctx, r) }); err != nil && ctx.Err() == nil {
			k.log.Error("the audit came to no end", "err", audit.Untrusted(err.Error()).String(), "took", time.Since(began))
			k.out(Update{Err: err})
		}
		// Whoever makes the system change all the time has a tenth of one processor.
		rested = time.Now().Add(costFactor * processCost(spent))
	}
}

// gather adds what is asked for within a time to a request. A reload ends it.
func (k *Keeper) gather(ctx context.Context, r request, wait time.Duration) request {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return r
		case <-timer.C:
			return r
		case more := <-k.requests:
			if r = r.with(more); more.opts != nil {
				return r
			}
		}
	}
}

// protected turns a panic of an audit into an error: one odd file must not take
// the metrics of the whole host away.
func (k *Keeper) protected(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the audit panicked: %v", p)
			k.log.Error("the audit panicked", "stack", string(debug.Stack()))
		}
	}()
	return f()
}

// renew reads the host anew and, if that is asked for or due, every account.
func (k *Keeper) renew(ctx context.Context, r request) error {
	defer k.working(int(lanes))()
	ctx, cancel := context.WithTimeout(ctx, auditLimit)
	defer cancel()
	began := time.Now()
	opts, old := k.prepare(r)
	defer k.prepared()
	var before *survey.Standing
	if old != nil {
		before = old.Standing
	}
	next, err := k.open(ctx, opts.Survey, before)
	if err != nil {
		return err
	}
	st := next.Standing
	alike := before != nil && st.Alike(before)
	if !alike || r.reach || began.Sub(k.reached) >= opts.Interval || !st.KeepReach(before) {
		st.ReadReach(ctx)
		k.reached = began
	}
	whole := r.every || !alike || !st.SameAccounts(before)
	var sums []uint64
	if whole {
		if sums, err = k.all(ctx, next, old == nil); err != nil {
			_ = st.Close() // read only
			return err
		}
	}
	k.adopt(next, r, began, whole)
	k.coverChanged(next, sums)
	if k.coverSystem(next) {
		k.ask(request{every: true}) // the accounts' part of it was read before it was watched
	}
	if whole {
		k.out(Update{Took: time.Since(began)})
		k.log.Info("audited", "accounts", len(st.Accounts()), "took", time.Since(began))
		debug.FreeOSMemory() // two audits were in memory for a moment
	}
	poke(k.publish)
	return nil
}

// open reads the host, once more if files of it were not watched at first.
func (k *Keeper) open(ctx context.Context, o survey.Options, before *survey.Standing) (*generation, error) {
	for round := 1; ; round++ {
		st, err := survey.OpenStanding(ctx, o, before)
		if err != nil {
			return nil, err
		}
		g := &generation{Standing: st}
		k.ways(g)
		if !k.coverSystem(g) || round == rounds {
			return g, nil
		}
		if err := st.Close(); err != nil {
			return nil, err
		}
	}
}

// ways notes the directories above the homes, as passwd names them, and the
// login shells, so that they are watched before the accounts are looked at.
func (k *Keeper) ways(g *generation) {
	k.mu.Lock()
	defer k.mu.Unlock()
	db := g.Host().Accounts
	if db == k.numbering {
		return // they are noted
	}
	for i := range db.Len() {
		a := db.At(i)
		dir := path.Dir(path.Clean("/" + a.Home))
		for ; dir != "/" && len(k.above) < maxAbove; dir = path.Dir(dir) {
			if _, known := k.above[dir]; known {
				break
			}
			k.above[dir] = struct{}{}
		}
		if strings.HasPrefix(a.Shell, "/") && len(k.above) < maxAbove {
			k.above[path.Clean(a.Shell)] = struct{}{}
		}
	}
}

// prepare begins to note the events that the successor may not see.
func (k *Keeper) prepare(r request) (Options, *generation) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.opts != nil {
		k.opts = *r.opts
	}
	k.missed, k.making = make(map[int32]time.Time), true
	return k.opts, k.current
}

func (k *Keeper) prepared() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.missed, k.making = nil, false
}

// all looks at every account. It returns for each a sum of what is to be watched
// for it, if the watches have to wait because the accounts are numbered anew.
func (k *Keeper) all(ctx context.Context, g *generation, first bool) ([]uint64, error) {
	workers := 1
	if first {
		workers = min(runtime.GOMAXPROCS(0), maxWorkers)
		k.mu.Lock()
		k.numbering = g.Host().Accounts
		k.mu.Unlock()
	}
	list := g.Accounts()
	sums := make([]uint64, g.Host().Accounts.Len())
	var next atomic.Int64
	var mu sync.Mutex
	var failed error
	var tasks sync.WaitGroup
	for range workers {
		tasks.Go(func() {
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= len(list) {
					return
				}
				accounts := make([]int32, 0, chunk)
				for _, i := range list[from:min(from+chunk, len(list))] {
					accounts = append(accounts, int32(i)) //nolint:gosec // bounded by the number of accounts
				}
				if first {
					k.expect(g, accounts)
				}
				round := 0
				err := g.Evaluate(ctx, accounts, func(e *survey.Evaluated) bool {
					if round++; k.cover(g, e) && round < rounds {
						return true
					}
					round = 0
					mu.Lock()
					defer mu.Unlock()
					g.Put(e)
					if k.accounts != nil {
						sums[e.Account] = k.accounts.Sum(dirs(e.Places))
					}
					return false
				})
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	tasks.Wait()
	return sums, failed
}

// expect puts the watches of accounts before these are looked at for the first
// time, so that once will do for most of them.
func (k *Keeper) expect(g *generation, list []int32) {
	if k.accounts == nil {
		return
	}
	for _, a := range list {
		k.accounts.Cover(a, dirs(collect.Expected(g.Host().Accounts.At(int(a)))), g.Collector().Watch)
	}
}

// sleep waits; the error is that ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
