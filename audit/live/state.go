package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
	"time"

	"sshaudit/audit"
)

// auditLimit bounds one audit. Past it the audit is cancelled; if it does not
// even end then, the loop no longer counts as turning, and a watchdog may act.
const auditLimit = 15 * time.Minute

// stopLimit is how long a stopping State waits for a cancelled audit.
const stopLimit = 5 * time.Second

// jitter is the part of the interval by which an audit may come early or late,
// so that the hosts of a fleet that booted together do not audit together.
const jitter = 0.1

// Run makes one audit. It must return soon after its context is done. The
// report is not changed by anybody afterwards.
type Run func(context.Context) (*audit.Report, error)

// State is the daemon's state. Make one with New, then call Run once.
type State struct {
	log      *slog.Logger
	snapshot atomic.Pointer[Snapshot]
	commands chan func()
	done     chan struct{}
	turned   func(*Snapshot)
	every    time.Duration

	// The rest belongs to the goroutine of Run.
	run      Run
	interval time.Duration
	due      *time.Timer
	outcomes chan outcome
	running  bool
	since    time.Time
	again    bool
}

// outcome is what an audit came to.
type outcome struct {
	report *audit.Report
	err    error
	took   time.Duration
}

// New returns a State that audits by run, again and again with interval
// between the end of one audit and the start of the next.
func New(run Run, interval time.Duration, log *slog.Logger) *State {
	s := &State{
		log: log, run: run, interval: interval,
		commands: make(chan func()),
		done:     make(chan struct{}),
		outcomes: make(chan outcome, 1),
		turned:   func(*Snapshot) {},
	}
	s.snapshot.Store(&Snapshot{})
	return s
}

// Snapshot returns the current state; never nil.
func (s *State) Snapshot() *Snapshot { return s.snapshot.Load() }

// OnTurn has f called by the loop after each of its turns, and at least as
// often as every says, if it is not zero. It is not called while an audit is
// stuck, so that a watchdog may be fed from it. It must be set before Run, and
// f must not block.
func (s *State) OnTurn(every time.Duration, f func(*Snapshot)) { s.every, s.turned = every, f }

// Reload replaces the audit and the interval, and audits at once. An audit
// that is under way ends first. It returns when the loop has taken note, or
// has ended; it waits for a loop that has not begun.
func (s *State) Reload(run Run, interval time.Duration) {
	s.do(func() {
		s.run, s.interval = run, interval
		s.snapshot.Store(s.Snapshot().reloaded(nil))
		s.soon()
	})
}

// RefuseReload records that a reload was refused and why; the state goes on as
// it was. It waits as Reload does.
func (s *State) RefuseReload(err error) {
	s.do(func() { s.snapshot.Store(s.Snapshot().reloaded(err)) })
}

// do has the owner execute a command and waits until it has.
func (s *State) do(command func()) {
	executed := make(chan struct{})
	select {
	case s.commands <- func() { command(); close(executed) }:
		<-executed
	case <-s.done:
	}
}

// soon has the next audit begin now, or right after the one that is under way.
func (s *State) soon() {
	if s.running {
		s.again = true
		return
	}
	s.due.Reset(0)
}

// Run audits at once and then on the timer until ctx is done. It may be called once.
func (s *State) Run(ctx context.Context) {
	defer close(s.done)
	s.due = time.NewTimer(0)
	defer s.due.Stop()
	var beat <-chan time.Time
	if s.every > 0 {
		ticker := time.NewTicker(s.every)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			s.wait()
			return
		case <-s.due.C:
			s.begin(ctx)
		case o := <-s.outcomes:
			s.end(o)
		case command := <-s.commands:
			command()
		case <-beat:
		}
		if !s.stuck() {
			s.turned(s.Snapshot())
		}
	}
}

// wait gives a cancelled audit a moment to end.
func (s *State) wait() {
	if !s.running {
		return
	}
	select {
	case <-s.outcomes:
	case <-time.After(stopLimit):
		s.log.Warn("the audit under way did not end when it was cancelled", "waited", stopLimit)
	}
}

// stuck reports whether an audit is under way that its limit did not end.
func (s *State) stuck() bool { return s.running && time.Since(s.since) > auditLimit+stopLimit }

func (s *State) begin(ctx context.Context) {
	s.running, s.since = true, time.Now()
	go func(run Run, since time.Time) {
		ctx, cancel := context.WithTimeout(ctx, auditLimit)
		defer cancel()
		report, err := s.guarded(ctx, run)
		s.outcomes <- outcome{report, err, time.Since(since)}
	}(s.run, s.since)
}

// guarded turns a panic of an audit into an error: one account's odd file must
// not take the metrics of the whole host away.
func (s *State) guarded(ctx context.Context, run Run) (r *audit.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the audit panicked: %v", p)
			s.log.Error("the audit panicked", "stack", string(debug.Stack()))
		}
	}()
	if r, err = run(ctx); err == nil && r == nil {
		err = errors.New("the audit returned no report")
	}
	return r, err
}

func (s *State) end(o outcome) {
	s.running = false
	if o.err != nil {
		s.snapshot.Store(s.Snapshot().failed(o.err))
		s.log.Error("the audit came to no end", "err", audit.Untrusted(o.err.Error()).String(), "took", o.took)
	} else {
		s.snapshot.Store(s.Snapshot().audited(o.report, o.took))
		s.log.Info("audited", "accounts", o.report.Users, "findings", len(o.report.Findings),
			"complete", o.report.Complete, "took", o.took)
	}
	pause := jittered(s.interval)
	if s.again {
		s.again, pause = false, 0
	}
	s.due.Reset(pause)
}

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // spreads load, keeps no secret
}
