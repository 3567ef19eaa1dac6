package netfilter

import "strings"

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
	var s strings.Builder
	s.WriteString("-m rpfilter")
	for _, o := range []struct {
		on   bool
		name string
	}{{x.loose, " --loose"}, {x.mark, " --validmark"}, {x.invert, " --invert"}} {
		if o.on {
			s.WriteString(o.name)
		}
	}
	return s.String()
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
