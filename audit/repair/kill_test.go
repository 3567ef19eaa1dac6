//go:build linux

package repair

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// childFixer repairs and takes back again until it is killed.
func childFixer(args []string) error {
	root, err := hostfs.Open(args[0])
	if err != nil {
		return err
	}
	f := &Fixer{Root: root, StateDir: args[1], LockPath: args[2], UIDMin: 1000, RepairText: repairMark}
	fmt.Println("ready")
	for {
		r, err := f.Fix(context.Background(), []Target{aliceTarget()}, Options{Keys: true})
		if err != nil {
			return err
		}
		if _, err := f.Undo(context.Background(), r.ID, Options{}); err != nil {
			return err
		}
	}
}

// TestT32KilledAtAnyMomentNothingIsUnrecorded kills a fixer with SIGKILL and
// then demands of every file that its state is the one that the record says,
// once the next run has looked at what was interrupted; and that undo brings
// back the state before the first run.
func TestT32KilledAtAnyMomentNothingIsUnrecorded(t *testing.T) {
	// In memory: a kill loses nothing that was written, and a disk would spend
	// the time between two kills in syncing.
	t.Setenv("TMPDIR", "/dev/shm")
	kills := tries(t, "SSHAUDIT_KILLS", 200)
	var recorded, recovered int
	for done := 0; done < kills; {
		b := newBench(t, manyFiles()...)
		b.fixer.RepairText = repairMark
		before := b.snapshot()
		var changes, met int
		for range min(25, kills-done) {
			c := startChild(t, 0, "/", "fixer", b.dir, b.fixer.StateDir, b.fixer.LockPath)
			time.Sleep(rand.N(40 * time.Millisecond))
			c.kill()
			done++
			r, err := b.fixer.start(t.Context(), Options{})
			must(t, err)
			must(t, r.close())
			changes, met = b.checkRecorded()
		}
		recorded, recovered = recorded+changes, recovered+met
		for {
			runs, err := b.fixer.List()
			must(t, err)
			if len(runs) == 0 || runs[0].Done == 0 && !anyDone(runs) {
				break
			}
			if u := b.undo("", Options{}); len(u.Refused) > 0 {
				t.Fatalf("undo: %v", lines(u))
			}
		}
		if after := b.snapshot(); after != before {
			t.Fatalf("after undo:\n%s\nwant:\n%s", after, before)
		}
	}
	t.Logf("%d kills; %d changes recorded, %d of them interrupted and classified", kills, recorded, recovered)
	if recovered == 0 {
		t.Error("no kill met a change under way: the test proves nothing")
	}
}

func anyDone(runs []Run) bool {
	for _, r := range runs {
		if r.Done > 0 {
			return true
		}
	}
	return false
}

func manyFiles() []hostfstest.Entry {
	tree := with(aliceHome(), own("/", 0o777), own("/.ssh/", 0o600),
		hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o666, UID: alice, GID: alice, Content: "\xef\xbb\xbf" + goodKey})
	for i := range 30 {
		tree = append(tree, own(fmt.Sprintf("/.ssh/id_%02d", i), 0o664))
	}
	return tree
}

// snapshot is every object with mode, owner and the length of its content.
func (b *bench) snapshot() string {
	b.t.Helper()
	var out string
	err := filepath.Walk(b.dir+"/home", func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		size := info.Size()
		if info.IsDir() {
			size = 0
		}
		out += fmt.Sprintf("%s %s %d\n", path, b.stat(path[len(b.dir):]), size)
		return nil
	})
	must(b.t, err)
	return out
}

// checkRecorded compares every object with its last record: nothing pending,
// nothing unknown, and the state that the phase stands for.
func (b *bench) checkRecorded() (changes, recovered int) {
	b.t.Helper()
	last := map[string]*Record{}
	for _, rec := range b.records() {
		if rec.What == whatMode {
			last[string(rec.Path)] = rec
		}
		if rec.Phase == PhaseIntent {
			changes++
		}
		if rec.Recovered {
			recovered++
		}
		if rec.Phase == PhaseUnknown {
			b.t.Fatalf("%s/%d (%s) was not classified", rec.ID, rec.Seq, rec.Path)
		}
	}
	for path, rec := range last {
		want := rec.ModeNew
		switch rec.Phase {
		case PhaseFailed, PhaseUndone:
			want = rec.ModeOld
		case PhaseIntent, PhaseUndo:
			b.t.Fatalf("%s/%d (%s) is still open", rec.ID, rec.Seq, path)
		}
		b.wantStat("/home/alice/"+path, fmt.Sprintf("%04o %d:%d", want, alice, alice))
	}
	return changes, recovered
}
