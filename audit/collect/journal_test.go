package collect_test

import (
	"bytes"
	"compress/gzip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

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

// zipped is a text as gzip(1) writes it.
func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryNameOfARotationIsRead(t *testing.T) {
	now := time.Now()
	line := func(ago time.Duration, user string) string {
		return now.Add(-ago).UTC().Format(time.Stamp) + " web1 sshd[7]: Invalid user " + user + " from 192.0.2.1 port 5\n"
	}
	many := strings.Repeat(line(8*time.Hour, "x")[:16]+"web1 cron[8]: "+strings.Repeat("x", 4000)+"\n", 600) // more than a piece
	c := open(t, now,
		hostfstest.Entry{Path: "/var/log/auth.log", Content: line(time.Hour, "plain")},
		hostfstest.Entry{Path: "/var/log/auth.log.1", Content: line(2*time.Hour, "rotated")},
		hostfstest.Entry{Path: "/var/log/auth.log.2.gz", Content: zipped(t, many+line(3*time.Hour, "packed")+many)},
		hostfstest.Entry{Path: "/var/log/auth.log-20261120", Content: line(4*time.Hour, "dated")},
		hostfstest.Entry{Path: "/var/log/auth.log-20261120.gz", Content: zipped(t, line(5*time.Hour, "dated-packed"))},
		hostfstest.Entry{Path: "/var/log/secure-20261120", Content: line(6*time.Hour, "secure")},
		hostfstest.Entry{Path: "/var/log/auth.log.bak", Content: line(time.Hour, "backup")},
		hostfstest.Entry{Path: "/var/log/auth.log.3.gz", Content: "no gzip"},
		hostfstest.Entry{Path: "/var/log/auth.log.4.gz", Content: zipped(t, line(7*time.Hour, "cut"))[:60]},
		hostfstest.Entry{Path: "/var/log/auth.log.5", Special: unix.S_IFIFO},
		hostfstest.Entry{Path: "/var/log/auth.log.6/"},
	)
	list, err := c.Log(t.Context(), now.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.User)
	}
	if d := cmp.Diff([]string{"secure", "dated-packed", "dated", "packed", "rotated", "plain"}, got); d != "" {
		t.Error(d)
	}
	var problems []string
	for _, p := range c.Host().Problems {
		problems = append(problems, string(p.Subject))
	}
	for _, want := range []string{"/var/log/auth.log.3.gz", "/var/log/auth.log.4.gz", "/var/log/auth.log.5", "/var/log/auth.log.6"} {
		if !slices.Contains(problems, want) {
			t.Errorf("%s is not among the problems: %q", want, problems)
		}
	}
}

// maxUnpacked is what a compressed log may unpack to.
const maxUnpacked = 64 << 20

// TestABombIsNotUnpackedToItsEnd: blank lines pack to a thousandth.
func TestABombIsNotUnpackedToItsEnd(t *testing.T) {
	now := time.Now()
	line := now.Add(-time.Hour).UTC().Format(time.Stamp) + " web1 sshd[7]: Invalid user first from 192.0.2.1 port 5\n"
	c := open(t, now, hostfstest.Entry{Path: "/var/log/auth.log.2.gz", Content: zipped(t, line+strings.Repeat("\n", maxUnpacked+1))})
	list, err := c.Log(t.Context(), now.Add(-24*time.Hour))
	if err != nil || len(list) != 1 {
		t.Errorf("%d entries, %v", len(list), err)
	}
	if p := c.Host().Problems; len(p) == 0 || !strings.Contains(p[len(p)-1].Message, "64 MiB") {
		t.Errorf("problems %+v", p)
	}
}

func TestAnFTPServerTellsOfSSHClients(t *testing.T) {
	now := time.Now()
	at := now.Add(-time.Hour).UTC()
	c := open(t, now,
		hostfstest.Entry{Path: "/var/log/vsftpd.log", Content: at.Format(time.ANSIC) + ` [pid 1859] FTP command: Client "::ffff:192.0.2.1", "SSH-2.0-OPENSSH_9.2"` + "\n"},
		hostfstest.Entry{Path: "/var/log/proftpd/proftpd.log", Content: at.Format("2006-01-02 15:04:05") + ",564 web1 proftpd[12285] localhost (a.example[192.0.2.2]): client sent SSH2 command 'SSH-2.0-PuTTY', disconnecting\n"})
	list, err := c.Log(t.Context(), now.Add(-24*time.Hour))
	if err != nil || len(list) != 2 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	for i, want := range []string{"192.0.2.1", "192.0.2.2"} {
		if e := list[i]; e.Addr.String() != want || e.Cause != "proto-ssh-to-ftp" {
			t.Errorf("%+v, want %s", e, want)
		}
	}
}
