package collect

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"sshaudit/audit/facts"
)

const (
	// probeDial bounds the wait for a connection, probeTalk the whole conversation.
	probeDial, probeTalk = 2 * time.Second, 4 * time.Second
	// probeBytes bounds what is read of one conversation.
	probeBytes = 64 << 10
	// maxTargets bounds the listeners that are asked.
	maxTargets = 16
)

// ReadProbes connects to each listener of SSH and FTP of the running host and
// notes what it says before anybody logs in. Nothing leaves the host: it connects
// to the address that the listener is bound to, or to loopback. Names are those
// that certificates should be for.
//
// It costs: sshd logs each connection, and from 9.8 on charges the source
// address "noauth" (1 second by default, PerSourcePenalties) for each of them,
// of which there is one for each type of host key, or fewer (meetings).
func (c *Collector) ReadProbes(ctx context.Context, names []string) {
	h := c.host
	if !h.Live {
		return
	}
	if h.Services == nil || !h.Services.Listened {
		c.missing("probe", "what listens on this host is not known, so nothing was connected to")
		return
	}
	targets := c.targets()
	if len(targets) > maxTargets {
		c.missing("probe", "%d listeners of SSH and FTP; the first %d were connected to", len(targets), maxTargets)
		targets = targets[:maxTargets]
	}
	for _, p := range targets {
		if ctx.Err() != nil {
			return
		}
		if p.Service == facts.ServiceSSH {
			probeSSH(ctx, &p)
		} else {
			probeFTP(ctx, &p, names, h.Now)
		}
		h.Probes = append(h.Probes, p)
	}
}

// targets are the listeners to be asked: those of sshd and of FTP daemons, and
// whoever has a port that sshd should have, or FTP's own ones.
func (c *Collector) targets() []facts.Probe {
	type process struct{ port, pid int }
	seen := make(map[process]bool)
	var list []facts.Probe
	for i := range c.host.Services.Listeners {
		l := &c.host.Services.Listeners[i]
		p := facts.Probe{Service: l.Offers(), To: netip.AddrPortFrom(ownAddress(l), l.Local.Port())}
		p.Server = c.serverOf(l)
		switch port := l.Local.Port(); {
		case p.Server != nil:
			p.Service = facts.ServiceSSH
		case p.Service != "":
		case port == ftpPort:
			p.Service = facts.ServiceFTP
		case port == ftpsPort:
			p.Service = facts.ServiceFTPS
		default:
			continue
		}
		// The sockets of both families of one process say the same.
		key := process{int(l.Local.Port()), l.PID}
		if l.Interface != 0 || l.PID != 0 && seen[key] {
			continue
		}
		seen[key] = true
		list = append(list, p)
	}
	return list
}

const ftpPort, ftpsPort = 21, 990

// serverOf is the sshd that holds a socket, or that should by its settings.
func (c *Collector) serverOf(l *facts.Listener) *facts.Server {
	for _, s := range c.host.Servers {
		if s.Named {
			continue
		}
		if s.PID != 0 && s.PID == l.PID || slices.Contains(ports(s), int(l.Local.Port())) {
			return s
		}
	}
	return nil
}

// ownAddress is the address by which this host itself meets a listener.
func ownAddress(l *facts.Listener) netip.Addr {
	ip := l.Local.Addr()
	switch {
	case !ip.IsUnspecified():
		return ip.Unmap()
	case l.V4:
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// talk is one conversation, bounded in time and bytes; it keeps what was heard.
type talk struct {
	net.Conn
	heard []byte
	left  int
	err   error // how it ended
}

// dial begins a conversation.
func dial(ctx context.Context, to netip.AddrPort) (*talk, error) {
	conn, err := (&net.Dialer{Timeout: probeDial}).DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(probeTalk)); err != nil {
		_ = conn.Close() // nothing was said
		return nil, err
	}
	return &talk{Conn: conn, left: probeBytes}, nil
}

var errTooMuch = errors.New("it sends too much")

// Read reads as the connection does, up to the bound.
func (t *talk) Read(b []byte) (int, error) {
	if t.left == 0 {
		t.err = errTooMuch
		return 0, t.err
	}
	n, err := t.Conn.Read(b[:min(len(b), t.left)])
	t.left -= n
	t.heard = append(t.heard, b[:n]...)
	if err != nil {
		t.err = err
	}
	return n, err
}

// failure tells how a conversation that told nothing useful ended.
func (t *talk) failure() facts.ProbeFailure {
	var timeout net.Error
	late := errors.As(t.err, &timeout) && timeout.Timeout() || errors.Is(t.err, os.ErrDeadlineExceeded)
	switch {
	case late && len(t.heard) == 0:
		return facts.ProbeSilent
	case errors.Is(t.err, io.EOF), errors.Is(t.err, syscall.ECONNRESET), errors.Is(t.err, syscall.EPIPE):
		return facts.ProbeClosed
	default:
		return facts.ProbeStalled
	}
}
