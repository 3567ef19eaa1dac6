package checks

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

// serviceChecks are the checks of what runs and listens.
var serviceChecks = []*Check{
	sshdNotRunning, sshdNotEnabled, notListening, bindFailed, socketOverride, sshdLoopback, staleListener,
	ftpdNotRunning, ftpdNotEnabled, ftpdSilentPort, ftpdLoopback, ftpdNotReloaded,
	serviceOutdated, serviceSilent, serviceUnstable, serviceTasks, unitNotReloaded,
}

// socket is a listener as the kernel has it, held by a process of a service.
func socket(local string, pid int, service string) facts.Listener {
	at := netip.MustParseAddrPort(local)
	return facts.Listener{
		Local: at, V4: at.Addr().Is4(), V6: at.Addr().Is6(), PID: pid, Program: "prog", Service: service, Owned: true, Backlog: 128,
	}
}

// served is a live host on which sshd and vsftpd run by their units.
func served(t *testing.T, config string) *facts.Host {
	t.Helper()
	h := factstest.Host(t, config)
	h.Live = true
	s := h.Servers[0]
	s.Running, s.PID, s.Started = true, 7, factstest.Now.Add(-time.Hour)
	h.Services = &facts.Services{
		Listened: true,
		Listeners: []facts.Listener{
			socket("0.0.0.0:22", 7, facts.ServiceSSH), socket("[::]:22", 7, facts.ServiceSSH), socket("[::]:21", 9, facts.ServiceFTP),
		},
		Daemons: []facts.Daemon{
			{Service: facts.ServiceSSH, Program: "sshd", PID: 7, Binary: "/usr/sbin/sshd", Unit: "ssh.service", Started: s.Started, SocketsSeen: true},
			{Service: facts.ServiceFTP, Program: "vsftpd", PID: 9, Binary: "/usr/sbin/vsftpd", Unit: "vsftpd.service", Started: s.Started, SocketsSeen: true},
		},
		Units: []facts.Unit{
			{Service: facts.ServiceSSH, Name: "ssh.service", Load: "loaded", Active: "active", Sub: "running", Enabled: "enabled", Result: "success", MainPID: 7, TasksMax: 100, TasksCurrent: 1},
			{Service: facts.ServiceFTP, Name: "vsftpd.service", Load: "loaded", Active: "active", Sub: "running", Enabled: "enabled", Result: "success", MainPID: 9},
			{Service: facts.ServiceSSH, Name: "ssh.socket", Load: "loaded", Active: "inactive", Sub: "dead", Enabled: "disabled", Listen: []string{"[::]:22"}, Triggers: []string{"ssh.service"}},
		},
	}
	return h
}

// gone takes a service's process and sockets away.
func gone(h *facts.Host, service string) {
	s := h.Services
	s.Daemons = slices.DeleteFunc(s.Daemons, func(d facts.Daemon) bool { return d.Service == service })
	s.Listeners = slices.DeleteFunc(s.Listeners, func(l facts.Listener) bool { return l.Service == service })
	if service == facts.ServiceSSH {
		h.Servers[0].Running, h.Servers[0].PID = false, 0
	}
}

// state changes a unit.
func state(h *facts.Host, name, active, sub, enabled string) *facts.Unit {
	u := h.Services.Unit(name)
	u.Active, u.Sub, u.Enabled = active, sub, enabled
	return u
}

// activated gives the host's sockets of sshd to a socket unit.
func activated(h *facts.Host, listen ...string) {
	gone(h, facts.ServiceSSH)
	state(h, "ssh.service", "inactive", "dead", "disabled")
	state(h, "ssh.socket", "active", "listening", "enabled").Listen = listen
	for _, at := range listen {
		l := socket(at, 1, facts.ServiceSSH)
		l.V4 = true
		h.Services.Listeners = append(h.Services.Listeners, l)
	}
}

