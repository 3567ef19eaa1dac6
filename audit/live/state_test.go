package live

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sshaudit/audit"
)

// fake is a Source that hands out what a test sends.
type fake struct {
	updates chan Update
	stuck   atomic.Bool
	// deaf sources do not end when they are told to.
	deaf chan struct{}

	mu      sync.Mutex
	options []Options
}

func newFake() *fake { return &fake{updates: make(chan Update)} }

func (f *fake) Run(ctx context.Context, out func(Update)) {
	for {
		select {
		case u := <-f.updates:
			out(u)
		case <-ctx.Done():
			if f.deaf != nil {
				<-f.deaf
			}
			return
		}
	}
}

func (f *fake) Reconfigure(o Options) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.options = append(f.options, o)
}

func (f *fake) Stuck() bool { return f.stuck.Load() }

// start runs a State over a fake source until the test ends.
func start(t *testing.T) (*State, *fake) {
	t.Helper()
	f := newFake()
	s := New(f, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	synctest.Wait()
	return s, f
}

func (f *fake) send(u Update) { f.updates <- u; synctest.Wait() }

func TestStateIsEmptyBeforeTheFirstReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := start(t)
		got := s.Snapshot()
		if got.Report != nil || got.Attempted || !got.LastAudit.IsZero() {
			t.Errorf("got %+v", got)
		}
		if len(got.Durations.Buckets) == 0 || len(got.Verdicts.Buckets) == 0 {
			t.Error("the histograms have no buckets yet: their series would come and go")
		}
	})
}

func TestUpdateIsTakenIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := start(t)
		event := time.Now()
		time.Sleep(20 * time.Millisecond)
		f.send(Update{Took: 3 * time.Second})
		f.send(Update{Report: &audit.Report{Users: 7}, LastFull: event, Events: []time.Time{event}})
		got := s.Snapshot()
		if got.Report == nil || got.Report.Users != 7 || !got.Attempted || !got.LastAudit.Equal(event) {
			t.Errorf("got %+v", got)
		}
		if got.Durations.Count != 1 || got.Durations.Sum != 3 {
			t.Errorf("durations %+v, want one of 3 s", got.Durations)
		}
		if got.Verdicts.Count != 1 || got.Verdicts.Sum != 0.02 {
			t.Errorf("verdicts %+v, want one of 20 ms", got.Verdicts)
		}
		f.send(Update{LastFull: event})
		if s.Snapshot().Report != got.Report {
			t.Error("an update without a report took the report away")
		}
	})
}

func TestFailedAuditKeepsTheEarlierReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := start(t)
		f.send(Update{Report: &audit.Report{Users: 7}})
		good := s.Snapshot()
		f.send(Update{Err: errors.New("read /etc/passwd: gone")})
		bad := s.Snapshot()
		if bad.Err == nil || bad.Report != good.Report {
			t.Errorf("after the failure: %+v", bad)
		}
		f.send(Update{Report: &audit.Report{Users: 8}})
		if s.Snapshot().Err == nil {
			t.Error("one account's news made the failure of the whole forgotten")
		}
		f.send(Update{Took: time.Second})
		if got := s.Snapshot(); got.Err != nil {
			t.Errorf("not recovered: %+v", got)
		}
	})
}

func TestReloadReachesTheSourceAndARefusedOneDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := start(t)
		s.RefuseReload(errors.New("sshaudit.yaml:3: no"))
		if err := s.Snapshot().ReloadErr; err == nil || err.Error() != "sshaudit.yaml:3: no" {
			t.Errorf("refused reload reads %v", err)
		}
		if len(f.options) != 0 {
			t.Error("a refused reload reached the source")
		}
		s.Reload(Options{Interval: time.Minute})
		if s.Snapshot().ReloadErr != nil || len(f.options) != 1 || f.options[0].Interval != time.Minute {
			t.Errorf("after the reload: %v, options %+v", s.Snapshot().ReloadErr, f.options)
		}
	})
}

func TestReloadAfterTheEndReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(newFake(), slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		stop()
		s.Run(ctx)
		s.Reload(Options{})
		s.RefuseReload(errors.New("late"))
		if got := s.Snapshot(); got.ReloadErr != nil {
			t.Errorf("a State that ended still changes: %+v", got)
		}
	})
}

func TestWatchdogIsNotFedWhileTheSourceIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := New(f, slog.New(slog.DiscardHandler))
		var turns atomic.Int64
		s.OnTurn(20*time.Second, func(*Snapshot) { turns.Add(1) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		pass(10 * time.Minute)
		if n := turns.Load(); n < 29 || n > 31 {
			t.Errorf("%d turns in ten minutes, want one every 20 s", n)
		}
		f.stuck.Store(true)
		before := turns.Load()
		pass(time.Hour)
		if n := turns.Load() - before; n != 0 {
			t.Errorf("%d turns while the source is stuck", n)
		}
		f.stuck.Store(false)
		pass(time.Minute)
		if turns.Load() == before {
			t.Error("the loop does not turn again")
		}
		stop()
		<-ended
	})
}

func TestEndDoesNotWaitForADeafSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.deaf = make(chan struct{})
		var log bytes.Buffer
		s := New(f, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(time.Second, stop)
		s.Run(ctx)
		if took := time.Since(began); took != time.Second+stopLimit {
			t.Errorf("the end took %v", took)
		}
		if !strings.Contains(log.String(), "did not end") {
			t.Errorf("log %q", log.String())
		}
		close(f.deaf)
	})
}
