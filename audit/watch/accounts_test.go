//go:build linux

package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// byPath puts a watch on a path: in a test's own directory nobody exchanges it.
func byPath(instance int, dir string, mask uint32) (wd int, dev, ino uint64, err error) {
	var info unix.Stat_t
	if err := unix.Stat(dir, &info); err != nil {
		return -1, 0, 0, err
	}
	wd, err = unix.InotifyAddWatch(instance, dir, mask|unix.IN_ONLYDIR)
	return wd, info.Dev, info.Ino, err
}

func newAccounts(t testing.TB) *Accounts {
	t.Helper()
	w, err := NewAccounts()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// home makes a home with an .ssh and returns its directories as they are to be watched.
func home(t testing.TB, parent, name string) (string, []Dir) {
	t.Helper()
	dir := filepath.Join(parent, name)
	must(t, os.MkdirAll(filepath.Join(dir, ".ssh"), 0o700))
	return dir, []Dir{
		{Path: dir, Names: []string{".ssh", ".rhosts"}},
		{Path: parent, Names: []string{name}, Shared: true},
		{Path: filepath.Join(dir, ".ssh"), Content: true},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// told waits until the accounts, and no others, are told to have changed.
func told(t *testing.T, w *Accounts, want ...int32) {
	t.Helper()
	got := map[int32]bool{}
	for deadline := time.Now().Add(10 * time.Second); ; {
		changes, overflow := w.Changes()
		if overflow {
			t.Fatal("events were lost")
		}
		for a := range changes {
			got[a] = true
		}
		missing := slices.ContainsFunc(want, func(a int32) bool { return !got[a] })
		if !missing {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("told of %v, want %v", got, want)
		}
		select {
		case <-w.Changed():
		case <-time.After(100 * time.Millisecond):
		}
	}
	for a := range got {
		if !slices.Contains(want, a) {
			t.Errorf("told of %d, which did not change; want %v", a, want)
		}
	}
}

// quietly has what is done not be told. A change that is told follows it, so
// that nobody has to wait in vain.
func quietly(t *testing.T, w *Accounts, do func(), sentinel func(), account int32) {
	t.Helper()
	do()
	sentinel()
	told(t, w, account)
}

func TestChangesThatMatterAreToldOfTheirAccount(t *testing.T) {
	w := newAccounts(t)
	parent := t.TempDir()
	alice, dirs := home(t, parent, "alice")
	bob, bobs := home(t, parent, "bob")
	w.Cover(1, dirs, byPath)
	w.Cover(2, bobs, byPath)
	ssh := filepath.Join(alice, ".ssh")
	keys := filepath.Join(ssh, "authorized_keys")
	for _, tc := range []struct {
		name string
		do   func() error
	}{
		{"mode of the home", func() error { return os.Chmod(alice, 0o770) }},
		{"mode of .ssh", func() error { return os.Chmod(ssh, 0o777) }},
		{"new file", func() error { return os.WriteFile(keys, nil, 0o600) }},
		{"mode of the file", func() error { return os.Chmod(keys, 0o666) }},
		{"content", func() error { return os.WriteFile(keys, []byte("ssh-ed25519 AAAA"), 0o600) }},
		{"file renamed", func() error { return os.Rename(keys, keys+".old") }},
		{"file removed", func() error { return os.Remove(keys + ".old") }},
		{"new .rhosts", func() error { return os.WriteFile(filepath.Join(alice, ".rhosts"), nil, 0o600) }},
		{".ssh renamed", func() error { return os.Rename(ssh, ssh+".old") }},
		{"home removed", func() error { return os.RemoveAll(alice) }},
		{"home made again", func() error { return os.Mkdir(alice, 0o700) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			must(t, tc.do())
			told(t, w, 1)
			w.Cover(1, dirs, byPath)
		})
	}
	must(t, os.Chmod(bob, 0o711))
	told(t, w, 2)
}

func TestOtherFilesInAHomeAreNotTold(t *testing.T) {
	w := newAccounts(t)
	parent := t.TempDir()
	alice, dirs := home(t, parent, "alice")
	_, bobs := home(t, parent, "bob")
	w.Cover(1, dirs, byPath)
	w.Cover(2, bobs, byPath)
	quietly(t, w, func() {
		must(t, os.WriteFile(filepath.Join(alice, "mail"), []byte("x"), 0o600))
		must(t, os.Mkdir(filepath.Join(parent, "carol"), 0o755))
	}, func() { must(t, os.Chmod(filepath.Join(parent, "bob"), 0o711)) }, 2)
}

func TestCoverTellsWhetherAWatchIsNew(t *testing.T) {
	w := newAccounts(t)
	parent := t.TempDir()
	alice, dirs := home(t, parent, "alice")
	if !w.Cover(1, dirs, byPath) {
		t.Error("the first watches are not new")
	}
	if w.Cover(1, dirs, byPath) {
		t.Error("the same watches are new")
	}
	must(t, os.RemoveAll(filepath.Join(alice, ".ssh")))
	must(t, os.Mkdir(filepath.Join(alice, ".ssh"), 0o700))
	told(t, w, 1)
	if !w.Cover(1, dirs, byPath) {
		t.Error("the watch of the new .ssh is not new")
	}
	if s := w.Stats(); s.Watched != 3 || s.Unwatched != 0 {
		t.Errorf("%+v, want three watched directories", s)
	}
}

func TestDirectoryThatAppearsIsToldByTheOneAboveIt(t *testing.T) {
	w := newAccounts(t)
	parent := t.TempDir()
	dirs := []Dir{
		{Path: filepath.Join(parent, "alice"), Names: []string{".ssh"}},
		{Path: parent, Names: []string{"alice"}, Shared: true},
	}
	w.Cover(1, dirs, byPath)
	if all, _ := w.Polled(); len(all) != 0 {
		t.Errorf("accounts %v are polled though the directory above is watched", all)
	}
	must(t, os.Mkdir(filepath.Join(parent, "alice"), 0o700))
	told(t, w, 1)
	w.Cover(1, []Dir{{Path: filepath.Join(parent, "x", "y")}}, byPath)
	if all, _ := w.Polled(); !slices.Equal(all, []int32{1}) {
		t.Errorf("polled: %v, want the account of whose directory nothing would tell", all)
	}
	if s := w.Stats(); s.Watched != 0 || s.Unwatched != 1 {
		t.Errorf("%+v, want nothing watched and one directory that should be", s)
	}
}

func TestAccountsThatShareAHomeAreBothTold(t *testing.T) {
	w := newAccounts(t)
	_, dirs := home(t, t.TempDir(), "www")
	w.Cover(1, dirs, byPath)
	w.Cover(2, dirs, byPath)
	must(t, os.Chmod(dirs[0].Path, 0o711))
	told(t, w, 1, 2)
	w.Forget(1)
	must(t, os.Chmod(dirs[0].Path, 0o700))
	told(t, w, 2)
	w.Forget(2)
	if s := w.Stats(); s.Watched != 0 {
		t.Errorf("%d directories are watched for nobody", s.Watched)
	}
}

func TestKeyFilesInOneDirectoryAreToldApart(t *testing.T) {
	w := newAccounts(t)
	dir := t.TempDir()
	names := []string{"alice", "bob"}
	for _, name := range names {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	for a, name := range names {
		w.Cover(int32(a), []Dir{{Path: dir, Names: []string{name}, Shared: true, Content: true}}, byPath)
	}
	must(t, os.Chmod(filepath.Join(dir, "bob"), 0o666))
	told(t, w, 1)
	must(t, os.WriteFile(filepath.Join(dir, "alice"), []byte("x"), 0o644))
	told(t, w, 0)
}

func TestRenumberedAccountsAreToldByTheirNewNumbers(t *testing.T) {
	w := newAccounts(t)
	parent := t.TempDir()
	alice, dirs := home(t, parent, "alice")
	_, bobs := home(t, parent, "bob")
	w.Cover(1, dirs, byPath)
	w.Cover(2, bobs, byPath)
	w.Renumber(func(a int32) (int32, bool) { return a + 10, a == 1 })
	must(t, os.Chmod(bobs[0].Path, 0o711))
	must(t, os.Chmod(alice, 0o711))
	told(t, w, 11)
	if s := w.Stats(); s.Watched != 3 {
		t.Errorf("%d directories are watched, want alice's", s.Watched)
	}
}

func TestStormIsSuspendedAndOthersAreStillTold(t *testing.T) {
	w := newAccounts(t)
	parent := t.TempDir()
	alice, dirs := home(t, parent, "alice")
	bob, bobs := home(t, parent, "bob")
	w.Cover(1, dirs, byPath)
	w.Cover(2, bobs, byPath)
	for i := range 3 * stormBurst {
		must(t, os.WriteFile(filepath.Join(alice, ".ssh", fmt.Sprint(i)), nil, 0o600))
	}
	told(t, w, 1)
	for deadline := time.Now().Add(10 * time.Second); w.Stats().Suspensions == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the storm is not noticed")
		}
		time.Sleep(time.Millisecond)
	}
	w.Changes()
	all, suspended := w.Polled()
	if !slices.Equal(all, []int32{1}) || !slices.Equal(suspended, []int32{1}) {
		t.Errorf("polled %v, suspended %v, want the account of the storm", all, suspended)
	}
	if w.Cover(1, dirs, byPath) {
		t.Error("the account of the storm is watched again at once")
	}
	quietly(t, w, func() { must(t, os.Chmod(alice, 0o770)) }, func() { must(t, os.Chmod(bob, 0o711)) }, 2)
	if s := w.Stats(); s.Watched != 3 || s.Unwatched != 3 {
		t.Errorf("%+v, want bob's three directories watched and alice's not", s)
	}
}

func TestStormInASharedDirectoryLeavesTheHomesWatched(t *testing.T) {
	w := newAccounts(t)
	dir, parent := t.TempDir(), t.TempDir()
	var homes []string
	for a, name := range []string{"alice", "bob"} {
		h, dirs := home(t, parent, name)
		homes = append(homes, h)
		w.Cover(int32(a), append(dirs, Dir{Path: dir, Names: []string{name}, Shared: true, Content: true}), byPath)
	}
	for i := range 3 * stormBurst {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint("alice", i)), nil, 0o600))
	}
	told(t, w, 0, 1)
	if all, suspended := w.Polled(); len(all) != 2 || len(suspended) != 0 {
		t.Errorf("polled %v, suspended %v, want both polled for the shared directory", all, suspended)
	}
	must(t, os.Chmod(homes[1], 0o711))
	told(t, w, 1)
}

