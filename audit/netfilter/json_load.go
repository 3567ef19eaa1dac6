package netfilter

// jsonRuleBuilder compiles the statements of one rule into operations, as nft
// compiles them for the kernel.
type jsonRuleBuilder struct {
	t   *Table
	ops []op
}

func (b *jsonRuleBuilder) add(o ...op) { b.ops = append(b.ops, o...) }

// load compiles an expression into a register at a byte offset. Not ok: it could
// not be understood; what it depends on may have been compiled nonetheless.
func (b *jsonRuleBuilder) load(v any, at int) (*jtype, bool) {
	k, inner, ok := sole(v)
	if !ok {
		return nil, false
	}
	o, _ := inner.(object)
	switch k {
	case "payload":
		return b.payload(o, at)
	case "meta":
		m, ok := metaKeys[text(o["key"])]
		if !ok || m.t == nil {
			return nil, false
		}
		b.add(opMeta{at, m.key})
		return m.t, true
	case "ct":
		return b.ct(o, at)
	case "fib":
		return b.fib(o, at)
	case "&", "|", "^", "<<", ">>":
		return b.bitwise(k, list(inner), at)
	case "exthdr", "tcp option", "ip option":
		return b.exthdr(k, o, at)
	case "numgen":
		b.add(opRandom{at, uint32(number(o["mod"])), uint32(number(o["offset"])), "numgen"})
		return typeHost4, true
	case "jhash", "symhash":
		b.add(opRandom{at, uint32(number(o["mod"])), uint32(number(o["offset"])), k})
		return typeHost4, true
	case "map":
		return b.mapValue(o, at)
	case "socket":
		b.add(opLoadUnknown{at, 4, "socket"})
		return typeHost4, true
	case "elem":
		return b.load(o["val"], at)
	}
	return nil, false
}

// depend puts back what a payload expression implies: the family of an address,
// the protocol of a port.
func (b *jsonRuleBuilder) depend(protocol string) bool {
	switch protocol {
	case "ip", "icmp", "igmp":
		b.dependFamily(IPv4)
	case "ip6", "icmpv6":
		b.dependFamily(IPv6)
	case "ether":
		b.add(opMeta{60, metaIiftype}, opCmp{60, cmpEq, mustEncode(typeIface, 1)})
	case "th", "tcp", "udp":
	case "arp", "vlan":
		b.add(opFalse{protocol})
	}
	if n, ok := protoNumbers[protocol]; ok && protocol != "ip" {
		b.add(opMeta{60, metaL4proto}, opCmp{60, cmpEq, []byte{byte(n)}})
	}
	_, known := headerFields[protocol]
	return known
}

func mustEncode(t *jtype, n uint64) []byte {
	b, err := t.encode(n)
	if err != nil {
		return nil
	}
	return b
}

// dependFamily keeps packets of the other family out. Bridge and netdev chains
// see the family in the frame's type.
func (b *jsonRuleBuilder) dependFamily(f Family) {
	switch b.t.Family {
	case Netdev, Bridge:
		n := uint64(0x0800)
		if f == IPv6 {
			n = 0x86dd
		}
		b.add(opMeta{60, metaProtocol}, opCmp{60, cmpEq, mustEncode(typeEther, n)})
	default:
		b.add(opMeta{60, metaNfproto}, opCmp{60, cmpEq, []byte{byte(f)}})
	}
}

func (b *jsonRuleBuilder) payload(o object, at int) (*jtype, bool) {
	if base := text(o["base"]); base != "" {
		return b.rawPayload(base, int(number(o["offset"])), int(number(o["len"])), at)
	}
	if o["tunnel"] != nil {
		return nil, false
	}
	protocol := text(o["protocol"])
	if !b.depend(protocol) {
		return nil, false
	}
	f, ok := headerFields[protocol][text(o["field"])]
	if !ok {
		return nil, false
	}
	base, ok := map[string]int{"ip": baseNetwork, "ip6": baseNetwork, "ether": baseLink}[protocol]
	if !ok {
		base = baseTransport
	}
	return b.bits(base, f, at)
}

