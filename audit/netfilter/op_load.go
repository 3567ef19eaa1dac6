package netfilter

import (
	"encoding/binary"
	"net/netip"
)

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

// opMeta loads NFT_META_* (nft_meta.c, nft_meta_get_eval).
type opMeta struct {
	reg int
	key uint32
}

// NFT_META_*.
const (
	metaLen uint32 = iota
	metaProtocol
	metaPriority
	metaMark
	metaIif
	metaOif
	metaIifname
	metaOifname
	metaIiftype
	metaOiftype
	metaSkuid
	metaSkgid
	metaNftrace
	metaRtclassid
	metaSecmark
	metaNfproto
	metaL4proto
	metaBriIifname
	metaBriOifname
	metaPkttype
	metaCPU
	metaIifgroup
	metaOifgroup
	metaCgroup
	metaPrandom
	metaSecpath
	metaIifkind
	metaOifkind
	metaBriIifpvid
	metaBriIifvproto
	metaTime
	metaDay
	metaHour
	metaSdif
	metaSdifname
	metaBriBroute
)

func (o opMeta) exec(m *machine, s *state) step {
	v, ok := m.meta(s, o.key)
	if !ok {
		return missed()
	}
	if v.b == nil {
		v = unknown(16, "meta "+metaName(o.key))
		s.regs.put(o.reg, v)
		return undecided(v.why)
	}
	s.regs.put(o.reg, v)
	return goOn()
}

// meta gives a meta value; ok is false when the kernel breaks the rule; a value
// without bytes may be either.
func (m *machine) meta(s *state, key uint32) (v value, ok bool) {
	in := !s.way.outgoing()
	switch key {
	case metaLen:
		return unknown(4, "meta length"), true
	case metaProtocol:
		return known16(m.etherType()), true
	case metaPriority:
		return s.priority.value("meta priority"), true
	case metaMark:
		return s.mark.value("meta mark"), true
	case metaIifname:
		return m.inIface(s), true
	case metaOifname:
		return m.outIface(s), true
	case metaIif, metaOif:
		if in == (key == metaIif) {
			return m.ifaceValue(4), true
		}
		return host32(0), true
	case metaIiftype, metaOiftype, metaIifgroup, metaOifgroup, metaIifkind, metaOifkind:
		incoming := key == metaIiftype || key == metaIifgroup || key == metaIifkind
		if in != incoming {
			return value{}, false
		}
		return m.linkMeta(key)
	case metaSkuid, metaSkgid, metaCgroup:
		if in {
			return value{}, false
		}
		return value{}, true
	case metaNfproto:
		return known8(m.nfproto(s)), true
	case metaL4proto:
		return known8(byte(m.proto(s))), true
	case metaPkttype:
		if s.way.outgoing() {
			return unknown(1, "meta pkttype"), true
		}
		if m.loopback {
			return unknown(1, "meta pkttype"), true
		}
		return known8(0), true
	case metaSecpath:
		return known8(0), true
	case metaCPU, metaPrandom, metaRtclassid, metaSecmark:
		return unknown(4, "meta "+metaName(key)), true
	case metaTime:
		return unknown(8, "meta time"), true
	case metaDay:
		return unknown(1, "meta day"), true
	case metaHour:
		return unknown(4, "meta hour"), true
	}
	return value{}, true
}

// nfproto is what `meta nfproto` reads: the family of the hook.
func (m *machine) nfproto(s *state) uint8 {
	if s.base != nil && s.base.Table.Family == Netdev {
		return uint8(Netdev)
	}
	if s.base != nil && s.base.Table.Family == Bridge {
		return uint8(Bridge)
	}
	if m.v6 {
		return uint8(IPv6)
	}
	return uint8(IPv4)
}

func (m *machine) linkMeta(key uint32) (value, bool) {
	l, ok := m.host.link(m.q.Interface)
	switch key {
	case metaIiftype, metaOiftype:
		switch {
		case ok:
			return known(binary.NativeEndian.AppendUint16(nil, l.Type)), true
		case m.loopback:
			return known(binary.NativeEndian.AppendUint16(nil, 772)), true
		}
		return unknown(2, "the type of the interface"), true
	case metaIifgroup, metaOifgroup:
		if ok {
			return host32(l.Group), true
		}
		return unknown(4, "the group of the interface"), true
	}
	switch {
	case !ok:
		return value{}, true
	case l.Kind == "":
		return value{}, false
	}
	return ifname(l.Kind), true
}

// opMetaSet sets a meta value from a register.
type opMetaSet struct {
	reg int
	key uint32
}

func (o opMetaSet) exec(_ *machine, s *state) step {
	v := bitsOf(s.regs.get(o.reg, 4))
	switch o.key {
	case metaMark:
		s.mark = v
	case metaPriority:
		s.priority = v
	case metaPkttype, metaNftrace, metaSecmark:
		// pkttype is set in netdev and bridge chains only, to make a frame the host's own.
	default:
		return unknownOp("meta set")
	}
	return goOn()
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

// opRandom loads a number below a bound that nobody can foresee (numgen, hash).
type opRandom struct {
	reg             int
	modulus, offset uint32
	why             string
}

func (o opRandom) exec(_ *machine, s *state) step {
	v := unknown(4, o.why)
	if o.modulus > 0 && o.offset == 0 {
		// The bits above the largest value are zero.
		var bits uint32 = 1
		for bits < o.modulus && bits != 0 {
			bits <<= 1
		}
		if bits != 0 {
			v.known = binary.NativeEndian.AppendUint32(nil, ^(bits - 1))
		}
	}
	s.regs.put(o.reg, v)
	return goOn()
}

// opLoadUnknown loads something that is not known, and may break the rule.
type opLoadUnknown struct {
	reg, n int
	why    string
}

func (o opLoadUnknown) exec(_ *machine, s *state) step {
	s.regs.put(o.reg, unknown(o.n, o.why))
	return undecided(o.why)
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
