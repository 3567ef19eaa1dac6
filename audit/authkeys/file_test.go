package authkeys

import (
	"net/netip"
	"testing"
	"time"

	"sshaudit/audit"
)

// Public keys for tests; nobody has their private halves.
const (
	edKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhCEUR+iHtNQAcyCZXB2bhDR7ZWqPsxEm0GnWFBCvMr"
)

// bookworm is the release that most tests are about.
var bookworm = audit.OpenSSH{Major: 9, Minor: 2, Patch: 1, Vendor: "Debian-2+deb12u10"}

// testRules are the rules of a sshd in UTC in the year 2026.
func testRules(v audit.OpenSSH) Rules {
	return Rules{Version: v, Now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), Zone: time.UTC}
}

var local = Source{User: "alice", Addr: netip.MustParseAddr(localAddress)}

func TestCommentsAndBlankLinesAreCountedOnly(t *testing.T) {
	f := Parse([]byte("# one\n\n\t\r\n"+edKey+" me\n"), Rules{})
	if f.Count != 4 || len(f.Lines) != 1 || f.Lines[0].Number != 4 || f.Lines[0].Kind != KindKey {
		t.Errorf("got %d lines, %+v", f.Count, f.Lines)
	}
}

func TestTextsGetTheirCause(t *testing.T) {
	k := newSubject(edKey)
	offer, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range textCases(k) {
		t.Run(c.name, func(t *testing.T) {
			f := Parse([]byte(c.text), testRules(bookworm))
			a := f.Authorises(offer, local)
			cause := a.Cause
			if cause == CauseNotListed { // the key itself cannot be told
				for _, l := range f.Lines {
					cause = l.Cause
				}
			}
			if (a.Verdict == audit.Accept) != (c.cause == "") || a.Verdict == audit.Unknown || cause != c.cause {
				t.Errorf("verdict %v, cause %q (%s), want %q; lines %+v", a.Verdict, cause, a.Detail, c.cause, f.Lines)
			}
		})
	}
}
