//go:build linux

package repair

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// raceTries is how often the fixer runs against each attack; naiveTries bounds
// how long a careless fixer may be lucky before the attacker counts as asleep.
const (
	raceTries  = 20_000
	naiveTries = 20_000
)

// race is one attack: two names in alice's home that her process exchanges all
// the time, one of them hers, the other leading to what must not be touched.
type race struct {
	name  string
	tree  []hostfstest.Entry
	swap  [2]string // relative to the home
	loose string    // hers, opened up again and again; empty if root's
	// victims must stay as they are.
	victims []string
	opt     Options
	// naive is a careless fixer of the same kind; it must lose.
	naive func(path string)
}

// naiveMode looks at the path and then changes the path.
func naiveMode(path string) {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Sys().(*syscall.Stat_t).Uid == alice {
		_ = os.Chmod(path, 0o600)
	}
}

// naiveOwner reads the path, and gives the path away when the text is good.
func naiveOwner(path string) {
	if text, err := os.ReadFile(path); err == nil && validText(text) {
		_ = os.Lchown(path, alice, alice)
	}
}

// naiveText reads the path, and writes the path.
func naiveText(path string) {
	if text, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(text), mark+goodKey) {
		_ = os.WriteFile(path, text[len(mark):], 0o600)
	}
}

func races() []race {
	const keys = ".ssh/authorized_keys"
	secret := hostfstest.Entry{Path: "/victim/authorized_keys", Mode: 0o666, Content: mark + "secret of root's\n"}
	hers := []hostfstest.Entry{own("/", 0o755), own("/.ssh/", 0o700), *marked(mark + goodKey), secret}
	link := hostfstest.Entry{Path: "/home/alice/.ssh/x", Link: "../../../victim/authorized_keys", UID: alice}
	dirLink := hostfstest.Entry{Path: "/home/alice/x", Link: "../../victim", UID: alice}
	hard := hostfstest.Entry{Path: "/home/alice/.ssh/x", Hard: "/victim/authorized_keys"}
	victims := []string{"/victim", "/victim/authorized_keys"}
	rooted := hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, Content: goodKey}
	moved := hostfstest.Entry{Path: "/home/alice/.ssh/x", Mode: 0o600, Content: "secret of root's\n"}
	add := func(entries ...hostfstest.Entry) []hostfstest.Entry {
		return append(append([]hostfstest.Entry(nil), hers...), entries...)
	}
	return []race{
		{name: "T01LinkForTheFile", tree: add(link), swap: [2]string{keys, ".ssh/x"}, loose: keys, victims: victims, naive: naiveMode},
		{name: "T02LinkForTheDirectory", tree: add(dirLink), swap: [2]string{".ssh", "x"}, loose: keys, victims: victims, naive: naiveMode},
		{name: "T03HardLink", tree: add(hard), swap: [2]string{keys, ".ssh/x"}, loose: keys, victims: victims, naive: naiveMode},
		{name: "T01LinkForTheText", tree: add(link), swap: [2]string{keys, ".ssh/x"}, victims: victims, opt: Options{Keys: true}, naive: naiveText},
		{name: "T05OwnerOfAnotherFile", tree: []hostfstest.Entry{hers[0], hers[1], rooted, moved}, swap: [2]string{keys, ".ssh/x"}, naive: naiveOwner},
	}
}

// childAttack exchanges two names for as long as it lives.
func childAttack(args []string) error {
	fmt.Println("ready")
	a, b, loose := args[0], args[1], args[2]
	for {
		if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil && err != unix.ENOENT {
			return err
		}
		if loose != "" {
			_ = unix.Chmod(loose, 0o666)
		}
	}
}

// fingerprint is what must not change: owner, mode, content and, by the time of
// the last change, anything else. Renaming a hard link sets that time, too.
func fingerprint(t testing.TB, path string) string {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	text := ""
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		b, err := os.ReadFile(path)
		must(t, err)
		text = string(b)
	}
	if st.Nlink > 1 && text != "" {
		st.Ctim = unix.Timespec{}
	}
	return fmt.Sprintf("%o %d:%d %d.%d %q", st.Mode, st.Uid, st.Gid, st.Ctim.Sec, st.Ctim.Nsec, text)
}

// outcome counts what the tries met.
type outcome struct{ Tries, Changed, Refused, Swapped int }