func TestSuspensionGrowsAndIsForgiven(t *testing.T) {
	quiet := map[int32]*suspension{}
	now := time.Now()
	for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		suspended(quiet, 7, now)
		if !isQuiet(quiet, 7, now.Add(want-time.Second)) {
			t.Errorf("watched again before %v", want)
		}
		now = now.Add(want)
		if isQuiet(quiet, 7, now) {
			t.Errorf("still not watched after %v", want)
		}
	}
	if isQuiet(quiet, 7, now.Add(longestQuiet)); len(quiet) != 0 {
		t.Error("not forgiven after an hour of peace")
	}
	for range 20 {
		suspended(quiet, 8, now)
	}
	if isQuiet(quiet, 8, now.Add(longestQuiet)) {
		t.Errorf("a suspension lasts longer than %v", longestQuiet)
	}
}

func TestOverflowOfTheKernelsQueueIsTold(t *testing.T) {
	w := newAccounts(t)
	w.take(event(-1, unix.IN_Q_OVERFLOW, ""), time.Now())
	if _, overflow := w.Changes(); !overflow || w.Stats().Overflows != 1 {
		t.Errorf("overflow %v, %+v", overflow, w.Stats())
	}
	if _, overflow := w.Changes(); overflow {
		t.Error("one overflow is told twice")
	}
}

