package live

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// auditLimit bounds one pass over the accounts. Past it the pass is cancelled; if
// it does not even end then, the daemon no longer counts as turning, and a
// watchdog may act.
const auditLimit = 15 * time.Minute

// stopLimit is how long a stopping State waits for what is under way.
const stopLimit = 5 * time.Second

// jitter is the part of an interval by which a look may come early or late, so
// that the hosts of a fleet that booted together do not work together.
const jitter = 0.1

// Source keeps an audit current; Keeper is the one that audits this host.
type Source interface {
	// Run hands out each new state until ctx is done. out may be called by several
	// goroutines, and does not block for long.
	Run(ctx context.Context, out func(Update))
	// Reconfigure has everything looked at by other settings.
	Reconfigure(Options)
	// Stuck reports whether Run makes no progress any more.
	Stuck() bool
}

// State is the daemon's state. Make one with New, then call Run once.
type State struct {
	log      *slog.Logger
	source   Source
	snapshot atomic.Pointer[Snapshot]
	updates  chan Update
	commands chan func()
	done     chan struct{}
	turned   func(*Snapshot)
	every    time.Duration
}

// New returns a State of what source finds out.
func New(source Source, log *slog.Logger) *State {
	s := &State{
		log: log, source: source,
		updates:  make(chan Update),
		commands: make(chan func()),
		done:     make(chan struct{}),
		turned:   func(*Snapshot) {},
	}
	s.snapshot.Store(&Snapshot{Durations: Durations{}.with(auditBounds), Verdicts: Durations{}.with(verdictBounds)})
	return s
}

// Snapshot returns the current state; never nil.
func (s *State) Snapshot() *Snapshot { return s.snapshot.Load() }

// OnTurn has f called by the loop after each of its turns, and at least as
// often as every says, if it is not zero. It is not called while the source is
// stuck, so that a watchdog may be fed from it. It must be set before Run, and
// f must not block.
func (s *State) OnTurn(every time.Duration, f func(*Snapshot)) { s.every, s.turned = every, f }

// Reload has everything looked at by other settings. It returns when the loop
// has taken note, or has ended; it waits for a loop that has not begun.
func (s *State) Reload(o Options) {
	s.do(func() {
		s.source.Reconfigure(o)
		s.snapshot.Store(s.Snapshot().reloaded(nil))
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

// Run keeps the state current until ctx is done. It may be called once.
func (s *State) Run(ctx context.Context) {
	defer close(s.done)
	ended := make(chan struct{})
	go func() { defer close(ended); s.source.Run(ctx, s.hand(ctx)) }()
	var beat <-chan time.Time
	if s.every > 0 {
		ticker := time.NewTicker(s.every)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			s.wait(ended)
			return
		case u := <-s.updates:
			s.snapshot.Store(s.Snapshot().updated(u, time.Now()))
		case command := <-s.commands:
			command()
		case <-beat:
		}
		if !s.source.Stuck() {
			s.turned(s.Snapshot())
		}
	}
}

// hand returns what brings an update to the loop.
func (s *State) hand(ctx context.Context) func(Update) {
	return func(u Update) {
		select {
		case s.updates <- u:
		case <-ctx.Done():
		}
	}
}

// wait gives what is under way a moment to end.
func (s *State) wait(ended <-chan struct{}) {
	select {
	case <-ended:
	case <-time.After(stopLimit):
		s.log.Warn("the audit under way did not end when it was cancelled", "waited", stopLimit)
	}
}

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // spreads load, keeps no secret
}
