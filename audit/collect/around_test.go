package collect

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/facts"
	"sshaudit/audit/serverlog"
)

// TestWhatTheLogSaysOfManyIsCounted: the lines are those of sshd 9.2.
func TestWhatTheLogSaysOfManyIsCounted(t *testing.T) {
	const text = `Nov 24 12:00:00 web1 sshd[7]: error: kex_exchange_identification: client sent invalid protocol identifier "USER alice"
Nov 24 12:00:00 web1 sshd[7]: banner exchange: Connection from 192.0.2.1 port 5: invalid format
Nov 24 12:00:01 web1 sshd[8]: error: kex_exchange_identification: client sent invalid protocol identifier "AUTH TLS"
Nov 24 12:00:01 web1 sshd[8]: banner exchange: Connection from 192.0.2.2 port 5: invalid format
Nov 24 12:00:02 web1 sshd[9]: error: kex_exchange_identification: client sent invalid protocol identifier "GET / HTTP/1.1"
Nov 24 12:00:02 web1 sshd[9]: banner exchange: Connection from 192.0.2.9 port 5: invalid format
Nov 24 12:00:03 web1 sshd[1]: error: beginning MaxStartups throttling
Nov 24 12:00:03 web1 sshd[1]: drop connection #10 from [192.0.2.3]:5 on [192.0.2.8]:22 past MaxStartups
Nov 24 12:00:04 web1 sshd[1]: drop connection #10 from [192.0.2.3]:6 on [192.0.2.8]:22 past MaxStartups
Nov 24 12:00:05 web1 proftpd[3]: web1 (a.example[192.0.2.4]) - client sent SSH2 command 'SSH-2.0-x', disconnecting
`
	now := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)
	var entries []serverlog.Entry
	for e := range serverlog.Syslog(text, now, time.UTC) {
		entries = append(entries, e)
	}
	at := func(second int) time.Time { return time.Date(2026, 11, 24, 12, 0, second, 0, time.UTC) }
	want := []facts.Notable{
		{Cause: "maxstartups", Count: 2, From: 1, Addr: netip.MustParseAddr("192.0.2.3"), Last: at(4)},
		{Cause: "proto-ftp-to-ssh", Count: 2, From: 2, Addr: netip.MustParseAddr("192.0.2.2"), Last: at(1)},
		{Cause: "proto-ssh-to-ftp", Count: 1, From: 1, Addr: netip.MustParseAddr("192.0.2.4"), Last: at(5)},
	}
	if d := cmp.Diff(want, notable(entries), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}
