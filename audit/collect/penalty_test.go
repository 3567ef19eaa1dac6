package collect

import (
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

func TestConnectionsStayBelowThePenalty(t *testing.T) {
	trixie := audit.OpenSSH{Major: 10, Minor: 0, Patch: 2, Vendor: "Debian-7"}
	for _, tc := range []struct {
		config string
		of     audit.OpenSSH
		want   int
	}{
		{"", factstest.Debian, mostMeetings}, // 9.2 has none
		{"", trixie, 7},
		{"PerSourcePenalties no\n", trixie, mostMeetings},
		{"PerSourcePenalties noauth:20\n", trixie, 1},
		{"PerSourcePenalties noauth:2 min:30\n", trixie, 7},
		{"PerSourcePenalties noauth:0\n", trixie, mostMeetings},
		{"GSSAPIKeyExchange yes\n", trixie, 1},
	} {
		if got := meetings(factstest.Server(t, tc.of, tc.config)); got != tc.want {
			t.Errorf("%q of %v: %d, want %d", tc.config, tc.of, got, tc.want)
		}
	}
	if meetings(nil) != mostMeetings || meetings(&facts.Server{}) != mostMeetings {
		t.Error("a server whose settings are not known is not bounded as such")
	}
}