func (b *jsonRuleBuilder) rawPayload(base string, off, n, at int) (*jtype, bool) {
	bases := map[string]int{"ll": baseLink, "nh": baseNetwork, "th": baseTransport}
	i, ok := bases[base]
	if !ok || off < 0 || n <= 0 || n > 128 || off > 1<<12 {
		return nil, false
	}
	return b.bits(i, field{off, n, nil}, at)
}

// bits loads a field; one that does not fill its bytes is shifted down.
func (b *jsonRuleBuilder) bits(base int, f field, at int) (*jtype, bool) {
	first, last := f.off/8, (f.off+f.n+7)/8
	n := last - first
	b.add(opPayload{at, base, first, n})
	t := f.t
	if t == nil {
		t = &jtype{name: "integer", n: n}
	}
	if f.n%8 == 0 && f.off%8 == 0 {
		return t, true
	}
	low := last*8 - f.off - f.n
	mask, err := t.encode((1<<f.n - 1) << low)
	if err != nil || n > 4 {
		return nil, false
	}
	b.add(opBitwise{from: at, to: at, n: n, mask: mask, xor: make([]byte, n), second: -1})
	return &jtype{name: "integer", n: n, low: low}, true
}

func (b *jsonRuleBuilder) ct(o object, at int) (*jtype, bool) {
	key := text(o["key"])
	dir := map[string]int{"original": 0, "reply": 1}[text(o["dir"])]
	if text(o["dir"]) == "" {
		dir = -1
	}
	switch {
	case (key == "saddr" || key == "daddr") && b.t.Family == IPv6:
		key = "ip6 " + key
	case key == "saddr" || key == "daddr":
		key = "ip " + key
	}
	c, ok := ctKeys[key]
	if !ok {
		return nil, false
	}
	b.add(opCt{at, c.key, dir})
	return c.t, c.t != nil
}

func (b *jsonRuleBuilder) fib(o object, at int) (*jtype, bool) {
	flags := uint32(0)
	for _, f := range list(o["flags"]) {
		bit, ok := map[string]uint32{"saddr": fibSaddr, "daddr": fibDaddr, "mark": fibMark, "iif": fibIif, "oif": fibOif}[text(f)]
		if !ok {
			return nil, false
		}
		flags |= bit
	}
	switch text(o["result"]) {
	case "type":
		b.add(opFib{at, fibResultType, flags})
		return typeFib, true
	case "oif", "oifname":
		b.add(opFib{at, fibResultOifname, flags})
		return typeIfname, true
	}
	return nil, false
}

// bitwise compiles an operation with a constant.
func (b *jsonRuleBuilder) bitwise(op string, args []any, at int) (*jtype, bool) {
	if len(args) < 2 {
		return nil, false
	}
	t, ok := b.load(args[0], at)
	if !ok || t.n > 16 {
		return nil, false
	}
	for _, a := range args[1:] {
		if op == "<<" || op == ">>" {
			n := number(a)
			if !t.host || t.n != 4 || n < 0 || n > 31 {
				return nil, false
			}
			b.add(opBitwise{from: at, to: at, n: 4, op: map[string]uint32{"<<": bitLeft, ">>": bitRight}[op], shift: uint32(n), second: -1})
			continue
		}
		c, err := t.constant(a)
		if err != nil || len(c) != t.n {
			return nil, false
		}
		o := opBitwise{from: at, to: at, n: t.n, mask: fill(t.n), xor: make([]byte, t.n), second: -1}
		switch op {
		case "&":
			o.mask = c
		case "^":
			o.xor = c
		default:
			for i := range c {
				o.mask[i], o.xor[i] = ^c[i], c[i]
			}
		}
		b.add(o)
	}
	return t, true
}

func (b *jsonRuleBuilder) exthdr(kind string, o object, at int) (*jtype, bool) {
	e := opExthdr{reg: at, n: 4, what: kind, tcp: kind == "tcp option", ipv6: kind == "exthdr", present: o["field"] == nil && o["base"] == nil}
	switch {
	case e.tcp:
		b.depend("tcp")
	case e.ipv6:
		b.dependFamily(IPv6)
	default:
		b.dependFamily(IPv4)
	}
	b.add(e)
	if e.present {
		return typeBool, true
	}
	return nil, false
}
