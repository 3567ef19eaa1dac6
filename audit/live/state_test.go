package live

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sshaudit/audit"
)

// harness is a State inside a synctest bubble whose audits are counted.
type harness struct {
	*State
	log    logText
	mu     sync.Mutex
	starts []time.Time
}

// logText is a log that is read while it is written.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs a State over audit until the test ends.
func start(t *testing.T, interval time.Duration, run Run) *harness {
	t.Helper()
	h := &harness{}
	h.State = New(h.counted(run), interval, slog.New(slog.NewTextHandler(&h.log, nil)))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	synctest.Wait()
	return h
}

func (h *harness) counted(run Run) Run {
	return func(ctx context.Context) (*audit.Report, error) {
		h.mu.Lock()
		h.starts = append(h.starts, time.Now())
		h.mu.Unlock()
		return run(ctx)
	}
}

// begun returns when each audit so far began.
func (h *harness) begun() []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.starts)
}

// takes returns an audit that needs d and finds n accounts.
func takes(d time.Duration, n int) Run {
	return func(context.Context) (*audit.Report, error) {
		started := time.Now()
		time.Sleep(d)
		return &audit.Report{Started: started, Users: n, Complete: true}, nil
	}
}

// pass lets fake time go on.
func pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestFirstAuditBeginsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		h := start(t, time.Hour, takes(3*time.Second, 7))
		if s := h.Snapshot(); s.Report != nil || s.Attempted || !s.LastAudit.IsZero() {
			t.Errorf("before the first audit ended: %+v", s)
		}
		pass(3 * time.Second)
		s := h.Snapshot()
		if s.Report == nil || s.Report.Users != 7 || !s.Attempted || s.Err != nil {
			t.Fatalf("after the first audit: %+v", s)
		}
		if !s.LastAudit.Equal(began) {
			t.Errorf("last audit %v, want its start %v", s.LastAudit, began)
		}
		if s.Durations.Count != 1 || s.Durations.Sum != 3 {
			t.Errorf("durations %+v, want one of 3 s", s.Durations)
		}
	})
}

func TestPauseBetweenAuditsIsJittered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const took, interval = 2 * time.Second, 100 * time.Second
		h := start(t, interval, takes(took, 1))
		pass(200 * interval)
		starts := h.begun()
		if len(starts) < 190 || len(starts) > 210 {
			t.Errorf("%d audits in 200 intervals", len(starts))
		}
		early, late := false, false
		for i := 1; i < len(starts); i++ {
			pause := starts[i].Sub(starts[i-1]) - took
			if pause < 90*time.Second || pause > 110*time.Second {
				t.Errorf("pause %v, want 100 s and a tenth more or less", pause)
			}
			early, late = early || pause < interval, late || pause > interval
		}
		if !early || !late {
			t.Error("the pauses do not vary to both sides")
		}
	})
}

func TestFailedAuditKeepsTheEarlierReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fail atomic.Bool
		h := start(t, time.Minute, func(ctx context.Context) (*audit.Report, error) {
			if fail.Load() {
				return nil, errors.New("read /etc/passwd: \x1b[2Jgone")
			}
			return takes(0, 7)(ctx)
		})
		good := h.Snapshot()
		fail.Store(true)
		pass(2 * time.Minute)
		s := h.Snapshot()
		if s.Report != good.Report || s.LastAudit != good.LastAudit || s.Durations.Count != 1 {
			t.Errorf("the earlier report is gone: %+v", s)
		}
		if s.Err == nil || !strings.Contains(s.Err.Error(), "/etc/passwd") {
			t.Errorf("error %v, want the audit's", s.Err)
		}
		if log := h.log.String(); !strings.Contains(log, "came to no end") || strings.Contains(log, "\x1b") {
			t.Errorf("log %q", log)
		}
		fail.Store(false)
		pass(2 * time.Minute)
		if s := h.Snapshot(); s.Err != nil || s.Report == good.Report {
			t.Errorf("not recovered: %+v", s)
		}
	})
}

func TestPanicOfAnAuditIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, time.Minute, func(context.Context) (*audit.Report, error) { panic("index out of range") })
		if err := h.Snapshot().Err; err == nil || err.Error() != "the audit panicked: index out of range" {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(h.log.String(), "state_test.go") {
			t.Error("the log does not say where it panicked")
		}
	})
}

func TestAuditWithoutReportIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, time.Minute, func(context.Context) (*audit.Report, error) { return nil, nil })
		if s := h.Snapshot(); s.Err == nil || s.Report != nil || !s.Attempted {
			t.Errorf("got %+v", s)
		}
	})
}

func TestReloadAuditsAtOnceByTheNewSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, time.Hour, takes(0, 1))
		h.RefuseReload(errors.New("sshaudit.yaml:3: no"))
		if err := h.Snapshot().ReloadErr; err == nil || err.Error() != "sshaudit.yaml:3: no" {
			t.Errorf("refused reload reads %v", err)
		}
		if n := len(h.begun()); n != 1 {
			t.Errorf("%d audits after a refused reload, want 1", n)
		}
		h.Reload(h.counted(takes(0, 2)), time.Minute)
		synctest.Wait()
		if s := h.Snapshot(); s.Report.Users != 2 || s.ReloadErr != nil {
			t.Errorf("after the reload: %d users, error %v", s.Report.Users, s.ReloadErr)
		}
		pass(66 * time.Second)
		if n := len(h.begun()); n != 3 {
			t.Errorf("%d audits, want a third by the new interval", n)
		}
	})
}

func TestReloadDuringAnAuditRunsAnotherAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, time.Hour, takes(10*time.Second, 1))
		pass(time.Second)
		h.Reload(h.counted(takes(10*time.Second, 2)), time.Hour)
		pass(9 * time.Second)
		if got := h.Snapshot().Report.Users; got != 1 {
			t.Errorf("%d users, want those of the audit that was under way", got)
		}
		pass(10 * time.Second)
		if got := h.Snapshot().Report.Users; got != 2 || len(h.begun()) != 2 {
			t.Errorf("%d users after %d audits, want 2 after 2", got, len(h.begun()))
		}
	})
}

func TestReloadAfterTheEndReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(takes(0, 1), time.Hour, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		stop()
		s.Run(ctx)
		s.Reload(takes(0, 2), time.Hour)
		s.RefuseReload(errors.New("late"))
		if got := s.Snapshot(); got.ReloadErr != nil {
			t.Errorf("a State that ended still changes: %+v", got)
		}
	})
}

func TestLoopTurnsWhileAnAuditRunsAndNotWhileItIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := func(context.Context) (*audit.Report, error) { <-release; return nil, errors.New("late") }
		s := New(deaf, time.Minute, slog.New(slog.DiscardHandler))
		var turns atomic.Int64
		s.OnTurn(20*time.Second, func(*Snapshot) { turns.Add(1) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		pass(auditLimit)
		before := turns.Load()
		if before < 44 {
			t.Errorf("%d turns in %v, want one every 20 s", before, auditLimit)
		}
		pass(time.Hour)
		if stuck := turns.Load() - before; stuck > 1 {
			t.Errorf("%d turns while the audit is stuck", stuck)
		}
		close(release)
		pass(time.Second)
		if turns.Load() < before+1 || s.Snapshot().Err == nil {
			t.Errorf("the loop does not turn again: %d turns, %+v", turns.Load(), s.Snapshot())
		}
		stop()
		<-ended
	})
}

func TestAuditIsCancelledAtItsLimitAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		untilCancelled := func(ctx context.Context) (*audit.Report, error) { <-ctx.Done(); return nil, ctx.Err() }
		h := start(t, time.Hour, untilCancelled)
		pass(auditLimit)
		if err := h.Snapshot().Err; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline's", err)
		}
		// The end is in the harness: Run returns although an audit is under way.
		h.Reload(untilCancelled, time.Hour)
		synctest.Wait()
	})
}

func TestEndDoesNotWaitForADeafAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var log bytes.Buffer
		s := New(func(context.Context) (*audit.Report, error) { <-release; return nil, nil }, time.Hour,
			slog.New(slog.NewTextHandler(&log, nil)))
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
		close(release)
	})
}
