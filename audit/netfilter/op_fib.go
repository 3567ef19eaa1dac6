package netfilter

import "net/netip"

// NFTA_FIB_F_*, NFT_FIB_RESULT_*, RTN_*.
const (
	fibSaddr   = 1
	fibDaddr   = 2
	fibMark    = 4
	fibIif     = 8
	fibOif     = 16
	fibPresent = 32

	fibResultOif     = 1
	fibResultOifname = 2
	fibResultType    = 3

	rtnUnicast   = 1
	rtnLocal     = 2
	rtnMulticast = 5
)

// opFib looks the packet's addresses up in the routing tables (nft_fib_ipv4.c, nft_fib_ipv6.c).
type opFib struct {
	reg           int
	result, flags uint32
}

func (o opFib) exec(m *machine, s *state) step {
	src, dst := m.addrs(s)
	addr, other := src, dst
	if o.flags&fibDaddr != 0 {
		addr, other = dst, src
	}
	if o.result == fibResultType {
		v := m.addrType(s, addr, o.flags&fibDaddr != 0, o.flags&(fibIif|fibOif) != 0)
		s.regs.put(o.reg, v.value("the type of an address"))
		return goOn()
	}
	found, oif, t := m.reverse(s, addrOf(addr), addrOf(other), o.flags&(fibIif|fibOif) != 0, o.flags&fibMark != 0)
	why := "a route lookup"
	switch {
	case o.flags&fibPresent != 0:
		v := value{b: []byte{b2u(t == yes)}, known: []byte{0xff}, why: why}
		if t == maybe {
			v.known[0] = 0xfe
		}
		s.regs.put(o.reg, v)
	case t == maybe && o.result == fibResultOif:
		s.regs.put(o.reg, unknown(4, why))
	case t == maybe:
		s.regs.put(o.reg, unknown(16, why))
	case o.result == fibResultOif:
		s.regs.put(o.reg, host32(uint32(oif)))
	default:
		s.regs.put(o.reg, ifname(found))
	}
	return goOn()
}

// reverse looks for the route to addr: the interface's name and index, and
// whether there is one; with sameIface only a route over the packet's interface counts.
func (m *machine) reverse(s *state, addr, src netip.Addr, sameIface, useMark bool) (name string, oif int, t tri) {
	if m.loopback && !s.way.outgoing() {
		return m.q.Interface, 1, yes
	}
	if m.host == nil || m.host.Route == nil || !addr.IsValid() || m.host.PolicyRules {
		return "", 0, maybe
	}
	iface, ok := m.host.link(m.q.Interface)
	q := RouteQuery{Dst: addr, Src: src}
	if useMark {
		q.Mark = s.mark.v
	}
	if addr.IsLinkLocalUnicast() && addr.Is6() {
		q.Oif = iface.Index
	}
	r, known := m.host.Route(q)
	switch {
	case !known || !ok:
		return "", 0, maybe
	case !r.Found || r.Type != rtnUnicast:
		return "", 0, no
	case sameIface && r.Oif != iface.Index:
		return "", 0, no
	}
	for _, l := range m.host.Links {
		if l.Index == r.Oif {
			return l.Name, r.Oif, yes
		}
	}
	return "", r.Oif, maybe
}

// addrType is inet_dev_addr_type, respectively what nft_fib_ipv6 makes of a
// route: RTN_LOCAL, RTN_UNICAST, …
func (m *machine) addrType(s *state, v value, isDest, onIface bool) bits32 {
	sure := func(t uint32) bits32 { return bits32{t, ^uint32(0)} }
	host := isDest != s.way.fromServer() // the end that is this host
	addr := addrOf(v)
	switch {
	case m.loopback && onIface:
		return bits32{}
	case m.loopback:
		return sure(rtnLocal)
	case addr.IsValid() && addr.IsMulticast():
		return sure(rtnMulticast)
	case host && !onIface:
		return sure(rtnLocal)
	case host:
		return m.onInterface(addr)
	}
	// The client's address: not this host's, since its packets come in from outside.
	if m.host == nil || len(m.host.Addrs) == 0 {
		return bits32{rtnUnicast, ^uint32(2)}
	}
	for _, a := range m.host.Addrs {
		if a.Addr == addr {
			return bits32{}
		}
		if p := netip.PrefixFrom(a.Addr, a.Bits); addr.Is4() && a.Bits < 31 && p.Contains(addr) && (addr == lastOf(p) || addr == p.Masked().Addr()) {
			return bits32{rtnUnicast, ^uint32(2)}
		}
	}
	if m.v6 {
		// An IPv6 source without a route is "unreachable".
		if _, _, t := m.reverse(s, addr, netip.Addr{}, false, false); t != yes {
			return bits32{}
		}
	}
	return sure(rtnUnicast)
}

// onInterface is the type of the host's own address seen from the packet's
// interface: local if it is configured there.
func (m *machine) onInterface(addr netip.Addr) bits32 {
	l, ok := m.host.link(m.q.Interface)
	if !ok || !addr.IsValid() || m.host == nil {
		return bits32{}
	}
	for _, a := range m.host.Addrs {
		if a.Addr == addr && a.Index == l.Index {
			return bits32{rtnLocal, ^uint32(0)}
		}
	}
	if m.v6 {
		return bits32{}
	}
	return bits32{rtnUnicast, ^uint32(0)}
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(b)
}
