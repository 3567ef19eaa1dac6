//go:build linux

package hostfs_test

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// TestWalkIsThatOfTheKernel compares, in trees of random owners, modes and links,
// where a process of alice's gets to after chroot(2), with where a View gets to.
// One View takes all ways through a tree, so what it remembers is tested too.
func TestWalkIsThatOfTheKernel(t *testing.T) {
	everyKernel(t, func(t *testing.T) {
		met := map[syscall.Errno]int{}
		for seed := range uint64(8) {
			rng := rand.New(rand.NewPCG(seed, 7))
			dir := hostfstest.Build(t, randomTree(rng)...)
			kernel := newChild(t, "chroot", dir, "61001")
			r := openRoot(t, dir)
			id := hostfs.Identity{UID: alice, GID: alice, Groups: []uint32{alice, 61100}}
			err := r.Worker(func(w *hostfs.Worker) error {
				compare := func(ways int) func(v *hostfs.View) error {
					return func(v *hostfs.View) error {
						for range ways {
							compareWay(t, kernel, v, randomPath(rng), met)
						}
						return nil
					}
				}
				if err := w.As(id, compare(80)); err != nil {
					return err
				}
				for range 16 { // a switch that was put off lasts until the first doubt
					if err := w.ReadAs(id, compare(5)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, errno := range []syscall.Errno{0, unix.ENOENT, unix.EACCES, unix.ENOTDIR, unix.ELOOP} {
			if met[errno] < 5 {
				t.Errorf("the trees lead to %q only %d times", errno.Error(), met[errno])
			}
		}
	})
}

func compareWay(t *testing.T, kernel *child, v *hostfs.View, path string, met map[syscall.Errno]int) {
	t.Helper()
	want, errno := kernel.ask(t, path)
	met[errno]++
	w, err := v.Walk(path)
	if err != nil {
		if hostfs.Errno(err) != errno {
			t.Errorf("%s: %v; the kernel got to %q, errno %d", path, err, want, errno)
		}
		return
	}
	defer w.Close()
	if string(w.Path) != want || errno != 0 {
		t.Errorf("%s: got to %s; the kernel to %q, errno %d", path, w.Path, want, errno)
	}
	if w.Info.Type != hostfs.Regular {
		return
	}
	_, err = w.ReadAll(100, nil)
	if _, errno := kernel.ask(t, "read "+path); hostfs.Errno(err) != errno {
		t.Errorf("read %s: %v; the kernel says %d", path, err, errno)
	}
	chain := string(w.Path)
	for _, d := range w.Chain {
		chain = chain[:max(strings.LastIndexByte(chain, '/'), 0)]
		if info, err := v.Lstat(string(d.Path)); string(d.Path) != chain && d.Path != "/" || err == nil && info != d.Info {
			t.Errorf("%s: chain has %s", path, d.Path)
		}
	}
}

var treeNames = []string{"a", "b", "c", "d"}

func randomTree(rng *rand.Rand) []hostfstest.Entry {
	pick := func(modes ...uint32) uint32 { return modes[rng.IntN(len(modes))] }
	owner := func(e hostfstest.Entry) hostfstest.Entry {
		e.UID = int(pick(0, alice, alice, bob))
		e.GID = int(pick(0, alice, bob, 61100))
		return e
	}
	var entries []hostfstest.Entry
	var fill func(prefix string, depth int)
	fill = func(prefix string, depth int) {
		for _, name := range treeNames {
			path := prefix + "/" + name
			switch n := rng.IntN(10); {
			case n < 4 && depth < 4:
				entries = append(entries, owner(hostfstest.Entry{Path: path + "/", Mode: pick(0o755, 0o755, 0o711, 0o700, 0o750, 0o705, 0o1777, 0o070)}))
				fill(path, depth+1)
			case n < 6:
				entries = append(entries, owner(hostfstest.Entry{Path: path, Mode: pick(0o644, 0o600, 0o640, 0o604, 0o044), Content: "x"}))
			case n < 9:
				link := randomPath(rng)
				if rng.IntN(2) == 0 {
					link = strings.TrimPrefix(link, "/")
				}
				if link != "" {
					entries = append(entries, owner(hostfstest.Entry{Path: path, Link: link}))
				}
			}
		}
	}
	fill("", 0)
	return entries
}

func randomPath(rng *rand.Rand) string {
	var b strings.Builder
	for range 1 + rng.IntN(5) {
		b.WriteString("/")
		switch rng.IntN(12) {
		case 0:
			b.WriteString("..")
		case 1:
			b.WriteString(".")
		case 2:
			b.WriteString("/")
		default:
			b.WriteString(treeNames[rng.IntN(len(treeNames))])
		}
	}
	return b.String()
}