// raceFixer is the fixer that runs in a race; its record lies in memory, so
// that the disk does not set the pace.
func raceFixer(root *hostfs.Root, state string) *Fixer {
	return &Fixer{Root: root, StateDir: filepath.Join(state, "state"), LockPath: filepath.Join(state, "lock"), UIDMin: 1000,
		ValidKeys: validText, RepairText: repairMark}
}

// runRace repairs the account n times in one run. again is called between.
func runRace(f *Fixer, opt Options, n int, again func() error) (outcome, error) {
	var o outcome
	r, err := f.start(context.Background(), opt)
	if err != nil {
		return o, err
	}
	defer r.close()
	for range n {
		r.report = new(audit.FixReport)
		if err := r.account(aliceTarget()); err != nil {
			return o, err
		}
		o.Tries++
		for _, c := range r.report.Changes {
			if c.Result == resultDone {
				o.Changed++
			}
		}
		met := false
		for _, x := range r.report.Refused {
			o.Refused++
			met = met || x.Reason == reasonSymlink || x.Reason == reasonHardLink || x.Reason == reasonMoved ||
				x.Reason == reasonOwner || x.Reason == reasonChanged || x.Reason == reasonChanging
		}
		if met {
			o.Swapped++
		}
		if err := again(); err != nil {
			return o, err
		}
	}
	return o, nil
}

// again puts back between two tries what the fixer repaired and the attacker
// cannot undo herself.
func (a race) again(dir string) func() error {
	switch {
	case a.opt.Keys:
		return func() error { return plantText(dir) }
	case a.loose == "":
		return func() error { return reclaim(dir) }
	}
	return func() error { return nil }
}

var errHanded = errors.New("the account owns root's secret")

// reclaim makes root's again whichever of the two files was handed over. Both
// are opened once: their names move.
func reclaim(dir string) error {
	return eachKeyFile(dir, unix.O_RDONLY, func(f *os.File) error {
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Uid != alice {
			return err
		}
		text, err := io.ReadAll(f)
		if err == nil && bytes.HasPrefix(text, []byte("secret")) {
			return errHanded
		}
		return errors.Join(err, f.Chown(0, 0))
	})
}

