//go:build linux

package hostfs_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

const (
	benchAccounts = 10000
	benchUID      = 100000
	benchKey      = "AAAAC3NzaC1lZDI1NTE5AAAAIBcnM2w2bKUyBcwpnvzLxlRuAO9sdXwO9Ju2vO7XzXdM"
)

// accounts makes homes with a .ssh of four files.
func accounts(b *testing.B, n int) string {
	b.Helper()
	dir := hostfstest.Build(b)
	keys := "ssh-ed25519 " + benchKey + " one\nssh-ed25519 " + benchKey + " two\n"
	for i := range n {
		home, uid := fmt.Sprintf("/home/u%05d", i), benchUID+i
		for _, e := range []hostfstest.Entry{
			{Path: home + "/", Mode: 0o750}, {Path: home + "/.ssh/", Mode: 0o700},
			{Path: home + "/.ssh/authorized_keys", Mode: 0o600, Content: keys},
			{Path: home + "/.ssh/known_hosts", Mode: 0o600, Content: "x"},
			{Path: home + "/.ssh/id_ed25519", Mode: 0o600, Content: "x"},
			{Path: home + "/.ssh/id_ed25519.pub", Content: "x"},
		} {
			e.UID, e.GID = uid, uid
			hostfstest.Add(b, dir, e)
		}
	}
	return dir
}

// look does for one account what testdata/bare.c does.
func look(v *hostfs.View, home string, buf []byte) ([]byte, error) {
	h, err := v.OpenHome(home)
	if err != nil {
		return buf, err
	}
	defer h.Close()
	entries, _, err := v.ReadDir(home+"/.ssh", 4096)
	if err != nil || len(entries) != 4 {
		return buf, fmt.Errorf("%d entries, %w", len(entries), err)
	}
	w, err := v.Walk(home + "/.ssh/authorized_keys")
	if err != nil {
		return buf, err
	}
	defer w.Close()
	data, err := w.ReadAll(1<<20, buf)
	if err != nil {
		return buf, err
	}
	var blob [64]byte
	for line := range bytes.Lines(data) {
		text := bytes.Split(line, []byte(" "))
		if n, err := base64.StdEncoding.Decode(blob[:], text[1]); n != 51 || err != nil {
			return data, fmt.Errorf("%d bytes, %w", n, err)
		}
	}
	return data, nil
}

// cost is what all accounts took together: by the clock, and of the processors.
type cost struct{ wall, cpu time.Duration }

func (c cost) min(d cost) cost { return cost{min(c.wall, d.wall), min(c.cpu, d.cpu)} }

const never = time.Duration(1<<63 - 1)

// BenchmarkAccount reports how long one account takes, and the ratio to a C
// program without any check and with as many workers. The ratio of processor
// time holds on a busy machine, too.
func BenchmarkAccount(b *testing.B) {
	dir := accounts(b, benchAccounts)
	bare := filepath.Join(b.TempDir(), "bare")
	if out, err := exec.Command(sshdtest.NeedProgram(b, "gcc", "gcc"), "-O2", "-pthread", "-o", bare, "testdata/bare.c").CombinedOutput(); err != nil {
		b.Fatalf("gcc: %v\n%s", err, out)
	}
	names := make([]string, benchAccounts)
	for i := range names {
		names[i] = fmt.Sprintf("/home/u%05d", i)
	}
	for _, workers := range []int{1, 2} {
		yardstick := runBare(b, bare, dir, workers)
		for _, switched := range []bool{false, true} {
			b.Run(fmt.Sprintf("workers=%d/switched=%v", workers, switched), func(b *testing.B) {
				b.ReportAllocs()
				best := cost{never, never}
				for b.Loop() {
					best = best.min(scan(b, dir, names, workers, switched))
				}
				b.ReportMetric(float64(best.wall.Nanoseconds())/benchAccounts, "ns/account")
				b.ReportMetric(float64(best.wall)/float64(yardstick.wall), "times-C-wall")
				b.ReportMetric(float64(best.cpu)/float64(yardstick.cpu), "times-C-cpu")
			})
		}
		b.Logf("C, %d workers: %d ns/account, %d ns of processor", workers,
			yardstick.wall.Nanoseconds()/benchAccounts, yardstick.cpu.Nanoseconds()/benchAccounts)
	}
}

func runBare(b *testing.B, bare, dir string, workers int) cost {
	b.Helper()
	best := cost{never, never}
	for range 5 {
		out, err := exec.Command(bare, dir, strconv.Itoa(benchAccounts), strconv.Itoa(workers)).Output()
		if err != nil {
			b.Fatal(err)
		}
		var c cost
		if _, err := fmt.Sscan(string(out), (*int64)(&c.wall), (*int64)(&c.cpu)); err != nil {
			b.Fatal(err)
		}
		best = best.min(c)
	}
	return best
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func scan(b *testing.B, dir string, names []string, workers int, switched bool) cost {
	r, err := hostfs.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	start, cpu := time.Now(), processorTime(b)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			err := r.Worker(func(worker *hostfs.Worker) error {
				var buf []byte
				for i := w; i < len(names); i += workers {
					id := hostfs.Identity{UID: uint32(os.Geteuid())}
					if switched {
						id = hostfs.Identity{UID: uint32(benchUID + i), GID: uint32(benchUID + i)}
					}
					err := worker.As(id, func(v *hostfs.View) (err error) {
						buf, err = look(v, names[i], buf)
						return err
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return cost{time.Since(start), processorTime(b) - cpu}
}
