//go:build linux

package repair

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs/hostfstest"
)

const mark = "\xef\xbb\xbf"

// repairMark stands in for the repair of the text: it removes a byte-order mark.
func repairMark(text []byte) ([]byte, []string, error) {
	if rest, ok := bytes.CutPrefix(text, []byte(mark)); ok {
		return rest, []string{"byte-order mark removed"}, nil
	}
	return text, nil, nil
}

func marked(content string) *hostfstest.Entry {
	return &hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, UID: alice, GID: alice, Content: content}
}

func contentBench(t testing.TB, content string) *bench {
	b := newBench(t, with(aliceHome(), *marked(content))...)
	b.fixer.RepairText = repairMark
	return b
}

func (b *bench) keys() string {
	b.t.Helper()
	text, err := os.ReadFile(b.dir + "/home/alice/.ssh/authorized_keys")
	must(b.t, err)
	return string(text)
}

func (b *bench) sshNames() []string {
	b.t.Helper()
	entries, err := os.ReadDir(b.dir + "/home/alice/.ssh")
	must(b.t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTextIsRepairedKeptAndUndone(t *testing.T) {
	b := contentBench(t, mark+goodKey)
	if r := b.fix(Options{}); len(lines(r)) != 0 {
		t.Errorf("without Keys: %v", lines(r))
	}
	plan := b.fix(Options{Keys: true, DryRun: true})
	if len(plan.Changes) != 1 || plan.Changes[0].Result != resultPlanned || b.keys() != mark+goodKey || len(b.sshNames()) != 1 {
		t.Fatalf("dry run: %v, %q", lines(plan), b.keys())
	}
	r := b.fix(Options{Keys: true})
	if len(r.Changes) != 1 || len(r.Refused) != 0 || r.Changes[0].What != whatContent || !strings.Contains(r.Changes[0].Note, "byte-order mark removed") {
		t.Fatalf("%v, note %q", lines(r), r.Changes[0].Note)
	}
	if b.keys() != goodKey {
		t.Errorf("text is %q", b.keys())
	}
	b.wantStat("/home/alice/.ssh/authorized_keys", "0600 61001:61001")
	names := b.sshNames()
	if len(names) != 2 || !strings.Contains(r.Changes[0].Note, names[1]) {
		t.Fatalf("names %q, note %q", names, r.Changes[0].Note)
	}
	kept, err := os.ReadFile(filepath.Join(b.dir, "home/alice/.ssh", names[1]))
	if err != nil || string(kept) != mark+goodKey {
		t.Errorf("kept %q, %v", kept, err)
	}
	b.wantSecondRunIdle(Options{Keys: true})
	u := b.undo(r.ID, Options{})
	if len(u.Changes) != 1 || u.Changes[0].Result != resultUndone || u.Changes[0].From != r.Changes[0].To || len(u.Refused) != 0 {
		t.Errorf("undo: %v", lines(u))
	}
	if b.keys() != mark+goodKey || len(b.sshNames()) != 1 {
		t.Errorf("after undo: %q, %q", b.keys(), b.sshNames())
	}
}

func TestModeAndTextAreUndoneTogether(t *testing.T) {
	b := contentBench(t, mark+goodKey)
	must(t, os.Chmod(b.dir+"/home/alice/.ssh/authorized_keys", 0o666))
	r := b.fix(Options{Keys: true})
	if len(r.Changes) != 2 || len(r.Refused) != 0 {
		t.Fatal(lines(r))
	}
	b.wantStat("/home/alice/.ssh/authorized_keys", "0600 61001:61001")
	plan := b.undo("", Options{DryRun: true})
	u := b.undo("", Options{})
	if len(u.Changes) != 2 || len(u.Refused) != 0 {
		t.Fatal(lines(u))
	}
	gotWithoutOrder(t, lines(plan), replaceAll(lines(u), resultUndone, resultPlanned))
	b.wantStat("/home/alice/.ssh/authorized_keys", "0666 61001:61001")
	if b.keys() != mark+goodKey {
		t.Errorf("%q", b.keys())
	}
}

func TestTextOfRootsFileStays(t *testing.T) {
	e := *marked(mark + goodKey)
	e.UID, e.GID, e.Mode = 0, 0, 0o644
	b := newBench(t, with(aliceHome(), e)...)
	b.fixer.RepairText = repairMark
	wantLines(t, b.fix(Options{Keys: true}), "refused /home/alice/.ssh/authorized_keys owner")
	if b.keys() != mark+goodKey {
		t.Errorf("%q", b.keys())
	}
}

func TestDryRunSeesTheTextBehindAClosedDirectory(t *testing.T) {
	b := newBench(t, with(aliceHome(), own("/", 0o600), own("/.ssh/", 0o600), *marked(mark + goodKey))...)
	b.fixer.RepairText = repairMark
	plan := b.fix(Options{Keys: true, DryRun: true})
	r := b.fix(Options{Keys: true})
	if len(plan.Changes) != 3 || len(r.Changes) != 3 || r.Changes[2].What != whatContent || len(plan.Refused)+len(r.Refused) != 0 {
		t.Errorf("planned %v, made %v", lines(plan), lines(r))
	}
	if b.keys() != goodKey {
		t.Errorf("%q", b.keys())
	}
}

func TestDryRunSeesTheTextOfAFileWhoseModeIsRepairedFirst(t *testing.T) {
	open := strings.TrimSuffix(goodKey, "\n")
	unreadable, foreign := *marked(open), *marked(open)
	unreadable.Mode = 0
	foreign.UID, foreign.GID, foreign.Mode = 0, 0, 0o600
	for name, e := range map[string]hostfstest.Entry{"no bit": unreadable, "root's": foreign} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, with(aliceHome(), e)...)
			b.fixer.RepairText = func([]byte) ([]byte, []string, error) { return []byte(goodKey), []string{"ended"}, nil }
			plan := lines(b.fix(Options{Keys: true, DryRun: true}))
			r := lines(b.fix(Options{Keys: true}))
			gotWithoutOrder(t, plan, replaceAll(r, resultDone, resultPlanned))
			if len(r) != 2 || b.keys() != goodKey {
				t.Errorf("planned %v, made %v, %q", plan, r, b.keys())
			}
		})
	}
}

