package report

import "sshaudit/audit"

// State is the outcome of a check as monitoring knows it. Its number is the
// exit status that Nagios and Icinga expect of a plugin.
type State int

// States, numbered as the Monitoring Plugins guidelines number exit statuses.
const (
	StateOK State = iota
	StateWarning
	StateCritical
	StateUnknown
)

// String returns the word that opens a plugin's line.
func (s State) String() string {
	switch s {
	case StateOK:
		return "OK"
	case StateWarning:
		return "WARNING"
	case StateCritical:
		return "CRITICAL"
	default:
		return "UNKNOWN"
	}
}

// StateOf returns the state of a report when findings below failOn do not
// count; a failOn of zero means Warning. A critical finding is critical
// whatever else could not be looked at; short of that an incomplete audit is
// unknown, since the worst may be what was not seen.
func StateOf(r *audit.Report, failOn audit.Severity) State {
	if failOn == 0 {
		failOn = audit.Warning
	}
	worst := r.Worst()
	switch {
	case worst == audit.Critical:
		return StateCritical
	case !r.Complete:
		return StateUnknown
	case worst != 0 && worst >= failOn:
		return StateWarning
	default:
		return StateOK
	}
}
