package netfilter

import "net/netip"

// opPayload loads bytes of a header (nft_payload.c).
type opPayload struct {
	reg, base, off, n int
}

// NFT_PAYLOAD_* bases.
const (
	baseLink = iota
	baseNetwork
	baseTransport
	baseInner
)

func (o opPayload) exec(m *machine, s *state) step {
	var h value
	switch o.base {
	case baseLink:
		if s.way.outgoing() {
			return missed()
		}
		h = m.linkHeader()
	case baseNetwork:
		h = m.networkHeader(s)
	case baseTransport:
		h = m.transportHeader(s)
	default:
		h = value{}
	}
	if o.off < 0 || o.n <= 0 || o.off+o.n > len(h.b) {
		// Past the fixed header: options or data, which may or may not be there.
		s.regs.put(o.reg, unknown(o.n, "payload"))
		return undecided("payload")
	}
	v := h.slice(o.off, o.n)
	if o.base == baseTransport && o.n == 2 {
		src, dst := m.ports(s)
		switch o.off {
		case 0:
			v = src
		case 2:
			v = dst
		}
	}
	s.regs.put(o.reg, v)
	return goOn()
}

// opPayloadSet rewrites the packet. Where that touches addresses or ports, what
// follows cannot be told; other fields are not known anyway.
type opPayloadSet struct{ base, off, n int }

func (o opPayloadSet) exec(m *machine, s *state) step {
	from := 12
	if m.v6 {
		from = 8
	}
	switch {
	case o.base == baseNetwork && o.off+o.n <= from && (m.v6 || o.off != 9):
		return goOn()
	case o.base == baseLink, o.base == baseTransport && o.off >= 14:
		return goOn()
	}
	return untold("a rewritten packet")
}

// opExthdr reads an IPv6 extension header or a TCP option. A plain packet has
// no extension headers; options are the client's choice.
type opExthdr struct {
	reg, n  int
	tcp     bool
	ipv6    bool
	present bool
	what    string
}

func (o opExthdr) exec(m *machine, s *state) step {
	switch {
	case o.tcp && m.proto(s) != TCP, o.ipv6 && !m.v6:
		if o.present && o.tcp {
			s.regs.put(o.reg, known8(0))
			return goOn()
		}
		return missed()
	case o.ipv6 && o.present:
		s.regs.put(o.reg, known8(0))
		return goOn()
	case o.ipv6:
		return missed()
	case o.present:
		s.regs.put(o.reg, value{b: []byte{0}, known: []byte{0xfe}, why: o.what})
		return goOn()
	}
	s.regs.put(o.reg, unknown(o.n, o.what))
	return undecided(o.what)
}

// localAddr gives one of the host's addresses on an interface: the one that
// redirect writes, invalid if that is not known.
func (m *machine) localAddr() netip.Addr {
	if m.loopback {
		if m.v6 {
			return netip.IPv6Loopback()
		}
	}
	l, ok := m.host.link(m.q.Interface)
	if !ok {
		return netip.Addr{}
	}
	if m.v6 {
		return m.localAddr6(l)
	}
	for _, a := range m.host.Addrs {
		if a.Index == l.Index && a.Addr.Is4() {
			return a.Addr
		}
	}
	return netip.Addr{}
}

// localAddr6 is nf_nat_redirect_ipv6: an address of the scope of the source. With
// more than one candidate the choice is the kernel's.
func (m *machine) localAddr6(l Link) netip.Addr {
	var found netip.Addr
	for _, a := range m.host.Addrs {
		if a.Index != l.Index || !a.Addr.Is6() || a.Addr.IsLinkLocalUnicast() != m.q.From.IsLinkLocalUnicast() {
			continue
		}
		if found.IsValid() {
			return netip.Addr{}
		}
		found = a.Addr
	}
	return found
}
