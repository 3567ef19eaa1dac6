package exporter

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// peer is the other end of a connection, as far as the kernel tells.
type peer struct {
	// local says that the peer is a process of this host, on loopback or a Unix
	// socket. Known says that uid is that of the user who made its socket.
	local, known bool
	uid          uint32
	// addr is the peer's address; zero for a Unix socket.
	addr netip.Addr
}

// peerOf asks the kernel who is at the other end of a new connection.
func peerOf(c net.Conn) peer {
	switch c := c.(type) {
	case *net.UnixConn:
		uid, known := unixPeer(c)
		return peer{local: true, known: known, uid: uid}
	case *net.TCPConn:
		ours, theirs := addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
		p := peer{addr: theirs.Addr()}
		// A remote address is never looked up: a socket here that bears it is
		// a proxy's at most, and says nothing about who sent the request.
		if p.local = theirs.Addr().IsLoopback(); p.local {
			p.uid, p.known = tcpPeer(ours, theirs)
		}
		return p
	}
	return peer{}
}

// is reports whether the peer is known to be one of the uids.
func (p peer) is(uids ...uint32) bool { return p.known && slices.Contains(uids, p.uid) }

// group is what connections are counted by: those of one user, or of one
// address. IPv6 addresses count by their /64, of which one host may own all.
func (p peer) group() string {
	switch {
	case p.known:
		return "uid " + strconv.FormatUint(uint64(p.uid), 10)
	case p.local:
		return "unknown uid"
	case p.addr.Is6():
		prefix, err := p.addr.WithZone("").Prefix(64)
		if err == nil {
			return prefix.String()
		}
	}
	return p.addr.String()
}

// addrPort returns a TCP address without the IPv6 form of IPv4.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
