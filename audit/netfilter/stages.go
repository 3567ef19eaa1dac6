package netfilter

import "slices"

// nextStage enters the next thing that the packet passes.
func (m *machine) nextStage(s *state, g *segment) (outcome, bool) {
	p := m.plan[s.stage]
	switch p.kind {
	case chainStage:
		if p.perhaps != "" && !s.entered {
			over := *s
			over.stage++
			in := *s
			in.entered = true
			return merge(m.branch(&over), m.branch(&in), p.perhaps), true
		}
		s.entered = false
		s.enter(p.chain)
	case trackStage:
		m.trackPacket(s)
		s.stage++
	case natStage:
		if s.track != tracked || s.established || s.natDone(p) || s.nat >= len(p.nat) {
			s.nat = 0
			if s.track == tracked && s.established && s.natOnce {
				s.pre = false
			}
			s.stage++
			break
		}
		s.enter(p.nat[s.nat])
	case unnatStage:
		// A reply leaves with the address that the client asked for.
		s.pre = s.pre || s.natOnce && s.track == tracked
		s.stage++
	case routeStage:
		return m.route(s)
	case arriveStage:
		// Over the loopback a packet keeps its mark and its conntrack entry.
		if s.way == leaving {
			s.way = request
		} else {
			s.way = returning
		}
		s.stage++
	case turnStage:
		m.turn(s, reply)
		s.stage++
	case laterStage:
		if s.way == refusal {
			return single(canReject, &decision{ref: s.refused}), true
		}
		return m.laterPackets(s), true
	case endStage:
		return single(canAccept, &decision{}), true
	}
	return outcome{}, false
}

// enter starts a base chain.
func (s *state) enter(c *Chain) { s.chain, s.base, s.rule, s.op, s.stack = c, c, 0, 0, nil }

// natDone tells whether this hook's translation has been decided.
func (s *state) natDone(p stage) bool {
	if p.prio == prioDstNAT {
		return s.natOnce
	}
	return s.snatOnce
}

// trackPacket is conntrack's hook.
func (m *machine) trackPacket(s *state) {
	if s.track != untouched || !m.ctOn || s.way == refusal {
		return
	}
	if s.way == request || s.way == leaving {
		s.track, s.entryZone = tracked, s.zone
		return
	}
	// An entry is found only from its own zone.
	if s.established = s.established && s.zone == s.entryZone; s.established {
		s.track = tracked
		return
	}
	// The first packet was not tracked, or in another zone. To conntrack a lone SYN-ACK is invalid
	// (nf_conntrack_proto_tcp.c, tcp_conntracks), a lone ACK or datagram new.
	if s.way == reply && m.q.Proto == TCP {
		return
	}
	s.track, s.noCtNew = tracked, true
}

// turn makes the next packet of the connection.
func (m *machine) turn(s *state, w way) {
	established := s.track == tracked && !s.noCtNew || s.established
	s.way, s.established, s.replyDir = w, established, w == reply
	s.mark, s.priority, s.track, s.zone = zero32, bits32{}, untouched, 0
	if m.loopback && w == later && established {
		s.track = tracked // it has been out before it comes in
	}
	if w == later {
		s.pre = s.natOnce
	} else {
		s.pre = false
	}
}

// laterPackets looks at the packet after the handshake. If it is surely refused,
// the connection opens and hangs: neither accept nor drop describes that.
func (m *machine) laterPackets(s *state) outcome {
	if m.q.Proto != TCP {
		return single(canAccept, &decision{})
	}
	after := *s
	after.stage++
	m.turn(&after, later)
	o := m.branch(&after)
	if o.mask&(canAccept|canOther) != 0 {
		d := &decision{}
		if o.by[0] != nil {
			d.trace = o.by[0].trace
		}
		open := single(canAccept, d)
		if o.mask&(canDrop|canReject) != 0 && slices.Contains(o.names, recentName) {
			// The packets themselves fill the list until one is refused.
			return merge(open, single(canOther, d), recentName)
		}
		return open
	}
	d := o.by[1]
	if d == nil {
		d = o.by[2]
	}
	return single(canOther, d, "the connection opens, but its later packets are refused")
}

// route decides after prerouting whether the packet is for this host.
func (m *machine) route(s *state) (outcome, bool) {
	s.stage++
	if s.way != request {
		return outcome{}, false
	}
	dst := s.daddr
	fail := func(why string) (outcome, bool) { return single(canOther, &decision{}, why), true }
	if m.reversePathDrops(s) {
		return single(canDrop, &decision{ref: &ref{what: "routing drops packets whose way back leads over another interface (net.ipv4.conf." + shown(m.q.Interface) + ".rp_filter is 1)"}}), true
	}
	switch {
	case !dst.IsValid():
		return outcome{}, false
	case dst.IsLoopback() && !m.loopback:
		return m.toLoopback(s, dst.Is4())
	}
	switch m.host.local(dst) {
	case yes:
		return outcome{}, false
	case no:
		if s.natOnce {
			return fail("destination NAT to " + dst.String() + ", which is not this host: forward chains and that host decide")
		}
		return fail("whether " + dst.String() + " is served here: it is no address of this host")
	case maybe:
	}
	if s.natOnce && s.daddr != m.q.To {
		return fail("whether " + dst.String() + ", the target of the destination NAT, is this host")
	}
	return outcome{}, false
}

// reversePathDrops is the kernel's own strict reverse path filter (fib_frontend.c,
// fib_validate_source), which the packet passes with the routing decision.
func (m *machine) reversePathDrops(s *state) bool {
	if m.v6 || m.loopback || m.host == nil || m.host.RPFilter == nil {
		return false
	}
	mode, ok := m.host.RPFilter(m.q.Interface)
	if !ok || mode != 1 {
		return false
	}
	_, _, t := m.reverse(s, m.q.From, m.q.To, true, false)
	return t == no
}

// toLoopback is a packet from outside to 127.0.0.0/8: the kernel drops it as a
// martian unless the interface has route_localnet (fib_frontend.c, route.c).
func (m *machine) toLoopback(s *state, v4 bool) (outcome, bool) {
	if v4 && m.host != nil && m.host.RouteLocalnet != nil {
		if on, ok := m.host.RouteLocalnet(m.q.Interface); ok {
			if on {
				return outcome{}, false
			}
			return single(canDrop, &decision{ref: &ref{what: "routing drops packets to 127.0.0.0/8 that come from outside (net.ipv4.conf." + shown(m.q.Interface) + ".route_localnet is 0)"}}), true
		}
	}
	return single(canOther, &decision{}, "whether the loopback address can be reached over "+shown(m.q.Interface)+" (route_localnet)"), true
}