func TestExhaustedWatchesArePolled(t *testing.T) {
	w := newAccounts(t)
	_, dirs := home(t, t.TempDir(), "alice")
	full := func(int, string, uint32) (int, uint64, uint64, error) { return -1, 0, 0, unix.ENOSPC }
	if w.Cover(1, dirs, full) {
		t.Error("a watch that was refused is new")
	}
	if all, _ := w.Polled(); !slices.Equal(all, []int32{1}) {
		t.Errorf("polled: %v", all)
	}
	if s := w.Stats(); !s.Limit || s.Unwatched != 3 {
		t.Errorf("%+v, want the limit told and three directories unwatched", s)
	}
	if !w.Cover(1, dirs, byPath) {
		t.Error("not watched when there are watches again")
	}
	if all, _ := w.Polled(); len(all) != 0 {
		t.Errorf("still polled: %v", all)
	}
}

// event is one event as the kernel writes it.
func event(wd int32, mask uint32, name string) []byte {
	b := make([]byte, unix.SizeofInotifyEvent+(len(name)+15)/16*16)
	put := func(at int, v uint32) { copy(b[at:], []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}) }
	put(0, uint32(wd))
	put(4, mask)
	put(12, uint32(len(b)-unix.SizeofInotifyEvent))
	copy(b[unix.SizeofInotifyEvent:], name)
	return b
}

func FuzzTake(f *testing.F) {
	f.Add(event(1, unix.IN_ATTRIB, ".ssh"))
	f.Add(append(event(1, unix.IN_CREATE, "a"), event(2, unix.IN_IGNORED, "")...))
	f.Add(event(-1, unix.IN_Q_OVERFLOW, "")[:7])
	f.Fuzz(func(t *testing.T, b []byte) {
		w := newAccounts(t)
		w.mu.Lock()
		w.attach(1, 7, &Dir{Path: "/home/alice"})
		w.attach(2, 8, &Dir{Path: "/home", Names: []string{"a"}, Shared: true})
		w.mu.Unlock()
		w.take(b, time.Now())
		for a := range first(w.Changes()) {
			if a != 7 && a != 8 {
				t.Errorf("account %d changed, which nobody watches", a)
			}
		}
	})
}

func first[A, B any](a A, _ B) A { return a }

func BenchmarkStorm(b *testing.B) {
	w := newAccounts(b)
	w.mu.Lock()
	w.attach(1, 7, &Dir{Path: "/home/alice", Names: []string{".ssh"}})
	w.mu.Unlock()
	batch := []byte{}
	for i := range 1000 {
		batch = append(batch, event(1, unix.IN_CREATE, fmt.Sprint(i))...)
	}
	b.SetBytes(int64(len(batch)))
	for b.Loop() {
		w.take(batch, time.Now())
	}
}
