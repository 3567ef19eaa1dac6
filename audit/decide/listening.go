package decide

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// Wanted lists the addresses on which the configuration of an sshd has it listen;
// names that were not resolved are left out. It is empty without settings.
func Wanted(h *facts.Host, s *facts.Server) []netip.AddrPort {
	if s.Settings == nil {
		return nil
	}
	var list []netip.AddrPort
	for _, set := range s.Settings.Values("listenaddress") {
		at, err := netip.ParseAddrPort(set.Value)
		if err != nil || at.Addr().Is6() && h.Services != nil && h.Services.NoIPv6 {
			continue
		}
		list = append(list, at)
	}
	return list
}

// Holder returns the listener that takes the connections of an address: for an
// unspecified one, those of its family.
func Holder(s *facts.Services, at netip.AddrPort) *facts.Listener {
	for _, l := range s.On(int(at.Port())) {
		if l.Covers(at) || l.V4Unknown && at.Addr().Is4() || at.Addr().IsUnspecified() && l.Local == at {
			return l
		}
	}
	return nil
}

// RunsElsewhere tells that a running sshd lives in another network namespace,
// whose sockets nobody looked at.
func RunsElsewhere(h *facts.Host, s *facts.Server) bool {
	return s.Running && h.Services != nil && slices.ContainsFunc(h.Services.Daemons, func(d facts.Daemon) bool {
		return d.PID == s.PID && d.OtherNetwork
	})
}

// Down returns the units of a service that ought to run and do not: they failed,
// end again and again, or are to be started at boot and nothing else starts them.
func Down(s *facts.Services, service string) []*facts.Unit {
	var list []*facts.Unit
	for i := range s.Units {
		u := &s.Units[i]
		if u.Service != service || u.Up() || u.Active == "activating" && !u.Broken() {
			continue
		}
		// What an inetd starts for each connection leaves its own unit alone as well.
		exited := u.Sub == "exited" && len(s.On(defaultPort[service])) == 0
		if u.Broken() || exited || u.Sub != "exited" && u.Enabled == "enabled" && !triggered(s, u.Name) {
			list = append(list, u)
		}
	}
	return list
}

// defaultPort is the port of a service by convention.
var defaultPort = map[string]int{facts.ServiceSSH: 22, facts.ServiceFTP: 21, facts.ServiceFTPS: 990}

// triggered tells that a socket unit which listens starts the unit.
func triggered(s *facts.Services, name string) bool {
	return slices.ContainsFunc(s.Units, func(u facts.Unit) bool {
		return u.Up() && strings.HasSuffix(u.Name, ".socket") && slices.Contains(u.Triggers, name)
	})
}

// Started describes the state of a unit that does not run, with the last words
// that it left.
func Started(u *facts.Unit) string {
	text := audit.Untrusted(u.Name).String() + " is " + audit.Untrusted(u.Active).String()
	switch u.Sub {
	case "auto-restart":
		text = audit.Untrusted(u.Name).String() + " ends again and again"
	case "exited":
		text = audit.Untrusted(u.Name).String() + " was started, and its program has ended"
	}
	if !u.Since.IsZero() {
		text += " since " + u.Since.UTC().Format("2006-01-02 15:04:05Z")
	}
	if u.Result != "" && u.Result != "success" {
		text += " (" + audit.Untrusted(u.Result).String() + ")"
	}
	if len(u.Words) > 0 {
		words := make([]string, len(u.Words))
		for i, w := range u.Words {
			words[i] = w.String()
		}
		text += "; its last words: " + strings.Join(words, " / ")
	}
	return text
}

// listening judges whether the client's connection meets an sshd. It is false
// where nobody looked.
func (l *login) listening() bool {
	s := l.via.Server
	if !l.h.Live || s.Named || l.h.Services == nil || !l.h.Services.Listened {
		return false
	}
	if RunsElsewhere(l.h, s) {
		l.doubt(audit.LayerService, "sshd (pid %d) lives in another network namespace, whose sockets were not looked at", s.PID)
		return true
	}
	met := l.met()
	switch {
	case len(met) == 0:
		l.refuse(audit.LayerService, l.nobody())
	case slices.ContainsFunc(met, func(m *facts.Listener) bool { return m.Service == facts.ServiceSSH }):
		l.answered(met)
	case !slices.ContainsFunc(met, func(m *facts.Listener) bool { return !m.Owned }):
		l.doubt(audit.LayerService, "port %d is held by %s (pid %d), not by sshd", l.port(), met[0].Program, met[0].PID)
	default:
		return false
	}
	return true
}

