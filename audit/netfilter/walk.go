package netfilter

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
	case Continue:
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
