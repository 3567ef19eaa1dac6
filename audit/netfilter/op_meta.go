package netfilter

import "encoding/binary"

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