// plantText removes what repairs keep, and gives the good file its mark again.
// When the two exchanges met, it is the link that was kept: it goes back.
func plantText(dir string) error {
	kept, err := filepath.Glob(filepath.Join(dir, "home/alice/.ssh/*.sshaudit-*"))
	if err != nil {
		return err
	}
	for _, name := range kept {
		remove := os.Remove
		if _, link := os.Readlink(name); link == nil {
			remove = func(name string) error { return os.Rename(name, filepath.Join(filepath.Dir(name), "x")) }
		}
		err := remove(name)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return eachKeyFile(dir, unix.O_RDWR, func(f *os.File) error {
		_, err := f.WriteAt([]byte(mark+goodKey), 0)
		return err
	})
}

// eachKeyFile opens the regular files under the two names that are exchanged.
func eachKeyFile(dir string, flags int, each func(*os.File) error) error {
	for _, name := range []string{"authorized_keys", "x"} {
		path := filepath.Join(dir, "home/alice/.ssh", name)
		fd, err := unix.Open(path, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // the link
		}
		f := os.NewFile(uintptr(fd), path)
		err = each(f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func TestRace(t *testing.T) {
	n := tries(t, "SSHAUDIT_RACE_TRIES", raceTries)
	for _, a := range races() {
		t.Run(a.name, func(t *testing.T) {
			a.attackerIsAwake(t)
			a.run(t, n, nil)
		})
	}
}

// TestT46RaceOnKernelsWithoutTheCalls runs the same races where the kernel
// answers as an old one, or as a filter does.
func TestT46RaceOnKernelsWithoutTheCalls(t *testing.T) {
	n := tries(t, "SSHAUDIT_RACE_TRIES", raceTries) / 20
	for name, filter := range map[string][]string{
		"no openat2":             {"ENOSYS", "openat2"},
		"no fchmodat2":           {"ENOSYS", "fchmodat2"},
		"no statx":               {"ENOSYS", "statx"},
		"none of them allowed":   {"EPERM", "openat2", "fchmodat2", "statx"},
		"none of them there":     {"ENOSYS", "openat2", "fchmodat2", "statx"},
		"no file handles either": {"ENOSYS", "openat2", "fchmodat2", "statx", "name_to_handle_at"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, a := range races() {
				t.Run(a.name, func(t *testing.T) { a.run(t, n, filter) })
			}
		})
	}
}

// attackerIsAwake runs the careless fixer against the same attacker: if it does
// not lose, the race proves nothing.
func (a race) attackerIsAwake(t *testing.T) {
	t.Setenv("TMPDIR", "/dev/shm")
	b := newBench(t, a.tree...)
	victims := a.watched(b)
	before := fingerprints(t, victims)
	attacker := startChild(t, alice, b.dir+"/home/alice", "attack", a.swap[0], a.swap[1], a.loose)
	defer attacker.kill()
	path := b.dir + "/home/alice/.ssh/authorized_keys"
	again := a.again(b.dir)
	for i := range naiveTries {
		a.naive(path)
		if fingerprints(t, victims) != before || errors.Is(again(), errHanded) {
			t.Logf("a careless fixer loses at try %d", i+1)
			return
		}
	}
	t.Errorf("the attacker is asleep: a careless fixer did not lose in %d tries", naiveTries)
}

// watched are the paths of the victims. The secret in the race for owners has
// no path of its own; reclaim watches it.
func (a race) watched(b *bench) []string {
	var out []string
	for _, v := range a.victims {
		out = append(out, b.dir+v)
	}
	return out
}

func fingerprints(t testing.TB, paths []string) string {
	var out strings.Builder
	for _, p := range paths {
		out.WriteString(fingerprint(t, p) + "\n")
	}
	return out.String()
}

// run races against the fixer, in this process or, with a filter of system
// calls, in a child.
func (a race) run(t *testing.T, n int, filter []string) {
	t.Setenv("TMPDIR", "/dev/shm")
	b := newBench(t, a.tree...)
	state := t.TempDir()
	victims := a.watched(b)
	before := fingerprints(t, victims)
	attacker := startChild(t, alice, b.dir+"/home/alice", "attack", a.swap[0], a.swap[1], a.loose)
	var o outcome
	var err error
	if filter == nil {
		o, err = runRace(raceFixer(b.fixer.Root, state), a.opt, n, a.again(b.dir))
		must(t, err)
	} else {
		c := startChild(t, 0, "/", "race", append([]string{a.name, b.dir, state, fmt.Sprint(n)}, filter...)...)
		must(t, json.Unmarshal([]byte(c.line()), &o))
	}
	attacker.wantAlive()
	attacker.kill()
	if after := fingerprints(t, victims); after != before {
		t.Errorf("the fixer touched what is not the account's:\n%s\nwas:\n%s", after, before)
	}
	a.neverRecorded(t, state, victims)
	t.Logf("%d tries: %d changes, %d refusals, %d met the exchange", o.Tries, o.Changed, o.Refused, o.Swapped)
	if o.Tries != n || o.Swapped*10 < n {
		t.Errorf("of %d tries only %d met the exchanged state", o.Tries, o.Swapped)
	}
	if o.Changed == 0 {
		t.Error("nothing was ever repaired: the race proves nothing")
	}
}

// neverRecorded demands that the record names no victim: not even a change
// that was taken back was made to one.
func (a race) neverRecorded(t *testing.T, state string, victims []string) {
	inodes := map[uint64]string{}
	for _, v := range victims {
		var st unix.Stat_t
		must(t, unix.Lstat(v, &st))
		inodes[st.Ino] = v
	}
	must(t, (&Fixer{StateDir: filepath.Join(state, "state")}).eachEntry(func(e entry) error {
		rec, err := e.record()
		if err != nil {
			return err
		}
		if v := inodes[rec.Ino]; v != "" {
			return fmt.Errorf("%s/%d is about %s", rec.ID, rec.Seq, v)
		}
		return nil
	}))
}

// childRace is the fixer of a race, behind a filter of system calls.
func childRace(args []string) error {
	var a race
	for _, r := range races() {
		if r.name == args[0] {
			a = r
		}
	}
	var n int
	if _, err := fmt.Sscan(args[3], &n); err != nil {
		return err
	}
	if err := filterCalls(args[4], args[5:]); err != nil {
		return err
	}
	root, err := hostfs.Open(args[1])
	if err != nil {
		return err
	}
	fmt.Println("ready")
	o, err := runRace(raceFixer(root, args[2]), a.opt, n, a.again(args[1]))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(o)
}
