package live

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/settings"
	"sshaudit/audit/survey"
)

// firstUID is the uid of a made host's first account.
const firstUID = 20000

// host is the file system of a made host.
type host struct {
	t     testing.TB
	root  string
	users []string
}

// makeHost makes a host with n accounts, each with a home and one key of its own.
func makeHost(t testing.TB, n int) *host {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("homes of other accounts can be made by root only")
		}
		t.Skip("homes of other accounts can be made by root only")
	}
	h := &host{t: t, root: t.TempDir()}
	for _, dir := range []string{h.root, filepath.Dir(h.root)} {
		must(t, os.Chmod(dir, 0o755))
	}
	must(t, os.Mkdir(h.path("/home"), 0o755))
	for i := range n {
		h.users = append(h.users, fmt.Sprintf("user%05d", i))
		h.makeHome(i)
	}
	must(t, os.MkdirAll(h.path("/root"), 0o700))
	h.write("/etc/os-release", "ID=debian\n")
	h.write("/etc/ssh/sshd_config", "UsePAM yes\n")
	h.writeAccounts(h.users)
	return h
}

// writeAccounts replaces passwd, shadow and group as vipw does, by rename.
func (h *host) writeAccounts(users []string) {
	h.t.Helper()
	var passwd, shadow, group strings.Builder
	passwd.WriteString("root:x:0:0:root:/root:/bin/bash\n")
	shadow.WriteString("root:*:19000:0:99999:7:::\n")
	group.WriteString("root:x:0:\n")
	for _, u := range users {
		var i int
		_, err := fmt.Sscanf(u, "user%d", &i)
		must(h.t, err)
		fmt.Fprintf(&passwd, "%s:x:%d:%[2]d::/home/%[1]s:/bin/bash\n", u, firstUID+i)
		fmt.Fprintf(&shadow, "%s:*:19000:0:99999:7:::\n", u)
		fmt.Fprintf(&group, "%s:x:%d:\n", u, firstUID+i)
	}
	h.replace("/etc/shadow", shadow.String())
	h.replace("/etc/group", group.String())
	h.replace("/etc/passwd", passwd.String())
}

func (h *host) path(name string) string { return h.root + name }

func (h *host) home(i int) string { return h.path("/home/" + h.users[i]) }

func (h *host) keys(i int) string { return h.home(i) + "/.ssh/authorized_keys" }

func (h *host) write(name, text string) {
	h.t.Helper()
	must(h.t, os.MkdirAll(filepath.Dir(h.path(name)), 0o755))
	must(h.t, os.WriteFile(h.path(name), []byte(text), 0o644))
}

func (h *host) replace(name, text string) {
	h.t.Helper()
	h.write(name+"+", text)
	must(h.t, os.Rename(h.path(name+"+"), h.path(name)))
}

// makeHome makes a home that is in order.
func (h *host) makeHome(i int) {
	h.t.Helper()
	must(h.t, os.MkdirAll(h.home(i)+"/.ssh", 0o700))
	must(h.t, os.Chmod(h.home(i), 0o755))
	must(h.t, os.WriteFile(h.keys(i), []byte(keyOf(i)+"\n"), 0o600))
	for _, name := range []string{h.home(i), h.home(i) + "/.ssh", h.keys(i)} {
		must(h.t, os.Chown(name, firstUID+i, firstUID+i))
	}
}

// keyOf is a key that no other account has.
func keyOf(i int) string {
	blob := make([]byte, 0, 51)
	for _, field := range [][]byte{[]byte("ssh-ed25519"), fmt.Appendf(nil, "%032d", i)} {
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(field))), field...)
	}
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *host) options(interval time.Duration) Options {
	return Options{Survey: survey.Options{Root: h.root, Settings: settings.Default()}, Interval: interval}
}

// fresh is what a check of the host finds now.
func (h *host) fresh() *audit.Report {
	h.t.Helper()
	s, err := survey.Open(h.t.Context(), h.options(0).Survey)
	must(h.t, err)
	defer func() { _ = s.Close() }()
	r, err := s.Run(h.t.Context())
	must(h.t, err)
	return r
}

// keep runs a daemon's state over the host until the test ends, and waits for
// the first audit.
func (h *host) keep(interval time.Duration, change ...func(*Keeper)) (*State, *Keeper) {
	h.t.Helper()
	k := NewKeeper(h.options(interval), slog.New(slog.NewTextHandler(testLog{h.t}, nil)))
	for _, c := range change {
		c(k)
	}
	s := New(k, k.log)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	h.t.Cleanup(func() { stop(); <-ended })
	wait(h.t, "the first audit", func() bool { return s.Snapshot().Report != nil })
	return s, k
}

// testLog shows a log with a failed test.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Helper()
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// wait waits until something holds.
func wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// has tells whether a snapshot shows the finding of a check about an account.
func has(s *Snapshot, check, user string) bool {
	for i := range s.Report.Findings {
		if f := &s.Report.Findings[i]; f.Check == check && string(f.User) == user {
			return true
		}
	}
	return false
}
