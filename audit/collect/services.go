package collect

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit/facts"
)

// readServices finds out what runs and listens on the running host.
func (c *Collector) readServices(ctx context.Context) {
	if !c.host.Live {
		return
	}
	s := &facts.Services{}
	c.host.Services = s
	c.readListeners(s)
	c.readDaemons(c.root.Self(), s)
	c.readUnits(ctx, s)
	c.owners(s)
	g := &cgroups{make(map[string]uint64)}
	for i := range s.Listeners {
		l := &s.Listeners[i]
		g.serviceOf(s, l, c.wantedPort(l.Local.Port()))
	}
}

// serviceOf notes whose a listening socket is.
func (g *cgroups) serviceOf(s *facts.Services, l *facts.Listener, wanted bool) {
	if i := slices.IndexFunc(s.Daemons, func(d facts.Daemon) bool { return d.PID == l.PID }); i >= 0 {
		l.Service, l.Owned = s.Daemons[i].Service, true
		return
	}
	if l.PID > initPID || l.PID == initPID && s.NoSystemd {
		l.Owned = true
		// A daemon that starts has no title yet by which it is known.
		if l.UID == 0 {
			l.Service = serviceNamed(string(l.Program), "")
		}
		return
	}
	// systemd holds the sockets of its socket units; without the right to look at
	// descriptors the cgroup tells. There the data ports of FTP and the forwarded
	// ones of SSH are too, so that only the ports of the services count.
	for i := range s.Units {
		u := &s.Units[i]
		if u.Up() && slices.ContainsFunc(u.Listen, func(text string) bool { return listensOn(text) == l.Local }) ||
			wanted && l.PID == 0 && g.made(u, l) {
			l.Unit, l.Service, l.Owned = u.Name, u.Service, true
		}
	}
}

// cgroups remembers the numbers of cgroups by their paths.
type cgroups struct{ number map[string]uint64 }

// made tells whether the socket was made by a process of the unit (cgroup v2 only).
func (g *cgroups) made(u *facts.Unit, l *facts.Listener) bool {
	if u.Cgroup == "" || l.Cgroup == 0 {
		return false
	}
	number, known := g.number[u.Cgroup]
	if !known {
		for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
			var st unix.Stat_t
			if unix.Stat(dir+u.Cgroup, &st) == nil && number == 0 {
				number = st.Ino
			}
		}
		g.number[u.Cgroup] = number
	}
	return number == l.Cgroup
}

// listensOn reads an address of a socket unit as systemd writes it: "[::]:22",
// "192.0.2.1:22", "[fe80::1]:22%eth0"; what is none is not valid.
func listensOn(text string) netip.AddrPort {
	text, _, _ = strings.Cut(text, "%")
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}
	}
	return at
}
