package netfilter

import "strings"

// jsonRuleBuilder compiles the statements of one rule into operations, as nft
// compiles them for the kernel.
type jsonRuleBuilder struct {
	t   *Table
	ops []op
}

func (b *jsonRuleBuilder) add(o ...op) { b.ops = append(b.ops, o...) }

// field is a header field: its place in bits, and its type if that is not a number.
type field struct {
	off, n int
	t      *jtype
}

var headerFields = map[string]map[string]field{
	"ip": {"version": {0, 4, nil}, "hdrlength": {4, 4, nil}, "dscp": {8, 6, nil}, "ecn": {14, 2, nil}, "length": {16, 16, nil},
		"id": {32, 16, nil}, "frag-off": {48, 16, nil}, "ttl": {64, 8, nil}, "protocol": {72, 8, typeProto}, "checksum": {80, 16, nil},
		"saddr": {96, 32, typeIPv4}, "daddr": {128, 32, typeIPv4}},
	"ip6": {"version": {0, 4, nil}, "dscp": {4, 6, nil}, "ecn": {10, 2, nil}, "flowlabel": {12, 20, nil}, "length": {32, 16, nil},
		"nexthdr": {48, 8, typeProto}, "hoplimit": {56, 8, nil}, "saddr": {64, 128, typeIPv6}, "daddr": {192, 128, typeIPv6}},
	"tcp": {"sport": {0, 16, typeService}, "dport": {16, 16, typeService}, "sequence": {32, 32, nil}, "ackseq": {64, 32, nil},
		"doff": {96, 4, nil}, "reserved": {100, 4, nil}, "flags": {104, 8, typeTCPFlag}, "window": {112, 16, nil}, "checksum": {128, 16, nil}, "urgptr": {144, 16, nil}},
	"udp":    {"sport": {0, 16, typeService}, "dport": {16, 16, typeService}, "length": {32, 16, nil}, "checksum": {48, 16, nil}},
	"icmp":   {"type": {0, 8, typeICMP}, "code": {8, 8, nil}},
	"icmpv6": {"type": {0, 8, typeICMP6}, "code": {8, 8, nil}},
	"th":     {"sport": {0, 16, typeService}, "dport": {16, 16, typeService}},
	"ether":  {"daddr": {0, 48, nil}, "saddr": {48, 48, nil}, "type": {96, 16, typeEther}},
}

// metaKeys gives number and type of each meta key that nft names.
var metaKeys = map[string]struct {
	key uint32
	t   *jtype
}{
	"length": {metaLen, typeHost4}, "protocol": {metaProtocol, typeEther}, "priority": {metaPriority, typeHost4}, "mark": {metaMark, typeMark},
	"iif": {metaIifname, typeIfname}, "oif": {metaOifname, typeIfname}, "iifname": {metaIifname, typeIfname}, "oifname": {metaOifname, typeIfname},
	"iiftype": {metaIiftype, typeIface}, "oiftype": {metaOiftype, typeIface}, "skuid": {metaSkuid, typeHost4}, "skgid": {metaSkgid, typeHost4},
	"rtclassid": {metaRtclassid, typeHost4}, "nfproto": {metaNfproto, typeNfproto}, "l4proto": {metaL4proto, typeProto}, "pkttype": {metaPkttype, typePkt},
	"cpu": {metaCPU, typeHost4}, "iifgroup": {metaIifgroup, typeGroup}, "oifgroup": {metaOifgroup, typeGroup}, "cgroup": {metaCgroup, typeHost4},
	"random": {metaPrandom, typeHost4}, "ipsec": {metaSecpath, typeBool}, "secpath": {metaSecpath, typeBool}, "iifkind": {metaIifkind, typeIfname},
	"oifkind": {metaOifkind, typeIfname}, "time": {metaTime, nil}, "day": {metaDay, nil}, "hour": {metaHour, nil},
}

