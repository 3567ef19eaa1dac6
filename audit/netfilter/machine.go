package netfilter

import (
	"cmp"
	"slices"
)

// Bounds of one walk. A rule set that passes them is answered with unknown.
const (
	maxSteps  = 1_000_000
	maxForks  = 20_000
	maxDepth  = 64
	maxEvents = 10_000
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

// machine evaluates one question over one plan.
type machine struct {
	rs       *Ruleset
	host     *Host
	q        Question
	v6       bool
	family   Family
	loopback bool
	ctOn     bool
	hasNAT   bool
	// hasOutput: chains see what this host sends.
	hasOutput bool

	plan   []stage
	ends   map[core]outcome
	starts map[*Rule]bool
	frames map[frame]*frame
	adds   map[addition]*addition
	steps  int
	forks  int
}

func (m *machine) reset(plan []stage) {
	m.plan = plan
	m.ends = map[core]outcome{}
	m.starts = map[*Rule]bool{}
	m.frames = map[frame]*frame{}
	m.adds = map[addition]*addition{}
}

// load fetches a set's elements when they are first needed.
func (m *machine) load(t *Set) error {
	if t.loaded || m.rs.Load == nil {
		return t.err
	}
	t.err, t.loaded = m.rs.Load(t), true
	return t.err
}

// push interns the place to return to.
func (m *machine) push(s *state, rule int) bool {
	f := frame{up: s.stack, chain: s.chain, rule: rule}
	if s.stack != nil {
		f.depth = s.stack.depth + 1
	}
	if f.depth > maxDepth {
		return false
	}
	p, ok := m.frames[f]
	if !ok {
		p = &f
		m.frames[f] = p
	}
	s.stack = p
	return true
}

// add records an element that later rules of the walk will see.
func (m *machine) add(s *state, set *Set, key value) {
	a := addition{up: s.added, set: set}
	if key.isKnown() {
		a.key = string(key.b)
	}
	for p := s.added; p != nil; p = p.up {
		if p.set == set && p.key == a.key {
			return
		}
	}
	p, ok := m.adds[a]
	if !ok {
		p = &a
		m.adds[a] = p
	}
	s.added = p
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

// run walks on from s until every way has ended.
func (m *machine) run(s *state) outcome {
	var g segment
	return g.prepend(m.walk(s, &g))
}

func (m *machine) giveUp(why string) outcome {
	return outcome{mask: canOther, names: []string{why}, by: [4]*decision{3: {}}}
}

func (m *machine) walk(s *state, g *segment) outcome {
	for {
		if m.steps++; m.steps > maxSteps {
			return m.giveUp("the rule set is too large to follow")
		}
		if m.known(s) {
			return m.ends[s.core]
		}
		if s.chain == nil {
			if o, ended := m.nextStage(s, g); ended {
				return o
			}
			continue
		}
		if s.rule >= len(s.chain.Rules) {
			if o, ended := m.leave(s, g); ended {
				return o
			}
			continue
		}
		r := s.chain.Rules[s.rule]
		if o, ended := m.rule(s, r, g); ended {
			return o
		}
	}
}

// known tells whether a way already ended that stood where s stands.
func (m *machine) known(s *state) bool {
	if s.op != 0 || len(m.ends) == 0 {
		return false
	}
	if s.chain != nil && s.rule < len(s.chain.Rules) && !m.starts[s.chain.Rules[s.rule]] {
		return false
	}
	_, ok := m.ends[s.core]
	return ok
}

// rule runs the operations of one rule from s.op on.
func (m *machine) rule(s *state, r *Rule, g *segment) (outcome, bool) {
	ops := r.operations(s.chain.Table)
	for s.op < len(ops) {
		st := ops[s.op].exec(m, s)
		switch st.kind {
		case next:
			s.op++
		case miss:
			s.rule++
			s.op = 0
			return outcome{}, false
		case verdict:
			if st.v.Code == Continue {
				s.op++
				continue
			}
			return m.obey(s, r, st, g)
		case fate:
			g.add(s, r, "unknown")
			return single(canOther, &decision{ref: &ref{chain: s.chain, rule: r}}, st.why), true
		default:
			return m.fork(s, r, st), true
		}
	}
	if len(ops) > 0 {
		g.add(s, r, "continue")
	}
	s.rule++
	s.op = 0
	return outcome{}, false
}

// obey carries out a verdict.
func (m *machine) obey(s *state, r *Rule, st step, g *segment) (outcome, bool) {
	g.add(s, r, st.v.String())
	end := func(bit uint8) (outcome, bool) {
		return single(bit, &decision{ref: &ref{chain: s.chain, rule: r}, set: st.set, elem: st.element}), true
	}
	switch st.v.Code {
	case Drop:
		return end(canDrop)
	case Reject:
		return m.refuse(s, r, st)
	case Stolen:
		o, ended := end(canOther)
		o.names = []string{"a packet that is handed elsewhere"}
		return o, ended
	case Accept:
		m.acceptBase(s)
	case Queue:
		dropped, _ := end(canDrop)
		on := *s
		m.acceptBase(&on)
		return merge(m.branch(&on), dropped, "queue"), true
	case Return:
		return m.leave(s, g)
	case Jump, Goto:
		to := s.chain.Table.Chains[st.v.Chain]
		if to == nil {
			return m.giveUp("a jump to a chain that is not there: " + st.v.Chain), true
		}
		if st.v.Code == Jump && !m.push(s, s.rule+1) {
			return m.giveUp("jumps nest too deep"), true
		}
		s.chain, s.rule, s.op = to, 0, 0
	}
	return outcome{}, false
}

// refuse sends the answer of a rejection out. One that gets lost in the output
// chains leaves the client waiting as a drop does.
func (m *machine) refuse(s *state, r *Rule, st step) (outcome, bool) {
	at := &ref{chain: s.chain, rule: r}
	switch {
	case m.loopback:
		d := &decision{ref: at}
		return merge(single(canReject, d), single(canDrop, d), "whether the refusal of a connection to oneself gets back"), true
	case s.way.outgoing():
		// The answer goes to this host itself, and the client hears nothing.
		return single(canDrop, &decision{ref: at}), true
	case s.way == later || !m.hasOutput:
		return single(canReject, &decision{ref: at, set: st.set, elem: st.element}), true
	case s.track != tracked && m.ctOn:
		d := &decision{ref: at}
		return merge(single(canReject, d), single(canDrop, d), "whether the refusal of an untracked packet gets out"), true
	}
	out := *s
	m.acceptBase(&out)
	for out.stage = 0; m.plan[out.stage].kind != turnStage; {
		out.stage++
	}
	out.stage++
	out.way, out.refused, out.reset, out.replyDir, out.pre = refusal, at, st.reset, true, false
	out.mark, out.priority = zero32, bits32{}
	return m.branch(&out), true
}

// leave ends a chain: back to the caller, or the policy of a base chain.
func (m *machine) leave(s *state, g *segment) (outcome, bool) {
	if s.stack != nil {
		s.chain, s.rule, s.op = s.stack.chain, s.stack.rule, 0
		s.stack = s.stack.up
		return outcome{}, false
	}
	c := s.base
	if c.Policy.Code == Drop {
		g.events = append(g.events, event{ref: ref{chain: c}, way: s.way, result: "drop"})
		return single(canDrop, &decision{ref: &ref{chain: c}}), true
	}
	s.chain = c
	g.events = append(g.events, event{ref: ref{chain: c}, way: s.way, result: "accept"})
	m.acceptBase(s)
	return outcome{}, false
}

// acceptBase ends the current base chain.
func (m *machine) acceptBase(s *state) {
	s.chain, s.base, s.rule, s.op, s.stack = nil, nil, 0, 0, nil
	if p := m.plan[s.stage]; p.kind == natStage {
		s.nat++
		return
	}
	s.stage++
}

// branch runs one arm of a fork and remembers how it ended.
func (m *machine) branch(s *state) outcome {
	if m.forks++; m.forks > maxForks {
		return m.giveUp("too many matches that cannot be decided")
	}
	if s.op != 0 {
		return m.run(s)
	}
	key := s.core
	if o, ok := m.ends[key]; ok {
		return o
	}
	if s.chain != nil && s.rule < len(s.chain.Rules) {
		m.starts[s.chain.Rules[s.rule]] = true
	}
	o := m.run(s)
	m.ends[key] = o
	return o
}

// fork follows every possible outcome of one operation.
func (m *machine) fork(s *state, r *Rule, st step) outcome {
	not := *s
	not.rule++
	not.op = 0
	if st.kind == choice {
		return m.choose(s, not, r, st)
	}
	if st.kind == fork && idle(r.ops[s.op+1:]) {
		return m.branch(&not)
	}
	o := m.branch(&not)
	on := *s
	on.op++
	o = merge(m.branch(&on), o, st.why)
	if st.kind == anything {
		d := &decision{ref: &ref{chain: s.chain, rule: r}}
		o = merge(o, single(canDrop, d), st.why)
		accepted := *s
		m.acceptBase(&accepted)
		o = merge(o, m.branch(&accepted), st.why)
	}
	return o
}

// choose follows each element that a lookup may have found.
func (m *machine) choose(s *state, not state, r *Rule, st step) outcome {
	var o outcome
	for i, a := range st.alts {
		arm := *s
		var g segment
		var one outcome
		ended := false
		switch {
		case a.miss:
			arm = not
		case a.elem != nil && a.elem.Guard != "":
			return m.giveUp(a.elem.Guard)
		case a.put != nil:
			arm.regs.put(a.at, known(a.put))
			arm.op++
		case a.v.Code == Continue:
			arm.op++
		default:
			one, ended = m.obey(&arm, r, step{kind: verdict, v: a.v}, &g)
		}
		if !ended {
			one = m.branch(&arm)
		}
		one = g.prepend(one)
		if i == 0 {
			o = one
			continue
		}
		o = merge(o, one, st.why)
	}
	return o
}

// idle tells whether operations change nothing, as those of `limit … log` do.
func idle(ops []op) bool {
	for _, o := range ops {
		if _, ok := o.(opNone); !ok {
			return false
		}
	}
	return true
}
