package live

import (
	"slices"
	"testing"
	"time"
)

// clock is a moment that a test moves on.
var start0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func taken(t *testing.T, q *queue, l lane, now time.Time, want ...int32) {
	t.Helper()
	got, _ := q.take(l, batch, now)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("at %v: took %v, want %v", now.Sub(start0), got, want)
	}
}

func TestManyEventsOfAnAccountAreOneLook(t *testing.T) {
	q := newQueue()
	for range 1000 {
		q.mark(7, start0, start0)
	}
	taken(t, q, fast, start0)
	taken(t, q, fast, start0.Add(settle), 7)
	taken(t, q, fast, start0.Add(time.Hour))
}

func TestFirstEventCountsForTheVerdictsTime(t *testing.T) {
	q := newQueue()
	q.mark(7, start0, start0)
	q.mark(7, start0.Add(time.Millisecond), start0.Add(time.Millisecond))
	taken(t, q, fast, start0.Add(settle), 7)
	if at := q.started(7); !at.Equal(start0) {
		t.Errorf("the look deals with the event of %v, want the first", at)
	}
	if at := q.started(7); !at.IsZero() {
		t.Errorf("the event of %v counts twice", at)
	}
}

func TestEventDuringALookMakesAnother(t *testing.T) {
	q := newQueue()
	q.mark(7, start0, start0)
	now := start0.Add(settle)
	taken(t, q, fast, now, 7)
	q.started(7)
	q.mark(7, now, now)
	taken(t, q, fast, now.Add(settle))
	q.done(7, 0, now)
	taken(t, q, fast, now.Add(settle), 7)
}

func TestAccountWithEndlessEventsIsLookedAtEveryTwoSeconds(t *testing.T) {
	q := newQueue()
	looks := 0
	now := start0
	for now.Sub(start0) < time.Minute {
		q.mark(7, now, now)
		q.mark(8, now, now)
		for _, a := range first(q.take(fast, batch, now)) {
			q.started(a)
			q.done(a, 0, now)
			if a == 7 {
				looks++
			}
		}
		now = now.Add(time.Millisecond)
	}
	if want := tokenBurst + 30; looks < want-2 || looks > want+1 {
		t.Errorf("%d looks in a minute, want about %d", looks, want)
	}
}

func first[A, B any](a A, _ B) A { return a }

func TestCostlyAccountRestsAndHasItsOwnLane(t *testing.T) {
	q := newQueue()
	q.mark(7, start0, start0)
	now := start0.Add(settle)
	taken(t, q, fast, now, 7)
	q.started(7)
	q.done(7, time.Second, now)
	q.mark(7, now, now)
	q.mark(8, now, now)
	taken(t, q, fast, now.Add(settle), 8)
	taken(t, q, slow, now.Add(8*time.Second))
	taken(t, q, slow, now.Add(9*time.Second), 7)
	q.started(7)
	q.done(7, time.Millisecond, now.Add(9*time.Second))
	q.mark(7, now, now.Add(20*time.Second))
	taken(t, q, fast, now.Add(21*time.Second), 7)
}

func TestEventsGoBeforeTheSweep(t *testing.T) {
	q := newQueue()
	for a := range int32(3 * batch) {
		q.postpone(a)
		q.postpone(a)
	}
	q.mark(1000, start0, start0)
	now := start0.Add(settle)
	taken(t, q, fast, now, 1000)
	seen := 0
	for range 3 {
		seen += len(first(q.take(fast, batch, now)))
	}
	if seen != 3*batch {
		t.Errorf("%d accounts were swept, want each once", seen)
	}
	taken(t, q, fast, now)
}

func TestSweepLeavesOutWhoWaitsAnyway(t *testing.T) {
	q := newQueue()
	q.postpone(7)
	q.mark(7, start0, start0)
	taken(t, q, fast, start0)
	taken(t, q, fast, start0.Add(settle), 7)
	taken(t, q, fast, start0.Add(time.Hour))
}

func TestNextLookIsTold(t *testing.T) {
	q := newQueue()
	if _, next := q.take(fast, batch, start0); !next.IsZero() {
		t.Errorf("an empty queue is due at %v", next)
	}
	q.mark(7, start0, start0)
	if _, next := q.take(fast, batch, start0); !next.Equal(start0.Add(settle)) {
		t.Errorf("due %v after the event, want %v", next.Sub(start0), settle)
	}
}

func TestQueueForgetsTheQuiet(t *testing.T) {
	q := newQueue()
	now := start0
	for a := range int32(maxIdle) {
		q.mark(a, now, now)
	}
	now = now.Add(settle)
	for {
		list := first(q.take(fast, batch, now))
		if len(list) == 0 {
			break
		}
		for _, a := range list {
			q.started(a)
			q.done(a, 0, now)
		}
	}
	now = now.Add(time.Hour)
	q.mark(maxIdle, now, now)
	if n := len(q.entries); n != 1 {
		t.Errorf("%d accounts are remembered an hour later, want one", n)
	}
}

func TestRenumberedQueueKeepsWhoWaitsAndWhoRuns(t *testing.T) {
	q := newQueue()
	for _, a := range []int32{1, 2, 3} {
		q.mark(a, start0, start0)
	}
	now := start0.Add(settle)
	got, _ := q.take(fast, 1, now)
	q.renumber(func(a int32) (int32, bool) { return a + 10, a != 3 }, now)
	if len(got) != 1 {
		t.Fatal(got)
	}
	taken(t, q, fast, now.Add(settle), 11, 12)
}