// met are the listeners that the connection can meet, as far as its ends are known.
func (l *login) met() []*facts.Listener {
	return slices.DeleteFunc(l.h.Services.On(l.port()), func(m *facts.Listener) bool {
		from, to := l.req.From.Unmap(), l.req.To.Unmap()
		switch {
		case to.IsValid():
			at := netip.AddrPortFrom(to, uint16(l.port()))
			return !m.Covers(at) && (!m.V4Unknown || !to.Is4())
		case !from.IsValid():
			return false
		case from.Is4() && !m.V4 && !m.V4Unknown, from.Is6() && !m.V6:
			return true
		default:
			return m.Loopback() && !from.IsLoopback()
		}
	})
}

// nobody is the cause that no listener takes the connection.
func (l *login) nobody() audit.Cause {
	c := audit.Cause{
		ID: "not-listening", Fix: "systemctl start ssh (sshd on Red Hat), and look at its log; or let the customer use the right port",
	}
	there := l.h.Services.On(l.port())
	var bound []string
	for _, m := range there {
		bound = append(bound, m.Local.String())
	}
	switch {
	case len(there) > 0:
		c.Message = fmt.Sprintf("on port %d only %s is listened on, which this client does not reach", l.port(), strings.Join(bound, ", "))
		c.Fix = "correct ListenAddress and AddressFamily, or let the customer use an address that is listened on"
	default:
		c.Message = fmt.Sprintf("nobody listens on port %d of this host", l.port())
	}
	if u := l.socketUnit(); u != nil && len(there) == 0 {
		c.Message += fmt.Sprintf("; %s decides, and listens on %s", audit.Untrusted(u.Name), audit.Untrusted(strings.Join(u.Listen, ", ")))
		return c
	}
	for _, u := range Down(l.h.Services, facts.ServiceSSH) {
		if u.Broken() || !l.via.Server.Running {
			c.Message += ": " + Started(u)
			break
		}
	}
	return c
}

// socketUnit is the socket unit that listens for sshd; nil if there is none.
func (l *login) socketUnit() *facts.Unit {
	for i := range l.h.Services.Units {
		if u := &l.h.Services.Units[i]; u.Service == facts.ServiceSSH && u.Up() && strings.HasSuffix(u.Name, ".socket") {
			return u
		}
	}
	return nil
}

// socketHas tells that systemd listens on a port for sshd.
func (l *login) socketHas(port int) bool {
	return l.h.Services != nil && slices.ContainsFunc(l.h.Services.On(port), func(m *facts.Listener) bool { return m.Service == facts.ServiceSSH })
}

// answered notes who answers, and doubts it where the only way in is not open to
// every client.
func (l *login) answered(met []*facts.Listener) {
	s := l.via.Server
	one := met[0]
	i := slices.IndexFunc(l.h.Services.Daemons, func(d facts.Daemon) bool { return d.PID == one.PID })
	switch {
	case !l.req.From.IsValid() && !l.req.To.IsValid() && !slices.ContainsFunc(met, func(m *facts.Listener) bool { return !m.Loopback() }):
		l.doubt(audit.LayerService, "sshd listens on %s only, for clients on this host itself: name the client's address with --from", one.Local)
	case !slices.ContainsFunc(met, func(m *facts.Listener) bool { return m.Interface == 0 }):
		l.doubt(audit.LayerService, "sshd listens on one interface only, and through which one the client comes is not known")
	case i >= 0 && l.h.Services.Daemons[i].Stopped:
		l.refuse(audit.LayerService, audit.Cause{
			ID: "service-silent", Message: fmt.Sprintf("sshd (pid %d) is stopped by a signal and answers nobody", one.PID),
			Fix: fmt.Sprintf("kill -CONT %d", one.PID),
		})
	case !s.Running && one.PID <= 1:
		l.note(audit.LayerService, "systemd listens for sshd (%s)", audit.Untrusted(one.Unit))
	}
}
