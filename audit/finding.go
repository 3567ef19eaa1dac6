package audit

import "time"

// Finding is one fact that somebody should know. Presenters show it, metrics
// count it; it carries no behaviour.
type Finding struct {
	// Check is the id in the catalogue.
	Check    string
	Severity Severity
	Effect   Effect
	// User is the account concerned; empty for a finding about the host.
	User Untrusted
	// Path is the file concerned, inside the audited root; empty if none.
	Path Untrusted
	// Line is the line in Path, from 1; 0 if the finding is about the whole file.
	Line int
	// Observed and Expected are short values to be compared by eye ("0666", "0600").
	// They are already escaped.
	Observed, Expected string
	// Message is one sentence for a person; already escaped.
	Message string
	// Fix is a command that repairs it, or an instruction; already escaped.
	Fix string
	// References name guides and rules that ask for the same.
	References []string
}

// Problem is something that could not be looked at: neither pass nor fail.
type Problem struct {
	// Subject is the path, account or source concerned.
	Subject Untrusted
	// Message says what went wrong and what would help; already escaped.
	Message string
}

// Server describes one sshd whose rules the report applied.
type Server struct {
	// Binary is the program's path.
	Binary Untrusted
	// Version is "OpenSSH_9.2p1 Debian-2+deb12u7", or says that it is unknown.
	Version string
	// ConfigFile is the main configuration file.
	ConfigFile Untrusted
	// Rules names the StrictModes rule set that was applied, and how it was chosen.
	Rules string
	// Running tells whether a listener of this sshd was seen; nil if nobody looked.
	Running *bool
}

// Reachability is the packet filter's answer for one port and one vantage address.
type Reachability struct {
	// Service is "ssh", "ftp" or "ftps"; Family "ipv4" or "ipv6"; Vantage the address asked for.
	Service string
	Port    int
	Family  string
	Vantage string
	Verdict Verdict
}

// Report is the outcome of one audit.
type Report struct {
	Host string
	// Root is the root directory that was audited, "/" for the live host.
	Root    Untrusted
	Started time.Time
	// Duration is how long the audit took.
	Duration time.Duration
	// Complete is false when something that was asked for could not be looked at.
	Complete bool
	Errors   []Problem
	// Users counts the accounts that were audited.
	Users int
	// Blocked counts the accounts whose key logins sshd would refuse by a mode,
	// an owner or a broken key file.
	Blocked int
	Servers []Server
	// Reach tells whether the packet filter lets connections to the sshds in; empty
	// if it was not asked.
	Reach []Reachability
	// Met is what the listeners said; nil if they were not connected to.
	Met []Met
	// Services and Listening tell what runs and listens; empty unless the host's own
	// services were looked at.
	Services  []ServiceState
	Listening []ListenState
	Findings  []Finding
}

// Worst returns the highest severity among the findings, 0 when there are none.
func (r *Report) Worst() Severity {
	var worst Severity
	for i := range r.Findings {
		worst = max(worst, r.Findings[i].Severity)
	}
	return worst
}

// Count returns the number of findings of one severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == s {
			n++
		}
	}
	return n
}

// Doc is what the catalogue says about a check or a cause.
type Doc struct {
	// ID is the stable name; ids of causes are those of the decision path.
	ID string
	// Title is one line; Why says what it means and why it matters; Repair says
	// how it is put right, in words and commands.
	Title, Why, Repair string
	Severity           Severity
	Effect             Effect
	// Layer is where in a login it is met; empty for a check that no login meets.
	Layer Layer
	// Automatic tells whether `sshaudit fix` can repair it.
	Automatic  bool
	References []string
	// Client is what the programs of a client show of it; empty where no login
	// meets it.
	Client ClientWords
	// Customer are sentences for the customer: what happened and what to do, with
	// no path, mode or command of the server.
	Customer string
}

// ClientWords are the messages in which client programs tell a cause.
type ClientWords struct{ OpenSSH, PuTTY, WinSCP, FileZilla string }
