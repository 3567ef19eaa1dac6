package audit

import "fmt"

// Severity ranks a finding. The zero value is no severity and is never reported.
type Severity uint8

// Severities in rising order.
const (
	Notice Severity = iota + 1
	Warning
	Critical
)

var severityNames = [...]string{Notice: "notice", Warning: "warning", Critical: "critical"}

// Severities lists every severity, the worst first, as reports show them.
func Severities() []Severity { return []Severity{Critical, Warning, Notice} }

// String returns the name used in JSON, metrics and flags.
func (s Severity) String() string {
	if s < Notice || s > Critical {
		return "none"
	}
	return severityNames[s]
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads a severity's name.
func ParseSeverity(name string) (Severity, error) {
	for _, s := range Severities() {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q: want notice, warning or critical", name)
}

// Effect says what a finding does to the people who use the host.
type Effect string

const (
	// Blocks: a login that ought to work is refused. Only what really stops sshd.
	Blocks Effect = "blocks"
	// Exposes: somebody can read, write or enter what they should not.
	Exposes Effect = "exposes"
	// Hardening: advice; nothing is refused and nothing is exposed today.
	Hardening Effect = "hardening"
)

// Layer is a stage that a connection passes. Layers have the order of Layers.
type Layer string

// The layers of a login.
const (
	LayerName      Layer = "name"
	LayerNetwork   Layer = "network"
	LayerService   Layer = "service"
	LayerTransport Layer = "transport"
	LayerAccount   Layer = "account"
	LayerMethod    Layer = "method"
	LayerKey       Layer = "key"
	LayerSession   Layer = "session"
)

// Layers lists the layers in the order in which a connection meets them.
func Layers() []Layer {
	return []Layer{LayerName, LayerNetwork, LayerService, LayerTransport,
		LayerAccount, LayerMethod, LayerKey, LayerSession}
}

// Verdict is the answer to "would this be let in". The zero value is Unknown:
// a verdict that nobody reached must never read as one that somebody did.
type Verdict uint8

// Verdicts.
const (
	Unknown Verdict = iota
	Accept
	Refuse
)

// String returns the name used in JSON.
func (v Verdict) String() string {
	switch v {
	case Accept:
		return "accept"
	case Refuse:
		return "refuse"
	default:
		return "unknown"
	}
}

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