func TestServicesAreFoundAtFaultForExactlyWhatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		config string
		change func(*facts.Host)
		want   []string
	}{
		"in order":      {"", func(*facts.Host) {}, nil},
		"a root":        {"", func(h *facts.Host) { h.Live = false; gone(h, facts.ServiceSSH) }, nil},
		"nobody looked": {"", func(h *facts.Host) { h.Services = nil }, nil},
		"a named file":  {"", func(h *facts.Host) { gone(h, facts.ServiceSSH); h.Servers[0].Named = true }, nil},
		"not installed": {"", func(h *facts.Host) { gone(h, facts.ServiceSSH); h.Servers[0].Installed = false; h.Services.Units = nil }, nil},
		"stopped":       {"", func(h *facts.Host) { gone(h, facts.ServiceSSH); state(h, "ssh.service", "inactive", "dead", "enabled") }, []string{"sshd-not-running"}},
		"failed":        {"", func(h *facts.Host) { gone(h, facts.ServiceSSH); state(h, "ssh.service", "failed", "failed", "enabled") }, []string{"sshd-not-running"}},
		"ends again": {"", func(h *facts.Host) {
			gone(h, facts.ServiceSSH)
			state(h, "ssh.service", "activating", "auto-restart", "enabled")
		}, []string{"sshd-not-running"}},
		"starting": {"", func(h *facts.Host) {
			gone(h, facts.ServiceSSH)
			state(h, "ssh.service", "activating", "start", "enabled")
		}, nil},
		"no systemd, gone": {"", func(h *facts.Host) { gone(h, facts.ServiceSSH); h.Services.Units, h.Services.UnitsUnknown = nil, "x" }, []string{"sshd-not-running"}},
		"processes hidden": {"", func(h *facts.Host) {
			gone(h, facts.ServiceSSH)
			h.Privileged = false
			h.Services.Units, h.Services.UnitsUnknown = nil, "x"
		}, nil},
		"second one failed": {"", func(h *facts.Host) {
			h.Services.Units = append(h.Services.Units, facts.Unit{Service: facts.ServiceSSH, Name: "sshd-sftp.service", Active: "failed"})
		}, []string{"sshd-not-running"}},
		"second one is off": {"", func(h *facts.Host) {
			h.Services.Units = append(h.Services.Units, facts.Unit{Service: facts.ServiceSSH, Name: "sshd-sftp.service", Active: "inactive", Enabled: "disabled"})
		}, nil},
		"not enabled":       {"", func(h *facts.Host) { state(h, "ssh.service", "active", "running", "disabled") }, []string{"sshd-not-enabled"}},
		"socket enabled":    {"", func(h *facts.Host) { activated(h, "[::]:22") }, nil},
		"socket elsewhere":  {"Port 2222\n", func(h *facts.Host) { activated(h, "[::]:22") }, []string{"socket-activation-override"}},
		"port not taken up": {"Port 2222\n", func(*facts.Host) {}, []string{"not-listening", "not-listening"}},
		"no kernel IPv6": {"", func(h *facts.Host) {
			h.Services.NoIPv6 = true
			h.Services.Listeners = slices.Delete(h.Services.Listeners, 1, 2)
		}, nil},
		"one address missing": {"ListenAddress 0.0.0.0\nListenAddress 192.0.2.9:2200\n", func(*facts.Host) {}, []string{"not-listening"}},
		"loopback": {"ListenAddress 127.0.0.1\n", func(h *facts.Host) {
			h.Services.Listeners = []facts.Listener{socket("127.0.0.1:22", 7, facts.ServiceSSH), socket("[::]:21", 9, facts.ServiceFTP)}
		}, []string{"sshd-listen-loopback-only"}},
		"IPv4 taken":         {"", func(h *facts.Host) { h.Services.Listeners[0] = socket("0.0.0.0:22", 44, "") }, []string{"bind-failed"}},
		"IPv4 taken in part": {"", func(h *facts.Host) { h.Services.Listeners[0] = socket("127.0.0.1:22", 44, "") }, []string{"bind-failed"}},
		"owner not known": {"", func(h *facts.Host) {
			for i := range h.Services.Listeners {
				h.Services.Listeners[i].Owned, h.Services.Listeners[i].Service, h.Services.Listeners[i].PID = false, "", 0
			}
			for i := range h.Services.Daemons {
				h.Services.Daemons[i].SocketsSeen = false
			}
		}, nil},
		"another network": {"", func(h *facts.Host) {
			h.Services.Daemons[0].OtherNetwork = true
			h.Services.Listeners = h.Services.Listeners[2:]
		}, nil},
		"replaced": {"", func(h *facts.Host) { h.Services.Daemons[0].Replaced = true }, []string{"service-outdated"}},
		"broken upgrade": {"", func(h *facts.Host) {
			h.Services.Daemons[0].Replaced, h.Services.Daemons[0].Was = true, audit.OpenSSH{Major: 9, Minor: 2, Patch: 1}
			h.Servers[0].Version = audit.OpenSSH{Major: 10, Minor: 0, Patch: 1}
		}, []string{"stale-listener-after-upgrade"}},
		"harmless upgrade": {"", func(h *facts.Host) {
			h.Services.Daemons[0].Replaced, h.Services.Daemons[0].Was = true, audit.OpenSSH{Major: 9, Minor: 8, Patch: 1}
			h.Servers[0].Version = audit.OpenSSH{Major: 10, Minor: 0, Patch: 1}
		}, []string{"service-outdated"}},
		"held":            {"", func(h *facts.Host) { h.Services.Daemons[0].Stopped = true; h.Services.Listeners[0].Waiting = 129 }, []string{"service-silent"}},
		"queue is full":   {"", func(h *facts.Host) { h.Services.Listeners[0].Waiting = 129 }, []string{"service-silent"}},
		"queue has room":  {"", func(h *facts.Host) { h.Services.Listeners[0].Waiting = 128 }, nil},
		"unstable":        {"", func(h *facts.Host) { h.Services.Units[1].Restarts = 3 }, []string{"service-unstable"}},
		"restarted twice": {"", func(h *facts.Host) { h.Services.Units[1].Restarts = 2 }, nil},
		"many tasks":      {"", func(h *facts.Host) { h.Services.Units[0].TasksCurrent = 80 }, []string{"service-tasks-limit"}},
		"unit not read":   {"", func(h *facts.Host) { h.Services.Units[2].NeedReload = true }, []string{"unit-not-reloaded"}},
		"ftp failed": {"", func(h *facts.Host) {
			gone(h, facts.ServiceFTP)
			state(h, "vsftpd.service", "failed", "failed", "enabled")
		}, []string{"ftpd-not-running"}},
		"ftp is off": {"", func(h *facts.Host) {
			gone(h, facts.ServiceFTP)
			state(h, "vsftpd.service", "inactive", "dead", "disabled")
		}, nil},
		"ftp script ended": {"", func(h *facts.Host) {
			gone(h, facts.ServiceFTP)
			state(h, "vsftpd.service", "active", "exited", "generated")
		}, []string{"ftpd-not-running"}},
		"ftp by inetd": {"", func(h *facts.Host) {
			gone(h, facts.ServiceFTP)
			state(h, "vsftpd.service", "active", "exited", "generated")
			h.Services.Listeners = append(h.Services.Listeners, socket("0.0.0.0:21", 55, ""))
		}, nil},
		"ftp not enabled":     {"", func(h *facts.Host) { state(h, "vsftpd.service", "active", "running", "disabled") }, []string{"ftpd-not-enabled"}},
		"ftp listens nowhere": {"", func(h *facts.Host) { h.Services.Listeners = h.Services.Listeners[:2] }, []string{"ftpd-port-not-listening"}},
		"ftp on loopback":     {"", func(h *facts.Host) { h.Services.Listeners[2] = socket("[::1]:21", 9, facts.ServiceFTP) }, []string{"ftpd-listen-loopback-only"}},
		"ftp configuration newer": {"", func(h *facts.Host) {
			h.Services.Daemons[1].Newest, h.Services.Daemons[1].NewestFile = factstest.Now, "/etc/vsftpd.conf"
		}, []string{"ftpd-config-not-reloaded"}},
		"ftp configuration reloaded": {"", func(h *facts.Host) {
			h.Services.Daemons[1].Newest = factstest.Now.Add(-time.Minute)
			h.Services.Units[1].Since = factstest.Now
		}, nil},
	} {
		h := served(t, tc.config)
		tc.change(h)
		var got []string
		for _, f := range Host(serviceChecks, h) {
			got = append(got, f.Check)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

func TestLastWordsOfAFailedUnitAreShownEscaped(t *testing.T) {
	h := served(t, "")
	gone(h, facts.ServiceSSH)
	u := state(h, "ssh.service", "failed", "failed", "enabled")
	u.Result, u.Words = "exit-code", []audit.Untrusted{"line 3: Bad option: \x1b[31mX\ny"}
	found := Host([]*Check{sshdNotRunning}, h)
	if len(found) != 1 || !strings.Contains(found[0].Message, "Bad option") || strings.ContainsAny(found[0].Message, "\x1b\n") {
		t.Errorf("%+v", found)
	}
}
