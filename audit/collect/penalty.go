package collect

import (
	"strconv"
	"strings"

	"sshaudit/audit/facts"
)

// mostMeetings bounds the connections to one sshd: one for each type of key.
const mostMeetings = 8

// meetings is how often a sshd may be connected to without a login, so that at
// most half of what makes it refuse an address comes together (srclimit.c
// srclimit_penalise: each connection is charged "noauth"; with GSSAPI key
// exchange, a patch of Debian's, "authfail", as if something had been tried).
// It is once in any case.
func meetings(s *facts.Server) int {
	if s == nil || s.Settings == nil {
		return mostMeetings
	}
	set, ok := s.Settings.Get("persourcepenalties")
	if !ok || set.Value == "no" {
		return mostMeetings
	}
	charges := make(map[string]float64)
	for word := range strings.FieldsSeq(set.Value) {
		name, text, _ := strings.Cut(word, ":")
		if seconds, err := strconv.ParseFloat(text, 64); err == nil {
			charges[name] = seconds
		}
	}
	charge := charges["noauth"]
	if s.Settings.Bool("gssapikeyexchange") {
		charge = max(charge, charges["authfail"])
	}
	if charge <= 0 {
		return mostMeetings
	}
	return min(max(int(charges["min"]/charge/2), 1), mostMeetings)
}
