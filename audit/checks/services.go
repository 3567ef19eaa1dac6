package checks

import (
	"fmt"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// looked tells that the running host's services were looked at.
func looked(h *facts.Host) bool { return h.Live && h.Services != nil }

// unitsOf calls do with each unit of a service.
func unitsOf(h *facts.Host, service string, do func(*facts.Unit)) {
	for i := range h.Services.Units {
		if u := &h.Services.Units[i]; u.Service == service {
			do(u)
		}
	}
}

// runs tells that a service runs in some way: a process, a unit, a socket unit,
// or a listener whose owner is not known.
func runs(h *facts.Host, service string, ports func(*facts.Listener) bool) bool {
	s := h.Services
	return slices.ContainsFunc(s.Daemons, func(d facts.Daemon) bool { return d.Service == service }) ||
		slices.ContainsFunc(s.Units, func(u facts.Unit) bool {
			return u.Service == service && (u.Up() || u.Active == "activating" && !u.Broken())
		}) ||
		slices.ContainsFunc(s.Listeners, func(l facts.Listener) bool { return l.Service == service || !l.Owned && ports(&l) })
}

// start is the command that starts a unit again, said to be safe to run.
func start(u *facts.Unit) string {
	return "systemctl status " + audit.Untrusted(u.Name).String() + "; repair what its log says, then systemctl restart " + audit.Untrusted(u.Name).String()
}

var sshdNotRunning = &Check{
	Doc: audit.Doc{
		ID: "sshd-not-running", Title: "sshd does not run",
		Why: "No sshd accepts connections, and no socket unit listens for one, or a unit of sshd failed: clients see \"Connection " +
			"refused\". Sessions that are open go on, so nobody may have noticed yet.",
		Repair:   "systemctl status ssh (sshd on Red Hat) and sshd -t show why; repair it, then systemctl restart ssh.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
		References: []string{"Lynis SSH-7402", "STIG RHEL-09-255015", "STIG UBTU-24-100810"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) || !slices.ContainsFunc(h.Servers, func(s *facts.Server) bool { return s.Installed && !s.Named }) {
			return nil
		}
		running := runs(h, facts.ServiceSSH, func(l *facts.Listener) bool { return sshPort(h, l.Local.Port()) })
		var found []audit.Finding
		for _, u := range decide.Down(h.Services, facts.ServiceSSH) {
			if running && !u.Broken() {
				continue // another one does its work
			}
			f := c.finding("", "%s", decide.Started(u))
			f.Observed, f.Expected, f.Fix = condition(u), "running", start(u)
			found = append(found, f)
		}
		// Without root's rights and without systemd's word another user's processes may be hidden.
		if running || len(found) > 0 || !h.Privileged && h.Services.UnitsUnknown != "" {
			return found
		}
		f := c.finding("", "no process of sshd accepts connections")
		if h.Services.UnitsUnknown == "" {
			f.Message += ", and no unit of it is started at boot"
		}
		f.Observed, f.Expected, f.Fix = "not running", "running", "systemctl enable --now ssh (sshd on Red Hat)"
		return []audit.Finding{f}
	},
}

// sshPort tells that some sshd is configured for a port.
func sshPort(h *facts.Host, port uint16) bool {
	return slices.ContainsFunc(h.Servers, func(s *facts.Server) bool { return decide.Listens(s, int(port)) })
}

// notEnabled makes the check of a service that runs now and not after a boot.
func notEnabled(doc audit.Doc, service string) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) || h.Services.UnitsUnknown != "" {
			return nil
		}
		startsAtBoot := func(u facts.Unit) bool {
			return u.Service == service && !slices.Contains([]string{"disabled", "masked", "masked-runtime", "enabled-runtime", "linked", "linked-runtime", ""}, u.Enabled)
		}
		if slices.ContainsFunc(h.Services.Units, startsAtBoot) {
			return nil
		}
		var found []audit.Finding
		unitsOf(h, service, func(u *facts.Unit) {
			if !u.Up() {
				return
			}
			f := c.finding("", "%s runs, and is not started at the next boot", audit.Untrusted(u.Name))
			f.Observed, f.Expected = audit.Untrusted(u.Enabled).String(), "enabled"
			f.Fix = "systemctl enable " + audit.Untrusted(u.Name).String()
			found = append(found, f)
		})
		return found
	}}
}

var sshdNotEnabled = notEnabled(audit.Doc{
	ID: "sshd-not-enabled", Title: "sshd that is not started at boot",
	Why:      "sshd runs now, but no unit of it is enabled: after the next boot nobody can log in any more.",
	Repair:   "systemctl enable ssh (sshd on Red Hat).",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerService,
	References: []string{"STIG RHEL-09-255015"},
}, facts.ServiceSSH)

