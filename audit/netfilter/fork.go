package netfilter

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
