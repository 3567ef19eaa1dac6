//go:build linux

package repair

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

func sampleRecord(seq int) *Record {
	return &Record{
		ID: "20260102T030405Z-1", Seq: seq, Phase: PhaseIntent, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		BootID: "b", Invoker: Invoker{LoginUID: 1000, PID: 7, Version: "v"}, UID: alice, GID: alice, Groups: []uint32{100},
		User: []byte("al\xffice"), Home: []byte("/home/a\nb"), Path: []byte(".ssh/\x1b[31m"), What: whatMode,
		Identity: Identity{Dev: 1, Ino: 2, Btime: 3, Handle: []byte{0, 255}, Type: "regular file", Nlink: 1},
		ModeOld:  0o666, ModeNew: 0o600, UIDOld: alice, UIDNew: alice, GIDOld: alice, GIDNew: alice,
	}
}

// decode reads the whole record of a line without its newline.
func decode(line []byte) (*Record, error) {
	e, err := parseLine(line, "")
	if err != nil {
		return nil, err
	}
	return e.record()
}

func TestRecordSurvivesItsLine(t *testing.T) {
	want := sampleRecord(1)
	line, err := want.encode()
	must(t, err)
	if n := bytes.Count(line, []byte("\n")); n != 1 || line[len(line)-1] != '\n' {
		t.Fatalf("%d newlines in %q", n, line)
	}
	got, err := decode(line[:len(line)-1])
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestT33EveryDamagedBitIsNoticed(t *testing.T) {
	line, err := sampleRecord(1).encode()
	must(t, err)
	line = line[:len(line)-1]
	for i := range line {
		for bit := range 8 {
			bad := bytes.Clone(line)
			bad[i] ^= 1 << bit
			if got, err := decode(bad); err == nil {
				// Upper and lower case of a hexadecimal digit are the same number.
				if i < 8 && bytes.EqualFold(bad, line) {
					continue
				}
				t.Fatalf("bit %d of byte %d: taken as %+v", bit, i, got)
			}
		}
	}
}

func TestT33DamagedJournalStopsEverything(t *testing.T) {
	for name, tc := range map[string]struct {
		damage func(t *testing.T, path string, text []byte)
		want   string
	}{
		"bit flipped in the middle": {func(t *testing.T, path string, text []byte) {
			text[20] ^= 1
			must(t, os.WriteFile(path, text, 0o600))
		}, ": byte 0: checksum"},
		"bit flipped in the last line": {func(t *testing.T, path string, text []byte) {
			text[len(text)-10] ^= 1
			must(t, os.WriteFile(path, text, 0o600))
		}, ": byte "},
		"line without a record": {func(t *testing.T, path string, text []byte) {
			must(t, os.WriteFile(path, append(text, "hello\n"...), 0o600))
		}, "not a record"},
		"endless line": {func(t *testing.T, path string, text []byte) {
			must(t, os.WriteFile(path, append(text, bytes.Repeat([]byte{'a'}, 2*maxRecord)...), 0o600))
		}, "a line of more than"},
		"foreign owner": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Chown(path, alice, alice))
		}, "belongs to uid 61001"},
		"readable by others": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Chmod(path, 0o644))
		}, "lets others in"},
		"second name": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Link(path, path+"2"))
		}, "2 names"},
		"a FIFO": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Remove(path))
			must(t, unix.Mkfifo(path, 0o600))
		}, "not what the journal puts there"},
		"a link": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Rename(path, path+".real"))
			must(t, os.Symlink(path+".real", path))
		}, "too many levels of symbolic links"},
		"directory of another user": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Chown(filepath.Dir(path), alice, alice))
		}, "belongs to uid 61001"},
		"directory that others write": {func(t *testing.T, path string, _ []byte) {
			must(t, os.Chmod(filepath.Dir(path), 0o770))
		}, "lets others in"},
	} {
		t.Run(name, func(t *testing.T) {
			b := loose(t)
			r := b.fix(Options{})
			path := segmentOf(t, b)
			text, err := os.ReadFile(path)
			must(t, err)
			must(t, os.Chmod(b.dir+"/home/alice/.ssh/authorized_keys", 0o666))
			tc.damage(t, path, text)
			for what, call := range map[string]func() (*audit.FixReport, error){
				"fix":      func() (*audit.FixReport, error) { return b.fixer.Fix(t.Context(), []Target{aliceTarget()}, Options{}) },
				"undo":     func() (*audit.FixReport, error) { return b.fixer.Undo(t.Context(), r.ID, Options{}) },
				"dry undo": func() (*audit.FixReport, error) { return b.fixer.Undo(t.Context(), r.ID, Options{DryRun: true}) },
			} {
				report, err := call()
				if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "journal") {
					t.Errorf("%s: error %v, want %q", what, err, tc.want)
				}
				if len(report.Changes) > 0 || len(report.Refused) != 1 || report.Refused[0].Reason != reasonJournal {
					t.Errorf("%s: %v", what, lines(report))
				}
			}
			b.wantStat("/home/alice/.ssh/authorized_keys", "0666 61001:61001")
		})
	}
}

