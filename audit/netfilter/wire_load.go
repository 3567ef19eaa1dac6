package netfilter

func readPayload(_ *Table, a *attrs) op {
	if a.has(5) {
		return opPayloadSet{int(a.u32(2)), int(a.u32(3)), int(a.u32(4))}
	}
	o := opPayload{a.reg(1), int(a.u32(2)), int(a.u32(3)), int(a.u32(4))}
	if o.reg < 0 || o.n <= 0 || o.n > 64 || o.off > 1<<16 {
		return nil
	}
	return o
}

func readExthdr(_ *Table, a *attrs) op {
	if a.has(7) || !a.has(1) {
		// A TCP option is rewritten or removed: that has no say.
		return opNone{"exthdr set"}
	}
	o := opExthdr{reg: a.reg(1), n: int(a.u32(4)), tcp: a.u32(6) == 1, ipv6: a.u32(6) == 0, present: a.u32(5)&1 != 0}
	o.what = [...]string{"exthdr", "tcp option", "ip option", "sctp chunk", "dccp option"}[min(a.u32(6), 4)]
	if o.reg < 0 || o.n > 64 {
		return nil
	}
	if a.u32(6) == 3 || a.u32(6) == 4 {
		return opFalse{o.what}
	}
	return o
}

func readMeta(_ *Table, a *attrs) op {
	if a.has(3) {
		if a.reg(3) < 0 {
			return nil
		}
		return opMetaSet{a.reg(3), a.u32(2)}
	}
	if a.reg(1) < 0 {
		return nil
	}
	return opMeta{a.reg(1), a.u32(2)}
}

func readCt(_ *Table, a *attrs) op {
	if a.has(4) {
		if a.reg(4) < 0 {
			return nil
		}
		if a.has(3) {
			return opFate{"a conntrack zone of one direction"}
		}
		return opCtSet{a.reg(4), a.u32(2)}
	}
	o := opCt{a.reg(1), a.u32(2), -1}
	if a.has(3) {
		o.dir = int(a.u32(3))
	}
	if o.reg < 0 || o.dir > 1 {
		return nil
	}
	return o
}

func readFib(_ *Table, a *attrs) op {
	o := opFib{a.reg(1), a.u32(2), a.u32(3)}
	if o.reg < 0 || o.result < 1 || o.result > 3 || o.flags >= 64 {
		return nil
	}
	return o
}

func readNumgen(_ *Table, a *attrs) op {
	if a.reg(1) < 0 {
		return nil
	}
	return opRandom{a.reg(1), a.u32(2), a.u32(4), "numgen"}
}

func readHash(_ *Table, a *attrs) op {
	if a.reg(2) < 0 {
		return nil
	}
	return opRandom{a.reg(2), a.u32(4), a.u32(6), [...]string{"jhash", "symhash"}[min(a.u32(7), 1)]}
}
