package netfilter

import (
	"slices"
	"strings"
)

// Hook priorities of what is not a chain, NF_IP_PRI_*.
const (
	prioConntrack = -200
	prioDstNAT    = -100
	prioSrcNAT    = 100
)

type stageKind uint8

const (
	chainStage stageKind = iota
	trackStage
	natStage
	unnatStage
	routeStage
	turnStage
	arriveStage
	laterStage
	endStage
)

// stage is one thing that a packet passes.
type stage struct {
	kind  stageKind
	chain *Chain
	nat   []*Chain
	// perhaps: the chain may or may not see the packet, and why.
	perhaps string
	prio    int
}

// maxPlans bounds the orders that are tried when hooks of equal priority cannot
// be told apart.
const maxPlans = 256

// plans lists the possible orders of everything the connection passes. The
// kernel calls hooks of equal priority in reverse order of registration, which
// nobody can read afterwards between nf_tables and ip_tables. nil: too many.
func (m *machine) plans() [][]stage {
	arrival := [][][]stage{m.early(), m.hook(Prerouting, !m.loopback), fixed(stage{kind: routeStage}), m.hook(Input, !m.loopback)}
	answer := [][][]stage{fixed(stage{kind: turnStage}), m.hook(Output, false), m.hook(Postrouting, false)}
	var all [][][]stage
	if m.loopback {
		// A connection to oneself passes both halves with every packet. What it is
		// translated to is settled on the way out.
		out := [][][]stage{m.hook(Output, true), m.hook(Postrouting, true), fixed(stage{kind: arriveStage})}
		all = slices.Concat(out, arrival, answer, [][][]stage{fixed(stage{kind: arriveStage})}, arrival)
	} else {
		all = slices.Concat(arrival, answer)
	}
	first := cross(append(all, fixed(stage{kind: laterStage})))
	// The later packets take the same way in as the first.
	for i, p := range first {
		from := 0
		if m.loopback {
			from = 1 + slices.IndexFunc(p, func(s stage) bool { return s.kind == arriveStage })
		}
		to := slices.IndexFunc(p, func(s stage) bool { return s.kind == turnStage })
		first[i] = append(append(p, p[from:to]...), stage{kind: endStage})
	}
	return first
}

func fixed(s stage) [][]stage { return [][]stage{{s}} }

// cross concatenates one choice of each part.
func cross(parts [][][]stage) [][]stage {
	out := [][]stage{nil}
	for _, choices := range parts {
		if len(choices) == 0 {
			continue
		}
		var longer [][]stage
		for _, head := range out {
			for _, tail := range choices {
				longer = append(longer, append(slices.Clone(head), tail...))
			}
		}
		if out = longer; len(out) > maxPlans {
			return nil
		}
	}
	return out
}

// applies tells whether a table's chains see packets of the question's family.
func (m *machine) applies(t *Table) bool {
	if t.Dormant {
		return false
	}
	return t.Family == Inet || t.Family == m.family
}

// hook gives the possible orders of one hook's stages; translates: nat chains are
// asked there.
func (m *machine) hook(h Hook, translates bool) [][]stage {
	var sure, loose, nat, natLegacy []stage
	for _, t := range m.rs.Tables {
		if !m.applies(t) {
			continue
		}
		for _, c := range t.Order {
			s := stage{chain: c, prio: c.Priority}
			if t.Unclear {
				s.perhaps = "whether table " + shown(t.Name) + " is dormant"
			}
			switch {
			case c.Hook != h, len(c.Rules) == 0 && c.Policy.Code == Accept, c.Type == "nat" && !translates:
				// An empty chain has no say, and a reply is not translated anew.
			case c.Type == "nat" && t.Dialect == Legacy:
				natLegacy = append(natLegacy, s)
			case c.Type == "nat":
				nat = append(nat, s)
			case t.Dialect == Legacy:
				loose = append(loose, s)
			default:
				sure = append(sure, s)
			}
		}
	}
	if h == Prerouting || h == Output {
		loose = append(loose, stage{kind: trackStage, prio: prioConntrack})
	}
	var out [][]stage
	for _, order := range weave(nat, natLegacy) {
		special := loose
		switch {
		case h == Postrouting && m.hasNAT && !translates:
			special = append(slices.Clone(loose), stage{kind: unnatStage, prio: prioSrcNAT})
		case len(order) > 0:
			s := stage{kind: natStage, prio: prioDstNAT}
			if h == Input || h == Postrouting {
				s.prio = prioSrcNAT
			}
			for _, c := range order {
				s.nat = append(s.nat, c.chain)
			}
			special = append(slices.Clone(loose), s)
		}
		out = append(out, weave(sure, special)...)
	}
	return out
}