func TestTornLastLineIsDropped(t *testing.T) {
	b := loose(t)
	r := b.fix(Options{})
	path := segmentOf(t, b)
	text, err := os.ReadFile(path)
	must(t, err)
	for _, tail := range []string{"0", "deadbeef {\"id\":", string(text[:len(text)/3]), "\x00\x00\x00"} {
		must(t, os.WriteFile(path, append(bytes.Clone(text), tail...), 0o600))
		must(t, os.Chmod(b.dir+"/home/alice", 0o757))
		again := b.fix(Options{})
		wantLines(t, again, "done /home/alice mode 0757>0755")
		if again.ID == r.ID {
			t.Errorf("two runs are named %s", r.ID)
		}
		if n := len(b.records()); n != 4 {
			t.Errorf("%d records after a torn line %q, want 4", n, tail)
		}
	}
}

func TestT33OlderSegmentThatWasCutShortStopsEverything(t *testing.T) {
	b := loose(t)
	r := b.fix(Options{})
	first := segmentOf(t, b)
	text, err := os.ReadFile(first)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(filepath.Dir(first), runID(time.Now().Add(time.Hour), 1)+segmentSuffix), nil, 0o600))
	must(t, os.Truncate(first, int64(len(text)-5)))
	if _, err := b.fixer.Undo(t.Context(), r.ID, Options{}); err == nil || !strings.Contains(err.Error(), "unfinished") {
		t.Errorf("error %v", err)
	}
	b.wantStat("/home/alice/.ssh/authorized_keys", "0600 61001:61001")
}

func TestSegmentsRotateAndOldOnesGo(t *testing.T) {
	b := loose(t)
	at := time.Now()
	b.fixer.Now = func() time.Time { return at }
	b.fix(Options{})
	first := segmentOf(t, b)
	big, err := os.OpenFile(first, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	rec := sampleRecord(1)
	rec.Phase = PhaseDone
	line, err := rec.encode()
	must(t, err)
	_, err = big.Write(bytes.Repeat(line, segmentSize/len(line)+1))
	must(t, err)
	must(t, big.Close())
	loosen := func() { must(t, os.Chmod(b.dir+"/home/alice/.ssh/authorized_keys", 0o666)) }
	loosen()
	second := b.fix(Options{})
	if _, err := os.Stat(filepath.Join(filepath.Dir(first), second.ID+segmentSuffix)); err != nil {
		t.Fatalf("no new segment: %v", err)
	}
	must(t, os.Chtimes(first, at, at.Add(-journalAge-time.Hour)))
	loosen()
	b.fix(Options{})
	if _, err := os.Stat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old segment is still there: %v", err)
	}
	must(t, os.Chtimes(filepath.Join(filepath.Dir(first), second.ID+segmentSuffix), at, at.Add(-journalAge-time.Hour)))
	loosen()
	b.fix(Options{})
	if n := len(b.records()); n != 6 {
		t.Errorf("%d records in the newest segment, which is never removed; want 6", n)
	}
}

