package live

import (
	"cmp"
	"context"
	"strings"
	"time"

	"sshaudit/audit/accounts"
	"sshaudit/audit/watch"
)

// adopt makes a generation the current one.
func (k *Keeper) adopt(next *generation, r request, began time.Time, whole bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	old := k.current
	if !whole {
		next.Inherit(old.Standing)
	}
	db := next.Host().Accounts
	if old != nil && db != k.numbering {
		to := renumbering(k.numbering, db)
		if k.accounts != nil {
			k.accounts.Renumber(to)
		}
		k.queue.renumber(to, now)
		missed := make(map[int32]time.Time, len(k.missed))
		for a, at := range k.missed {
			if index, ok := to(a); ok {
				missed[index] = at
			}
		}
		k.missed = missed
	}
	k.current, k.numbering, k.changed = next, db, true
	for a, at := range k.missed {
		k.queue.mark(a, at, now)
	}
	if whole {
		k.lastFull, k.lastTook = began, now.Sub(began)
	}
	if !r.since.IsZero() {
		k.verdicts = append(k.verdicts, r.since)
	}
	if old != nil {
		go func() {
			old.users.Wait()
			_ = old.Close() // read only
		}()
	}
	k.wakeLanes()
}

// renumbering finds accounts of one list by their names in another.
func renumbering(from, to *accounts.DB) func(int32) (int32, bool) {
	return func(old int32) (int32, bool) {
		if int(old) >= from.Len() {
			return 0, false
		}
		i, ok := to.Index(from.At(int(old)).Name)
		return int32(i), ok //nolint:gosec // bounded by the number of accounts
	}
}

// coverChanged has those accounts looked at once more for which other
// directories are to be watched than are.
func (k *Keeper) coverChanged(g *generation, sums []uint64) {
	if k.accounts == nil || sums == nil {
		return
	}
	var list []int32
	for _, i := range g.Accounts() {
		if account := int32(i); !k.accounts.Covers(account, sums[i]) { //nolint:gosec // bounded by the number of accounts
			list = append(list, account)
		}
	}
	k.later(g, list)
}

// coverSystem has the files of the system watched that were looked at. It reports
// whether some were not before.
func (k *Keeper) coverSystem(g *generation) bool {
	if k.system == nil {
		return false
	}
	paths, complete := g.Memory().Paths()
	k.mu.Lock()
	for dir := range k.above {
		paths = append(paths, dir)
	}
	k.mu.Unlock()
	// The watcher knows the paths of this process, the collector those in the root.
	root := strings.TrimSuffix(string(g.Host().Root), "/")
	for i := range paths {
		paths[i] = root + paths[i]
	}
	if !complete {
		k.log.Warn("too many files of the system to watch; the rest is looked at now and then", "watched", len(paths))
	}
	return k.system.Cover(paths, func(dir string) error {
		return g.Collector().Secure(cmp.Or(strings.TrimPrefix(dir, root), "/"))
	})
}

// report hands out the state of the audit when it changed, not more often than
// takes a tenth of one processor.
func (k *Keeper) report(ctx context.Context) {
	var rested time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.publish:
		}
		if sleep(ctx, time.Until(rested)) != nil {
			return
		}
		var u Update
		var known bool
		cost := threadCost(func() { u, known = k.state() })
		if known {
			k.out(u)
		}
		rested = time.Now().Add(costFactor * cost)
	}
}

// state returns the state of the audit and forgets what it tells.
func (k *Keeper) state() (u Update, ok bool) {
	watching := k.watching()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return u, false
	}
	u = Update{LastFull: k.lastFull, Events: k.verdicts, Watch: watching}
	if k.changed {
		u.Report = k.current.Report(k.lastFull)
		u.Report.Duration = k.lastTook
	}
	k.verdicts, k.changed = nil, false
	return u, true
}

// watching adds up what both watchers tell of themselves.
func (k *Keeper) watching() watch.Stats {
	var sum watch.Stats
	if k.accounts != nil {
		sum = k.accounts.Stats()
	}
	if k.system != nil {
		s := k.system.Stats()
		sum.Watched += s.Watched
		sum.Unwatched += s.Unwatched
		sum.Overflows += s.Overflows
	}
	return sum
}
