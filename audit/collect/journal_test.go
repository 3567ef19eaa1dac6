package collect_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/collect"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

// open collects a root that holds the least of a host and some more files.
func open(t *testing.T, now time.Time, entries ...hostfstest.Entry) *collect.Collector {
	t.Helper()
	entries = append(entries,
		hostfstest.Entry{Path: "/etc/passwd", Content: "root:x:0:0::/root:/bin/sh\n"},
		hostfstest.Entry{Path: "/etc/ssh/sshd_config", Content: "Port 22\n"})
	c, err := collect.Open(t.Context(), collect.Options{Root: hostfstest.Build(t, entries...), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRotatedLogsAreReadInOrderOfTime(t *testing.T) {
	now := time.Now()
	line := func(ago time.Duration, user string) string {
		return now.Add(-ago).UTC().Format(time.Stamp) + " web1 sshd[7]: Invalid user " + user + " from 192.0.2.1 port 5\n"
	}
	c := open(t, now,
		hostfstest.Entry{Path: "/var/log/auth.log", Content: line(time.Hour, "third") + line(time.Minute, "fourth")},
		hostfstest.Entry{Path: "/var/log/auth.log.1", Content: line(30*time.Hour, "first") + line(20*time.Hour, "second")})
	list, err := c.Log(t.Context(), now.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.User+" "+e.Source)
	}
	if want := "second /var/log/auth.log.1, third /var/log/auth.log, fourth /var/log/auth.log"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

func TestAMissingLogIsSaid(t *testing.T) {
	if list, err := open(t, time.Now()).Log(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "/var/log") {
		t.Errorf("%d entries, %v", len(list), err)
	}
}

// TestAnotherRootsJournalIsItsOwn: a root without records has none, even where this host has some.
func TestAnotherRootsJournalIsItsOwn(t *testing.T) {
	sshdtest.NeedProgram(t, "journalctl", "systemd")
	dir := filepath.Join("/var/log/journal", strings.Repeat("a", 32)) + "/"
	list, err := open(t, time.Now(), hostfstest.Entry{Path: dir}).Log(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || len(list) > 0 {
		t.Errorf("%d entries, %v", len(list), err)
	}
}
