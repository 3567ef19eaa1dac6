package survey

import (
	"math"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/settings"
)

// surveyed audits a made host.
func surveyed(tb testing.TB, root string, users ...string) *audit.Report {
	tb.Helper()
	s, err := Open(tb.Context(), Options{Root: root, Settings: settings.Default(), Users: users})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r, err := s.Run(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestEveryFaultIsFoundAndNothingElse(t *testing.T) {
	host := makeHost(t, 2000)
	r := surveyed(t, host.root)
	if r.Users != 2001 {
		t.Errorf("%d accounts audited, want 2000 and root", r.Users)
	}
	if len(host.faulty) < 20 {
		t.Fatalf("only %d faults were made: the host proves nothing", len(host.faulty))
	}
	found := make(map[string]string)
	blocked := 0
	for _, f := range r.Findings {
		if f.User == "" {
			continue
		}
		if other, twice := found[string(f.User)]; twice {
			t.Errorf("%s: %s and %s", f.User, other, f.Check)
		}
		found[string(f.User)] = f.Check
		if f.Effect == audit.Blocks {
			blocked++
		}
	}
	for user, check := range host.faulty {
		if found[user] != check {
			t.Errorf("%s: found %q, want %q", user, found[user], check)
		}
		delete(found, user)
	}
	for user, check := range found {
		t.Errorf("%s is in order and has the finding %s", user, check)
	}
	if r.Blocked != blocked {
		t.Errorf("Blocked = %d, want %d", r.Blocked, blocked)
	}
}

func BenchmarkCheck10000(b *testing.B) { benchmarkCheck(b, 10_000) }

func BenchmarkCheck100000(b *testing.B) { benchmarkCheck(b, 100_000) }

func benchmarkCheck(b *testing.B, n int) {
	host := makeHost(b, n)
	yardstick := bareCalls(b, host.root)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the command has it
	b.ReportAllocs()
	best := math.Inf(1)
	for b.Loop() {
		started := time.Now()
		surveyed(b, host.root)
		best = min(best, float64(time.Since(started).Nanoseconds()))
	}
	b.ReportMetric(best/yardstick, "times-C")
}

// bareCalls runs the bare system calls in C, one thread, and returns the best
// time of five in nanoseconds by the clock. The best times of both are compared:
// they are what is left when nobody else uses the machine.
func bareCalls(b *testing.B, root string) float64 {
	b.Helper()
	program := filepath.Join(b.TempDir(), "bare")
	if out, err := exec.Command("gcc", "-O2", "-o", program, "testdata/bare.c").CombinedOutput(); err != nil {
		b.Fatalf("compile the yardstick: %v\n%s", err, out)
	}
	best := math.Inf(1)
	for range 5 {
		out, err := exec.Command(program, root).Output()
		must(b, err)
		wall, _, _ := strings.Cut(string(out), " ")
		nanoseconds, err := strconv.ParseFloat(wall, 64)
		must(b, err)
		best = min(best, nanoseconds)
	}
	return best
}
