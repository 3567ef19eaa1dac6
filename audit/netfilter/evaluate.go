package netfilter

import (
	"fmt"
	"slices"
	"strings"
)

// Evaluate answers one question. An error means that the question makes no sense;
// everything that cannot be known is an Unknown answer. A Ruleset may be asked
// any number of questions, one at a time.
func (rs *Ruleset) Evaluate(q Question, host *Host) (Answer, error) {
	q.From, q.To = q.From.Unmap(), q.To.Unmap()
	if err := q.Check(); err != nil {
		return Answer{}, err
	}
	if q.Interface == "" {
		q.Interface = q.From.Zone()
	}
	q.From, q.To = q.From.WithZone(""), q.To.WithZone("")
	m := &machine{rs: rs, host: host, q: q, v6: q.From.Is6(), family: IPv4}
	if m.v6 {
		m.family = IPv6
	}
	if len(rs.Covers) > 0 && !slices.Contains(rs.Covers, m.family) {
		return Answer{Unknown: []string{fmt.Sprintf("%s says nothing about %s", rs.Source, map[bool]string{false: "IPv4", true: "IPv6"}[m.v6])}}, nil
	}
	m.loopback = q.Interface == "lo" || q.Interface == "" &&
		(q.From.IsLoopback() || q.To.IsLoopback() || q.From == q.To || host != nil && host.local(q.From) == yes)
	if m.loopback {
		m.q.Interface = "lo"
	}
	// The first nat chain hooks translation in everywhere (nf_nat_core.c, nf_nat_register_fn).
	m.hasNAT = slices.ContainsFunc(rs.Tables, func(t *Table) bool {
		return m.applies(t) && slices.ContainsFunc(t.Order, func(c *Chain) bool { return c.Type == "nat" })
	})
	m.hasOutput = slices.ContainsFunc(rs.Tables, func(t *Table) bool {
		return m.applies(t) && slices.ContainsFunc(t.Order, func(c *Chain) bool {
			return (c.Hook == Output || c.Hook == Postrouting) && (c.Type != "nat") && (len(c.Rules) > 0 || c.Policy.Code != Accept)
		})
	})
	m.ctOn = m.needsConntrack()
	plans := m.plans()
	if plans == nil {
		return Answer{Unknown: []string{"the order of many hooks of equal priority"}}, nil
	}
	var o outcome
	for i, p := range plans {
		m.reset(p)
		one := m.run(m.first())
		if i == 0 {
			o = one
			continue
		}
		o = merge(o, one, "the order of hooks of equal priority")
	}
	return m.answer(o), nil
}

// first is the state of the packet before the first hook.
func (m *machine) first() *state {
	s := &state{}
	if m.loopback {
		s.way, s.onLoopback = leaving, true
	}
	s.daddr, s.dport = m.q.To, m.q.Port
	s.mark, s.ctmark = zero32, zero32
	return s
}

// needsConntrack tells whether any rule asks for connection tracking, without
// which it does not run in a network namespace (nf_conntrack_proto.c, nf_ct_netns_get).
func (m *machine) needsConntrack() bool {
	if !m.hasNAT {
		// Only ct matches see the difference, and they ask for it themselves.
		return true
	}
	for _, t := range m.rs.Tables {
		if t.Family != Inet && t.Family != m.family {
			continue
		}
		for _, c := range t.Order {
			for _, r := range c.Rules {
				if slices.ContainsFunc(r.operations(t), asksConntrack) {
					return true
				}
			}
		}
	}
	return false
}

func asksConntrack(o op) bool {
	switch o := o.(type) {
	case opCt, opCtSet, opZone, opNat, opRedirect, opMasq, opNatTo, opMoveMark:
		return true
	case opXT:
		return o.conntrack
	case opSetMark:
		return o.ct
	case opNone:
		return o.name == "CT" || o.name == "CONNSECMARK"
	case opMaybe:
		return o.name == "ct count"
	case opFate:
		return o.name == "synproxy" || o.name == "SYNPROXY"
	case opObjref:
		return strings.HasPrefix(o.kind, "ct ") || o.kind == "synproxy"
	}
	return false
}

// answer words an outcome.
func (m *machine) answer(o outcome) Answer {
	names := slices.Clone(o.names)
	a := Answer{Translated: m.translated}
	pick := -1
	switch o.mask {
	case canAccept:
		a.Verdict, pick = Accepted, 0
	case canDrop:
		a.Verdict, pick = Dropped, 1
	case canReject:
		a.Verdict, pick = Rejected, 2
	}
	a.Refused = o.mask&(canAccept|canOther) == 0
	if pick == 0 && len(m.rs.Missing) > 0 {
		a.Verdict = Unknown
		names = m.rs.Missing
	}
	if a.Verdict == Unknown {
		for _, n := range names {
			a.Unknown = append(a.Unknown, shownWords(n))
		}
		for i, d := range o.by {
			if d != nil && (pick < 0 || o.mask&(1<<i) != 0) {
				pick = i
			}
		}
	}
	if pick >= 0 && o.by[pick] != nil {
		d := o.by[pick]
		a.Trace = m.traceSteps(d.trace)
		a.DecidedBy = m.decidedBy(d, a.Verdict)
	}
	return a
}
