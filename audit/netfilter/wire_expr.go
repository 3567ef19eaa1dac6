package netfilter

// operations gives the rule's operations, decoded on first use.
func (r *Rule) operations(t *Table) []op {
	if r.done || r.raw == nil {
		return r.ops
	}
	r.done = true
	var outer, inner attrs // shared by all expressions of the rule
	err := eachAttr(r.raw, func(_ int, data []byte) {
		if outer.parse(data) != nil {
			r.ops = append(r.ops, opUnknown{"a broken expression"})
			return
		}
		r.ops = appendExpr(r.ops, t, cBytes(outer.a[1]), outer.a[2], &inner)
	})
	if err != nil {
		r.ops = append(r.ops, opUnknown{"a broken rule"})
	}
	if r.Comment == "" {
		r.Comment = commentOf(r.ops)
	}
	return r.ops
}

// commentOf finds the text of an iptables comment match.
func commentOf(ops []op) string {
	for _, o := range ops {
		if x, ok := o.(opXT); ok {
			if f, ok := x.match.(xtFixed); ok && f.ext == "comment" {
				return f.comment
			}
		}
	}
	return ""
}

// exprReader reads the attributes of one expression; top is the highest
// attribute it was taught, so that a newer kernel's addition is not overlooked.
type exprReader struct {
	top  int
	read func(t *Table, a *attrs) op
}

// appendExpr turns one nf_tables expression into operations; a is room to work in.
func appendExpr(ops []op, t *Table, name, data []byte, a *attrs) []op {
	if a.parse(data) != nil {
		return append(ops, opUnknown{string(name)})
	}
	switch string(name) {
	case "match":
		return append(ops, decodeMatch(a.str(1), int(a.u32(2)), a.a[3], t.Family)...)
	case "target":
		return append(ops, decodeTarget(a.str(1), int(a.u32(2)), a.a[3], t.Family))
	}
	if r, ok := exprReaders[string(name)]; ok && a.top <= r.top {
		if o := r.read(t, a); o != nil {
			return append(ops, o)
		}
	}
	return append(ops, opUnknown{string(name)})
}

func readNone(name string) exprReader {
	return exprReader{maxAttr, func(*Table, *attrs) op { return opNone{name} }}
}

func readMaybe(name string) exprReader {
	return exprReader{maxAttr, func(*Table, *attrs) op { return opMaybe{name: name} }}
}

func readFate(name string) exprReader {
	return exprReader{maxAttr, func(*Table, *attrs) op { return opFate{name} }}
}

// readLoad is an expression that loads something unknown into attribute n's register.
func readLoad(name string, n int) exprReader {
	return exprReader{maxAttr, func(_ *Table, a *attrs) op {
		if a.reg(n) < 0 {
			return nil
		}
		return opLoadUnknown{a.reg(n), 16, name}
	}}
}

// exprReaders lists the expressions of nf_tables by name.
var exprReaders = map[string]exprReader{
	"immediate": {2, readImmediate}, "cmp": {3, readCmp}, "range": {4, readRange}, "bitwise": {8, readBitwise},
	"byteorder": {5, readByteorder}, "lookup": {5, readLookup}, "dynset": {10, readDynset}, "payload": {8, readPayload},
	"exthdr": {7, readExthdr}, "meta": {3, readMeta}, "ct": {4, readCt}, "fib": {3, readFib}, "nat": {7, readNat},
	"redir": {3, readRedir}, "objref": {5, readObjref}, "numgen": {6, readNumgen}, "hash": {9, readHash},
	"reject": {2, readReject}, "queue": {4, readQueue}, "xfrm": {4, readXfrm},
	"masq":    {maxAttr, func(*Table, *attrs) op { return opMasq{} }},
	"notrack": {maxAttr, func(*Table, *attrs) op { return opNotrack{} }},
	"limit":   {maxAttr, readLimit},
	"counter": readNone("counter"), "last": readNone("last"), "log": readNone("log"), "dup": readNone("dup"),
	"secmark": readNone("secmark"), "flow_offload": readNone("flow add"),
	"quota": readMaybe("quota"), "connlimit": readMaybe("ct count"), "tproxy": readMaybe("tproxy"),
	"fwd": readFate("fwd"), "synproxy": readFate("synproxy"),
	"rt": readLoad("rt", 1), "socket": readLoad("socket", 2), "osf": readLoad("osf", 1), "tunnel": readLoad("tunnel", 2),
}

func readImmediate(_ *Table, a *attrs) op {
	b, v, isVerdict, err := a.data(2)
	switch {
	case err != nil:
		return nil
	case isVerdict:
		return opVerdict{v}
	case a.reg(1) < 0 || len(b) == 0:
		return nil
	}
	return opImm{a.reg(1), b}
}

func readCmp(_ *Table, a *attrs) op {
	b, _, isVerdict, err := a.data(3)
	if err != nil || isVerdict || a.reg(1) < 0 || len(b) == 0 || a.u32(2) > uint32(cmpGte) {
		return nil
	}
	return opCmp{a.reg(1), cmpOp(a.u32(2)), b}
}

func readRange(_ *Table, a *attrs) op {
	from, _, _, err := a.data(3)
	to, _, _, err2 := a.data(4)
	if err != nil || err2 != nil || a.reg(1) < 0 || len(from) == 0 || len(from) != len(to) || a.u32(2) > 1 {
		return nil
	}
	return opRange{a.reg(1), a.u32(2) == 1, from, to}
}

func readBitwise(_ *Table, a *attrs) op {
	o := opBitwise{from: a.reg(1), to: a.reg(2), n: int(a.u32(3)), op: a.u32(6), second: a.reg(8)}
	if o.from < 0 || o.to < 0 || o.n <= 0 || o.n > 64 {
		return nil
	}
	var err1, err2, err3 error
	var data []byte
	o.mask, _, _, err1 = a.data(4)
	o.xor, _, _, err2 = a.data(5)
	data, _, _, err3 = a.data(7)
	if err1 != nil || err2 != nil || err3 != nil {
		return nil
	}
	switch {
	case o.op == bitLeft || o.op == bitRight:
		if len(data) != 4 {
			return nil
		}
		o.shift = hostU32(data)
	case o.op >= bitAnd:
		o.xor = data
	case len(o.mask) < o.n || len(o.xor) < o.n:
		return nil
	}
	return o
}

func readByteorder(_ *Table, a *attrs) op {
	o := opByteorder{a.reg(1), a.reg(2), int(a.u32(4)), int(a.u32(5))}
	if o.from < 0 || o.to < 0 || o.n <= 0 || o.n > 64 {
		return nil
	}
	return o
}

func readLookup(t *Table, a *attrs) op {
	o := opLookup{reg: a.reg(2), set: t.Sets[a.str(1)], invert: a.u32(5)&1 != 0, to: noData}
	if o.reg < 0 || a.u32(5) > 1 {
		return nil
	}
	if a.has(3) {
		switch o.to = a.reg(3); {
		case a.u32(3) == 0:
			o.to = verdictData
		case o.to < 0:
			return nil
		}
	}
	return o
}
