package serverlog

import (
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxHeld bounds the connections that a Counter remembers. Beyond it the one
	// that was silent for the longest is forgotten.
	maxHeld = 4096
	// heldFor is how long a connection is remembered after its last line: longer
	// than sshd lets anybody take to log in.
	heldFor = 10 * time.Minute
	// unexplained is the reason of a login that ended without success and without a
	// line that says why: at LogLevel INFO a refused key leaves no other trace.
	unexplained = "unexplained"
)

// failedMethods are the methods by which a failure is counted that has no other cause.
var failedMethods = []string{"password", "publickey", "keyboard-interactive", "hostbased", "gssapi-with-mic"}

// Counter tells of every refused login once, from lines in the order of time. Its
// memory is bounded. The zero value is ready for use, by one goroutine.
type Counter struct {
	held map[int]*attempt
}

// attempt is what a Counter knows of a connection.
type attempt struct {
	port    int
	last    time.Time
	counted bool
	// reason is what is counted when the connection ends without a better one.
	reason string
}

// Reasons lists every reason that Counter.Add returns, sorted: a cause that a line
// proves; failed-METHOD where it proves no more than that; and unexplained.
var Reasons = sync.OnceValue(func() []string {
	list := []string{unexplained}
	for _, m := range failedMethods {
		list = append(list, "failed-"+m)
	}
	for _, l := range table {
		if l.cause != "" && (l.kind == Refused || l.kind == Broken) {
			list = append(list, l.cause)
		}
	}
	list = append(list, "proto-ftp-to-ssh", "proto-http-to-ssh", "proto-ssh-to-ftp", "path-selinux-label")
	slices.Sort(list)
	return slices.Compact(list)
})

// Add takes the next line and returns why a login was refused, if this line
// settles that one was: each connection is counted once, by the first line that
// proves a cause, or at its end by the method that failed. A wrong password that
// the right one follows is no refusal.
func (c *Counter) Add(e *Entry) (reason string, refused bool) {
	if e.Kind == Other || e.Kind == Listener || e.Unprivileged && e.Kind != Broken {
		return "", false
	}
	if byListener(e) {
		delete(c.held, e.Child)
		return e.Cause, true
	}
	a := c.attempt(e)
	switch {
	case e.Kind == Accepted:
		a.counted, a.reason = false, ""
	case a.counted:
	case e.Cause != "" && (e.Kind == Refused || e.Kind == Broken):
		a.counted = true
		return e.Cause, true
	case e.Kind == Refused:
		method, _, _ := strings.Cut(e.Method, "/")
		if slices.Contains(failedMethods, method) {
			a.reason = "failed-" + method
		}
	}
	if e.Kind != Closed {
		return "", false
	}
	delete(c.held, e.PID)
	switch {
	case a.counted:
		return "", false
	case a.reason != "":
		return a.reason, true
	case strings.Contains(string(e.Message), " by authenticating user "):
		return unexplained, true
	}
	return "", false
}

// byListener tells of refusals that the listening process writes, for connections
// of which nothing else is in the log.
func byListener(e *Entry) bool {
	switch e.Cause {
	case "maxstartups", "penalty-active", "penalty-table-full", "tcpwrappers-deny", "login-grace-timeout", "proto-ssh-to-ftp":
		return e.Kind == Refused
	}
	return false
}

// attempt finds the connection of a line. A process id and a port are used again.
func (c *Counter) attempt(e *Entry) *attempt {
	if c.held == nil {
		c.held = make(map[int]*attempt)
	}
	a := c.held[e.PID]
	if a == nil || a.port != 0 && e.Port != 0 && a.port != e.Port || e.Time.Sub(a.last) > heldFor {
		if a == nil && len(c.held) >= maxHeld {
			c.forget(e.Time)
		}
		a = &attempt{}
		c.held[e.PID] = a
	}
	a.last = e.Time
	if e.Port != 0 {
		a.port = e.Port
	}
	return a
}

// forget makes room: what was silent for long, or else the longest.
func (c *Counter) forget(now time.Time) {
	oldest, since := 0, now.Add(time.Hour)
	for pid, a := range c.held {
		if now.Sub(a.last) > heldFor {
			delete(c.held, pid)
		} else if a.last.Before(since) {
			oldest, since = pid, a.last
		}
	}
	if len(c.held) >= maxHeld {
		delete(c.held, oldest)
	}
}
