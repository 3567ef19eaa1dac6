package live

import (
	"context"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/survey"
	"sshaudit/audit/watch"
)

const (
	// batch bounds the accounts that are looked at before newer events count.
	batch = 32
	// rounds bounds the looks at an account whose watches have just been put.
	rounds = 3
	// maxAbove bounds the directories above homes and key files that are remembered.
	maxAbove = 8192
)

// work looks at the accounts of one lane, as they become due.
func (k *Keeper) work(ctx context.Context, l lane) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	limit := batch
	if l == slow {
		limit = 1
	}
	for ctx.Err() == nil {
		g, accounts, events, next := k.take(l, limit)
		if len(accounts) > 0 {
			k.evaluate(ctx, l, g, accounts, events)
			continue
		}
		wait := time.Hour
		if !next.IsZero() {
			wait = max(0, time.Until(next))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-k.wake[l]:
		}
	}
}

// take returns accounts that are due, with the events that a look now deals with,
// and the generation whose indexes they are, which is to be released; or when the
// next one is due.
func (k *Keeper) take(l lane, limit int) (g *generation, accounts []int32, events map[int32]time.Time, next time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return nil, nil, nil, time.Time{}
	}
	if accounts, next = k.queue.take(l, limit, time.Now()); len(accounts) > 0 {
		k.current.users.Add(1)
	}
	events = make(map[int32]time.Time, len(accounts))
	for _, a := range accounts {
		// What is told from here on may be missed by the look, and makes another.
		events[a] = k.queue.started(a)
	}
	return k.current, accounts, events, next
}

// evaluate looks at accounts and keeps what was found.
func (k *Keeper) evaluate(ctx context.Context, l lane, g *generation, accounts []int32, events map[int32]time.Time) {
	defer k.working(int(l))()
	defer g.users.Done()
	ctx, cancel := context.WithTimeout(ctx, auditLimit)
	defer cancel()
	round, done := 0, 0
	err := g.Evaluate(ctx, accounts, func(e *survey.Evaluated) bool {
		if round++; k.cover(g, e) && round < rounds {
			return true
		}
		k.put(g, e, events[e.Account])
		round, done = 0, done+1
		return false
	})
	if err != nil && ctx.Err() == nil {
		k.log.Error("accounts could not be looked at", "err", audit.Untrusted(err.Error()).String())
	}
	k.again(g, accounts[done:])
	poke(k.publish)
}

// again has accounts looked at later, which were not looked at to the end.
func (k *Keeper) again(g *generation, accounts []int32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g.Host().Accounts != k.numbering {
		return
	}
	now := time.Now()
	for _, a := range accounts {
		k.queue.done(a, time.Second, now)
		k.queue.postpone(a)
	}
}

// put keeps the outcome of a look at an account.
func (k *Keeper) put(g *generation, e *survey.Evaluated, event time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != g {
		k.afresh(g, e.Account, event)
		return
	}
	if g.Put(e) {
		k.changed = true
	}
	k.queue.done(e.Account, e.Cost, time.Now())
	if !event.IsZero() {
		k.verdicts = append(k.verdicts, event)
	}
}

// afresh has an account looked at again that was looked at for a generation which
// was replaced meanwhile.
func (k *Keeper) afresh(g *generation, account int32, event time.Time) {
	if g.Host().Accounts != k.numbering {
		return // adopt has put it into the queue under its new index
	}
	now := time.Now()
	k.queue.done(account, 0, now)
	if event.IsZero() {
		k.queue.postpone(account)
	} else {
		k.queue.mark(account, event, now)
	}
	k.wakeLanes()
}

// cover has the directories of an account watched. It reports whether the
// account has to be looked at again because they were not before.
func (k *Keeper) cover(g *generation, e *survey.Evaluated) bool {
	k.mu.Lock()
	before := len(k.above)
	for _, dir := range e.Above {
		if _, known := k.above[dir]; !known && len(k.above) < maxAbove {
			k.above[dir] = struct{}{}
		}
	}
	grown := len(k.above) > before
	numbered, current := g.Host().Accounts == k.numbering, k.current
	k.mu.Unlock()
	if grown && current != nil {
		k.ask(request{}) // which has them watched
	}
	if k.accounts == nil || !numbered {
		return false
	}
	return k.accounts.Cover(e.Account, dirs(e.Places), g.Collector().Watch)
}

func dirs(places []collect.Place) []watch.Dir {
	list := make([]watch.Dir, len(places))
	for i, p := range places {
		list[i] = watch.Dir(p)
	}
	return list
}
