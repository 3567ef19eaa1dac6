//go:build linux

package repair

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// loose is a bench whose authorized_keys is too open.
func loose(t testing.TB) *bench {
	return newBench(t, with(aliceHome(), own("/.ssh/authorized_keys", 0o666))...)
}

func TestUndoRefusesWhatChangedSince(t *testing.T) {
	const file = "/home/alice/.ssh/authorized_keys"
	for name, tc := range map[string]struct {
		meanwhile func(t *testing.T, path string)
		want      []string
		stat      string
	}{
		"T-36 mode changed": {
			func(t *testing.T, path string) { must(t, os.Chmod(path, 0o640)) },
			[]string{"refused " + file + " changed"}, "0640 61001:61001",
		},
		"T-30 file made anew": {
			func(t *testing.T, path string) {
				must(t, os.Remove(path))
				must(t, os.WriteFile(path, []byte(goodKey), 0o600))
				must(t, os.Chown(path, alice, alice))
			},
			[]string{"refused " + file + " changed"}, "0600 61001:61001",
		},
		"hard link made": {
			func(t *testing.T, path string) { must(t, os.Link(path, path+".2")) },
			[]string{"refused " + file + " hard-link"}, "0600 61001:61001",
		},
		"replaced by a link": {
			func(t *testing.T, path string) {
				must(t, os.Rename(path, path+".x"))
				must(t, os.Symlink(path+".x", path))
			},
			[]string{"refused " + file + " symlink"}, "0777 0:0",
		},
		"owner changed": {
			func(t *testing.T, path string) { must(t, os.Chown(path, bob, bob)) },
			[]string{"refused " + file + " changed"}, "0600 61002:61002",
		},
		"set back by hand": {
			func(t *testing.T, path string) { must(t, os.Chmod(path, 0o666)) },
			nil, "0666 61001:61001",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := loose(t)
			r := b.fix(Options{})
			tc.meanwhile(t, b.dir+file)
			wantLines(t, b.undo(r.ID, Options{}), tc.want...)
			b.wantStat(file, tc.stat)
		})
	}
}

func TestT30FileDeletedAndRemadeUnderTheSameInodeNumberIsAnother(t *testing.T) {
	b := loose(t)
	b.fix(Options{})
	rec := b.records()[0].Identity
	other := rec
	other.Btime++
	other.Handle = append([]byte(nil), rec.Handle...)
	if len(other.Handle) > 0 {
		other.Handle[len(other.Handle)-1]++
	}
	for name, tc := range map[string]struct {
		found    Identity
		sameBoot bool
		want     match
	}{
		"itself":                        {rec, true, same},
		"number reused":                 {other, true, differs},
		"other type":                    {Identity{Dev: rec.Dev, Ino: rec.Ino, Btime: rec.Btime, Handle: rec.Handle, Type: "FIFO"}, true, differs},
		"other device":                  {Identity{Dev: rec.Dev + 1, Ino: rec.Ino, Btime: rec.Btime, Handle: rec.Handle, Type: rec.Type}, true, differs},
		"device renumbered by a boot":   {Identity{Dev: rec.Dev + 1, Ino: rec.Ino, Btime: rec.Btime, Handle: rec.Handle, Type: rec.Type}, false, same},
		"renumbered, no handle":         {Identity{Dev: rec.Dev + 1, Ino: rec.Ino, Btime: rec.Btime, Type: rec.Type}, false, differs},
		"neither birth time nor handle": {Identity{Dev: rec.Dev, Ino: rec.Ino, Type: rec.Type}, true, unprovable},
		"birth time only":               {Identity{Dev: rec.Dev, Ino: rec.Ino, Btime: rec.Btime, Type: rec.Type}, true, same},
	} {
		if got := rec.compare(tc.found, tc.sameBoot); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestUndoAsksForForceWithoutAnIdentity(t *testing.T) {
	b := loose(t)
	r := b.fix(Options{})
	rewriteJournal(t, b, func(rec *Record) { rec.Btime, rec.Handle = 0, nil })
	wantLines(t, b.undo(r.ID, Options{}), "refused /home/alice/.ssh/authorized_keys changed")
	wantLines(t, b.undo(r.ID, Options{Force: true}), "undone /home/alice/.ssh/authorized_keys mode 0600>0666")
}

func TestUndoNamesRuns(t *testing.T) {
	b := newBench(t, with(aliceHome(), own("/.ssh/", 0o755), own("/.ssh/authorized_keys", 0o666))...)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b.fixer.Now = func() time.Time { return at }
	if _, err := b.fixer.Undo(t.Context(), "", Options{}); !errors.Is(err, ErrNoRecord) {
		t.Errorf("undo of nothing: %v", err)
	}
	first := b.fix(Options{})
	must(t, os.Chmod(filepath.Join(b.dir, "home/alice"), 0o757))
	second := b.fix(Options{})
	at = at.Add(-time.Hour) // the clock goes back
	must(t, os.Chmod(filepath.Join(b.dir, "home/alice"), 0o757))
	third := b.fix(Options{})
	if diff := cmp.Diff([]string{"20260102T030405Z-1", "20260102T030405Z-2", "20260102T030405Z-3"},
		[]string{first.ID, second.ID, third.ID}); diff != "" {
		t.Error(diff)
	}
	if u := b.undo("", Options{DryRun: true}); u.ID != third.ID || !u.DryRun {
		t.Errorf("dry undo of the last run is %s", u.ID)
	}
	if u := b.undo(first.ID, Options{}); u.ID != first.ID || len(u.Changes) != 2 {
		t.Errorf("undo of the first: %v", lines(u))
	}
	runs, err := b.fixer.List()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, r.ID+" "+string(r.Users[0])+octal(uint32(r.Done))+octal(uint32(r.Undone)))
	}
	if diff := cmp.Diff([]string{third.ID + " alice00010000", second.ID + " alice00010000", first.ID + " alice00000002"}, got); diff != "" {
		t.Error(diff)
	}
	for _, id := range []string{first.ID, "20260102T030405Z-9", "../../etc/passwd", "20260102T030405Z-01", "x"} {
		if r, err := b.fixer.Undo(t.Context(), id, Options{}); !errors.Is(err, ErrNoRecord) || len(r.Changes) > 0 {
			t.Errorf("undo of %q: %v, %v", id, lines(r), err)
		}
	}
}

func TestUndoBelowAnotherRootIsRefused(t *testing.T) {
	b := loose(t)
	r := b.fix(Options{})
	other := newBench(t, aliceHome()...)
	other.fixer.StateDir = b.fixer.StateDir
	wantLines(t, other.undo(r.ID, Options{}), "refused /home/alice/.ssh/authorized_keys changed")
	other.wantStat("/home/alice/.ssh/authorized_keys", "0600 61001:61001")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