func TestUndoOfTextRefusesWhatWasWrittenSince(t *testing.T) {
	b := contentBench(t, mark+goodKey)
	r := b.fix(Options{Keys: true})
	f, err := os.OpenFile(b.dir+"/home/alice/.ssh/authorized_keys", os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	fmt.Fprint(f, goodKey)
	f.Close()
	wantLines(t, b.undo(r.ID, Options{}), "refused /home/alice/.ssh/authorized_keys changed")
	if b.keys() != goodKey+goodKey || len(b.sshNames()) != 2 {
		t.Errorf("%q, %q", b.keys(), b.sshNames())
	}
}

func TestUndoOfTextRefusesWhenTheKeptFileIsGone(t *testing.T) {
	b := contentBench(t, mark+goodKey)
	r := b.fix(Options{Keys: true})
	must(t, os.Remove(filepath.Join(b.dir, "home/alice/.ssh", b.sshNames()[1])))
	wantLines(t, b.undo(r.ID, Options{}), "refused /home/alice/.ssh/authorized_keys changed")
	if b.keys() != goodKey {
		t.Errorf("%q", b.keys())
	}
}

func TestTextThatCannotBeReplacedIsRefused(t *testing.T) {
	const file = "/home/alice/.ssh/authorized_keys"
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, b *bench)
		want    string
	}{
		"T-48 open for writing": {func(t *testing.T, b *bench) {
			f, err := os.OpenFile(b.dir+file, os.O_WRONLY, 0)
			must(t, err)
			t.Cleanup(func() { f.Close() })
		}, reasonBusy},
		"T-10 leased by its owner": {func(t *testing.T, b *bench) {
			f, err := os.OpenFile(b.dir+file, os.O_RDWR, 0)
			must(t, err)
			t.Cleanup(func() { f.Close() })
			_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK)
			must(t, err)
		}, reasonLeased},
		"two names": {func(t *testing.T, b *bench) { must(t, os.Link(b.dir+file, b.dir+"/home/alice/x")) }, reasonHardLink},
		"beyond repair": {func(t *testing.T, b *bench) {
			b.fixer.RepairText = func([]byte) ([]byte, []string, error) { return nil, nil, errors.New("line 3: no key") }
		}, reasonType},
	} {
		t.Run(name, func(t *testing.T) {
			b := contentBench(t, mark+goodKey)
			tc.prepare(t, b)
			start := time.Now()
			wantLines(t, b.fix(Options{Keys: true}), "refused "+file+" "+tc.want)
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("waited %v for a lease of the user's", d)
			}
			if names := b.sshNames(); len(names) != 1 {
				t.Errorf("left behind: %q", names)
			}
		})
	}
}

// childAppend appends lines as a user's shell does, and says each when it is written.
func childAppend(args []string) error {
	fmt.Println("ready")
	for i := 0; ; i++ {
		f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_APPEND, 0)
		if errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err != nil {
			return err
		}
		line := fmt.Sprintf("# line %d\n", i)
		if _, err := f.WriteString(line); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		fmt.Print(line)
		time.Sleep(rand.N(8 * time.Millisecond))
	}
}

// TestT48NoLineIsLostAgainstAWriter repairs a text over and over while its
// owner appends to it: every line that the owner wrote must be in the file.
func TestT48NoLineIsLostAgainstAWriter(t *testing.T) {
	want := tries(t, "SSHAUDIT_APPENDS", 1000)
	b := contentBench(t, goodKey)
	salt := 0
	b.fixer.RepairText = func(text []byte) ([]byte, []string, error) {
		salt++
		first, rest, _ := bytes.Cut(text, []byte("\n"))
		first, _, _ = bytes.Cut(first, []byte(" #"))
		return fmt.Appendf(nil, "%s #%d\n%s", first, salt, rest), []string{"number changed"}, nil
	}
	c := startChild(t, alice, b.dir+"/home/alice/.ssh", "append", "authorized_keys")
	var written []string
	lines := make(chan string, 1<<16)
	go func() {
		defer close(lines)
		for {
			line, err := c.out.ReadString('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	repaired, busy := 0, 0
	collect := func() {
		for {
			select {
			case l, ok := <-lines:
				if !ok {
					return
				}
				written = append(written, l)
			default:
				return
			}
		}
	}
	for len(written) < want {
		r := b.fix(Options{Keys: true})
		repaired += len(r.Changes)
		busy += len(r.Refused)
		collect()
	}
	c.kill()
	for l := range lines {
		written = append(written, l)
	}
	text := b.keys()
	lost := 0
	for _, l := range written {
		if !strings.Contains(text, l) {
			lost++
		}
	}
	t.Logf("%d lines written, %d repairs, %d refused, %d lost", len(written), repaired, busy, lost)
	if lost > 0 {
		t.Errorf("%d of %d lines are lost", lost, len(written))
	}
	if repaired == 0 {
		t.Error("no repair came about: the test proves nothing")
	}
}
