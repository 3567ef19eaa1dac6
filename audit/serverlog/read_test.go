package serverlog

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSyslogTimes(t *testing.T) {
	zone := time.FixedZone("", 3600)
	const message = " web1 sshd[7]: Invalid user x from 192.0.2.1 port 5"
	for _, tc := range []struct{ when, want string }{
		{"Mar  1 12:30:00", "2026-03-01T11:30:00Z"},
		{"Mar  2 12:30:00", "2026-03-02T11:30:00Z"}, // a clock that goes a little wrong
		{"Dec 31 23:59:59", "2025-12-31T22:59:59Z"},
		{"Feb 29 01:00:00", "2024-02-29T00:00:00Z"},
		{"2026-03-01T11:30:00.123456+01:00", "2026-03-01T10:30:00Z"},
		{"Mar 32 12:30:00", ""},
		{"2026-03-01", ""},
		{"1", ""},
	} {
		got := ""
		for e := range Syslog(tc.when+message, noon, zone) {
			got = e.Time.UTC().Format(time.RFC3339)
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", tc.when, got, tc.want)
		}
	}
}

func TestOnlySSHDIsRead(t *testing.T) {
	text := strings.Join([]string{
		"Mar  1 12:00:00 web1 sshd[7]: Invalid user x from 192.0.2.1 port 5",
		"Mar  1 12:00:01 web1 sshd-session[8]: Invalid user y from 192.0.2.1 port 5",
		"Mar  1 12:00:02 web1 cron[9]: sshd[7]: Invalid user z from 192.0.2.1 port 5",
		"Mar  1 12:00:02 web1 sshd: Invalid user z from 192.0.2.1 port 5",
		"Mar  1 12:00:02 web1 sshd[: Invalid user z",
		"", "\x00", "Mar", "garbage",
	}, "\n")
	var got []string
	for e := range Syslog(text, noon, time.UTC) {
		got = append(got, e.User)
	}
	if !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("read %q", got)
	}
}

func TestJournalRecordsOfOthersAreNotBelieved(t *testing.T) {
	const accepted = `"MESSAGE":"Accepted publickey for a from 192.0.2.1 port 5 ssh2: RSA SHA256:x","_PID":"7","__REALTIME_TIMESTAMP":"1795538413027248"`
	const broken = `"MESSAGE":"subsystem request for sftp by user a failed, subsystem not found","_PID":"8","_UID":"1000","SYSLOG_IDENTIFIER":"sshd-session","__REALTIME_TIMESTAMP":"1"`
	for _, tc := range []struct {
		record string
		want   int
	}{
		{`{` + accepted + `,"SYSLOG_IDENTIFIER":"sshd","_UID":"0"}`, 1},
		{`{` + accepted + `,"SYSLOG_IDENTIFIER":"sshd","_UID":"1000"}`, 0},
		{`{` + accepted + `,"SYSLOG_IDENTIFIER":"sshd"}`, 0},
		{`{` + accepted + `,"SYSLOG_IDENTIFIER":"cron","_UID":"0"}`, 0},
		{`{` + broken + `,"_EXE":"/usr/lib/openssh/sshd-session"}`, 1},
		{`{` + broken + `,"_EXE":"/usr/bin/logger"}`, 0},
		{`{` + broken + `,"_EXE":"/home/a/usr/sbin/sshd"}`, 0},
		{`{` + broken + `}`, 0},
		{`{"MESSAGE":[73,110,118],"_PID":"8","_UID":"0","SYSLOG_IDENTIFIER":"sshd","__REALTIME_TIMESTAMP":"1"}`, 1},
		{`{"MESSAGE":[73,-1,1e9],"_PID":"8","_UID":"0","SYSLOG_IDENTIFIER":"sshd","__REALTIME_TIMESTAMP":"1"}`, 1},
		{`{"MESSAGE":null,"_UID":"0","SYSLOG_IDENTIFIER":"sshd","__REALTIME_TIMESTAMP":"x"}`, 0},
		{`{`, 0},
	} {
		n := 0
		for range Journal(tc.record) {
			n++
		}
		if n != tc.want {
			t.Errorf("%s: %d entries, want %d", tc.record, n, tc.want)
		}
	}
	for e := range Journal(`{"MESSAGE":[73,110,0,255],"_PID":"8","_UID":"0","SYSLOG_IDENTIFIER":"sshd","__REALTIME_TIMESTAMP":"1"}`) {
		if e.Message != "In\x00\xff" || e.PID != 8 {
			t.Errorf("bytes are read as %q of %d", string(e.Message), e.PID)
		}
	}
}

// FuzzLines: whatever stands in a log, a name and an address are parts of the line.
func FuzzLines(f *testing.F) {
	for _, l := range table {
		f.Add("Mar  1 12:00:00 h sshd[7]: " + sample.Replace(l.format))
	}
	f.Add(`{"MESSAGE":[73,110,118],"_PID":"8","_UID":"0","SYSLOG_IDENTIFIER":"sshd","__REALTIME_TIMESTAMP":"1"}`)
	f.Add(`Tue Nov 24 18:37:29 2026 [pid 1859] FTP command: Client "127.0.0.1", "SSH-2.0-OPENSSH_9.2"`)
	f.Add(`2026-11-24 18:39:57,564 vm proftpd[1] h (h[127.0.0.1]): client sent SSH2 command 'SSH-2.0-x', disconnecting`)
	f.Add(`type=AVC msg=audit(1764000000.123:456): avc:  denied  { open } for  pid=1 comm="sshd" permissive=0`)
	f.Fuzz(func(t *testing.T, text string) {
		for e := range Syslog(text, noon, time.UTC) {
			if !strings.Contains(text, e.User) || !strings.Contains(text, e.Key) || e.Port < 0 {
				t.Errorf("%q: user %q, key %q, port %d stand nowhere", text, e.User, e.Key, e.Port)
			}
			if e.Time.After(noon.Add(24*time.Hour)) && text[0] > '9' {
				t.Errorf("%q: %v is in the future", text, e.Time)
			}
		}
		for e := range FTP(text, time.UTC) {
			if !e.Addr.IsValid() || !strings.Contains(text, "SSH-") {
				t.Errorf("%q: a client of SSH out of nothing", text)
			}
		}
		for e := range Audit(text) {
			if e.Kind != Refused || e.PID < 0 {
				t.Errorf("%q: %+v", text, e)
			}
		}
		for e := range Journal(text) {
			if e.Kind != Other && e.Message == "" {
				t.Errorf("%q: a line out of nothing", text)
			}
		}
	})
}

// BenchmarkSyslog reads a busy host's auth.log, most of it strangers' tries.
func BenchmarkSyslog(b *testing.B) {
	text := strings.Repeat("Mar  1 12:00:00 web1 sshd[71234]: Failed password for invalid user admin from 192.0.2.77 port 40022 ssh2\n"+
		"Mar  1 12:00:00 web1 sshd[71234]: Connection closed by invalid user admin 192.0.2.77 port 40022 [preauth]\n"+
		"Mar  1 12:00:00 web1 CRON[71234]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)\n", 10000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		n := 0
		for range Syslog(text, noon, time.UTC) {
			n++
		}
		if n != 20000 {
			b.Fatal(n)
		}
	}
}
