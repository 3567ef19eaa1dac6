package report

import (
	"testing"

	"sshaudit/audit"
)

func TestStateOf(t *testing.T) {
	with := func(complete bool, severities ...audit.Severity) *audit.Report {
		r := &audit.Report{Complete: complete}
		for _, s := range severities {
			r.Findings = append(r.Findings, audit.Finding{Severity: s})
		}
		return r
	}
	for _, test := range []struct {
		name   string
		report *audit.Report
		failOn audit.Severity
		want   State
	}{
		{"nothing found is OK", with(true), 0, StateOK},
		{"a notice is OK by default", with(true, audit.Notice), 0, StateOK},
		{"a notice counts when asked", with(true, audit.Notice), audit.Notice, StateWarning},
		{"a warning counts by default", with(true, audit.Notice, audit.Warning), 0, StateWarning},
		{"a warning is OK below fail-on", with(true, audit.Warning), audit.Critical, StateOK},
		{"a critical finding is critical", with(true, audit.Critical, audit.Notice), audit.Critical, StateCritical},
		{"an incomplete audit is unknown", with(false), 0, StateUnknown},
		{"a warning of an incomplete audit is unknown", with(false, audit.Warning), 0, StateUnknown},
		{"a critical finding outranks what was not seen", with(false, audit.Critical), 0, StateCritical},
	} {
		if got := StateOf(test.report, test.failOn); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
	for state, want := range map[State]string{0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN", 4: "UNKNOWN"} {
		if state.String() != want {
			t.Errorf("state %d is %q, want %q", state, state, want)
		}
	}
}
