package live

import (
	"context"
	"time"
)

// listen turns what the kernel tells and the passing of time into work.
func (k *Keeper) listen(ctx context.Context) {
	var accounts, system <-chan struct{}
	if k.accounts != nil {
		accounts = k.accounts.Changed()
	}
	if k.system != nil {
		system = k.system.Changed()
	}
	poll := time.NewTimer(k.poll())
	defer poll.Stop()
	quick := time.NewTicker(suspendedPoll)
	defer quick.Stop()
	sweep := sweeper{keeper: k, last: time.Now()}
	var lost lossPacer
	for {
		select {
		case <-ctx.Done():
			return
		case <-accounts:
			if k.mark() {
				lost.note()
			}
		case <-system:
			if since := k.system.Since(); !since.IsZero() {
				k.ask(request{every: true, since: since})
			}
		case <-quick.C:
			k.lookAtPolled(true)
			if now := time.Now(); k.accounts == nil || now.Sub(sweep.last) >= sweepStep {
				sweep.step(now)
			}
		case <-poll.C:
			k.ask(request{})
			k.lookAtPolled(false)
			poll.Reset(jittered(k.poll()))
		}
		if lost.due(time.Now()) {
			k.log.Warn("the kernel dropped events; every account is looked at")
			sweep.all(time.Now())
		}
	}
}

// lossPacer keeps passes after lost events apart.
type lossPacer struct {
	pending bool
	last    time.Time
}

func (p *lossPacer) note() { p.pending = true }

func (p *lossPacer) due(now time.Time) bool {
	if !p.pending || !p.last.IsZero() && now.Sub(p.last) < overflowPause {
		return false
	}
	p.pending, p.last = false, now
	return true
}

// mark has accounts looked at that had events. It reports whether events were lost.
func (k *Keeper) mark() (lost bool) {
	k.mu.Lock()
	changes, lost := k.accounts.Changes()
	now := time.Now()
	for account, at := range changes {
		k.queue.mark(account, at, now)
		if k.making {
			k.missed[account] = at
		}
	}
	k.mu.Unlock()
	k.wakeLanes()
	return lost
}

// later has accounts of a generation looked at when nobody else waits.
func (k *Keeper) later(g *generation, accounts []int32) {
	k.mu.Lock()
	if k.current == g {
		k.postpone(accounts)
	}
	k.mu.Unlock()
}

// postpone is later by somebody who holds k.mu.
func (k *Keeper) postpone(accounts []int32) {
	for _, a := range accounts {
		k.queue.postpone(a)
	}
	if len(accounts) > 0 {
		k.wakeLanes()
	}
}

// lookAtPolled has the accounts looked at that are not wholly watched, or those
// only that are suspended.
func (k *Keeper) lookAtPolled(suspendedOnly bool) {
	if k.accounts == nil {
		return // the sweep is all there is
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return
	}
	list, suspended := k.accounts.Polled()
	if suspendedOnly {
		list = suspended
	}
	k.postpone(list)
}

// sweeper goes through all accounts, spread over the interval.
type sweeper struct {
	keeper *Keeper
	// of is the generation that it goes through; next the place in its accounts.
	of   *generation
	next int
	// began is when the round began; last when the last step was made.
	began, last time.Time
	// owed is the part of an account that the last step left over.
	owed float64
}

// step has the accounts looked at that are due by now.
func (s *sweeper) step(now time.Time) {
	k := s.keeper
	k.mu.Lock()
	g, interval := k.current, k.opts.Interval
	if k.accounts == nil {
		interval = min(interval, k.pollAtMost)
	}
	k.mu.Unlock()
	if g == nil {
		return
	}
	list := g.Accounts()
	if s.of != g {
		s.of, s.owed = g, 0
		if s.next >= len(list) {
			s.next = 0
		}
	}
	s.owed += float64(len(list)) * float64(now.Sub(s.last)) / float64(interval)
	s.last = now
	n := min(int(s.owed), len(list))
	s.owed -= float64(n)
	accounts := make([]int32, 0, n)
	for range n {
		if s.next == 0 {
			if !s.began.IsZero() {
				k.swept(s.began)
			}
			s.began = now
		}
		accounts = append(accounts, int32(list[s.next])) //nolint:gosec // bounded by the number of accounts
		s.next = (s.next + 1) % len(list)
	}
	k.later(g, accounts)
}

// all has every account looked at.
func (s *sweeper) all(now time.Time) {
	k := s.keeper
	k.mu.Lock()
	g := k.current
	k.mu.Unlock()
	if g == nil {
		return
	}
	accounts := make([]int32, 0, len(g.Accounts()))
	for _, a := range g.Accounts() {
		accounts = append(accounts, int32(a)) //nolint:gosec // bounded by the number of accounts
	}
	s.of, s.next, s.began, s.last, s.owed = g, 0, now, now, 0
	k.later(g, accounts)
}

// swept notes that every account was looked at since a moment.
func (k *Keeper) swept(since time.Time) {
	k.mu.Lock()
	if since.After(k.lastFull) {
		k.lastFull = since
	}
	k.mu.Unlock()
	poke(k.publish)
}