var ftpdNotEnabled = notEnabled(audit.Doc{
	ID: "ftpd-not-enabled", Title: "FTP server that is not started at boot",
	Why:      "The FTP server runs now, but its unit is not enabled: after the next boot its users find nobody.",
	Repair:   "systemctl enable and the unit shown.",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerService,
}, facts.ServiceFTP)

var ftpdNotRunning = &Check{
	Doc: audit.Doc{
		ID: "ftpd-not-running", Title: "FTP server that ought to run and does not",
		Why: "The unit of an FTP server failed, ends again and again, or is enabled and stands still: clients see \"Connection refused\". " +
			"One that is switched off is not reported.",
		Repair:   "systemctl status and the unit shown tell why; repair it, then restart the unit. Disable a unit that is not wanted.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) {
			return nil
		}
		var found []audit.Finding
		for _, u := range decide.Down(h.Services, facts.ServiceFTP) {
			f := c.finding("", "%s", decide.Started(u))
			f.Observed, f.Expected, f.Fix = condition(u), "running", start(u)
			if l := foreign(h, 21); l != nil {
				f.Message += fmt.Sprintf("; port 21 is held by %s (pid %d)", l.Program, l.PID)
			}
			found = append(found, f)
		}
		return found
	},
}

// foreign is the listener of a program that is no FTP server on a port.
func foreign(h *facts.Host, port int) *facts.Listener {
	for _, l := range h.Services.On(port) {
		if l.Owned && l.Service != facts.ServiceFTP {
			return l
		}
	}
	return nil
}

// unstableAfter is the number of restarts from which a unit is told as unstable.
const unstableAfter = 3

var serviceUnstable = &Check{
	Doc: audit.Doc{
		ID: "service-unstable", Title: "Service that systemd had to start again",
		Why: "The service ended by itself and systemd started it again, several times since somebody last started it. Each time the " +
			"connections of the moment were lost, and after too many restarts in a short time systemd gives up.",
		Repair:   "journalctl -u and the unit shown tell why it ends.",
		Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) {
			return nil
		}
		var found []audit.Finding
		for i := range h.Services.Units {
			u := &h.Services.Units[i]
			if u.Restarts < unstableAfter || u.Broken() {
				continue // one that is down is told as such
			}
			f := c.finding("", "%s was started again %d times by systemd", audit.Untrusted(u.Name), u.Restarts)
			f.Observed, f.Expected = fmt.Sprintf("%d restarts", u.Restarts), "0"
			f.Fix = "journalctl -u " + audit.Untrusted(u.Name).String()
			found = append(found, f)
		}
		return found
	},
}

// tasksShare is the part of a unit's limit of tasks, in percent, from which it is told.
const tasksShare = 80

var serviceTasks = &Check{
	Doc: audit.Doc{
		ID: "service-tasks-limit", Title: "Service that is about to reach its limit of processes",
		Why: "systemd bounds the processes and threads of a unit (TasksMax). At the bound sshd and the FTP servers cannot start the process " +
			"of a new connection: clients are let in and thrown out, or get no answer.",
		Repair:   "systemctl status shows what runs in the unit; end what hangs, or raise TasksMax= (systemctl edit).",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerService,
		References: []string{"systemd.resource-control(5) TasksMax"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) {
			return nil
		}
		var found []audit.Finding
		for i := range h.Services.Units {
			u := &h.Services.Units[i]
			if u.TasksMax == 0 || u.TasksCurrent*100 < u.TasksMax*tasksShare {
				continue
			}
			f := c.finding("", "%s has %d of %d processes and threads", audit.Untrusted(u.Name), u.TasksCurrent, u.TasksMax)
			if u.TasksCurrent >= u.TasksMax {
				f.Severity = audit.Critical
			}
			f.Observed, f.Expected = fmt.Sprint(u.TasksCurrent), fmt.Sprintf("well below %d", u.TasksMax)
			f.Fix = "systemctl status " + audit.Untrusted(u.Name).String()
			found = append(found, f)
		}
		return found
	},
}

var unitNotReloaded = &Check{
	Doc: audit.Doc{
		ID: "unit-not-reloaded", Title: "Unit file changed and not read",
		Why: "The unit's file or a drop-in changed, and systemd still works with what it read before: the next restart of the service " +
			"does not do what the file says.",
		Repair:   "systemctl daemon-reload, then restart the unit.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if !looked(h) {
			return nil
		}
		var found []audit.Finding
		for i := range h.Services.Units {
			if u := &h.Services.Units[i]; u.NeedReload {
				f := c.finding("", "the files of %s changed after systemd read them", audit.Untrusted(u.Name))
				f.Fix = "systemctl daemon-reload && systemctl restart " + audit.Untrusted(u.Name).String()
				found = append(found, f)
			}
		}
		return found
	},
}

// condition is the state of a unit in the words of systemctl.
func condition(u *facts.Unit) string {
	return audit.Untrusted(u.Active + " (" + u.Sub + ")").String()
}
