package collect_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/collect"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/serverlog"
	"sshaudit/audit/sshdtest"
)

// follow starts a follower and returns what it hands on; it ends with the test.
func follow(t *testing.T, dir string) <-chan serverlog.Entry {
	t.Helper()
	root, err := hostfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan serverlog.Entry, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	f := &collect.Follower{Root: root, Zone: time.UTC, Entry: func(e *serverlog.Entry) { seen <- *e }}
	go func() { ended <- f.Follow(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		_ = root.Close()
	})
	return seen
}

// next waits for an entry.
func next(t *testing.T, seen <-chan serverlog.Entry) serverlog.Entry {
	t.Helper()
	select {
	case e := <-seen:
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		return serverlog.Entry{}
	}
}

func TestAFileIsFollowedThroughItsRotation(t *testing.T) {
	now := time.Now()
	line := func(user string) string {
		return now.UTC().Format(time.Stamp) + " web1 sshd[7]: Invalid user " + user + " from 192.0.2.1 port 5\n"
	}
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/var/log/auth.log", Content: line("before")})
	file := filepath.Join(dir, "var/log/auth.log")
	write := func(text string) {
		t.Helper()
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	seen := follow(t, dir)
	time.Sleep(200 * time.Millisecond) // it looks where the end is
	write(line("one") + line("two")[:30])
	if e := next(t, seen); e.User != "one" {
		t.Fatalf("%+v", e)
	}
	write(line("two")[30:])
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	write(line("three"))
	for _, want := range []string{"two", "three"} {
		if e := next(t, seen); e.User != want || e.Source != "/var/log/auth.log" {
			t.Fatalf("%+v, want %s", e, want)
		}
	}
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	write(line("4"))
	if e := next(t, seen); e.User != "4" {
		t.Fatalf("%+v", e)
	}
}

// privateJournal starts a journald with a /run of its own, and this test in it again.
const privateJournal = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal
/lib/systemd/systemd-journald & journald=$!
n=0; until [ -S /run/systemd/journal/stdout ]; do sleep 0.1; n=$((n+1)); [ $n -lt 100 ] || exit 9; done
"$0" -test.run "^$1\$" -test.v; result=$?
kill $journald; wait $journald; exit $result`

// TestTheJournalIsFollowed: a real journald, and a journalctl that is killed.
func TestTheJournalIsFollowed(t *testing.T) {
	sshdtest.NeedRoot(t)
	sshdtest.NeedProgram(t, "journalctl", "systemd")
	if os.Getenv("PRIVATE_JOURNAL") == "" {
		cmd := exec.CommandContext(t.Context(), sshdtest.NeedProgram(t, "unshare", "util-linux"), "-m", "sh", "-c", privateJournal, os.Args[0], t.Name())
		cmd.Env = append(os.Environ(), "PRIVATE_JOURNAL=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	say := func(tag, user string) {
		t.Helper()
		cat := exec.CommandContext(t.Context(), "systemd-cat", "-t", tag, "echo", "Invalid user "+user+" from 192.0.2.1 port 5")
		if out, err := cat.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	say("sshd", "before")
	seen := follow(t, "/")
	time.Sleep(3 * time.Second) // journalctl stands at the end by then
	say("sshd", "one")
	say("cron", "other")
	say("sshd-session", "two")
	for _, want := range []string{"one", "two"} {
		if e := next(t, seen); e.User != want || e.Source != "journal" || e.Cause != "user-unknown" || e.PID == 0 {
			t.Fatalf("%+v, want %s", e, want)
		}
	}
	// In its own namespace of mounts no other journalctl runs.
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", "for p in /proc/[0-9]*; do [ \"$(readlink $p/ns/mnt)\" = \"$(readlink /proc/self/ns/mnt)\" ] && "+
		"grep -q journalctl $p/comm && kill -9 ${p#/proc/}; done; true").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	say("sshd", "three") // while nobody listens
	if e := next(t, seen); e.User != "three" {
		t.Fatalf("%+v, want three, once", e)
	}
	select {
	case e := <-seen:
		t.Errorf("%+v came twice", e)
	case <-time.After(time.Second):
	}
}
