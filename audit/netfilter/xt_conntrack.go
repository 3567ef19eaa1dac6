package netfilter

import (
	"fmt"
	"strings"
)

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
