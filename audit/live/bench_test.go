package live

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// storm names the variable that has the test binary make files in a directory
// until it is killed.
const storm = "SSHAUDIT_TEST_STORM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(storm); dir != "" {
		for i := 0; ; i++ {
			name := filepath.Join(dir, strconv.Itoa(i%64))
			_ = os.WriteFile(name, nil, 0o600) // what it does matters more than that it succeeds
			_ = os.Remove(name)
		}
	}
	os.Exit(m.Run())
}

func BenchmarkEventToVerdict(b *testing.B) {
	h := makeHost(b, 10_000)
	s, _ := h.keep(never)
	b.Run("calm", func(b *testing.B) { h.verdicts(b, s) })
	b.Run("storm", func(b *testing.B) {
		cmd := exec.Command(os.Args[0]) //nolint:gosec // this very program
		cmd.Env = append(os.Environ(), storm+"="+h.home(0)+"/.ssh")
		must(b, cmd.Start())
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
		time.Sleep(200 * time.Millisecond)
		h.verdicts(b, s)
	})
}

// verdicts measures the time from chmod(2) to the snapshot with the finding, one
// account after another.
func (h *host) verdicts(b *testing.B, s *State) {
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		n := 1 + i%(len(h.users)-1)
		mode := os.FileMode(0o666)
		if i/(len(h.users)-1)%2 == 1 {
			mode = 0o600
		}
		want := mode == 0o666
		began := time.Now()
		must(b, os.Chmod(h.keys(n), mode))
		for has(s.Snapshot(), "akf-strict-file", h.users[n]) != want {
			time.Sleep(100 * time.Microsecond)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	milliseconds := func(part int) float64 { return float64(took[(len(took)-1)*part/100].Microseconds()) / 1000 }
	b.ReportMetric(milliseconds(50), "p50-ms")
	b.ReportMetric(milliseconds(99), "p99-ms")
	for i := range h.users { // for the next measurement
		must(b, os.Chmod(h.keys(i), 0o600))
	}
	wait(b, "calm", func() bool { return s.Snapshot().Report.Blocked == 0 })
}
