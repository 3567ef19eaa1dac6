package serverlog

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
)

func count(entries []Entry) map[string]int {
	var c Counter
	got := make(map[string]int)
	for i := range entries {
		if reason, refused := c.Add(&entries[i]); refused {
			got[reason]++
		}
	}
	return got
}

func TestRefusalsAreCountedOnce(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		want  map[string]int
	}{
		{"one connection, many lines", []string{
			"7 Invalid user x from 192.0.2.1 port 5", "7 Failed none for invalid user x" + peer, "7 Failed password for invalid user x" + peer,
			"7 Failed password for invalid user x" + peer, "7 Connection closed by invalid user x 192.0.2.1 port 5 [preauth]",
		}, map[string]int{"user-unknown": 1}},
		{"wrong passwords", []string{
			"7 Failed password for alice" + peer, "7 Failed password for alice" + peer, "7 Connection closed by authenticating user alice 192.0.2.1 port 5 [preauth]",
		}, map[string]int{"failed-password": 1}},
		{"a slip of the finger", []string{
			"7 Failed password for alice" + peer, "7 Accepted password for alice" + peer, "7 pam_unix(sshd:session): session closed for user alice",
		}, map[string]int{}},
		{"a key that no line explains", []string{"7 Connection closed by authenticating user alice 192.0.2.1 port 5 [preauth]"}, map[string]int{unexplained: 1}},
		{"a scanner", []string{"7 Connection closed by 192.0.2.1 port 5 [preauth]"}, map[string]int{}},
		{"a process that dies without a last line, and its number again", []string{
			"7 fatal: Access denied for user alice by PAM account configuration [preauth]",
			"7 Connection closed by authenticating user alice 192.0.2.1 port 5 [preauth]",
			"7 Connection closed by authenticating user bob 192.0.2.1 port 6 [preauth]",
		}, map[string]int{"pam-account-denied": 1, unexplained: 1}},
		{"the session breaks", []string{
			"7 Accepted password for alice" + peer, `8 fatal: bad ownership or modes for chroot directory component "/home/"`,
		}, map[string]int{"chroot-component": 1}},
		{"the listener", []string{
			"1 error: beginning MaxStartups throttling",
			"1 drop connection #10 from [192.0.2.1]:5 on [192.0.2.9]:22 past MaxStartups", "1 drop connection #10 from [192.0.2.1]:6 on [192.0.2.9]:22 past MaxStartups",
			"1 drop connection #0 from [192.0.2.1]:7 on [192.0.2.9]:22 penalty: failed authentication",
		}, map[string]int{"maxstartups": 2, "penalty-active": 1}},
		{"a method that a stranger made up", []string{"7 Failed evil for x" + peer, "7 Connection closed by authenticating user x 192.0.2.1 port 5"}, map[string]int{unexplained: 1}},
	} {
		if d := cmp.Diff(tc.want, count(at(tc.lines...))); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
	}
}

func TestReasonsAreAClosedSet(t *testing.T) {
	var entries []Entry
	for _, l := range table {
		for pid := range 3 {
			entries = append(entries, at(fmt.Sprint(pid)+" "+sample.Replace(l.format))...)
		}
	}
	for reason := range count(entries) {
		if !slices.Contains(Reasons(), reason) {
			t.Errorf("%q is not in the list", reason)
		}
	}
	if len(Reasons()) > 100 || !slices.IsSorted(Reasons()) {
		t.Errorf("%d reasons: %q", len(Reasons()), Reasons())
	}
}

// TestTheCountersMemoryIsBounded: a million processes that never end.
func TestTheCountersMemoryIsBounded(t *testing.T) {
	var c Counter
	refused := 0
	for i := range 3 * maxHeld {
		e := Entry{Time: noon.Add(time.Duration(i) * time.Millisecond), PID: i, Message: audit.Untrusted("Invalid user x from 192.0.2.1 port 5")}
		Classify(&e)
		if _, ok := c.Add(&e); ok {
			refused++
		}
	}
	if len(c.held) > maxHeld || refused != 3*maxHeld {
		t.Errorf("%d connections are held, %d refusals were counted", len(c.held), refused)
	}
}
