package exporter

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Sizes and offsets of struct inet_diag_req_v2, which asks, and of struct
// inet_diag_msg, which answers (linux/inet_diag.h), and the one TCP state that
// matters (net/tcp_states.h). A socket's id is ports, then addresses, in network order.
const (
	diagRequestSize = 56
	diagRequestID   = 8
	diagMessageSize = 72
	diagState       = 1
	diagID          = 4
	diagUID         = 64
	diagInode       = 68
	tcpEstablished  = 1
)

// diagWorks remembers that the kernel answered by socket once, so that a peer
// who hangs up early cannot force the slow way.
var diagWorks atomic.Bool

// tcpPeer returns the uid of the user who made the socket at the other end of
// a TCP connection within this host: ours is our end, theirs the other one.
func tcpPeer(ours, theirs netip.AddrPort) (uid uint32, known bool) {
	uid, known, err := diagPeer(ours, theirs)
	if err == nil {
		diagWorks.Store(true)
		return uid, known
	}
	if diagWorks.Load() && errors.Is(err, unix.ENOENT) {
		return 0, false
	}
	return procPeer(ours, theirs)
}

// diagPeer asks by SOCK_DIAG for exactly one socket, the peer's.
func diagPeer(ours, theirs netip.AddrPort) (uid uint32, known bool, err error) {
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return 0, false, err
	}
	answers, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: netlink.Request},
		Data:   diagRequest(ours, theirs),
	})
	if err != nil {
		return 0, false, err
	}
	for _, m := range answers {
		if uid, known = diagAnswer(m.Data, ours, theirs); known {
			return uid, true, nil
		}
	}
	return 0, false, nil
}

func diagRequest(ours, theirs netip.AddrPort) []byte {
	b := make([]byte, diagRequestSize)
	b[0], b[1] = unix.AF_INET6, unix.IPPROTO_TCP
	if theirs.Addr().Is4() {
		b[0] = unix.AF_INET
	}
	binary.NativeEndian.PutUint32(b[4:], 1<<tcpEstablished)
	id := b[diagRequestID:]
	// The socket that is asked for is the peer's: its source is their end.
	binary.BigEndian.PutUint16(id[0:], theirs.Port())
	binary.BigEndian.PutUint16(id[2:], ours.Port())
	copy(id[4:20], theirs.Addr().AsSlice())
	copy(id[20:36], ours.Addr().AsSlice())
	// INET_DIAG_NOCOOKIE: any socket with these addresses.
	copy(id[40:48], []byte{255, 255, 255, 255, 255, 255, 255, 255})
	return b
}

// diagAnswer reads the kernel's answer. Only an established socket that a
// process holds and that has exactly these ends counts: when there is none, the
// kernel may answer with a listener on the peer's port, and it reports what is
// left of a closed socket as uid 0.
func diagAnswer(b []byte, ours, theirs netip.AddrPort) (uid uint32, known bool) {
	if len(b) < diagMessageSize || b[diagState] != tcpEstablished || binary.NativeEndian.Uint32(b[diagInode:]) == 0 {
		return 0, false
	}
	id := b[diagID:]
	family := b[0]
	source := netip.AddrPortFrom(diagAddr(family, id[4:20]), binary.BigEndian.Uint16(id[0:]))
	target := netip.AddrPortFrom(diagAddr(family, id[20:36]), binary.BigEndian.Uint16(id[2:]))
	if source != theirs || target != ours {
		return 0, false
	}
	return binary.NativeEndian.Uint32(b[diagUID:]), true
}

// diagAddr reads an address; an IPv6 socket may hold an IPv4 one.
func diagAddr(family byte, b []byte) netip.Addr {
	if family == unix.AF_INET {
		b = b[:4]
	}
	a, _ := netip.AddrFromSlice(b)
	return a.Unmap()
}

// unixPeer returns the uid of the user who connected a Unix socket.
func unixPeer(c *net.UnixConn) (uid uint32, known bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	var cred *unix.Ucred
	if ctlErr := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); ctlErr != nil || err != nil {
		return 0, false
	}
	return cred.Uid, true
}

// procPeer looks for the peer's socket in the kernel's text tables, for
// kernels without the sock_diag module. An IPv6 socket may hold IPv4 ends.
func procPeer(ours, theirs netip.AddrPort) (uid uint32, known bool) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table) //nolint:forbidigo // of this process's own network namespace, whatever host is audited
		if err != nil {
			continue
		}
		uid, known = findPeer(f, ours, theirs)
		f.Close()
		if known {
			return uid, true
		}
	}
	return 0, false
}
