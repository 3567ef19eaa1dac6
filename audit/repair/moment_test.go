//go:build linux

package repair

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// between pins alice's key file as a plan does, lets something happen, and
// makes the change.
func between(t *testing.T, b *bench, happens func(path string)) *item {
	t.Helper()
	r, err := b.fixer.start(t.Context(), Options{})
	must(t, err)
	defer r.close()
	home, refused := b.fixer.openHome(aliceTarget())
	if refused != nil {
		t.Fatal(refused)
	}
	defer home.Close()
	l := &look{t: aliceTarget(), home: home, notes: newNotes(aliceTarget())}
	defer l.close()
	must(t, b.fixer.Root.As(aliceTarget().identity(), func(v *hostfs.View) error { l.view = v; l.all(); return nil }))
	items := r.plan(l)
	if len(items) != 1 {
		t.Fatalf("%d changes planned", len(items))
	}
	happens(b.dir + "/home/alice/.ssh/authorized_keys")
	_, err = r.apply(aliceTarget(), home, items)
	must(t, err)
	return items[0]
}

func TestWhatHappensBetweenPlanAndChangeIsNoticed(t *testing.T) {
	for name, tc := range map[string]struct {
		happens func(t *testing.T, path string)
		reason  string
	}{
		"T-31 deleted":       {func(t *testing.T, path string) { must(t, os.Remove(path)) }, reasonMoved},
		"T-30 mode changed":  {func(t *testing.T, path string) { must(t, os.Chmod(path, 0o640)) }, reasonChanged},
		"T-03 linked":        {func(t *testing.T, path string) { must(t, os.Link(path, path+".2")) }, reasonHardLink},
		"T-30 owner changed": {func(t *testing.T, path string) { must(t, os.Chown(path, bob, bob)) }, reasonChanged},
		"renamed":            {func(t *testing.T, path string) { must(t, os.Rename(path, path+".2")) }, reasonMoved},
		"exchanged for a link": {func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".2"))
			must(t, os.Symlink("/etc/shadow", path))
		}, reasonMoved},
		"home exchanged": {func(t *testing.T, path string) {
			home := filepath.Dir(filepath.Dir(path))
			must(t, os.Rename(home, home+".2"))
			must(t, os.Mkdir(home, 0o755))
			must(t, os.Chown(home, alice, alice))
		}, reasonMoved},
	} {
		t.Run(name, func(t *testing.T) {
			b := loose(t)
			it := between(t, b, func(path string) { tc.happens(t, path) })
			if it.refused == nil || it.refused.reason != tc.reason {
				t.Fatalf("outcome %v, want %s", it.refused, tc.reason)
			}
			if got := it.pin.Info.Mode; got == 0o600 {
				t.Errorf("the object that is no longer meant keeps mode %04o", got)
			}
			recs := b.records()
			if last := recs[len(recs)-1]; last.Phase != PhaseFailed || last.Reason != tc.reason {
				t.Errorf("recorded as %s, %s", last.Phase, last.Reason)
			}
		})
	}
}

func TestT35SecondFixerWaitsAndThenNamesTheFirst(t *testing.T) {
	b := loose(t)
	held, err := lock(t.Context(), b.fixer.LockPath)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	report, err := b.fixer.Fix(ctx, []Target{aliceTarget()}, Options{})
	if want := fmt.Sprintf("process %d", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
	if len(report.Refused) != 1 || report.Refused[0].Reason != reasonBusy || len(report.Changes) > 0 {
		t.Errorf("%v", lines(report))
	}
	if plan := b.fix(Options{DryRun: true}); len(plan.Changes) != 1 {
		t.Errorf("a dry run needs no lock: %v", lines(plan))
	}
	held.Close()
	wantLines(t, b.fix(Options{}), "done /home/alice/.ssh/authorized_keys mode 0666>0600")
}

func TestT35LockOfAnotherUserIsNotTaken(t *testing.T) {
	b := loose(t)
	must(t, os.MkdirAll(filepath.Dir(b.fixer.LockPath), 0o755))
	must(t, os.WriteFile(b.fixer.LockPath, nil, 0o600))
	must(t, os.Chown(b.fixer.LockPath, bob, bob))
	if _, err := b.fixer.Fix(t.Context(), []Target{aliceTarget()}, Options{}); err == nil || !strings.Contains(err.Error(), "belongs to uid 61002") {
		t.Errorf("error %v", err)
	}
}

// Two fixers and two that take back, against a user who opens his file up: at
// the end the state is one of the two, and the record agrees with it.
func TestT35FixersAndUserTogether(t *testing.T) {
	b := loose(t)
	path := b.dir + "/home/alice/.ssh/authorized_keys"
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 20 {
				var err error
				if i%2 == 0 {
					_, err = b.fixer.Fix(t.Context(), []Target{aliceTarget()}, Options{})
				} else if _, err = b.fixer.Undo(t.Context(), "", Options{}); errors.Is(err, ErrNoRecord) {
					err = nil
				}
				if err != nil {
					t.Error(err)
				}
				if err := os.Chmod(path, 0o666); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.fix(Options{})
	b.wantStat("/home/alice/.ssh/authorized_keys", "0600 61001:61001")
	recs := b.records()
	if last := recs[len(recs)-1]; last.Phase != PhaseDone || last.ModeNew != 0o600 {
		t.Errorf("last record: %s to %04o", last.Phase, last.ModeNew)
	}
	if n, _ := b.checkRecorded(); n == 0 {
		t.Error("nothing was recorded")
	}
}

// TestT44OtherThreadsStayRoot looks at the ids of all threads while repairs run.
func TestT44OtherThreadsStayRoot(t *testing.T) {
	b := loose(t)
	stop, seen := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			select {
			case <-stop:
				seen <- most
				return
			default:
			}
			tasks, err := filepath.Glob("/proc/self/task/*/status")
			if err != nil {
				t.Error(err)
			}
			foreign := 0
			for _, task := range tasks {
				text, err := os.ReadFile(task)
				if err == nil && strings.Contains(string(text), fmt.Sprintf("Uid:\t0\t%d\t0\t%d", alice, alice)) {
					foreign++
				} else if err == nil && !strings.Contains(string(text), "Uid:\t0\t0\t0\t0") {
					t.Errorf("%s: %s", task, text)
				}
			}
			most = max(most, foreign)
		}
	}()
	for range 64 {
		b.fix(Options{})
		must(t, os.Chmod(b.dir+"/home/alice/.ssh/authorized_keys", 0o666))
	}
	close(stop)
	if most := <-seen; most > 1 {
		t.Errorf("%d threads had the account's uid at once", most)
	}
}