var ctKeys = map[string]struct {
	key uint32
	t   *jtype
}{
	"state": {ctState, typeState}, "direction": {ctDirection, typeDir}, "status": {ctStatus, typeStatus}, "mark": {ctMark, typeMark},
	"l3proto": {ctL3proto, typeNfproto}, "protocol": {ctProto, typeProto}, "proto-src": {ctProtoSrc, typeService}, "proto-dst": {ctProtoDst, typeService},
	"ip saddr": {ctSrcIP, typeIPv4}, "ip daddr": {ctDstIP, typeIPv4}, "ip6 saddr": {ctSrcIP6, typeIPv6}, "ip6 daddr": {ctDstIP6, typeIPv6},
	"zone": {ctZone, typeZone}, "helper": {ctHelper, nil}, "expiration": {ctExpiration, nil}, "bytes": {ctBytes, nil}, "packets": {ctPkts, nil},
	"avgpkt": {ctAvgpkt, nil}, "label": {ctLabels, nil}, "id": {ctID, nil},
}

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

// mapValue compiles a look into a map: the key, then the data into the same register.
func (b *jsonRuleBuilder) mapValue(o object, at int) (*jtype, bool) {
	types, ok := b.key(o["key"], 0)
	if !ok {
		return nil, false
	}
	set, ok := b.setOf(o["data"], types, true)
	if !ok || len(set.dataTypes) == 0 {
		return nil, false
	}
	b.add(opLookup{reg: 0, set: set, to: at})
	if len(set.dataTypes) > 1 {
		return &jtype{name: "concatenation", parts: set.dataTypes}, true
	}
	return set.dataTypes[0], true
}

// key compiles a set's key: one expression or a concatenation, each part in a
// register of its own. Numbers in host order are turned, as keys are big endian.
func (b *jsonRuleBuilder) key(v any, at int) ([]*jtype, bool) {
	parts := []any{v}
	if k, inner, ok := sole(v); ok && k == "concat" {
		parts = list(inner)
	}
	if k, inner, ok := sole(v); ok && k == "elem" {
		if o, ok := inner.(object); ok {
			return b.key(o["val"], at)
		}
	}
	var types []*jtype
	for _, p := range parts {
		t, ok := b.load(p, at)
		if !ok || at+t.n > 60 || t.low != 0 {
			return nil, false
		}
		if t.host {
			b.add(opByteorder{at, at, t.n, t.n})
		}
		types = append(types, t)
		at += (t.n + 3) &^ 3
	}
	return types, len(types) > 0
}

// setOf finds the named set "@name", or makes the anonymous one that is written there.
func (b *jsonRuleBuilder) setOf(v any, types []*jtype, isMap bool) (*Set, bool) {
	if name, ok := strings.CutPrefix(text(v), "@"); ok {
		s := b.t.Sets[name]
		return s, s != nil && sameTypes(s.types, types)
	}
	k, inner, ok := sole(v)
	if !ok || k != "set" {
		return nil, false
	}
	s := &Set{Table: b.t, Anonymous: true, Map: isMap, loaded: true}
	s.setTypes(types)
	elems := list(inner)
	if isMap && len(elems) > 0 {
		s.guessData(elems[0])
	}
	return s, s.addJSON(elems) == nil
}

// guessData tells from the first pair what an anonymous map holds.
func (t *Set) guessData(pair any) {
	p := list(pair)
	if len(p) != 2 {
		return
	}
	if _, ok := jsonVerdict(p[1]); ok {
		t.Verdicts = true
		return
	}
	for _, d := range []*jtype{typeHost4, typeIPv4, typeIPv6} {
		if _, err := d.constant(p[1]); err == nil {
			t.dataTypes = []*jtype{d}
			return
		}
	}
	if k, inner, _ := sole(p[1]); k == "concat" {
		for _, part := range list(inner) {
			for _, d := range []*jtype{typeIPv4, typeIPv6, typeService} {
				if _, err := d.constant(part); err == nil {
					t.dataTypes = append(t.dataTypes, d)
					break
				}
			}
		}
	}
}

func sameTypes(a, b []*jtype) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].n != b[i].n || a[i].host != b[i].host {
			return false
		}
	}
	return true
}