// tmpfs mounts a small file system.
func tmpfs(t testing.TB, size string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

func TestT26FullDiskStopsBeforeTheFirstChange(t *testing.T) {
	b := loose(t)
	b.fixer.StateDir = tmpfs(t, "128k")
	fill, err := os.Create(filepath.Join(b.fixer.StateDir, "fill"))
	must(t, err)
	for {
		if _, err := fill.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	before := b.ctimes()
	report, err := b.fixer.Fix(t.Context(), []Target{aliceTarget()}, Options{})
	if err == nil || !errors.Is(err, unix.ENOSPC) && !strings.Contains(err.Error(), "no space") {
		t.Errorf("error %v", err)
	}
	if len(report.Changes) > 0 || report.ID != "" || len(report.Refused) != 1 || report.Refused[0].Reason != reasonJournal {
		t.Errorf("id %q, %v", report.ID, lines(report))
	}
	if diff := cmp.Diff(before, b.ctimes()); diff != "" {
		t.Errorf("something changed without a record:\n%s", diff)
	}
	// Little room is enough: what was asked for ahead is then only what is needed.
	must(t, fill.Truncate(64<<10))
	r := b.fix(Options{})
	wantLines(t, r, "done /home/alice/.ssh/authorized_keys mode 0666>0600")
	wantLines(t, b.undo(r.ID, Options{}), "undone /home/alice/.ssh/authorized_keys mode 0600>0666")
}

func TestT26DiskThatFillsUpBetweenRecordAndOutcome(t *testing.T) {
	dir := filepath.Join(tmpfs(t, "8m"), "state")
	d, err := openJournalDir(dir, true)
	must(t, err)
	defer d.Close()
	j, err := openJournal(d, "20260102T030405Z-1", tail{})
	must(t, err)
	var batch []*Record
	for i := range batchSize {
		batch = append(batch, sampleRecord(i+1))
	}
	must(t, j.intents(batch))
	fill, err := os.Create(filepath.Join(filepath.Dir(dir), "fill"))
	must(t, err)
	defer fill.Close()
	for {
		if _, err := fill.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	must(t, j.outcomes(batch))
	must(t, j.Close())
}

func TestRecordOfWhatSomebodyStartedBefore(t *testing.T) {
	if who := invoker("1.2"); who.UID != uint32(os.Getuid()) || who.PID != os.Getpid() || who.Version != "1.2" {
		t.Errorf("%+v", who)
	}
}

func FuzzReadSegment(f *testing.F) {
	var text []byte
	for i := range 3 {
		line, err := sampleRecord(i + 1).encode()
		if err != nil {
			f.Fatal(err)
		}
		text = append(text, line...)
	}
	f.Add(text)
	f.Add(text[:len(text)-20])
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte("\x00\x00\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var again []byte
		good, err := readSegment(bytes.NewReader(text), "s", func(e entry) error {
			if !validID(e.id) || e.seq < 1 || phaseNamed(string(e.phase)) == "" {
				t.Errorf("entry %+v", e)
			}
			again = append(again, 'x')
			return nil
		})
		if good < 0 || good > int64(len(text)) {
			t.Fatalf("good part is %d of %d bytes", good, len(text))
		}
		var corrupt *CorruptError
		if err != nil && (!errors.As(err, &corrupt) || corrupt.Offset != good) {
			t.Fatalf("error %v, good part %d", err, good)
		}
		// The good part alone reads to the same records, without an error.
		n := 0
		if g, err := readSegment(bytes.NewReader(text[:good]), "s", func(entry) error { n++; return nil }); err != nil || g != good || n != len(again) {
			t.Fatalf("again: %d of %d bytes, %d of %d records, %v", g, good, n, len(again), err)
		}
	})
}

// FuzzRecord gives every text a valid checksum, so that the fuzzer gets past it.
func FuzzRecord(f *testing.F) {
	line, err := sampleRecord(1).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.TrimSpace(line[9:]))
	f.Add([]byte(`{"id":"20260102T030405Z-1","seq":1,"phase":"done","backup_b64":"Li4vLi4="}`))
	f.Add([]byte(`{"id":"../../x","seq":1,"phase":"done"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rec, err := decode(fmt.Appendf(nil, "%08x %s", crc32.Checksum(text, castagnoli), text))
		if err != nil {
			return
		}
		line, err := rec.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(line[:len(line)-1])
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if diff := cmp.Diff(rec, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("a record changes when it is written again:\n%s", diff)
		}
	})
}

func TestRunNames(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, n := range []int{1, 9, 10, 99999} {
		if id := runID(at, n); !validID(id) {
			t.Errorf("%s is not valid", id)
		}
	}
	for _, id := range []string{"", "20260102T030405Z", "20260102T030405Z-", "20260102T030405Z-0", "20260102T030405Z-+1",
		"20261302T030405Z-1", "20260102T030405Z-1/", "20260102T030405Z-1\n", fmt.Sprintf("20260102T030405Z-%020d", 1)} {
		if validID(id) {
			t.Errorf("%q is valid", id)
		}
	}
	if compareIDs(runID(at, 9), runID(at, 10)) >= 0 || compareIDs(runID(at, 2), runID(at.Add(time.Second), 1)) >= 0 {
		t.Error("names do not sort by time and number")
	}
}
