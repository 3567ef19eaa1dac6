package checks

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// eachDaemon calls do with each running daemon.
func eachDaemon(h *facts.Host, do func(*facts.Daemon)) {
	if !looked(h) {
		return
	}
	for i := range h.Services.Daemons {
		do(&h.Services.Daemons[i])
	}
}

// restart is the command that starts a daemon anew.
func restart(d *facts.Daemon) string {
	if d.Unit == "" {
		return fmt.Sprintf("restart %s (pid %d)", d.Program, d.PID)
	}
	return "systemctl restart " + audit.Untrusted(d.Unit).String()
}

var serviceOutdated = &Check{
	Doc: audit.Doc{
		ID: "service-outdated", Title: "Daemon that runs a program which was replaced",
		Why: "The package was upgraded, and the daemon still runs the old program: the faults that the upgrade repairs are still there, and " +
			"what it starts for each connection is of another release.",
		Repair:   "Restart the unit. Open sessions of sshd survive a restart.",
		Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		eachDaemon(h, func(d *facts.Daemon) {
			if !d.Replaced || brokenUpgrade(h, d) {
				return
			}
			f := c.finding(audit.Untrusted(d.Binary), "%s (pid %d) runs since %s and its program was replaced or removed since",
				d.Program, d.PID, d.Started.UTC().Format("2006-01-02 15:04:05Z"))
			f.Fix = restart(d)
			found = append(found, f)
		})
		return found
	},
}

// brokenUpgrade tells that a running sshd cannot serve anybody with the programs
// that an upgrade left: a listener of up to 9.7 starts itself anew for each
// connection, and from 9.8 on that program only listens (sshd.c rexec).
func brokenUpgrade(h *facts.Host, d *facts.Daemon) bool {
	if d.Service != facts.ServiceSSH || !d.Replaced || !d.Was.Known() || d.Was.AtLeast(9, 8) {
		return false
	}
	for _, s := range h.Servers {
		if s.PID == d.PID {
			return s.Installed && s.Version.AtLeast(9, 8)
		}
	}
	return false
}

var staleListener = &Check{
	Doc: audit.Doc{
		ID: "stale-listener-after-upgrade", Title: "Old sshd that runs with new programs",
		Why: "The package was upgraded under a running sshd, whose old listener cannot work with the new programs: every connection ends " +
			"at once. Open sessions go on.",
		Repair:   "systemctl restart ssh (sshd on Red Hat).",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
		References: []string{"OpenSSH 9.8 release notes"},
		Client:     reset, Customer: ourFault,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		eachDaemon(h, func(d *facts.Daemon) {
			if !brokenUpgrade(h, d) {
				return
			}
			f := c.finding(audit.Untrusted(d.Binary), "the running sshd (pid %d) is %s and starts a newer program for each connection, which refuses that",
				d.PID, d.Was)
			f.Fix = restart(d)
			found = append(found, f)
		})
		return found
	},
}

var serviceSilent = &Check{
	Doc: audit.Doc{
		ID: "service-silent", Title: "Service that accepts connections and does not answer",
		Why: "The daemon is stopped by a signal or hangs, and the kernel keeps the connections for it: clients connect and wait for a " +
			"greeting until they give up.",
		Repair:   "kill -CONT the process if it is stopped; otherwise look for what it waits for (a full disk, a dead network mount), and restart it.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
		Client: audit.ClientWords{
			OpenSSH: "Connection timed out during banner exchange", PuTTY: "Network error: Connection timed out",
			WinSCP: "Timeout detected. (control connection)", FileZilla: "Connection timed out after 20 seconds of inactivity",
		},
		Customer: ourFault,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		stopped := make(map[int]bool)
		eachDaemon(h, func(d *facts.Daemon) {
			if !d.Stopped {
				return
			}
			stopped[d.PID] = true
			f := c.finding(audit.Untrusted(d.Binary), "%s (pid %d) is stopped by a signal or a debugger", d.Program, d.PID)
			f.Observed, f.Expected, f.Fix = "stopped", "running", fmt.Sprintf("kill -CONT %d", d.PID)
			found = append(found, f)
		})
		if !looked(h) {
			return nil
		}
		for i := range h.Services.Listeners {
			l := &h.Services.Listeners[i]
			if l.Service == "" || stopped[l.PID] || l.Backlog == 0 || l.Waiting <= l.Backlog {
				continue
			}
			f := c.finding("", "%d connections to port %d wait for %s (pid %d) to accept them, and no more can", l.Waiting, l.Local.Port(), l.Program, l.PID)
			f.Observed, f.Expected, f.Fix = fmt.Sprint(l.Waiting), fmt.Sprintf("at most %d", l.Backlog), "look for what the process waits for, then restart it"
			found = append(found, f)
		}
		return found
	},
}

var ftpdNotReloaded = &Check{
	Doc: audit.Doc{
		ID: "ftpd-config-not-reloaded", Title: "Configuration of an FTP server changed and not reloaded",
		Why: "A file of its configuration is newer than the running daemon and than the last reload that systemd knows of. The daemon " +
			"keeps what it read before, and what is reported here follows the files.",
		Repair:   "systemctl reload and the unit shown, or restart it.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		eachDaemon(h, func(d *facts.Daemon) {
			read := d.Started
			if u := h.Services.Unit(d.Unit); u != nil && u.Up() && u.Since.After(read) {
				read = u.Since
			}
			if d.Started.IsZero() || !d.Newest.After(read) {
				return
			}
			f := c.finding(audit.Untrusted(d.NewestFile), "it was changed after %s (pid %d) was started or reloaded", d.Program, d.PID)
			f.Observed = "changed " + d.Newest.UTC().Format("2006-01-02 15:04:05Z")
			f.Expected = "before " + read.UTC().Format("2006-01-02 15:04:05Z")
			f.Fix = restart(d)
			found = append(found, f)
		})
		return found
	},
}