func TestManyFilesAreRepairedInBoundedRuns(t *testing.T) {
	tree := aliceHome()
	for i := range 100 {
		tree = append(tree, own(fmt.Sprintf("/.ssh/a%03d", i), 0o666))
	}
	tree = with(tree, own("/.ssh/authorized_keys", 0o666), own("/.ssh/id_rsa", 0o644))
	b := newBench(t, tree...)
	r := b.fix(Options{})
	if len(r.Changes) != batchSize || len(r.Refused) != 1 || r.Refused[0].Reason != reasonTooMany {
		t.Fatalf("%d changes, %v", len(r.Changes), r.Refused)
	}
	// What sshd reads comes before names that the account chose.
	b.wantStat("/home/alice/.ssh/authorized_keys", "0600 61001:61001")
	b.wantStat("/home/alice/.ssh/id_rsa", "0600 61001:61001")
	if r := b.fix(Options{}); len(r.Changes) != 102-batchSize || len(r.Refused) != 0 {
		t.Errorf("second run: %d changes, %v", len(r.Changes), r.Refused)
	}
	b.wantSecondRunIdle(Options{})
}

func TestRefusalsOfOneAccountAreBounded(t *testing.T) {
	tree := []hostfstest.Entry{own("/", 0o755), own("/.ssh/", 0o700)}
	for i := range 300 {
		tree = append(tree, hostfstest.Entry{Path: fmt.Sprintf("/home/alice/.ssh/id_%d", i), Special: 0o10000, UID: alice})
	}
	b := newBench(t, tree...)
	r := b.fix(Options{})
	if len(r.Refused) != maxRefused+1 || !strings.HasPrefix(r.Refused[maxRefused].Message, "200 more files") {
		t.Errorf("%d refusals, the last: %s", len(r.Refused), r.Refused[len(r.Refused)-1].Message)
	}
}

func TestNoDescriptorStaysOpen(t *testing.T) {
	b := newBench(t, with(aliceHome(), own("/", 0o757), *marked(mark + goodKey), own("/.ssh/id_rsa", 0o666),
		hostfstest.Entry{Path: "/home/alice/.ssh/known_hosts", Mode: 0o600, Content: goodHost},
		hostfstest.Entry{Path: "/home/alice/.ssh/config", Mode: 0o600, Content: "secret"},
		hostfstest.Entry{Path: "/home/alice/.ssh/id_dsa", Special: 0o10000, UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/rc", Link: "/etc/shadow", UID: alice})...)
	b.fixer.RepairText = repairMark
	gone := aliceTarget()
	gone.Home = "/home/carol"
	round := func() {
		b.fix(Options{DryRun: true, Keys: true}, aliceTarget(), gone)
		r := b.fix(Options{Keys: true}, aliceTarget(), gone)
		if len(r.Changes) != 4 || len(r.Refused) < 3 {
			t.Fatal(lines(r))
		}
		b.undo(r.ID, Options{DryRun: true})
		if u := b.undo(r.ID, Options{}); len(u.Changes) != 4 {
			t.Fatal(lines(u))
		}
	}
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(fds)
	}
	round()
	before := count()
	for range 10 {
		round()
	}
	// hostfs keeps directories above the homes open for a second.
	if after := count(); after > before+4 {
		t.Errorf("%d descriptors are open, %d before", after, before)
	}
}
