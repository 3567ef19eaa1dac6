package live

import (
	"container/heap"
	"time"
)

// How often one account is looked at because of its events: at once while it has
// tokens, of which it gets one every two seconds, and never for more than a tenth
// of the time. Events wait a moment, because one change makes several.
const (
	settle      = 3 * time.Millisecond
	tokenBurst  = 8
	tokenRate   = 0.5
	costFactor  = 9
	slowAccount = 5 * time.Millisecond
	// maxIdle bounds the accounts whose history is kept though nothing is due.
	maxIdle = 4096
)

// lane is one of the two queues: an account that takes long must not keep the
// others waiting.
type lane int

const (
	fast lane = iota
	slow
	lanes
)

// queue holds the accounts that are to be looked at: each at most once, however
// many events it had.
type queue struct {
	entries map[int32]*entry
	due     [lanes]byDue
	// later are the accounts that are looked at when nobody else waits, in turn.
	later  [lanes][]int32
	behind map[int32]struct{}
}

// entry is what is known of an account that had events of late.
type entry struct {
	account int32
	// event is when the first event was read that is not dealt with; zero if there is none.
	event time.Time
	due   time.Time
	// waiting: it is in the queue. running: it is being looked at.
	waiting, running bool
	lane             lane
	tokens           float64
	filled           time.Time
	// rested is when it may be looked at again for what it cost.
	rested time.Time
}

func newQueue() *queue {
	return &queue{entries: make(map[int32]*entry), behind: make(map[int32]struct{})}
}

// mark notes that an account had an event.
func (q *queue) mark(account int32, event, now time.Time) {
	e := q.entries[account]
	if e == nil {
		if len(q.entries) >= maxIdle {
			q.forget(now)
		}
		e = &entry{account: account, tokens: tokenBurst, filled: now}
		q.entries[account] = e
	}
	if e.event.IsZero() {
		e.event = event
	}
	if !e.waiting && !e.running {
		q.push(e, now)
	}
}

func (q *queue) push(e *entry, now time.Time) {
	e.refill(now)
	e.due = now.Add(settle)
	if e.tokens < 1 {
		e.due = now.Add(time.Duration((1 - e.tokens) / tokenRate * float64(time.Second)))
	}
	if e.due.Before(e.rested) {
		e.due = e.rested
	}
	e.waiting = true
	heap.Push(&q.due[e.lane], e)
}

func (e *entry) refill(now time.Time) {
	e.tokens = min(tokenBurst, e.tokens+now.Sub(e.filled).Seconds()*tokenRate)
	e.filled = now
}

// postpone has an account looked at when nothing else is due.
func (q *queue) postpone(account int32) {
	if _, known := q.behind[account]; known {
		return
	}
	q.behind[account] = struct{}{}
	l := fast
	if e := q.entries[account]; e != nil {
		l = e.lane
	}
	q.later[l] = append(q.later[l], account)
}

// take returns up to limit accounts to look at now, or when the next one is due;
// the zero time if none is.
func (q *queue) take(l lane, limit int, now time.Time) (accounts []int32, next time.Time) {
	due := &q.due[l]
	for len(*due) > 0 && len(accounts) < limit {
		e := (*due)[0]
		if e.due.After(now) {
			next = e.due
			break
		}
		heap.Pop(due)
		e.waiting, e.running = false, true
		e.refill(now)
		e.tokens--
		accounts = append(accounts, e.account)
	}
	if len(accounts) > 0 {
		return accounts, time.Time{}
	}
	for len(q.later[l]) > 0 && len(accounts) < limit {
		account := q.later[l][0]
		q.later[l] = q.later[l][1:]
		delete(q.behind, account)
		if e := q.entries[account]; e != nil {
			if e.waiting || e.running {
				continue // that will do
			}
			e.running = true
		}
		accounts = append(accounts, account)
	}
	if len(q.later[l]) == 0 {
		q.later[l] = nil
	}
	if len(accounts) > 0 {
		next = time.Time{}
	}
	return accounts, next
}

// started returns the event that a look at the account deals with, and forgets
// it: what comes later is another.
func (q *queue) started(account int32) (event time.Time) {
	if e := q.entries[account]; e != nil {
		event, e.event = e.event, time.Time{}
	}
	return event
}

// done notes that an account was looked at, and what that cost of a processor.
func (q *queue) done(account int32, cost time.Duration, now time.Time) {
	e := q.entries[account]
	if e == nil {
		if cost < slowAccount {
			return
		}
		e = &entry{account: account, tokens: tokenBurst, filled: now}
		q.entries[account] = e
	}
	e.running = false
	e.rested = now.Add(costFactor * cost)
	e.lane = fast
	if cost >= slowAccount {
		e.lane = slow
	}
	if !e.event.IsZero() && !e.waiting {
		q.push(e, now)
	}
}

// forget drops the accounts that had no event for long.
func (q *queue) forget(now time.Time) {
	for account, e := range q.entries {
		e.refill(now)
		if !e.waiting && !e.running && e.lane == fast && e.tokens >= tokenBurst && e.event.IsZero() {
			delete(q.entries, account)
		}
	}
}

// renumber gives the accounts the indexes that they have in another list.
func (q *queue) renumber(to func(int32) (int32, bool), now time.Time) {
	old := *q
	*q = *newQueue()
	for account, e := range old.entries {
		if index, ok := to(account); ok && (e.waiting || e.running) {
			q.mark(index, e.event, now)
		}
	}
}

// byDue is a heap of entries.
type byDue []*entry

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h byDue) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *byDue) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
