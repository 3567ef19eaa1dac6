package survey

import (
	"cmp"
	"net/netip"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// serviceStates words the units and processes of the services for the report.
func serviceStates(h *facts.Host) []audit.ServiceState {
	s := h.Services
	if s == nil {
		return nil
	}
	states := make(map[audit.ServiceState]bool)
	for i := range s.Units {
		if u := &s.Units[i]; u.Up() || u.Active == "activating" {
			states[audit.ServiceState{Service: u.Service, Unit: safe(u.Name)}] = u.Up()
		}
	}
	for i := range s.Daemons {
		if d := &s.Daemons[i]; s.Unit(d.Unit) == nil {
			states[audit.ServiceState{Service: d.Service, Unit: safe(d.Unit)}] = true
		}
	}
	for _, service := range []string{facts.ServiceSSH, facts.ServiceFTP} {
		for _, u := range decide.Down(s, service) {
			states[audit.ServiceState{Service: service, Unit: safe(u.Name)}] = false
		}
	}
	if !slices.ContainsFunc(mapKeys(states), func(k audit.ServiceState) bool { return k.Service == facts.ServiceSSH }) &&
		slices.ContainsFunc(h.Servers, func(s *facts.Server) bool { return s.Installed && !s.Named }) {
		states[audit.ServiceState{Service: facts.ServiceSSH}] = false
	}
	list := mapKeys(states)
	for i := range list {
		list[i].Up = states[list[i]]
	}
	slices.SortFunc(list, func(a, b audit.ServiceState) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Unit, b.Unit))
	})
	return list
}

func mapKeys[K comparable, V any](m map[K]V) []K {
	list := make([]K, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

func safe(name string) string { return audit.Untrusted(name).String() }

// listenStates words the sockets of the services for the report.
func listenStates(h *facts.Host) []audit.ListenState {
	s := h.Services
	if s == nil || !s.Listened {
		return nil
	}
	states := make(map[audit.ListenState]bool)
	for _, server := range h.Servers {
		if server.Named || decide.RunsElsewhere(h, server) {
			continue
		}
		for _, at := range decide.Wanted(h, server) {
			l := decide.Holder(s, at)
			note(states, facts.ServiceSSH, at, l != nil && (l.Service == facts.ServiceSSH || !l.Owned))
		}
	}
	for _, u := range decide.Down(s, facts.ServiceFTP) {
		if len(s.On(21)) == 0 && !slices.ContainsFunc(s.Listeners, func(l facts.Listener) bool { return l.Service == u.Service }) {
			note(states, facts.ServiceFTP, netip.AddrPortFrom(netip.IPv4Unspecified(), 21), false)
		}
	}
	for i := range s.Listeners {
		l := &s.Listeners[i]
		if l.Service == "" {
			continue
		}
		for _, family := range []struct {
			serves bool
			ip     netip.Addr
		}{{l.V4, netip.IPv4Unspecified()}, {l.V6, netip.IPv6Unspecified()}} {
			if family.serves {
				note(states, l.Offers(), netip.AddrPortFrom(family.ip, l.Local.Port()), true)
			}
		}
	}
	list := mapKeys(states)
	for i := range list {
		list[i].Open = states[list[i]]
	}
	slices.SortFunc(list, func(a, b audit.ListenState) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Family, b.Family))
	})
	return list
}

// note adds one state; a socket that listens counts over one that is missing.
func note(states map[audit.ListenState]bool, service string, at netip.AddrPort, open bool) {
	key := audit.ListenState{Service: service, Port: int(at.Port()), Family: "ipv6"}
	if at.Addr().Is4() {
		key.Family = "ipv4"
	}
	states[key] = states[key] || open
}
