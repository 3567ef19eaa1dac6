package netfilter

import (
	"encoding/binary"
	"net/netip"
)

// Flags of a nat range, NF_NAT_RANGE_*, that leave the choice to the kernel.
const (
	natProtoRandom  = 4
	natPersistent   = 8
	natFullyRandom  = 16
	natProtoOffset  = 32
	natNetmap       = 64
	natUnforeseable = natProtoRandom | natPersistent | natFullyRandom | natProtoOffset | natNetmap
)

// opNat is a source or destination translation to values in registers; an
// offset of -1 is an attribute that is not there (nft_nat.c).
type opNat struct {
	// family is the one that the statement is for; other packets pass it by.
	family           Family
	source           bool
	addrMin, addrMax int
	portMin, portMax int
	flags            uint32
}

func (o opNat) exec(m *machine, s *state) step {
	if o.family != m.family && o.family != Inet {
		return goOn()
	}
	t := target{keepAddr: o.addrMin < 0, keepPort: o.portMin < 0}
	if !t.keepAddr {
		n := 4
		if m.v6 {
			n = 16
		}
		t.addr = addrOf(s.regs.get(o.addrMin, n))
		if o.addrMax >= 0 && addrOf(s.regs.get(o.addrMax, n)) != t.addr {
			t.addr = netip.Addr{}
		}
	}
	if !t.keepPort {
		t.port = portOf(s.regs.get(o.portMin, 2))
		if o.portMax >= 0 && portOf(s.regs.get(o.portMax, 2)) != t.port {
			t.port = 0
		}
	}
	if o.source {
		return m.translateSource(s)
	}
	return m.translate(s, t, o.flags)
}

func portOf(v value) uint16 {
	if !v.isKnown() || len(v.b) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(v.b)
}

// opRedirect sends the packet to this host itself (nft_redir.c).
type opRedirect struct {
	portMin, portMax int
	flags            uint32
}

func (o opRedirect) exec(m *machine, s *state) step {
	t := target{self: true, keepPort: o.portMin < 0}
	if !t.keepPort {
		t.port = portOf(s.regs.get(o.portMin, 2))
		if o.portMax >= 0 && portOf(s.regs.get(o.portMax, 2)) != t.port {
			t.port = 0
		}
	}
	return m.translate(s, t, o.flags)
}

// opNatTo is a translation to constants, as iptables writes it.
type opNatTo struct {
	target target
	flags  uint32
	source bool
}

func (o opNatTo) exec(m *machine, s *state) step {
	if o.source {
		return m.translateSource(s)
	}
	return m.translate(s, o.target, o.flags)
}

// target is where a translation leads. A zero address or port that is not kept
// is one of several.
type target struct {
	self, keepAddr, keepPort bool
	addr                     netip.Addr
	port                     uint16
}

// translate is nf_nat_setup_info for the destination: the first one to translate
// a connection decides, and the packet is accepted by this chain.
func (m *machine) translate(s *state, t target, flags uint32) step {
	m.translated = true
	if s.natOnce || s.track != tracked || m.plan[s.stage].kind != natStage {
		return unknownOp("destination NAT outside of a nat chain")
	}
	if m.loopback {
		return untold("address translation of a connection to oneself")
	}
	daddr, dport := s.daddr, s.dport
	switch {
	case t.self:
		daddr = m.localAddr()
	case !t.keepAddr && (!t.addr.IsValid() || flags&natNetmap != 0):
		return untold("destination NAT to one of several addresses")
	case !t.keepAddr:
		daddr = t.addr
	}
	if !t.keepPort {
		if t.port == 0 || flags&natUnforeseable != 0 {
			return untold("destination NAT to one of several ports")
		}
		dport = t.port
	}
	s.dnat = daddr != s.daddr || dport != s.dport || !daddr.IsValid()
	s.daddr, s.dport, s.natOnce, s.pre = daddr, dport, true, false
	return decide(Verdict{Code: Accept})
}

// translateSource is snat in an input chain: it changes what replies are sent
// to, which conntrack takes back.
func (m *machine) translateSource(s *state) step {
	s.snatOnce, s.snat = true, true
	return decide(Verdict{Code: Accept})
}

// opMasq is masquerade; it is met in postrouting only, where a reply of a known
// connection never gets.
type opMasq struct{}

func (opMasq) exec(m *machine, s *state) step { return m.translateSource(s) }
