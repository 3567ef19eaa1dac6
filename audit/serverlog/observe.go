package serverlog

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

const (
	// maxObserved bounds the lines about one login; the newest are kept.
	maxObserved = 20
	// childDelay is how long after the acceptance the session's process may fail
	// and still be taken for that connection's, if no other was accepted meanwhile.
	childDelay = 3 * time.Second
)

// connection is what the lines of one connection have in common.
type connection struct {
	user     string
	invalid  bool
	addr     netip.Addr
	port     int
	accepted time.Time
	// told tells that a line says how it ended: accepted, refused or broken.
	told    bool
	entries []int
	// exact is the cause that replaces a vaguer one of another line; see exacter.
	exact map[string]string
}

// exacter tells, for a cause that one line of a connection proves, the vaguer one
// that another of its lines would prove if it stood alone: sshd names the address
// in a line that does not tell what the client said (kex.c), and calls an expired
// account locked (auth.c allowed_user, from 8.9 on).
var exacter = map[string]string{
	"proto-ftp-to-ssh": "ident-invalid", "proto-http-to-ssh": "ident-invalid", "proto-tls-to-ssh": "ident-invalid",
	"ident-version": "ident-invalid", "user-expired": "user-locked",
}

// joiner puts lines together that are of one connection.
type joiner struct {
	all    []*connection
	byPID  map[int]*connection
	byPeer map[netip.AddrPort]*connection
}

// join finds the connections of entries that are in the order of time. All
// processes before the login log under the monitor's pid; the session's own
// process is found by the line that tells its pid (LogLevel VERBOSE), by the
// client's port, or by the time when only one connection is possible.
func join(entries []Entry) []*connection {
	j := joiner{byPID: make(map[int]*connection), byPeer: make(map[netip.AddrPort]*connection)}
	for i := range entries {
		if e := &entries[i]; e.Kind != Other && e.Kind != Listener {
			j.add(i, e)
		}
	}
	return j.all
}

func (j *joiner) add(i int, e *Entry) {
	c := j.byPID[e.PID]
	if c != nil && !c.holds(e) {
		c = nil
	}
	peer := netip.AddrPortFrom(e.Addr, uint16(e.Port)) //nolint:gosec // a port of the log; a wrong one finds nothing
	if c == nil && e.Port != 0 && e.Addr.IsValid() {
		if c = j.byPeer[peer]; c != nil && !c.holds(e) {
			c = nil
		}
	}
	if c == nil && !e.about() && e.Kind == Broken && !e.Unprivileged {
		c = j.only(e.Time)
	}
	if c == nil {
		c = &connection{}
		j.all = append(j.all, c)
	}
	j.byPID[e.PID] = c
	if e.Child != 0 && e.Kind == Attempt {
		j.byPID[e.Child] = c
	}
	c.take(i, e)
	if e.Port != 0 && e.Addr.IsValid() {
		j.byPeer[peer] = c
	}
}

// only returns the connection that was accepted shortly before, if it is the only one.
func (j *joiner) only(at time.Time) *connection {
	var found *connection
	for i := len(j.all) - 1; i >= 0 && i >= len(j.all)-100; i-- {
		c := j.all[i]
		if c.accepted.IsZero() || at.Before(c.accepted) || at.Sub(c.accepted) > childDelay {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// holds tells whether a line can be this connection's: pids and ports are used
// again. A name that no account has is cut and escaped differently in each line.
func (c *connection) holds(e *Entry) bool {
	return (e.Port == 0 || c.port == 0 || e.Port == c.port) && (e.User == "" || c.user == "" || e.User == c.user || e.Invalid && c.invalid) &&
		(!e.Addr.IsValid() || !c.addr.IsValid() || e.Addr == c.addr) && !(e.Kind == Accepted && !c.accepted.IsZero())
}

func (c *connection) take(i int, e *Entry) {
	c.entries = append(c.entries, i)
	if e.User != "" {
		c.user = e.User
	}
	c.invalid = c.invalid || e.Invalid
	if e.Addr.IsValid() {
		c.addr = e.Addr
	}
	if e.Port != 0 {
		c.port = e.Port
	}
	if e.Kind == Accepted {
		c.accepted = e.Time
	}
	if vague := exacter[e.Cause]; vague != "" {
		if c.exact == nil {
			c.exact = make(map[string]string)
		}
		c.exact[vague] = e.Cause
	}
	c.told = c.told || e.Kind == Accepted || e.Kind == Refused || e.Kind == Broken
}

// concerns tells whether a connection is about the login that is asked for: the
// account's, from that address if one is given, or one from the address that
// named no account or one that does not exist.
func (c *connection) concerns(user string, addr netip.Addr) bool {
	if c.user == user && user != "" {
		return !addr.IsValid() || !c.addr.IsValid() || c.addr == addr
	}
	return addr.IsValid() && c.addr == addr && (c.user == "" || c.invalid)
}

// Observe picks the lines about one login from entries in the order of time,
// the newest twenty of those since a moment. Of a connection's end only that is
// told which no other line of it explains. What stops the whole service is told
// as long as it lasts.
func Observe(entries []Entry, user string, addr netip.Addr, since time.Time) []audit.Observation {
	picked := service(entries, since)
	exact := make(map[int]string)
	for _, c := range join(entries) {
		if !c.concerns(user, addr) {
			continue
		}
		for _, i := range c.entries {
			e := &entries[i]
			if e.Time.Before(since) || e.Kind == Attempt || e.Kind == Opened || e.Kind == Closed && c.told {
				continue
			}
			picked = append(picked, i)
			if better := c.exact[e.Cause]; better != "" {
				exact[i] = better
			}
		}
	}
	slices.Sort(picked)
	picked = picked[max(0, len(picked)-maxObserved):]
	list := make([]audit.Observation, 0, len(picked))
	for _, i := range picked {
		e := &entries[i]
		list = append(list, audit.Observation{Time: e.Time, Source: e.Source, Line: e.Message, Cause: cmp.Or(exact[i], e.Cause)})
	}
	return list
}

// maxService bounds the lines about the service as a whole; the newest are kept.
const maxService = 3

// service picks the lines about what concerns every login: why sshd does not
// start, as long as it did not listen later, and that it drops connections.
func service(entries []Entry, since time.Time) (picked []int) {
	listens := false
	for i, e := range slices.Backward(entries) {
		if e.Time.Before(since) || len(picked) == maxService {
			break
		}
		switch {
		case e.Kind != Listener || e.Unprivileged:
		case strings.HasPrefix(string(e.Message), "Server listening on "):
			listens = true
		case e.Cause == "maxstartups", e.Cause != "" && !listens:
			picked = append(picked, i)
		}
	}
	return picked
}
