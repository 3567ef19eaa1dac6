package serverlog

import (
	"testing"
	"time"
)

// The lines are those of vsftpd 3.0.3 and ProFTPD 1.3.8.
func TestFTPServersLogClientsOfSSH(t *testing.T) {
	zone := time.FixedZone("", 3600)
	for _, tc := range []struct{ line, addr, when string }{
		{`Tue Nov 24 18:37:29 2026 [pid 1859] FTP command: Client "127.0.0.1", "SSH-2.0-OPENSSH_9.2"`, "127.0.0.1", "2026-11-24T17:37:29Z"},
		{`Sun Nov  1 18:37:29 2026 [pid 1859] FTP command: Client "::ffff:192.0.2.1", "SSH-2.0-PUTTY"`, "192.0.2.1", "2026-11-01T17:37:29Z"},
		{`2026-11-24 18:39:57,564 vm proftpd[12285] localhost (localhost[127.0.0.1]): client sent SSH2 command 'SSH-2.0-OpenSSH_9.2', disconnecting`, "127.0.0.1", "2026-11-24T17:39:57Z"},
		{`2026-11-24 18:39:57,564 vm proftpd[12285] localhost (a.example[2001:db8::1]): client sent SSH2 command 'SSH-2.0-x', disconnecting`, "2001:db8::1", "2026-11-24T17:39:57Z"},
		// What a client says, or the name its resolver gives it, imitates nothing.
		{`Tue Nov 24 18:37:33 2026 [pid 2309] FTP command: Client "127.0.0.1", "USER x"], FTP command: Client "10.0.0.1", "SSH-"`, "", ""},
		{`Tue Nov 24 18:37:33 2026 [pid 2309] CONNECT: Client "127.0.0.1" SSH-`, "", ""},
		{`2026-11-24 18:40:07,171 vm proftpd[12815] localhost (localhost[127.0.0.1]): USER a (x[10.0.0.1]): client sent SSH2 command ': no such user`, "", ""},
		{`2026-11-24 18:40:07,171 vm proftpd[12815] localhost (x): client sent SSH2 command 'SSH-'`, "", ""},
		{`2026-13-24 18:39:57,564 vm proftpd[12285] localhost (localhost[127.0.0.1]): client sent SSH2 command 'SSH-2.0-x', disconnecting`, "", ""},
		{"SSH", "", ""},
		{"", "", ""},
	} {
		addr, when := "", ""
		for e := range FTP(tc.line, zone) {
			addr, when = e.Addr.String(), e.Time.UTC().Format(time.RFC3339)
		}
		if addr != tc.addr || when != tc.when {
			t.Errorf("%s: %s at %s, want %s at %s", tc.line, addr, when, tc.addr, tc.when)
		}
	}
}

func TestFTPServersInSyslog(t *testing.T) {
	text := "Nov 24 18:39:57 web1 proftpd[7]: web1 (a.example[192.0.2.1]) - client sent SSH2 command 'SSH-2.0-x', disconnecting\n" +
		"Nov 24 18:39:57 web1 proftpd[7]: web1 (a.example[192.0.2.1]) - FTP session opened.\n" +
		"Nov 24 18:39:57 web1 vsftpd[8]: FTP command: Client \"192.0.2.2\", \"SSH-2.0-X\"\n"
	var got []string
	for e := range Syslog(text, noon, time.UTC) {
		got = append(got, e.Program+" "+e.Addr.String()+" "+e.Cause)
	}
	if len(got) != 2 || got[0] != "proftpd 192.0.2.1 proto-ssh-to-ftp" || got[1] != "vsftpd 192.0.2.2 proto-ssh-to-ftp" {
		t.Errorf("%q", got)
	}
}

func TestDenialsOfSELinux(t *testing.T) {
	const denied = `avc:  denied  { open } for  pid=1234 comm="sshd" path="/home/a/.ssh/authorized_keys" dev="dm-0" ino=7 scontext=system_u:system_r:sshd_t:s0-s0:c0.c1023 tcontext=unconfined_u:object_r:default_t:s0 tclass=file permissive=`
	for _, tc := range []struct {
		line string
		pid  int
	}{
		{"type=AVC msg=audit(1764000000.123:456): " + denied + "0", 1234},
		{"type=AVC msg=audit(1764000000.123:456): " + denied + "1", 0},
		{`type=AVC msg=audit(1764000000.123:456): avc:  denied  { read } for  pid=7 comm="cron" name="x"`, 0},
		{`type=AVC msg=audit(1764000000.123:456): avc:  granted  { read } for  pid=7 comm="sshd" name="x"`, 0},
		{`type=USER_LOGIN msg=audit(1764000000.123:456): pid=7 acct="avc:  denied  { x } comm=sshd"`, 0},
		{"type=AVC msg=audit(x.1:456): " + denied + "0", 0},
		{"", 0},
	} {
		pid := 0
		for e := range Audit(tc.line) {
			if pid = e.PID; e.Cause != "path-selinux-label" || e.Time.Unix() != 1764000000 {
				t.Errorf("%+v", e)
			}
		}
		if pid != tc.pid {
			t.Errorf("%s: pid %d, want %d", tc.line, pid, tc.pid)
		}
	}
	n := 0
	for e := range Journal(`{"MESSAGE":"audit: type=1400 audit(1764000000.123:456): ` + `avc:  denied  { read } for  pid=9 comm=\"sshd-session\" name=\"x\" permissive=0","_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel","__REALTIME_TIMESTAMP":"1"}`) {
		n += e.PID
	}
	if n != 9 {
		t.Errorf("the kernel's own line is read as of pid %d", n)
	}
}