// weave merges stages whose order is known with such whose place among equals is not.
func weave(sure, loose []stage) [][]stage {
	slices.SortStableFunc(sure, olderLast)
	out := [][]stage{sure}
	for _, l := range loose {
		var more [][]stage
		for _, order := range out {
			from := slices.IndexFunc(order, func(s stage) bool { return s.prio >= l.prio })
			if from < 0 {
				from = len(order)
			}
			for at := from; ; at++ {
				more = append(more, slices.Insert(slices.Clone(order), at, l))
				if at >= len(order) || order[at].prio != l.prio {
					break
				}
			}
		}
		out = more
	}
	return out
}

// olderLast sorts by priority; of equals the younger comes first.
func olderLast(a, b stage) int {
	switch {
	case a.prio != b.prio:
		return a.prio - b.prio
	case a.chain.Table == b.chain.Table:
		return int(b.chain.Handle) - int(a.chain.Handle)
	}
	return int(b.chain.Table.Handle) - int(a.chain.Table.Handle)
}

// early gives what sees the frame before IP does: ingress chains of the device,
// and bridge chains where the interface is a bridge.
func (m *machine) early() [][]stage {
	var ingress, bridge []stage
	link, known := m.host.link(m.q.Interface)
	for _, t := range m.rs.Tables {
		if t.Dormant {
			continue
		}
		for _, c := range t.Order {
			s := stage{chain: c, prio: c.Priority}
			switch {
			case c.Hook == Ingress && (t.Family == Netdev || t.Family == Inet):
				t := m.seesDevice(c.Devices, link, known)
				if t == maybe {
					s.perhaps = "which device chain " + shown(c.Name) + " is for"
				}
				if t != no {
					ingress = append(ingress, s)
				}
			case t.Family == Bridge && (c.Hook == Prerouting || c.Hook == Input):
				s.perhaps = "whether the packet comes over a bridge"
				if known && link.Kind == "bridge" {
					s.perhaps = ""
				}
				if !m.loopback && (!known || link.Kind == "bridge" || len(link.Lower) > 0) {
					if c.Hook == Input {
						s.prio += 1 << 20
					}
					bridge = append(bridge, s)
				}
			}
		}
	}
	slices.SortStableFunc(ingress, olderLast)
	slices.SortStableFunc(bridge, olderLast)
	return [][]stage{append(ingress, bridge...)}
}

// seesDevice tells whether a chain on these devices sees the packet.
func (m *machine) seesDevice(devices []string, link Link, known bool) tri {
	if len(devices) == 0 {
		return maybe // nft 1.0.x leaves the device out of its JSON
	}
	t := no
	for _, d := range devices {
		switch {
		case m.q.Interface == "" && d == "lo":
		case m.q.Interface == "":
			t = maybe
		case matchName(d, m.q.Interface):
			return yes
		case m.q.Interface == "lo" || d == "lo":
		case !known || len(link.Lower) > 0:
			t = maybe
		}
	}
	return t
}

// matchName compares an interface name with one that may end in a star.
func matchName(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}
