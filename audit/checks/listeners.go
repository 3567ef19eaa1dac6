package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// listeningServers calls do with each sshd whose sockets can be compared with its
// settings: a running one, or one that a socket unit starts.
func listeningServers(h *facts.Host, do func(*facts.Server, *facts.Unit)) {
	if !looked(h) || !h.Services.Listened {
		return
	}
	unit := socketUnit(h, facts.ServiceSSH)
	for _, s := range h.Servers {
		if s.Named || decide.RunsElsewhere(h, s) || !s.Running && unit == nil {
			continue
		}
		do(s, unit)
	}
}

// socketUnit is the unit by which systemd listens for a service; nil if there is none.
func socketUnit(h *facts.Host, service string) *facts.Unit {
	i := slices.IndexFunc(h.Services.Units, func(u facts.Unit) bool {
		return u.Service == service && u.Up() && strings.HasSuffix(u.Name, ".socket")
	})
	if i < 0 {
		return nil
	}
	return &h.Services.Units[i]
}

// unserved lists the configured addresses of an sshd that no listener of it takes.
// One whose owner is not known may be its.
func unserved(h *facts.Host, s *facts.Server) (missing []netip.AddrPort, taken map[netip.AddrPort]*facts.Listener) {
	taken = make(map[netip.AddrPort]*facts.Listener)
	for _, at := range decide.Wanted(h, s) {
		l := decide.Holder(h.Services, at)
		switch {
		case l == nil:
			if l = overlapping(h.Services, at); l != nil && l.Owned && l.Service != facts.ServiceSSH {
				taken[at] = l
				continue
			}
			missing = append(missing, at)
		case l.Owned && l.Service != facts.ServiceSSH:
			taken[at] = l
		}
	}
	return missing, taken
}

// overlapping is a listener that keeps a program from taking every address of a
// family on a port: one that has a single address of it.
func overlapping(s *facts.Services, at netip.AddrPort) *facts.Listener {
	if !at.Addr().IsUnspecified() {
		return nil
	}
	for _, l := range s.On(int(at.Port())) {
		if l.Local.Addr().Is4() == at.Addr().Is4() {
			return l
		}
	}
	return nil
}

var notListening = &Check{
	Doc: audit.Doc{
		ID: "not-listening", Title: "Configured address on which sshd does not listen",
		Why: "sshd runs, and does not listen where its configuration says: the address does not exist on this host, another program had " +
			"the port when sshd started, or sshd has not read the change yet. Clients see \"Connection refused\".",
		Repair:   "Look for \"Bind to port\" in sshd's log; correct Port and ListenAddress, then restart sshd.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
		References: []string{"OpenSSH sshd.c listen_on_addrs"},
		Client:     noConnection, Customer: "The service does not answer on this port. Please check the port number in your program; if it is right, the fault is ours and we repair it.",
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		listeningServers(h, func(s *facts.Server, unit *facts.Unit) {
			missing, _ := unserved(h, s)
			if unit != nil {
				return // socket-activation-override tells
			}
			for _, at := range missing {
				f := c.finding(audit.Untrusted(s.ConfigFile), "nobody listens on %s, where sshd (pid %d) is to listen", at, s.PID)
				if len(missing) < len(decide.Wanted(h, s)) {
					f.Severity = audit.Warning
				}
				if len(h.Services.On(int(at.Port()))) == 0 {
					f.Severity = audit.Critical
				}
				f.Observed, f.Expected, f.Fix = "no socket", "listening", "journalctl -u ssh | grep Bind; then systemctl restart ssh"
				if !s.Started.IsZero() && s.Newest.After(s.Started) {
					f.Message += "; it has not read the configuration since it changed"
					f.Fix = "sshd -t && systemctl restart ssh"
				}
				found = append(found, f)
			}
		})
		return found
	},
}

var bindFailed = &Check{
	Doc: audit.Doc{
		ID: "bind-failed", Title: "Port of sshd that another program holds",
		Why: "Another program listens where sshd is to listen, so sshd does not get the port: clients that expect SSH meet the other program. " +
			"A multiplexer that hands SSH on may be meant; then let sshd listen elsewhere.",
		Repair:   "Stop the other program or give it another port, or change Port and ListenAddress; then restart sshd.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
		References: []string{"OpenSSH sshd.c listen_on_addrs"},
		Client:     noConnection, Customer: ourFault,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) || !h.Services.Listened {
			return nil
		}
		var found []audit.Finding
		for _, s := range h.Servers {
			if s.Named || !s.Installed || decide.RunsElsewhere(h, s) {
				continue
			}
			_, taken := unserved(h, s)
			for _, at := range decide.Wanted(h, s) {
				l := taken[at]
				if l == nil {
					continue
				}
				f := c.finding(audit.Untrusted(s.ConfigFile), "%s is held by %s (pid %d%s), not by sshd", at, l.Program, l.PID, ofUnit(l))
				f.Observed, f.Expected = l.Program.String(), "sshd"
				f.Fix = "stop the other program or change Port, then restart sshd"
				found = append(found, f)
			}
		}
		return found
	},
}

