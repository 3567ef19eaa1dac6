package netfilter

import (
	"fmt"
	"strings"
)

// State bits of -m conntrack beyond those of nf_tables.
const (
	xtStateSNAT      = 64
	xtStateDNAT      = 128
	xtStateUntracked = 256
)

// xtState is -m conntrack --ctstate and -m state. States are given as in
// xt_conntrack, where UNTRACKED is 256.
type xtState struct {
	ext    string
	states uint16
	invert bool
}

func (x xtState) name() string { return x.ext }

func (x xtState) test(_ *machine, s *state) tri {
	b := uint16(s.stateBits())
	if b == stateUntracked {
		b = xtStateUntracked
	}
	if s.track == tracked {
		if s.dnat {
			b |= xtStateDNAT
		}
		if s.snat {
			b |= xtStateSNAT
		}
	}
	return truth((b&x.states != 0) != x.invert)
}

func (x xtState) text() string {
	var out []string
	for _, n := range stateNames {
		if x.states&n.bit != 0 {
			out = append(out, n.name)
		}
	}
	opt := "--ctstate "
	if x.ext == "state" {
		opt = "--state "
	}
	return "-m " + x.ext + " " + bang(x.invert) + opt + strings.Join(out, ",")
}

var stateNames = []struct {
	name string
	bit  uint16
}{{"INVALID", 1}, {"NEW", 8}, {"RELATED", 4}, {"ESTABLISHED", 2}, {"UNTRACKED", 256}, {"SNAT", 64}, {"DNAT", 128}}

// xtConntrack is -m conntrack as a whole. Without a conntrack entry only the
// state counts, and without that it is false (xt_conntrack_mt.c, conntrack_mt).
type xtConntrack struct {
	state *xtState
	rest  []xtMatch
}

func (x xtConntrack) name() string { return "conntrack" }

func (x xtConntrack) test(m *machine, s *state) tri {
	t := yes
	if x.state != nil {
		t = x.state.test(m, s)
	}
	if s.track != tracked {
		return t.and(truth(x.state != nil))
	}
	for _, r := range x.rest {
		t = t.and(r.test(m, s))
	}
	return t
}

func (x xtConntrack) text() string {
	var out []string
	if x.state != nil {
		out = append(out, x.state.text())
	}
	for _, r := range x.rest {
		out = append(out, r.text())
	}
	return strings.Join(out, " ")
}

// xtTuple is one of conntrack's --ctorigsrc, --ctorigdstport and the like; they
// are asked only when there is an entry.
type xtTuple struct {
	reply, source bool
	// addr and mask for an address; otherwise ports from and to.
	addr, mask []byte
	from, to   uint16
	invert     bool
}

func (x xtTuple) name() string { return "conntrack" }

func (x xtTuple) test(m *machine, s *state) tri {
	if s.noCtNew {
		return maybe
	}
	a, p := m.tuple(s, int(b2u(x.reply)), x.source)
	if x.addr == nil {
		return inverted(inPorts(p, x.from, x.to), x.invert)
	}
	if len(a.b) != len(x.addr) {
		return no
	}
	t := yes
	for i := range a.b {
		if (a.b[i]^x.addr[i])&x.mask[i]&a.known[i] != 0 {
			t = no
			break
		}
		if x.mask[i]&^a.known[i] != 0 {
			t = maybe
		}
	}
	return inverted(t, x.invert)
}

func (x xtTuple) text() string {
	opt := map[bool]string{false: "orig", true: "repl"}[x.reply] + map[bool]string{false: "dst", true: "src"}[x.source]
	if x.addr == nil {
		return fmt.Sprintf("-m conntrack %s--ct%sport %s", bang(x.invert), opt, portRange(x.from, x.to))
	}
	a := xtAddr{addr: x.addr, mask: x.mask}.text()
	return fmt.Sprintf("-m conntrack %s--ct%s %s", bang(x.invert), opt, strings.TrimPrefix(a, "-s "))
}

// xtCtProto is --ctproto, xtCtStatus --ctstatus, xtCtDir --ctdir.
type xtCtProto struct {
	proto  uint16
	invert bool
}

func (x xtCtProto) name() string { return "conntrack" }

func (x xtCtProto) test(m *machine, _ *state) tri {
	return truth((x.proto == uint16(m.q.Proto)) != x.invert)
}

func (x xtCtProto) text() string {
	return fmt.Sprintf("-m conntrack %s--ctproto %d", bang(x.invert), x.proto)
}

type xtCtStatus struct {
	mask   uint32
	invert bool
}

func (x xtCtStatus) name() string { return "conntrack" }

func (x xtCtStatus) test(_ *machine, s *state) tri {
	b := s.status()
	t := no
	switch {
	case b.v&b.k&x.mask != 0:
		t = yes
	case x.mask&^b.k != 0:
		t = maybe
	}
	return inverted(t, x.invert)
}

