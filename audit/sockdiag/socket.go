package sockdiag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// Socket is a TCP socket that accepts connections.
type Socket struct {
	// Local is the address and port it is bound to; an unspecified address is
	// every one of its family.
	Local netip.AddrPort
	// V6Only tells that an IPv6 socket takes no IPv4 connections; false for IPv4.
	// V6OnlyUnknown tells that the kernel did not say.
	V6Only, V6OnlyUnknown bool
	// Interface is the index of the one interface it is bound to, 0 for all.
	Interface uint32
	// UID is the account that made the socket.
	UID uint32
	// Inode is the number by which a process's descriptor names the socket
	// ("socket:[N]" in /proc/PID/fd).
	Inode uint64
	// Waiting are the connections that the program has not accepted yet, of Backlog
	// that may wait (listen(2)); both 0 where the kernel did not say.
	Waiting, Backlog uint32
	// Cgroup is the inode number of the cgroup v2 directory in which the socket was
	// made; 0 if the kernel did not say (before 5.8), and the root's under cgroup v1.
	Cgroup uint64
}

// Families of sockets and the one state that is asked for (linux/inet_diag.h,
// net/tcp_states.h), as the messages write them.
const (
	IPv4 uint8 = 2  // AF_INET
	IPv6 uint8 = 10 // AF_INET6

	tcp         = 6
	stateListen = 10
)

// Sizes and offsets of struct inet_diag_req_v2 and struct inet_diag_msg, and the
// attributes that are read (linux/inet_diag.h).
const (
	requestSize   = 56
	requestStates = 4
	messageSize   = 72

	offState   = 1
	offPort    = 4
	offAddress = 8
	offDevice  = 40
	offWaiting = 56
	offBacklog = 60
	offUID     = 64
	offInode   = 68

	attrV6Only = 11
	attrCgroup = 21
)

// Request is the body of a dump request (SOCK_DIAG_BY_FAMILY) for the listening
// TCP sockets of a family.
func Request(family uint8) []byte {
	b := make([]byte, requestSize)
	b[0], b[1] = family, tcp
	binary.NativeEndian.PutUint32(b[requestStates:], 1<<stateListen)
	return b
}

// errShort: the kernel never cuts a message, so a short one is not its.
var errShort = errors.New("a message about a socket is cut short")

// Parse reads the body of one message of the answer. A socket in another state
// than listening is an error: it was not asked for.
func Parse(b []byte) (Socket, error) {
	if len(b) < messageSize {
		return Socket{}, errShort
	}
	if b[offState] != stateListen {
		return Socket{}, fmt.Errorf("a socket in state %d was not asked for", b[offState])
	}
	s := Socket{
		Interface: binary.NativeEndian.Uint32(b[offDevice:]),
		Waiting:   binary.NativeEndian.Uint32(b[offWaiting:]),
		Backlog:   binary.NativeEndian.Uint32(b[offBacklog:]),
		UID:       binary.NativeEndian.Uint32(b[offUID:]),
		Inode:     uint64(binary.NativeEndian.Uint32(b[offInode:])),
	}
	size := 16
	switch b[0] {
	case IPv4:
		size = 4
	case IPv6:
		s.V6OnlyUnknown = true
	default:
		return Socket{}, fmt.Errorf("a socket of family %d was not asked for", b[0])
	}
	ip, _ := netip.AddrFromSlice(b[offAddress : offAddress+size])
	s.Local = netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[offPort:]))
	return s, s.attributes(b[messageSize:])
}

// attributes reads what follows the fixed part (netlink(7) struct nlattr).
func (s *Socket) attributes(b []byte) error {
	for len(b) >= 4 {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 4 || size > len(b) {
			return errShort
		}
		value := b[4:size]
		switch typ := binary.NativeEndian.Uint16(b[2:]); {
		case typ == attrV6Only && len(value) == 1 && s.Local.Addr().Is6():
			s.V6Only, s.V6OnlyUnknown = value[0] != 0, false
		case typ == attrCgroup && len(value) == 8:
			s.Cgroup = binary.NativeEndian.Uint64(value)
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}

// Serves reports whether the socket takes connections of a family. The second
// result is false where the kernel did not say.
func (s *Socket) Serves(v6 bool) (takes, known bool) {
	ip := s.Local.Addr()
	switch {
	case v6:
		return ip.Is6() && !ip.Is4In6(), true
	case ip.Is4() || ip.Is4In6():
		return true, true
	case !ip.IsUnspecified():
		return false, true
	default:
		return !s.V6Only, !s.V6OnlyUnknown
	}
}