// ofUnit words the unit of a listener for a parenthesis.
func ofUnit(l *facts.Listener) string {
	if l.Unit == "" {
		return ""
	}
	return ", " + audit.Untrusted(l.Unit).String()
}

var socketOverride = &Check{
	Doc: audit.Doc{
		ID: "socket-activation-override", Title: "Socket unit that decides the port of sshd",
		Why: "systemd listens for sshd, so Port and ListenAddress in sshd_config have no effect, and the unit listens elsewhere than they say.",
		Repair: "Set ListenStream in the socket unit (systemctl edit ssh.socket), then systemctl daemon-reload and restart it; or disable it and " +
			"enable ssh.service.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
		References: []string{"systemd.socket(5) ListenStream"},
		Client:     noConnection, Customer: "The service does not answer on this port. Please check the port number in your program.",
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		listeningServers(h, func(s *facts.Server, unit *facts.Unit) {
			if unit == nil || len(found) > 0 {
				return
			}
			missing, _ := unserved(h, s)
			if len(missing) == 0 {
				return
			}
			f := c.finding(audit.Untrusted(s.ConfigFile), "%s listens on %s, and not on %s as sshd's configuration says",
				audit.Untrusted(unit.Name), audit.Untrusted(strings.Join(unit.Listen, ", ")), join(missing))
			if slices.ContainsFunc(missing, func(at netip.AddrPort) bool { return len(h.Services.On(int(at.Port()))) > 0 }) {
				f.Severity = audit.Warning // the port answers, for fewer addresses
			}
			f.Observed, f.Expected = audit.Untrusted(strings.Join(unit.Listen, ", ")).String(), join(missing)
			f.Fix = "systemctl edit " + audit.Untrusted(unit.Name).String() + " (ListenStream=), or systemctl disable --now it and enable ssh.service"
			found = append(found, f)
		})
		return found
	},
}

func join(list []netip.AddrPort) string {
	texts := make([]string, len(list))
	for i, at := range list {
		texts[i] = at.String()
	}
	return strings.Join(texts, ", ")
}

// loopbackOnly makes the check of a service that only this host can reach.
func loopbackOnly(doc audit.Doc, service string) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) || !h.Services.Listened {
			return nil
		}
		var bound []netip.AddrPort
		for i := range h.Services.Listeners {
			l := &h.Services.Listeners[i]
			if l.Service != service {
				continue
			}
			if !l.Loopback() {
				return nil
			}
			bound = append(bound, l.Local)
		}
		if len(bound) == 0 || slices.ContainsFunc(h.Services.Daemons, func(d facts.Daemon) bool { return d.Service == service && d.OtherNetwork }) {
			return nil
		}
		f := c.finding("", "it listens on %s only, which no other host can reach", join(bound))
		f.Observed, f.Expected = join(bound), "an address of the network"
		f.Fix = "correct the address that it listens on, then restart it"
		return []audit.Finding{f}
	}}
}

var sshdLoopback = loopbackOnly(audit.Doc{
	ID: "sshd-listen-loopback-only", Title: "sshd that listens on the loopback only",
	Why: "Only programs on this host itself can connect; everybody else sees \"Connection refused\". Where that is meant, as behind a " +
		"tunnel, accept the finding.",
	Repair:   "Correct ListenAddress (or the socket unit), then restart sshd.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
}, facts.ServiceSSH)

var ftpdLoopback = loopbackOnly(audit.Doc{
	ID: "ftpd-listen-loopback-only", Title: "FTP server that listens on the loopback only",
	Why:      "Only programs on this host itself can connect; everybody else sees \"Connection refused\".",
	Repair:   "Correct listen_address (vsftpd), DefaultAddress (ProFTPD) or Bind (Pure-FTPd), then restart the daemon.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
}, facts.ServiceFTP)

var ftpdSilentPort = &Check{
	Doc: audit.Doc{
		ID: "ftpd-port-not-listening", Title: "FTP server that runs and listens nowhere",
		Why:      "The daemon runs and has no listening socket: it could not take its port, or its configuration has it listen nowhere.",
		Repair:   "Look at the daemon's log; correct its port and address, then restart it.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		eachDaemon(h, func(d *facts.Daemon) {
			if d.Service != facts.ServiceFTP || !d.SocketsSeen || d.OtherNetwork || !h.Services.Listened ||
				slices.ContainsFunc(h.Services.Listeners, func(l facts.Listener) bool { return l.PID == d.PID }) {
				return
			}
			f := c.finding(audit.Untrusted(d.Binary), "%s (pid %d) runs and has no listening socket", d.Program, d.PID)
			if l := foreign(h, 21); l != nil {
				f.Message += fmt.Sprintf("; port 21 is held by %s (pid %d%s)", l.Program, l.PID, ofUnit(l))
			}
			f.Observed, f.Expected, f.Fix = "no socket", "listening", restart(d)
			found = append(found, f)
		})
		return found
	},
}
