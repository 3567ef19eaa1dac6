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
	"strings"
	"sync"
	"testing"
	"time"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
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

// BenchmarkAccount reports how long one account takes, and the ratio to a C
// program without any check.
func BenchmarkAccount(b *testing.B) {
	dir := accounts(b, benchAccounts)
	bare := filepath.Join(b.TempDir(), "bare")
	if out, err := exec.Command("gcc", "-O2", "-pthread", "-o", bare, "testdata/bare.c").CombinedOutput(); err != nil {
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
				best := time.Duration(1 << 62)
				for b.Loop() {
					best = min(best, scan(b, dir, names, workers, switched))
				}
				b.ReportMetric(float64(best.Nanoseconds())/benchAccounts, "ns/account")
				b.ReportMetric(float64(best)/float64(yardstick), "times-C")
			})
		}
		b.Logf("C, %d workers: %d ns/account", workers, yardstick.Nanoseconds()/benchAccounts)
	}
}

func runBare(b *testing.B, bare, dir string, workers int) time.Duration {
	b.Helper()
	best := time.Duration(1 << 62)
	for range 5 {
		out, err := exec.Command(bare, dir, strconv.Itoa(benchAccounts), strconv.Itoa(workers)).Output()
		if err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseInt(strings.Fields(string(out))[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Duration(ns))
	}
	return best
}

func scan(b *testing.B, dir string, names []string, workers int, switched bool) time.Duration {
	r, err := hostfs.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	start := time.Now()
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
	return time.Since(start)
}
