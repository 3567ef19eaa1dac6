package netfilter

import (
	"encoding/binary"
	"net/netip"
)

// lowestClientPort is the least port that a client's kernel gives to a
// connection nobody bound by hand (net.ipv4.ip_local_port_range ends above it,
// and port translation keeps the class).
const lowestClientPort = 1024

// TCP flags of the packets of a handshake.
const (
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

// addrValue gives an address as the bytes of a header; unknown if it is not valid.
func (m *machine) addrValue(a netip.Addr, why string) value {
	if a.IsValid() {
		return known(a.AsSlice())
	}
	if m.v6 {
		return unknown(16, why)
	}
	return unknown(4, why)
}

func clientPort() value {
	v := unknown(2, "the client's port")
	v.least = lowestClientPort
	return v
}

// dest is the server's end of the connection as the packet shows it now.
func (m *machine) dest(s *state) (netip.Addr, uint16) {
	if s.pre {
		return m.q.To, m.q.Port
	}
	return s.daddr, s.dport
}

// addrs gives the source and destination address of the packet.
func (m *machine) addrs(s *state) (src, dst value) {
	a, _ := m.dest(s)
	host, client := m.addrValue(a, "the destination address"), m.addrValue(m.q.From, "")
	if s.snatOnce && s.snat && (s.way == request || s.way == leaving) {
		client = m.addrValue(netip.Addr{}, "source NAT")
	}
	if s.way.fromServer() {
		return host, client
	}
	return client, host
}

// proto is the transport protocol of the packet.
func (m *machine) proto(s *state) Proto {
	switch {
	case s.way != refusal || s.reset:
		return m.q.Proto
	case m.v6:
		return icmpv6
	}
	return icmp
}

// ports gives the source and destination port of the packet.
func (m *machine) ports(s *state) (src, dst value) {
	if p := m.proto(s); p != TCP && p != UDP {
		return unknown(2, "the ICMP header"), unknown(2, "the ICMP header")
	}
	_, p := m.dest(s)
	if s.way.fromServer() {
		return known16(p), clientPort()
	}
	return clientPort(), known16(p)
}

// addrOf returns an address of the packet, invalid if unknown.
func addrOf(v value) netip.Addr {
	if !v.isKnown() {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(v.b)
	return a
}

// networkHeader builds the IP header.
func (m *machine) networkHeader(s *state) value {
	src, dst := m.addrs(s)
	n, at := 20, 12
	if m.v6 {
		n, at = 40, 8
	}
	h := unknown(n, "the IP header")
	set := func(off int, b, k byte) { h.b[off], h.known[off] = b, k }
	if m.v6 {
		set(0, 0x60, 0xf0)
		set(6, byte(m.proto(s)), 0xff)
	} else {
		set(0, 0x40, 0xf0)
		set(6, 0, 0xbf) // not a fragment; whether it may be fragmented is the client's choice
		set(7, 0, 0xff)
		set(9, byte(m.proto(s)), 0xff)
	}
	for i, v := range []value{src, dst} {
		copy(h.b[at+i*len(v.b):], v.b)
		copy(h.known[at+i*len(v.b):], v.known)
		if v.why != "" {
			h.why = v.why
		}
	}
	return h
}

// transportHeader builds the TCP or UDP header.
func (m *machine) transportHeader(s *state) value {
	n := 8
	if m.proto(s) == TCP {
		n = 20
	}
	if p := m.proto(s); p != TCP && p != UDP {
		h := unknown(n, "the ICMP header")
		// Destination unreachable is type 3 in ICMP and 1 in ICMPv6.
		if h.b[0], h.known[0] = 3, 0xff; p == icmpv6 {
			h.b[0] = 1
		}
		return h
	}
	h := unknown(n, "the "+m.q.Proto.String()+" header")
	src, dst := m.ports(s)
	copy(h.b[0:], src.b)
	copy(h.known[0:], src.known)
	copy(h.b[2:], dst.b)
	copy(h.known[2:], dst.known)
	if m.proto(s) == TCP {
		h.b[13], h.known[13] = m.flags(s), 0xff
	}
	return h
}

// flags are the TCP flags of the packet.
func (m *machine) flags(s *state) byte {
	return [...]byte{request: flagSYN, reply: flagSYN | flagACK, later: flagACK, refusal: flagRST | flagACK,
		leaving: flagSYN, returning: flagSYN | flagACK}[s.way]
}

// linkHeader builds the Ethernet header of a packet that came in.
func (m *machine) linkHeader() value {
	h := unknown(14, "the Ethernet header")
	if l, ok := m.host.link(m.q.Interface); ok && l.Type == 1 && l.Kind != "vlan" {
		binary.BigEndian.PutUint16(h.b[12:], m.etherType())
		h.known[12], h.known[13] = 0xff, 0xff
	}
	return h
}

func (m *machine) etherType() uint16 {
	if m.v6 {
		return 0x86dd
	}
	return 0x0800
}

// ifname gives an interface name as a register holds it.
func ifname(name string) value {
	b := make([]byte, 16)
	copy(b, name)
	return known(b)
}

// inIface and outIface give the interfaces as names. In prerouting and input
// there is no outgoing interface, in output no incoming one; nf_tables then
// reads the empty name.
func (m *machine) inIface(s *state) value {
	if s.way.outgoing() {
		return ifname("")
	}
	return m.ifaceValue(16)
}

func (m *machine) outIface(s *state) value {
	if !s.way.outgoing() {
		return ifname("")
	}
	return m.ifaceValue(16)
}

// ifaceValue is the client's side interface: a name of 16 bytes or an index of 4.
func (m *machine) ifaceValue(n int) value {
	name := m.q.Interface
	if name == "" {
		v := unknown(n, "the interface")
		v.notLo = !m.loopback
		return v
	}
	if n == 16 {
		return ifname(name)
	}
	if l, ok := m.host.link(name); ok {
		return host32(uint32(l.Index))
	}
	if name == "lo" {
		return host32(1)
	}
	v := unknown(4, "the index of "+name)
	v.notLo = true
	return v
}
