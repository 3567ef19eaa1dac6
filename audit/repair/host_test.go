//go:build linux

package repair

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// Uids of the tests. None of them needs an entry in passwd.
const (
	alice    = 61001
	bob      = 61002
	orphan   = 61099
	nobodyID = 65534
)

// bench is a host in a directory and a fixer for it.
type bench struct {
	t     testing.TB
	dir   string
	fixer *Fixer
}

func newBench(t testing.TB, entries ...hostfstest.Entry) *bench {
	t.Helper()
	dir := hostfstest.Build(t, entries...)
	return benchAt(t, dir, t.TempDir())
}

// benchAt opens a fixer for a tree that exists.
func benchAt(t testing.TB, dir, state string) *bench {
	t.Helper()
	root, err := hostfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return &bench{t, dir, &Fixer{
		Root: root, StateDir: filepath.Join(state, "state"), LockPath: filepath.Join(state, "run", "fix.lock"),
		Version: "test", UIDMin: 1000,
		Accounts:  []Account{{"root", 0, "/root"}, {"alice", alice, "/home/alice"}, {"bob", bob, "/home/bob"}, {"dora", 61004, "/srv/homes/dora"}},
		ValidKeys: validText,
	}}
}

// validText stands in for the parser of authorized_keys.
func validText(text []byte) bool {
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) > 0 && f[0][0] != '#' && (len(f) < 2 || !validBlob(f[0], f[1])) {
			return false
		}
	}
	return true
}

// goodKey is a line that validText, and sshd, take.
const goodKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5cWPLsJHqgSQiSFZv7bUn/x/aXYeN5UfHb2OvXsdvr a@b\n"

func aliceTarget() Target { return Target{Name: "alice", UID: alice, GID: alice, Home: "/home/alice"} }

// aliceHome is a home with everything in order.
func aliceHome() []hostfstest.Entry {
	e := func(path string, mode uint32, content string) hostfstest.Entry {
		return hostfstest.Entry{Path: path, Mode: mode, UID: alice, GID: alice, Content: content}
	}
	return []hostfstest.Entry{
		e("/home/alice/", 0o750, ""), e("/home/alice/.ssh/", 0o700, ""),
		e("/home/alice/.ssh/authorized_keys", 0o600, goodKey),
	}
}

// with changes or adds entries.
func with(base []hostfstest.Entry, changed ...hostfstest.Entry) []hostfstest.Entry {
	for _, c := range changed {
		if i := slices.IndexFunc(base, func(e hostfstest.Entry) bool { return e.Path == c.Path }); i >= 0 {
			base[i] = c
		} else {
			base = append(base, c)
		}
	}
	return base
}

// own is an entry of alice's.
func own(path string, mode uint32) hostfstest.Entry {
	return hostfstest.Entry{Path: "/home/alice" + path, Mode: mode, UID: alice, GID: alice, Content: goodKey}
}

func (b *bench) fix(opt Options, targets ...Target) *audit.FixReport {
	b.t.Helper()
	if targets == nil {
		targets = []Target{aliceTarget()}
	}
	report, err := b.fixer.Fix(b.t.Context(), targets, opt)
	if err != nil {
		b.t.Fatalf("Fix: %v", err)
	}
	return report
}

func (b *bench) undo(id string, opt Options) *audit.FixReport {
	b.t.Helper()
	report, err := b.fixer.Undo(b.t.Context(), id, opt)
	if err != nil {
		b.t.Fatalf("Undo: %v", err)
	}
	return report
}

// stat describes an object of the tree: "0600 61001:61001".
func (b *bench) stat(path string) string {
	b.t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(b.dir+path, &st); err != nil {
		b.t.Fatalf("%s: %v", path, err)
	}
	return fmt.Sprintf("%04o %d:%d", st.Mode&0o7777, st.Uid, st.Gid)
}

func (b *bench) wantStat(path, want string) {
	b.t.Helper()
	if got := b.stat(path); got != want {
		b.t.Errorf("%s is %s, want %s", path, got, want)
	}
}

// lines are changes and refusals in short form.
func lines(r *audit.FixReport) []string {
	var out []string
	for _, c := range r.Changes {
		out = append(out, fmt.Sprintf("%s %s %s %s>%s", c.Result, string(c.Path), c.What, c.From, c.To))
	}
	for _, c := range r.Refused {
		out = append(out, fmt.Sprintf("refused %s %s", string(c.Path), c.Reason))
	}
	return out
}

func wantLines(t testing.TB, r *audit.FixReport, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(r)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
		for _, x := range r.Refused {
			t.Logf("%s: %s", x.Path, x.Message)
		}
	}
}

// nothing is left to do, and doing it changes no inode.
func (b *bench) wantSecondRunIdle(opt Options, targets ...Target) {
	b.t.Helper()
	before := b.ctimes()
	if r := b.fix(opt, targets...); len(r.Changes) != 0 || r.ID != "" {
		b.t.Errorf("second run: id %q, %v", r.ID, lines(r))
	}
	if diff := cmp.Diff(before, b.ctimes()); diff != "" {
		b.t.Errorf("the second run touched something:\n%s", diff)
	}
}

// ctimes is the time of the last change of every inode in the tree.
func (b *bench) ctimes() map[string]string {
	b.t.Helper()
	out := map[string]string{}
	err := filepath.Walk(b.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		out[strings.TrimPrefix(path, b.dir)] = time.Unix(st.Ctim.Unix()).Format(time.RFC3339Nano) + " " + b.stat(strings.TrimPrefix(path, b.dir))
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// records returns the journal's records.
func (b *bench) records() []*Record {
	b.t.Helper()
	var out []*Record
	must(b.t, b.fixer.eachEntry(func(e entry) error {
		rec, err := e.record()
		out = append(out, rec)
		return err
	}))
	return out
}
