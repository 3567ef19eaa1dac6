package audit

import "time"

// Cause is one reason why a connection is refused, or would be refused next.
type Cause struct {
	// ID is the id in the catalogue, one of the decision path's for sshd's own.
	ID    string
	Layer Layer
	// Message is one sentence for the administrator; already escaped.
	Message string
	Path    Untrusted
	// Line is the line in Path, from 1; 0 if there is none.
	Line               int
	Observed, Expected string
	// Fix is a command or an instruction; Automatic tells that `sshaudit fix` does it.
	Fix       string
	Automatic bool
}

// Step is what one layer makes of the connection.
type Step struct {
	Layer   Layer
	Verdict Verdict
	// Message says why, or what is missing for a verdict; already escaped.
	Message string
}

// Observation is one line of the server's log about this login.
type Observation struct {
	Time time.Time
	// Source is "journal" or the log file's path.
	Source string
	Line   Untrusted
	// Cause is the id that the line proves; empty if it proves none.
	Cause string
}

// WhyReport answers whether one login would work, and what refuses it.
type WhyReport struct {
	User Untrusted
	// From is the client's address; empty if it is not known.
	From    string
	Service string
	Port    int
	Method  string
	// Key is the offered key's fingerprint; empty without a key.
	Key     string
	Verdict Verdict
	// ClientMessage is what the client shows of it.
	ClientMessage string
	// Causes are in the order in which the connection meets them.
	Causes   []Cause
	Steps    []Step
	Observed []Observation
	// Log is one sentence: where the log disagrees with the answer, or why there is
	// no log to ask. Empty if there is nothing to say; already escaped.
	Log string
	// Customer is a paragraph for the customer: no path, mode or command of the server.
	Customer string
	// Client is what the client's own log told; nil without one.
	Client *ClientReport
}
