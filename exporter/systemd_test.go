package exporter

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/live"
)

// oneReport is a source that has one report and no news.
type oneReport struct{}

func (oneReport) Run(ctx context.Context, out func(live.Update)) {
	r := testReport()
	out(live.Update{Report: r, LastFull: r.Started})
	<-ctx.Done()
}

func (oneReport) Reconfigure(live.Options) {}

func (oneReport) Stuck() bool { return false }

// systemd returns a socket that takes what a service tells systemd.
func systemd(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	return c
}

// told returns the next message; it ends the test if none comes.
func told(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// until reads messages up to the one that holds text, and returns it.
func until(t *testing.T, c *net.UnixConn, text string) string {
	t.Helper()
	for {
		if message := told(t, c); strings.Contains(message, text) {
			return message
		}
	}
}

func TestSystemdIsToldHowTheDaemonIs(t *testing.T) {
	socket := systemd(t)
	t.Setenv("WATCHDOG_USEC", strconv.Itoa(300_000))
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	state := live.New(oneReport{}, slog.New(slog.DiscardHandler))
	o := pagesOf(nil)
	o.Snapshot = state.Snapshot
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, state) }()
	until(t, socket, "READY=1")
	until(t, socket, "WATCHDOG=1\nSTATUS=3 accounts audited at 2026-01-02T03:04:05Z: 2 critical, 1 warning, 0 notice")
	if got := get(t, "http://"+s.Addrs()[0].String()+"/-/ready"); got.status != 200 {
		t.Errorf("/-/ready: %d", got.status)
	}
	until(t, socket, "WATCHDOG=1") // no audit ends any more: the watchdog's time alone
	stop()
	until(t, socket, "STOPPING=1")
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
}

func TestWithoutWatchdogNoneIsFed(t *testing.T) {
	socket := systemd(t)
	n := newNotifier(slog.New(slog.DiscardHandler))
	if n.every != 0 {
		t.Errorf("fed every %v", n.every)
	}
	n.turned(live.NewSnapshot(testReport()))
	if message := told(t, socket); strings.Contains(message, "WATCHDOG") {
		t.Errorf("told %q", message)
	}
}

func TestReloadIsToldWithItsTime(t *testing.T) {
	socket := systemd(t)
	s, err := New(pagesOf(&live.Snapshot{}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.Reloading()
	if message := told(t, socket); !strings.HasPrefix(message, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("told %q", message)
	}
	s.Reloaded()
	if message := told(t, socket); message != "READY=1" {
		t.Errorf("told %q", message)
	}
}

func TestStatusNamesNobodyAndTellsFailure(t *testing.T) {
	good := live.NewSnapshot(testReport())
	failed := *good
	failed.Err = errors.New("read /home/alice: no")
	for want, s := range map[string]*live.Snapshot{
		"First audit under way":                   {},
		"The last audit failed; the log says why": &failed,
		"3 accounts audited at 2026-01-02T03:04:05Z: 2 critical, 1 warning, 0 notice": good,
	} {
		if got := status(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestListenerThatFailsEndsTheRun(t *testing.T) {
	state := live.New(oneReport{}, slog.New(slog.DiscardHandler))
	o := pagesOf(nil)
	o.Snapshot = state.Snapshot
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	if err := s.Run(t.Context(), state); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want the listener's error", err)
	}
}

func TestLogOfTheServerIsEscapedAndBounded(t *testing.T) {
	var text bytes.Buffer
	log := quietLog(slog.New(slog.NewTextHandler(&text, nil)))
	for range 10 * logBurst {
		log.Print("http: bad\nrequest \x1b[2J\u202e from a client")
	}
	lines := strings.Count(text.String(), "\n")
	if lines < logBurst || lines > 2*logBurst {
		t.Errorf("%d lines of %d, want about %d", lines, 10*logBurst, logBurst)
	}
	if strings.ContainsAny(text.String(), "\x1b\u202e") {
		t.Errorf("raw bytes in the log: %q", text.String()[:200])
	}
}
