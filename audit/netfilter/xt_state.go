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
