package netfilter

import (
	"cmp"
	"slices"
)

// outcome sets, as bits.
const (
	canAccept uint8 = 1 << iota
	canDrop
	canReject
	canOther
)

// outcome is how the ways from one point on can end.
type outcome struct {
	mask  uint8
	names []string
	// by holds for each bit of mask the decision that a way ended with.
	by [4]*decision
}

// decision is the end of one way, and the matches that led there.
type decision struct {
	ref   *ref
	trace *event
	set   *Set
	elem  *Element
}

// ref points into the rule set; rule nil is the chain's policy.
type ref struct {
	chain *Chain
	rule  *Rule
	what  string
}

// event is one matched rule in a list towards the end of the walk.
type event struct {
	ref    ref
	way    way
	result string
	next   *event
}

// segment is a stretch of one way: what it matched since the last fork.
type segment struct {
	events []event
}

func (g *segment) add(s *state, r *Rule, result string) {
	if len(g.events) < maxEvents {
		g.events = append(g.events, event{ref: ref{chain: s.chain, rule: r}, way: s.way, result: result})
	}
}

// prepend puts the segment's events before those of an outcome.
func (g *segment) prepend(o outcome) outcome {
	if len(g.events) == 0 {
		return o
	}
	for i, d := range o.by {
		if d == nil {
			continue
		}
		longer := *d
		for _, e := range slices.Backward(g.events) {
			e.next = longer.trace
			longer.trace = &e
		}
		o.by[i] = &longer
	}
	return o
}

func single(bit uint8, d *decision, names ...string) outcome {
	o := outcome{mask: bit, names: names}
	for i := range o.by {
		if bit == 1<<i {
			o.by[i] = d
		}
	}
	return o
}

// merge joins two ways. The name of what divides them is added only if they
// can end differently.
func merge(a, b outcome, why string) outcome {
	o := outcome{mask: a.mask | b.mask, names: slices.Clone(a.names), by: a.by}
	for _, n := range b.names {
		o.names = addName(o.names, n)
	}
	if a.mask != b.mask {
		o.names = addName(o.names, cmp.Or(why, "a match that is not known"))
	}
	for i := range o.by {
		if o.by[i] == nil {
			o.by[i] = b.by[i]
		}
	}
	return o
}
