package netfilter

// struct xt_state_info.
func readXTstate(x *blob, _ int, _ Family) []op {
	bits := uint16(x.u32(0))
	if bits&stateUntracked != 0 {
		bits = bits&^stateUntracked | xtStateUntracked
	}
	return []op{xt(xtState{ext: "state", states: bits})}
}

// struct xt_iprange_mtinfo.
func readXTiprange(x *blob, rev int, f Family) []op {
	if rev != 1 {
		return nil
	}
	ops, flags := []op{}, x.u8(64)
	if flags&1 != 0 {
		ops = append(ops, xt(xtIPRange{false, flags&16 != 0, x.addr(0, f), x.addr(16, f)}))
	}
	if flags&2 != 0 {
		ops = append(ops, xt(xtIPRange{true, flags&32 != 0, x.addr(32, f), x.addr(48, f)}))
	}
	return ops
}

// struct xt_addrtype_info and _v1.
func readXTaddrtype(x *blob, rev int, _ Family) []op {
	src, dst := x.u16(0), x.u16(2)
	invSrc, invDst, in, out := x.u32(4) != 0, false, false, false
	switch rev {
	case 0:
		invDst = x.u32(8) != 0
	case 1:
		flags := x.u32(4)
		invSrc, invDst, in, out = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
	default:
		return nil
	}
	ops := []op{}
	if src != 0 {
		ops = append(ops, xt(xtAddrtype{false, invSrc, in || out, src}))
	}
	if dst != 0 {
		ops = append(ops, xt(xtAddrtype{true, invDst, in || out, dst}))
	}
	return ops
}

// struct xt_set_info_match_v1, _v3, _v4: index, dimensions, flags; then counters.
func readXTset(x *blob, rev int, _ Family) []op {
	if rev < 1 || rev > 4 {
		return nil
	}
	m := xtSet{index: x.u16(0)}
	dim, flags := int(x.u8(2)), x.u8(3)
	if dim > 6 {
		return nil
	}
	m.invert = flags&1 != 0
	for i := range dim {
		m.dirs = append(m.dirs, flags&(2<<i) != 0)
	}
	switch {
	case flags&0x80 != 0:
		m.extra = true
	case rev == 3:
		m.extra = x.u8(8) != 0 || x.u8(24) != 0 || x.u32(40) != 0
	case rev == 4:
		m.extra = x.u8(16) != 0 || x.u8(32) != 0 || x.u32(40) != 0
	}
	return []op{xt(m)}
}

// struct xt_mark_mtinfo1 and xt_connmark_mtinfo1 are the same.
func readXTmark(x *blob, rev int, _ Family) []op {
	if rev != 1 {
		return nil
	}
	return []op{xt(xtMark{mark: x.u32(0), mask: x.u32(4), invert: x.u8(8) != 0})}
}

func readXTconnmark(x *blob, rev int, _ Family) []op {
	if rev != 1 {
		return nil
	}
	return []op{xt(xtMark{ct: true, mark: x.u32(0), mask: x.u32(4), invert: x.u8(8) != 0})}
}

// struct xt_pkttype_info.
func readXTpkttype(x *blob, _ int, _ Family) []op {
	return []op{xt(xtPkttype{x.u32(0), x.u32(4) != 0})}
}

// struct xt_rpfilter_info: loose 1, valid mark 2, accept local 4, invert 8.
func readXTrpfilter(x *blob, _ int, _ Family) []op {
	f := x.u8(0)
	return []op{xt(xtRPFilter{f&1 != 0, f&2 != 0, f&8 != 0})}
}

// struct xt_policy_info: four elements of 76 bytes, flags, length.
func readXTpolicy(x *blob, _ int, _ Family) []op {
	flags := x.u16(4 * 76)
	return []op{xt(xtPolicy{in: flags&1 != 0, none: flags&4 != 0})}
}

func readXTttl(_ *blob, _ int, _ Family) []op { return nil }

func readXTcomment(x *blob, _ int, _ Family) []op {
	c := cString(x.b)
	return []op{xt(xtFixed{ext: "comment", opts: "--comment " + quoted(c), comment: c, is: yes})}
}

// struct xt_physdev_info: a packet that came over no bridge has no port, so a
// plain question for one fails (xt_physdev.c, physdev_mt); the rest is not followed.
func readXTphysdev(_ *blob, _ int, _ Family) []op { return nil }

// readXTexthdr is -m rt and -m frag: a plain packet has no such header, and the
// match then is false whatever its options (ip6t_rt.c, ip6t_frag.c).
func readXTexthdr(_ *blob, _ int, f Family) []op {
	if f != IPv6 {
		return nil
	}
	return []op{xt(xtFixed{ext: "rt", is: no})}
}

// struct xt_helper_info: a new connection has no helper (xt_helper.c).
func readXThelper(x *blob, _ int, _ Family) []op {
	return []op{xt(xtFixed{ext: "helper", opts: "--helper " + shown(x.str(4, 30)), is: truth(x.u32(0) != 0)})}
}

// struct xt_conntrack_mtinfo1 to 3.
func readXTconntrack(x *blob, rev int, f Family) []op {
	if rev < 1 || rev > 3 {
		return nil
	}
	match, invert := x.u16(146), x.u16(148)
	states, status := x.u16(150), uint32(x.u16(152))
	if rev == 1 {
		states, status = uint16(x.u8(150)), uint32(x.u8(151))
	}
	is := func(bit uint16) bool { return match&bit != 0 }
	inv := func(bit uint16) bool { return invert&bit != 0 }
	if is(0x80) || match&^0x3fff != 0 {
		return nil
	}
	c := xtConntrack{}
	if is(1) {
		c.state = &xtState{"conntrack", states, inv(1)}
	}
	if is(2) {
		c.rest = append(c.rest, xtCtProto{x.u16(136), inv(2)})
	}
	for i, side := range []xtTuple{{source: true}, {}, {reply: true, source: true}, {reply: true}} {
		if bit := uint16(4 << i); is(bit) {
			t := side
			t.addr, t.mask, t.invert = x.addr(i*32, f), x.addr(i*32+16, f), inv(bit)
			c.rest = append(c.rest, t)
		}
		if bit := uint16(0x100 << i); is(bit) {
			t := side
			t.invert = inv(bit)
			if t.from, t.to = x.u16(138+2*i), x.u16(154+2*i); rev < 3 {
				t.from = x.port(138 + 2*i)
				t.to = t.from
			}
			c.rest = append(c.rest, t)
		}
	}
	if is(0x40) {
		c.rest = append(c.rest, xtCtStatus{status, inv(0x40)})
	}
	if is(0x1000) {
		c.rest = append(c.rest, xtCtDir{reply: inv(0x1000)})
	}
	return []op{xt(c)}
}