func (x xtCtStatus) text() string {
	return fmt.Sprintf("-m conntrack %s--ctstatus %#x", bang(x.invert), x.mask)
}

type xtCtDir struct{ reply bool }

func (x xtCtDir) name() string { return "conntrack" }

func (x xtCtDir) test(_ *machine, s *state) tri {
	return truth(s.replyDir == x.reply)
}

func (x xtCtDir) text() string {
	return "-m conntrack --ctdir " + map[bool]string{false: "ORIGINAL", true: "REPLY"}[x.reply]
}

// xtMark is -m mark, and with ct -m connmark.
type xtMark struct {
	ct         bool
	mark, mask uint32
	invert     bool
}

func (x xtMark) name() string {
	if x.ct {
		return "connmark"
	}
	return "mark"
}

func (x xtMark) test(_ *machine, s *state) tri {
	b := s.mark
	if x.ct {
		// xt_connmark.c, connmark_mt: false without an entry, inverted or not.
		if s.track != tracked {
			return no
		}
		b = s.ctmark
	}
	return inverted(b.masked(x.mask, x.mark), x.invert)
}

func (x xtMark) text() string {
	return fmt.Sprintf("-m %s %s--mark %s", x.name(), bang(x.invert), maskedText(x.mark, x.mask))
}

func maskedText(v, mask uint32) string {
	if mask == ^uint32(0) {
		return fmt.Sprintf("%#x", v)
	}
	return fmt.Sprintf("%#x/%#x", v, mask)
}

// xtPkttype is -m pkttype.
type xtPkttype struct {
	kind   uint32
	invert bool
}

func (x xtPkttype) name() string { return "pkttype" }

func (x xtPkttype) test(m *machine, s *state) tri {
	if s.way.outgoing() || m.loopback {
		return maybe
	}
	return truth((x.kind == 0) != x.invert)
}

func (x xtPkttype) text() string {
	names := [...]string{"unicast", "broadcast", "multicast"}
	if int(x.kind) < len(names) {
		return "-m pkttype " + bang(x.invert) + "--pkt-type " + names[x.kind]
	}
	return fmt.Sprintf("-m pkttype %s--pkt-type %d", bang(x.invert), x.kind)
}

// xtAddrtype is -m addrtype for one side.
type xtAddrtype struct {
	dest, invert, onIface bool
	// types holds 1<<RTN_* bits.
	types uint16
}

func (x xtAddrtype) name() string { return "addrtype" }

func (x xtAddrtype) test(m *machine, s *state) tri {
	v, dst := m.addrs(s)
	if x.dest {
		v = dst
	}
	kind := m.addrType(s, v, x.dest, x.onIface)
	t := no
	for n := range uint32(12) {
		if x.types&(1<<n) == 0 {
			continue
		}
		t = t.or(kind.masked(^uint32(0), n))
	}
	if m.v6 && t == no && x.types&^(1<<rtnLocal|1<<rtnUnicast) != 0 {
		t = maybe
	}
	if m.v6 && x.types&(1<<rtnUnicast) != 0 && t == no {
		// For IPv6 a local address counts as unicast too (xt_addrtype.c, match_type6).
		t = truth(x.types == 1<<rtnUnicast)
	}
	return inverted(t, x.invert)
}

func (x xtAddrtype) text() string {
	var out []string
	for n, name := range addrTypes {
		if x.types&(1<<n) != 0 {
			out = append(out, name)
		}
	}
	side := "--src-type "
	if x.dest {
		side = "--dst-type "
	}
	s := "-m addrtype " + bang(x.invert) + side + strings.Join(out, ",")
	if x.onIface {
		s += " --limit-iface-in"
	}
	return s
}

var addrTypes = []string{"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE",
	"UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"}

// xtRPFilter is -m rpfilter.
type xtRPFilter struct{ loose, mark, invert bool }

func (x xtRPFilter) name() string { return "rpfilter" }

func (x xtRPFilter) test(m *machine, s *state) tri {
	src, dst := m.addrs(s)
	_, _, t := m.reverse(s, addrOf(src), addrOf(dst), !x.loose, x.mark)
	return inverted(t, x.invert)
}

func (x xtRPFilter) text() string {
	s := "-m rpfilter"
	for _, o := range []struct {
		on   bool
		name string
	}{{x.loose, " --loose"}, {x.mark, " --validmark"}, {x.invert, " --invert"}} {
		if o.on {
			s += o.name
		}
	}
	return s
}

// xtPolicy is -m policy --dir in: a plain packet has no security path, so only
// --pol none holds (xt_policy.c, policy_mt).
type xtPolicy struct{ in, none bool }

func (x xtPolicy) name() string { return "policy" }

func (x xtPolicy) test(*machine, *state) tri {
	if !x.in {
		return maybe
	}
	return truth(x.none)
}

func (x xtPolicy) text() string {
	return "-m policy --dir " + map[bool]string{true: "in", false: "out"}[x.in] +
		" --pol " + map[bool]string{true: "none", false: "ipsec"}[x.none]
}
