package serverlog

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
)

// at makes entries of "PID MESSAGE" lines, one second apart.
func at(lines ...string) []Entry {
	var list []Entry
	for i, l := range lines {
		pid, message, _ := strings.Cut(l, " ")
		e := Entry{Time: noon.Add(time.Duration(i) * time.Second), PID: number(pid), Source: "journal", Message: audit.Untrusted(message)}
		Classify(&e)
		list = append(list, e)
	}
	return list
}

const peer = " from 192.0.2.1 port 5 ssh2"

func TestLinesOfOneConnectionAreJoined(t *testing.T) {
	here := netip.MustParseAddr("192.0.2.1")
	for _, tc := range []struct {
		name, user string
		addr       netip.Addr
		lines      []string
		want       []string
	}{
		{"the monitor's lines without a name are the account's", "alice", here, []string{
			"7 Authentication refused: bad ownership or modes for directory /home/alice",
			"7 Connection closed by authenticating user alice 192.0.2.1 port 5 [preauth]",
			"8 Authentication refused: bad ownership or modes for directory /home/bob",
			"8 Connection closed by authenticating user bob 192.0.2.1 port 6 [preauth]",
		}, []string{"akf-strict-dir"}},
		{"an end that nothing explains", "alice", netip.Addr{}, []string{
			"7 Connection closed by authenticating user alice 192.0.2.1 port 5 [preauth]",
		}, []string{""}},
		{"another address is another login", "alice", here, []string{
			"7 Connection closed by authenticating user alice 192.0.2.2 port 5 [preauth]",
		}, nil},
		{"a misspelt name from the address", "alice", here, []string{
			"7 Invalid user alcie from 192.0.2.1 port 5",
			"7 Connection closed by invalid user alcie 192.0.2.1 port 5 [preauth]",
			"8 Accepted password for bob from 192.0.2.1 port 6 ssh2",
		}, []string{"user-unknown"}},
		{"the child by its pid", "alice", here, []string{
			"7 Accepted password for alice" + peer, "9 Accepted password for bob from 192.0.2.1 port 6 ssh2", "7 User child is on pid 8",
			`8 fatal: bad ownership or modes for chroot directory component "/home/"`,
		}, []string{"", "chroot-component"}},
		{"the child by the time", "alice", here, []string{
			"7 Accepted password for alice" + peer, `8 fatal: bad ownership or modes for chroot directory component "/home/"`,
		}, []string{"", "chroot-component"}},
		{"a child of one of two is nobody's", "alice", here, []string{
			"7 Accepted password for alice" + peer, "9 Accepted password for bob from 192.0.2.1 port 6 ssh2",
			`8 fatal: bad ownership or modes for chroot directory component "/home/"`,
		}, []string{""}},
		{"a pid that is used again", "alice", here, []string{
			"7 Accepted password for alice" + peer, "7 Disconnected from user alice 192.0.2.1 port 5",
			"7 Invalid user x from 192.0.2.2 port 6",
		}, []string{""}},
	} {
		var got []string
		for _, o := range Observe(at(tc.lines...), tc.user, tc.addr, noon) {
			got = append(got, o.Cause)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
	}
}

func TestOnlyTheNewestLinesAreObserved(t *testing.T) {
	list := Observe(at(slices.Repeat([]string{"7 Failed password for root" + peer}, 100)...), "root", netip.Addr{}, noon.Add(90*time.Second))
	if len(list) != 10 {
		t.Errorf("%d lines since the moment, want 10", len(list))
	}
	list = Observe(at(slices.Repeat([]string{"7 Failed password for root" + peer}, 100)...), "root", netip.Addr{}, noon)
	if len(list) != maxObserved || !list[maxObserved-1].Time.Equal(noon.Add(99*time.Second)) {
		t.Errorf("%d lines", len(list))
	}
}

func TestContradictions(t *testing.T) {
	const key = "SHA256:a"
	accepted := "7 Accepted publickey for alice" + peer + ": ED25519 " + key
	const modes = "7 Authentication refused: bad ownership or modes for directory /home/alice"
	const closed = "7 Connection closed by authenticating user alice 192.0.2.1 port 5 [preauth]"
	refuse := func(id string, layer audit.Layer) Prediction {
		return Prediction{Verdict: audit.Refuse, Causes: []audit.Cause{{ID: id, Layer: layer}}, User: "alice", Method: "publickey", Key: key}
	}
	accept := Prediction{Verdict: audit.Accept, User: "alice", Method: "publickey", Key: key}
	other := refuse("ak-not-listed", audit.LayerKey)
	other.Key = "SHA256:b"
	password := accept
	password.Method = "password"
	for _, tc := range []struct {
		name  string
		p     Prediction
		lines []string
		want  string
	}{
		{"accepted before", refuse("akf-strict-dir", audit.LayerKey), []string{accepted},
			"The log and this answer disagree: at 2026-03-01 12:00:00 UTC sshd accepted such a login, and now akf-strict-dir refuses it, so something changed in between."},
		{"refused before", accept, []string{modes, closed},
			"The log and this answer disagree: at 2026-03-01 12:00:00 UTC sshd refused such a login because of akf-strict-dir, and now nothing refuses it, so something changed in between, or the client offered another key."},
		{"refused for another cause", refuse("ak-not-listed", audit.LayerKey), []string{modes, closed},
			"The log and this answer disagree: at 2026-03-01 12:00:00 UTC sshd refused such a login because of akf-strict-dir, and now ak-not-listed refuses it, so something changed in between, or the client offered another key."},
		{"refused as said", refuse("akf-strict-dir", audit.LayerKey), []string{accepted, "8" + modes[1:], "8" + closed[1:]}, ""},
		{"accepted after a refusal", accept, []string{modes, closed, "8" + accepted[1:]}, ""},
		{"refused in silence since", refuse("ak-not-listed", audit.LayerKey), []string{accepted, "8" + strings.Replace(closed[1:], "port 5", "port 6", 1)}, ""},
		{"the session fails after the acceptance", refuse("chroot-target", audit.LayerSession), []string{accepted}, ""},
		{"another key", other, []string{accepted}, ""},
		{"another method", password, []string{modes, closed}, ""},
		{"an end proves nothing", accept, []string{closed}, ""},
		{"an empty name is another's", accept, []string{"7 Invalid user  from 192.0.2.1 port 5"}, ""},
		{"not known", Prediction{User: "alice"}, []string{accepted}, ""},
	} {
		got, _ := Contradicts(&tc.p, Observe(at(tc.lines...), "alice", netip.MustParseAddr("192.0.2.1"), noon))
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
