//go:build linux

package watch

import "time"

// A directory may have this many events at once, and as many a second in the
// long run. Beyond that its account is not watched for a while, which doubles
// each time, and is looked at now and then instead.
const (
	stormBurst   = 400
	stormRate    = 20
	firstQuiet   = time.Minute
	longestQuiet = time.Hour
	// maxRates bounds the directories whose events are counted.
	maxRates = 4096
)

// rate is a token bucket.
type rate struct {
	tokens float64
	last   time.Time
}

// spend takes a token; false means that there is none.
func (r *rate) spend(now time.Time) bool {
	r.refill(now)
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}

func (r *rate) refill(now time.Time) {
	r.tokens = min(stormBurst, r.tokens+now.Sub(r.last).Seconds()*stormRate)
	r.last = now
}

// suspension is how long an account is not watched.
type suspension struct {
	until time.Time
	next  time.Duration
	// over tells that it is watched again, on probation: next is remembered.
	over bool
}

// flooded counts an event of a watch; true means that there are too many.
func (w *Accounts) flooded(wd int32, now time.Time) bool {
	r := w.rates[wd]
	if r == nil {
		if len(w.rates) >= maxRates {
			w.forgetRates(now)
		}
		r = &rate{stormBurst, now}
		w.rates[wd] = r
	}
	return !r.spend(now)
}

// forgetRates drops the buckets that are full again, or if there are none, all.
func (w *Accounts) forgetRates(now time.Time) {
	for wd, r := range w.rates {
		if r.refill(now); r.tokens >= stormBurst {
			delete(w.rates, wd)
		}
	}
	if len(w.rates) >= maxRates {
		clear(w.rates)
	}
}

// suspend gives up a watch for a while: if it is one account's, with all its
// others; if it is that of several accounts, alone, for most of them are innocent.
func (w *Accounts) suspend(wd int32, t *target, now time.Time) {
	w.stats.Suspensions++
	if t.many != nil {
		suspended(w.quietDirs, t.many.path, now)
		t.accounts(func(account int32) {
			w.failed[account]++
			w.stale(account)
			w.changed(account, now)
		})
		w.drop(wd)
		return
	}
	account := t.one
	suspended(w.quiet, account, now)
	wds := w.covered[account].wds
	for _, other := range wds {
		w.detach(other, account)
	}
	w.failed[account] = max(1, len(wds))
	w.covered[account] = cover{}
	w.changed(account, now)
}

func suspended[K comparable](m map[K]*suspension, key K, now time.Time) {
	s := m[key]
	if s == nil {
		s = &suspension{next: firstQuiet}
		m[key] = s
	}
	s.until, s.over = now.Add(s.next), false
	s.next = min(2*s.next, longestQuiet)
}

// isQuiet tells whether somebody is not to be watched yet. Whoever is watched
// again and then behaves for as long as he was not watched is forgiven.
func isQuiet[K comparable](m map[K]*suspension, key K, now time.Time) bool {
	s := m[key]
	switch {
	case s == nil:
		return false
	case now.Before(s.until):
		return true
	case s.over && now.Sub(s.until) > s.next:
		delete(m, key)
	}
	s.over = true
	return false
}
