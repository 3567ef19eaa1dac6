package serverlog

import (
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/checks"
)

// sample fills the fields of a format.
var sample = strings.NewReplacer(
	"{iu}", "", "{user}", "alice", "{text}", "some text", "{path}", "/etc/nologin", "{addr}", "192.0.2.7", "{host}", "192.0.2.7",
	"{port}", "4022", "{number}", "7", "{spoken}", "hello", "{pid}", "77", "{word}", "ED25519", "{method}", "publickey", "{key}", "SHA256:abc",
)

func TestEveryRowIsReadWithItsFields(t *testing.T) {
	for _, l := range table {
		for _, around := range [][2]string{{"", ""}, {"", " [preauth]"}, {"error: ", ""}, {"fatal: ", " [preauth]"}} {
			m := around[0] + strings.TrimSuffix(sample.Replace(l.format), " [preauth]") + around[1]
			e := classified(audit.Untrusted(m))
			if e.Kind != l.kind || e.Cause != l.cause {
				t.Errorf("%q: kind %d cause %q, want %d %q", m, e.Kind, e.Cause, l.kind, l.cause)
			}
			if strings.Contains(l.format, "{user}") != (e.User == "alice") {
				t.Errorf("%q: user %q", m, e.User)
			}
			if strings.Contains(l.format, "{addr}") != e.Addr.IsValid() && !strings.Contains(l.format, "{host}") && !strings.Contains(l.format, "Connection from {text}") {
				t.Errorf("%q: address %v", m, e.Addr)
			}
			if strings.Contains(l.format, "{key}") != (e.Key == "SHA256:abc") {
				t.Errorf("%q: key %q", m, e.Key)
			}
		}
	}
}

func TestEveryCauseIsInTheCatalogue(t *testing.T) {
	for _, l := range table {
		if _, ok := checks.Explain(l.cause); l.cause != "" && !ok {
			t.Errorf("%q: no cause %q", l.format, l.cause)
		}
	}
}

// The lines follow the message formats of the sources; sshd 9.2 wrote part of them.
func TestKnownLinesProveTheirCause(t *testing.T) {
	for _, tc := range []struct{ line, user, addr, cause string }{
		{"Authentication refused: bad ownership or modes for directory /home/u3", "", "invalid IP", "akf-strict-dir"},
		{"Could not open user 'u4' authorized keys '/home/u4/.ssh/authorized_keys': Permission denied", "u4", "invalid IP", "akf-unreadable"},
		{"Connection closed by authenticating user u4 127.0.0.1 port 36988 [preauth]", "u4", "127.0.0.1", ""},
		{"Accepted publickey for u10 from 127.0.0.1 port 37052 ssh2: ED25519 SHA256:O6rmkH+ewnshYqNgRAlTRu90e07bdelWs04mNFY41S0", "u10", "127.0.0.1", ""},
		{"pam_unix(sshd:session): session opened for user u10(uid=1010) by (uid=0)", "u10", "invalid IP", ""},
		{"pam_unix(sshd:session): session closed for user u10", "u10", "invalid IP", ""},
		{"Disconnected from user u10 127.0.0.1 port 37052", "u10", "127.0.0.1", ""},
		{"Received disconnect from 127.0.0.1 port 37052:11: disconnected by user", "", "127.0.0.1", ""},
		{"Server listening on :: port 22.", "", "::", ""},
		{"User alice from 127.0.0.1 not allowed because not listed in AllowUsers", "alice", "127.0.0.1", "user-not-allowed"},
		{"Invalid user  from 127.0.0.1 port 5", "", "127.0.0.1", "user-unknown"},
		{"error: maximum authentication attempts exceeded for invalid user x y from ::1 port 5 ssh2 [preauth]", "x y", "::1", "auth-tries-exceeded"},
		{"/home/a/.ssh/authorized_keys:1: Authentication tried for a with correct key but not from a permitted host (host=h.example, ip=192.0.2.1, required=10.0.0.0/8).", "a", "192.0.2.1", "ak-from"},
		{"fatal: bad ownership or modes for chroot directory component \"/home/\"", "", "invalid IP", "chroot-component"},
		{"subsystem request for sftp by user bob failed, subsystem not found", "bob", "invalid IP", "subsystem-not-configured"},
	} {
		e := classified(audit.Untrusted(tc.line))
		if e.Kind == Other || e.User != tc.user || e.Addr.String() != tc.addr || e.Cause != tc.cause {
			t.Errorf("%q: kind %d user %q addr %v cause %q", tc.line, e.Kind, e.User, e.Addr, e.Cause)
		}
	}
}

func TestNamesThatImitateLines(t *testing.T) {
	const evil = "alice from 10.0.0.1 port 1 ssh2"
	for _, tc := range []struct{ line, user, addr string }{
		{"Invalid user " + evil + " from 192.0.2.9 port 77", evil, "192.0.2.9"},
		{"Failed password for invalid user " + evil + " from 192.0.2.9 port 77 ssh2", evil, "192.0.2.9"},
		{"Failed none for invalid user root from 10.0.0.1 port 22 ssh2: RSA SHA256:x from 192.0.2.9 port 77 ssh2", "root from 10.0.0.1 port 22 ssh2: RSA SHA256:x", "192.0.2.9"},
		{"Connection closed by invalid user authenticating user alice 10.0.0.1 port 1 192.0.2.9 port 77 [preauth]", "authenticating user alice 10.0.0.1 port 1", "192.0.2.9"},
		{`Invalid user x\012Accepted password for root from 10.0.0.1 port 1 ssh2 from 192.0.2.9 port 77`, `x\012Accepted password for root from 10.0.0.1 port 1 ssh2`, "192.0.2.9"},
		{"error: PAM: Authentication failure for illegal user a for illegal user root from 192.0.2.9", "a for illegal user root", "192.0.2.9"},
		// The id of a certificate is its signer's text.
		{"Failed publickey for alice from 192.0.2.9 port 77 ssh2: ED25519-CERT SHA256:a ID x from 10.0.0.1 port 1 ssh2: ED25519 SHA256:b (serial 0) CA ED25519 SHA256:c", "alice", "192.0.2.9"},
	} {
		e := classified(audit.Untrusted(tc.line))
		if e.User != tc.user || e.Addr.String() != tc.addr {
			t.Errorf("%q: user %q from %v", tc.line, e.User, e.Addr)
		}
	}
	for _, m := range []string{
		"x Accepted password for root from 10.0.0.1 port 1 ssh2",
		"Accepted password for root from 10.0.0.1 port 1 ssh2 and more",
		"Accepted password for root from nowhere port 1 ssh2",
	} {
		if e := classified(audit.Untrusted(m)); e.Kind != Other {
			t.Errorf("%q is taken for a line of sshd", m)
		}
	}
}
