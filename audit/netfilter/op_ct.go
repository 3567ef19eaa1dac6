package netfilter

import "encoding/binary"

// NFT_CT_*.
const (
	ctState uint32 = iota
	ctDirection
	ctStatus
	ctMark
	ctSecmark
	ctExpiration
	ctHelper
	ctL3proto
	ctSrc
	ctDst
	ctProto
	ctProtoSrc
	ctProtoDst
	ctLabels
	ctPkts
	ctBytes
	ctAvgpkt
	ctZone
	ctEventmask
	ctSrcIP
	ctDstIP
	ctSrcIP6
	ctDstIP6
	ctID
)

// Conntrack state bits as nf_tables and xt_state share them.
const (
	stateInvalid     = 1
	stateEstablished = 2
	stateRelated     = 4
	stateNew         = 8
	stateUntracked   = 64
)

// Conntrack status bits, IPS_*.
const (
	statusSeenReply = 2
	statusConfirmed = 8
	statusSrcNAT    = 0x10
	statusDstNAT    = 0x20
)

// stateBits is the conntrack state of the packet.
func (s *state) stateBits() uint32 {
	switch {
	case s.track == untracked:
		return stateUntracked
	case s.track == untouched:
		return stateInvalid
	case s.way == refusal:
		return stateRelated // nf_conntrack_attach
	case s.established:
		return stateEstablished
	}
	return stateNew
}

// status gives conntrack's status bits. Those for "nat has been asked" and
// "assured" are left unknown.
func (s *state) status() bits32 {
	b := bits32{0, ^uint32(0x40 | 0x80 | 0x100 | 4 | 0xffff8000)}
	if s.dnat {
		b.v |= statusDstNAT
	}
	if s.snat {
		b.v |= statusSrcNAT
	}
	if s.onLoopback {
		b.k &^= statusConfirmed // once it has been out
	}
	if s.established {
		b.k |= statusConfirmed
		b.v |= statusSeenReply | statusConfirmed
	}
	return b
}

// opCt loads NFT_CT_* (nft_ct.c, nft_ct_get_eval).
type opCt struct {
	reg int
	key uint32
	// dir is 0 for original, 1 for reply, -1 if the key has none.
	dir int
}

func (o opCt) exec(m *machine, s *state) step {
	if o.key == ctState {
		s.regs.put(o.reg, host32(s.stateBits()))
		return goOn()
	}
	if s.track != tracked {
		return missed()
	}
	v, ok := m.ct(s, o.key, o.dir)
	if !ok {
		return missed()
	}
	s.regs.put(o.reg, v)
	if v.why == "ct" {
		return undecided("ct " + ctName(o.key))
	}
	return goOn()
}

// tuple gives one end of the connection as conntrack holds it.
func (m *machine) tuple(s *state, dir int, source bool) (addr, port value) {
	if (dir == 1) != source {
		// The client's end: source of the original tuple, destination of the reply tuple.
		if dir == 1 && s.snat {
			return m.addrValue(netipNone, "source NAT"), unknown(2, "source NAT")
		}
		return m.addrValue(m.q.From, ""), clientPort()
	}
	if dir == 1 {
		return m.addrValue(s.daddr, "the destination address"), known16(s.dport)
	}
	return m.addrValue(m.q.To, "the destination address"), known16(m.q.Port)
}

func (m *machine) ct(s *state, key uint32, dir int) (value, bool) {
	if s.noCtNew && (key >= ctSrc && key <= ctProtoDst || key >= ctSrcIP && key <= ctDstIP6) {
		return unknown(16, "ct"), true
	}
	switch key {
	case ctDirection:
		return known8(b2u(s.replyDir)), true
	case ctStatus:
		return s.status().value("ct status"), true
	case ctMark:
		return s.ctmark.value("ct mark"), true
	case ctHelper:
		return value{}, false
	case ctL3proto:
		return known8(map[bool]uint8{false: 2, true: 10}[m.v6]), true
	case ctProto:
		return known8(byte(m.q.Proto)), true
	case ctSrc, ctSrcIP, ctSrcIP6, ctDst, ctDstIP, ctDstIP6:
		switch {
		case m.v6 && (key == ctSrcIP || key == ctDstIP), !m.v6 && (key == ctSrcIP6 || key == ctDstIP6):
			return value{}, false
		}
		a, _ := m.tuple(s, dir, key == ctSrc || key == ctSrcIP || key == ctSrcIP6)
		return a, true
	case ctProtoSrc, ctProtoDst:
		_, p := m.tuple(s, dir, key == ctProtoSrc)
		return p, true
	case ctZone:
		return known(binary.NativeEndian.AppendUint16(nil, s.zone)), true
	}
	return unknown(16, "ct"), true
}

func b2u(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// opCtSet sets a conntrack value from a register.
type opCtSet struct {
	reg int
	key uint32
}

func (o opCtSet) exec(_ *machine, s *state) step {
	switch o.key {
	case ctMark:
		// nft_ct_set_eval: without an entry the rule goes on unchanged.
		if s.track == tracked {
			s.ctmark = bitsOf(s.regs.get(o.reg, 4))
		}
	case ctZone:
		v := s.regs.get(o.reg, 2)
		if !v.isKnown() {
			return untold("an unknown conntrack zone")
		}
		return opZone{binary.NativeEndian.Uint16(v.b)}.exec(nil, s)
	case ctSecmark, ctLabels, ctEventmask:
	default:
		return unknownOp("ct set")
	}
	return goOn()
}

// opZone gives the packet a conntrack zone, as a template for conntrack to come.
type opZone struct{ zone uint16 }

func (o opZone) exec(_ *machine, s *state) step {
	if s.track == untouched {
		s.zone = o.zone
	}
	return goOn()
}
