package collect

import (
	"slices"

	"sshaudit/audit/facts"
)

// readServices finds out what runs and listens on the running host.
func (c *Collector) readServices() {
	if !c.host.Live {
		return
	}
	s := &facts.Services{}
	c.host.Services = s
	c.readListeners(s)
	c.readDaemons(s)
	c.owners(s)
	for i := range s.Listeners {
		serviceOf(s, &s.Listeners[i])
	}
}

// serviceOf notes whose a listening socket is.
func serviceOf(s *facts.Services, l *facts.Listener) {
	if l.PID == 0 || l.PID == initPID {
		return
	}
	l.Owned = true
	if i := slices.IndexFunc(s.Daemons, func(d facts.Daemon) bool { return d.PID == l.PID }); i >= 0 {
		l.Service = s.Daemons[i].Service
	}
}
