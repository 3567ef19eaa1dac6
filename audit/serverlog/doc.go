// Package serverlog reads what sshd wrote: records of the journal and lines of
// syslog files. One table holds every line that it knows, with the cause that
// the line proves.
//
// A log is evidence, never a verdict. Names in it are chosen by strangers, and
// anybody on the host may write to a syslog file through logger(1); the journal
// tells by _UID who wrote. So lines are matched from their beginning to their
// end, and a name is what is left between, read from the right when sshd says
// that no such account exists.
package serverlog

import (
	"net/netip"
	"time"

	"sshaudit/audit"
)

// Kind is what a line tells about a login.
type Kind uint8

// Kinds.
const (
	// Other lines tell nothing that is used.
	Other Kind = iota
	// Listener lines are about the service as a whole.
	Listener
	// Attempt lines tell of a login under way that is neither accepted nor refused.
	Attempt
	// Accepted lines tell that the authentication succeeded; the session may still fail.
	Accepted
	// Refused lines tell that a key, a method, the account or the connection was refused.
	Refused
	// Opened lines tell that the session runs.
	Opened
	// Broken lines tell that the session failed after the authentication.
	Broken
	// Closed lines tell that the connection ended.
	Closed
)

// Entry is one line of sshd, of its PAM modules or of libwrap.
type Entry struct {
	Time    time.Time
	PID     int
	Program string
	// Source is "journal" or the file's path; its caller sets it.
	Source string
	// Unprivileged tells that a process without root's rights wrote it (journal only).
	Unprivileged bool
	// Message is the line after the tag, as it was written.
	Message audit.Untrusted
	Kind    Kind
	// Cause is the id that the line proves; empty if it proves none.
	Cause string
	// User is empty when the line names none, and Invalid tells that sshd says
	// the account does not exist or is not let in.
	User    string
	Invalid bool
	// Addr is the client's address; invalid when the line has none.
	Addr netip.Addr
	Port int
	// Method and Key are those of a line about one, the key as fingerprint.
	Method, Key string
	// Child is the pid of the session's process, when the line tells it.
	Child int
}

// about tells that the line names an account or an address itself.
func (e *Entry) about() bool { return e.User != "" || e.Addr.IsValid() }
