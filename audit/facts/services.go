package facts

import (
	"net/netip"
	"slices"
	"time"

	"sshaudit/audit"
)

// Services is what runs on the host for its clients, and what listens. It is
// collected on the running host only.
type Services struct {
	// Listeners are the TCP sockets of this network namespace that accept
	// connections; meaningless unless Listened.
	Listeners []Listener
	// Listened tells that all of them were seen.
	Listened bool
	// NoIPv6 tells that the kernel has no IPv6, so that nobody can listen there.
	NoIPv6 bool
	// Daemons are the running programs that serve SSH or FTP.
	Daemons []Daemon
	// Units are the units of these services that exist; UnitsUnknown says why they
	// are not known, and is empty if they are. NoSystemd tells that systemd does
	// not run here, so that there are none.
	Units        []Unit
	UnitsUnknown string
	NoSystemd    bool
}

// Names of services as metrics and reports write them.
const (
	ServiceSSH = "ssh"
	// ServiceFTP is FTP in the clear and with AUTH TLS, ServiceFTPS is implicit TLS.
	ServiceFTP  = "ftp"
	ServiceFTPS = "ftps"
)

// Listener is a TCP socket that accepts connections.
type Listener struct {
	// Local is what it is bound to; an unspecified address is every one.
	Local netip.AddrPort
	// V4 and V6 tell which families can connect; V4Unknown that the kernel did not
	// say whether an IPv6 socket takes IPv4 too.
	V4, V6, V4Unknown bool
	// Interface is the index of the one interface that it is bound to; 0 for all.
	Interface uint32
	// UID is the account that made the socket, Inode the socket's number.
	UID   uint32
	Inode uint64
	// Waiting are the connections that nobody accepted yet, of Backlog that may wait.
	Waiting, Backlog uint32
	// Cgroup is the number of the cgroup in which it was made; 0 if not known.
	Cgroup uint64
	// PID is a process that holds the socket, a daemon's before another's; 0 if none
	// was found. Program is its name.
	PID     int
	Program audit.Untrusted
	// Unit is the systemd unit that the socket belongs to; empty if that is not known.
	Unit string
	// Service is whose socket it is by the process or the unit that holds it:
	// ServiceSSH, ServiceFTP, or empty for another program or when it is not known.
	Service string
	// Owned tells that Service is an answer: the process or the unit was found.
	Owned bool
}

// Daemon is a running program that serves SSH or FTP and accepts connections.
type Daemon struct {
	// Service is ServiceSSH or ServiceFTP; Program the daemon's name ("vsftpd").
	Service, Program string
	PID              int
	// Binary is the program's file; Replaced tells that it was replaced or removed
	// since the process started it.
	Binary   string
	Replaced bool
	Args     []string
	// Started is when the process began; zero if that is not known.
	Started time.Time
	// Unit is the unit by its cgroup; empty if there is none.
	Unit string
	// OtherNetwork tells that it lives in another network namespace, whose sockets
	// are not among the listeners.
	OtherNetwork bool
	// Stopped tells that the process does not run: a signal or a debugger holds it.
	Stopped bool
	// SocketsSeen tells that its descriptors could be looked at, so that it has no
	// other sockets than those that name it.
	SocketsSeen bool
	// Newest is the newest modification of its configuration, NewestFile the file;
	// zero for sshd, whose Server has it, and where no configuration was found.
	Newest     time.Time
	NewestFile string
	// Was is the release of the program that runs, if it was replaced and is an sshd.
	Was audit.OpenSSH
}

// Unit is a systemd unit of a service, as systemd itself tells (org.freedesktop.systemd1(5)).
type Unit struct {
	// Service is ServiceSSH or ServiceFTP; Name the unit's ("ssh.service").
	Service, Name string
	// Load is "loaded", "masked", "not-found" or "error"; Active is "active",
	// "inactive", "failed", "activating"…; Sub the state in the unit type's own
	// words ("running", "listening").
	Load, Active, Sub string
	// Enabled is the state of the unit's file: "enabled", "disabled", "masked",
	// "static", "generated"…
	Enabled string
	// Since is when it entered this state; zero if it never left the first one.
	Since time.Time
	// Result is why it failed ("exit-code", "start-limit-hit"); "success" if it did not.
	Result string
	// Restarts are the automatic restarts since it was last started by hand.
	Restarts uint32
	// MainPID is the main process, 0 if there is none.
	MainPID uint32
	// TasksMax bounds the processes and threads of the unit, TasksCurrent are those
	// that there are; 0 if systemd did not say or there is no bound.
	TasksMax, TasksCurrent uint64
	// NeedReload tells that the unit's files changed and systemd has not read them.
	NeedReload bool
	// Listen are the stream sockets of a socket unit as it writes them ("[::]:22");
	// Triggers the units that it starts.
	Listen   []string
	Triggers []string
	// Cgroup is the path below the cgroup file system; empty if there is none.
	Cgroup string
	// Words are the last lines that the journal has of a unit that failed.
	Words []audit.Untrusted
}

// Up reports whether the unit does its work. A unit that was made from an init
// script stays active when its daemon has ended; then it is "exited".
func (u *Unit) Up() bool {
	return (u.Active == "active" || u.Active == "reloading") && u.Sub != "exited"
}

// Broken reports whether the unit was to do its work and ended by itself.
func (u *Unit) Broken() bool { return u.Active == "failed" || u.Sub == "auto-restart" }

// Unit returns the unit of this name; nil if there is none.
func (s *Services) Unit(name string) *Unit {
	i := slices.IndexFunc(s.Units, func(u Unit) bool { return u.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Units[i]
}

// On returns the listeners of a port.
func (s *Services) On(port int) []*Listener {
	var list []*Listener
	for i := range s.Listeners {
		if int(s.Listeners[i].Local.Port()) == port {
			list = append(list, &s.Listeners[i])
		}
	}
	return list
}

// Covers reports whether a connection to this address and port of the host meets
// the listener.
func (l *Listener) Covers(to netip.AddrPort) bool {
	ip := to.Addr().Unmap()
	local := l.Local.Addr()
	switch {
	case l.Local.Port() != to.Port():
		return false
	case local.IsUnspecified():
		return ip.Is4() && l.V4 || ip.Is6() && l.V6
	default:
		return local.Unmap().WithZone("") == ip.WithZone("")
	}
}

// implicitTLS is the port of FTP with implicit TLS (IANA ftps).
const implicitTLS = 990

// Offers is the service that is met on the listener's port.
func (l *Listener) Offers() string {
	if l.Service == ServiceFTP && l.Local.Port() == implicitTLS {
		return ServiceFTPS
	}
	return l.Service
}

// Loopback reports whether only this host itself can connect.
func (l *Listener) Loopback() bool { return l.Local.Addr().Unmap().IsLoopback() }
