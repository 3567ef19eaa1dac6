package netfilter

import (
	"bytes"
	"slices"
	"strings"
)

// statement compiles one statement.
func (b *jsonRuleBuilder) statement(v any) {
	if s, ok := v.(string); ok {
		v = object{s: nil}
	}
	k, inner, ok := sole(v)
	if !ok {
		b.add(opUnknown{"a statement"})
		return
	}
	o, _ := inner.(object)
	if verdict, ok := jsonVerdict(v); ok {
		b.add(opVerdict{verdict})
		return
	}
	switch k {
	case "match":
		b.match(o)
	case "counter", "log", "last", "secmark", "ct helper", "ct timeout", "ct expectation", "dup", "flow", "reset", "comment":
		b.add(opNone{k})
	case "limit", "quota", "ct count", "tproxy":
		b.add(opMaybe{name: k})
	case "fwd", "synproxy":
		b.add(opFate{k})
	case "notrack":
		b.add(opNotrack{})
	case "queue":
		b.add(opQueue{})
	case "reject":
		b.reject(o)
	case "mangle":
		b.mangle(o)
	case "vmap":
		b.vmap(o)
	case "set", "map", "meter":
		b.dynset(k, o)
	case "dnat", "snat", "redirect", "masquerade":
		b.nat(k, o)
	case "xt":
		b.xt(o)
	default:
		b.add(opUnknown{k})
	}
}

// match compiles a comparison. One that is not understood may hold or not; what
// it depends on is kept.
func (b *jsonRuleBuilder) match(o object) {
	invert, right := text(o["op"]) == "!=", o["right"]
	isConcat := false
	if k, _, _ := sole(o["left"]); k == "concat" {
		isConcat = true
	}
	if isConcat || isSetRef(right) {
		if !isSetRef(right) {
			right = object{"set": []any{right}}
		}
		b.lookup(o["left"], right, invert)
		return
	}
	if b.fibBool(o["left"], right, invert) {
		return
	}
	t, ok := b.load(o["left"], 0)
	if !ok || !b.compare(t, text(o["op"]), right) {
		b.add(opMaybe{name: exprName(o["left"])})
	}
}

// isSetRef tells a set, named or written out, from a value.
func isSetRef(v any) bool {
	k, _, _ := sole(v)
	return k == "set" || strings.HasPrefix(text(v), "@")
}

// exprName names an expression that was not understood.
func exprName(left any) string {
	k, inner, ok := sole(left)
	if !ok {
		return "a match"
	}
	o, _ := inner.(object)
	for _, f := range []string{"key", "field", "name"} {
		if s := text(o[f]); s != "" {
			return shown(k + " " + s)
		}
	}
	return shown(k)
}

func (b *jsonRuleBuilder) lookup(left, right any, invert bool) {
	types, ok := b.key(left, 0)
	if !ok {
		b.add(opMaybe{name: exprName(left)})
		return
	}
	set, ok := b.setOf(right, types, false)
	if !ok {
		b.add(opMaybe{name: "a set that cannot be read"})
		return
	}
	b.add(opLookup{reg: 0, set: set, invert: invert, to: noData})
}

// fibBool is `fib … exists` and `fib … missing`.
func (b *jsonRuleBuilder) fibBool(left, right any, invert bool) bool {
	k, inner, ok := sole(left)
	want, isBool := right.(bool)
	o, _ := inner.(object)
	if !ok || k != "fib" || !isBool || text(o["result"]) == "type" {
		return false
	}
	at := len(b.ops)
	if _, ok := b.fib(o, 0); !ok {
		return false
	}
	f, _ := b.ops[at].(opFib)
	f.flags |= fibPresent
	b.ops[at] = f
	b.add(opCmp{0, cmpEq, []byte{b2u(want != invert)}})
	return true
}

// compare compiles the right side against a loaded register.
func (b *jsonRuleBuilder) compare(t *jtype, op string, right any) bool {
	if k, _, _ := sole(right); k == "range" || k == "prefix" {
		lo, hi, err := t.span(right)
		if err != nil || t.low != 0 || op != "==" && op != "!=" && op != "in" && op != "" {
			return false
		}
		b.turn(t)
		b.add(opRange{0, op == "!=", lo, hi})
		return true
	}
	c, err := t.shifted(right)
	if err != nil {
		return false
	}
	switch op {
	case "==", "":
		b.add(opCmp{0, cmpEq, c})
	case "!=":
		b.add(opCmp{0, cmpNeq, c})
	case "in", "!":
		if len(c) != t.n {
			return false
		}
		b.add(opBitwise{from: 0, to: 0, n: t.n, mask: c, xor: make([]byte, t.n), second: -1})
		b.add(opCmp{0, map[string]cmpOp{"in": cmpNeq, "!": cmpEq}[op], make([]byte, t.n)})
	case "<", "<=", ">", ">=":
		if len(c) != t.n {
			return false
		}
		if b.turn(t); t.host && littleEndian {
			c = bytes.Clone(c)
			reverse(c)
		}
		b.add(opCmp{0, map[string]cmpOp{"<": cmpLt, "<=": cmpLte, ">": cmpGt, ">=": cmpGte}[op], c})
	default:
		return false
	}
	return true
}

// turn makes a host-order register big endian, so that it can be ordered.
func (b *jsonRuleBuilder) turn(t *jtype) {
	if t.host {
		b.add(opByteorder{0, 0, t.n, t.n})
	}
}

// shifted is a constant moved to where a field lies that does not fill its bytes.
func (t *jtype) shifted(v any) ([]byte, error) {
	if t.low == 0 {
		return t.constant(v)
	}
	n, err := t.integer(v)
	if err != nil || n >= 1<<32 {
		return nil, errNotConstant
	}
	return t.encode(n << t.low)
}

func (b *jsonRuleBuilder) reject(o object) {
	kind, with := text(o["type"]), text(o["expr"])
	switch kind {
	case "tcp reset":
		b.depend("tcp")
		with = kind
	case "icmp":
		b.dependFamily(IPv4)
	case "icmpv6":
		b.dependFamily(IPv6)
	}
	if kind != "tcp reset" && kind != "" {
		with = kind + " " + with
	}
	b.add(opReject{with: with})
}

// mangle compiles `meta mark set`, `ct mark set` and rewritten headers.
func (b *jsonRuleBuilder) mangle(o object) {
	k, inner, _ := sole(o["key"])
	key, _ := inner.(object)
	if k == "payload" {
		before := len(b.ops)
		if _, ok := b.payload(key, 0); ok {
			for i, x := range b.ops[before:] {
				if p, ok := x.(opPayload); ok {
					b.ops = append(b.ops[:before+i], opPayloadSet{p.base, p.off, p.n})
					return
				}
			}
		}
		b.add(opFate{"a rewritten packet"})
		return
	}
	if k == "tcp option" {
		b.add(opNone{"tcp option set"})
		return
	}
	var set op
	t := typeHost4
	switch m, c := metaKeys[text(key["key"])], ctKeys[text(key["key"])]; {
	case k == "meta" && m.t != nil:
		set, t = opMetaSet{0, m.key}, m.t
	case k == "meta" && (text(key["key"]) == "nftrace" || text(key["key"]) == "secmark"):
		b.add(opNone{"meta set"})
		return
	case k == "ct" && c.t != nil:
		set, t = opCtSet{0, c.key}, c.t
	case k == "ct":
		b.add(opNone{"ct set"})
		return
	default:
		b.add(opUnknown{"mangle"})
		return
	}
	if c, err := t.constant(o["value"]); err == nil {
		b.add(opImm{0, c}, set)
		return
	}
	if got, ok := b.load(o["value"], 0); ok && got.n == t.n {
		b.add(set)
		return
	}
	b.add(opForget{0, t.n}, set)
}

// opForget makes a register unknown.
type opForget struct{ reg, n int }

func (o opForget) exec(_ *machine, s *state) step {
	s.regs.put(o.reg, unknown(o.n, "a value that was not understood"))
	return goOn()
}

func (b *jsonRuleBuilder) vmap(o object) {
	types, ok := b.key(o["key"], 0)
	if !ok {
		b.add(opUnknown{"vmap " + exprName(o["key"])})
		return
	}
	set, ok := b.setOf(o["data"], types, true)
	if !ok || !set.Verdicts {
		b.add(opUnknown{"vmap"})
		return
	}
	b.add(opLookup{reg: 0, set: set, to: verdictData})
}

// dynset compiles `add @set { … }`, `update`, `delete`, and the older meter.
func (b *jsonRuleBuilder) dynset(kind string, o object) {
	if kind == "meter" {
		if _, ok := b.key(o["key"], 0); !ok {
			b.add(opMaybe{name: "meter"})
			return
		}
		if g := jsonGuard(o["stmt"]); g != "" {
			b.add(opMaybe{name: g})
		}
		return
	}
	name := text(o["set"])
	if kind == "map" {
		name = text(o["map"])
	}
	types, ok := b.key(o["elem"], 0)
	if !ok || len(name) < 2 {
		b.add(opMaybe{name: "set " + shown(name)})
		return
	}
	set := b.t.Sets[name[1:]]
	if set == nil || set.err != nil || !sameTypes(set.types, types) {
		b.add(opMaybe{name: "set " + shown(name)})
		return
	}
	d := opDynset{set: set, reg: 0, del: text(o["op"]) == "delete"}
	for _, st := range list(o["stmt"]) {
		if g := jsonGuard(st); g != "" {
			d.guards = append(d.guards, g)
		}
	}
	if len(d.guards) == 0 && set.guard != "" {
		d.guards = []string{set.guard}
	}
	b.add(d)
}

// nat compiles translations.
func (b *jsonRuleBuilder) nat(kind string, o object) {
	flags := uint32(0)
	if len(list(o["flags"])) > 0 {
		flags = natUnforeseable
	}
	if kind == "snat" || kind == "masquerade" {
		b.add(opMasq{})
		return
	}
	if f := text(o["family"]); f != "" {
		fam, _ := familyByName(f)
		b.dependFamily(fam)
	}
	n := opNat{family: Inet, addrMin: -1, addrMax: -1, portMin: -1, portMax: -1, flags: flags}
	if a, ok := o["addr"]; ok && a != nil {
		if !b.natAddr(&n, a) {
			b.add(opFate{"destination NAT to one of several addresses"})
			return
		}
	}
	if p, ok := o["port"]; ok && p != nil {
		if c, err := typeService.constant(p); err == nil {
			b.add(opImm{32, c})
		} else if t, ok := b.load(p, 32); !ok || t.n != 2 && t != typeHost4 {
			b.add(opFate{"destination NAT to one of several ports"})
			return
		} else if t == typeHost4 {
			b.add(opByteorder{32, 32, 4, 4}, opMovePort{32})
		}
		n.portMin = 32
	}
	if kind == "redirect" {
		b.add(opRedirect{n.portMin, -1, flags})
		return
	}
	b.add(n)
}

// opMovePort takes the low half of a big-endian number: the anonymous maps of a
// file hold ports as plain numbers.
type opMovePort struct{ reg int }

func (o opMovePort) exec(_ *machine, s *state) step {
	v := s.regs.get(o.reg, 4)
	s.regs.put(o.reg, value{b: slices.Clone(v.b[2:4]), known: slices.Clone(v.known[2:4]), why: v.why})
	return goOn()
}

func (b *jsonRuleBuilder) natAddr(n *opNat, v any) bool {
	for _, t := range []*jtype{typeIPv4, typeIPv6} {
		if c, err := t.constant(v); err == nil {
			b.add(opImm{40, c})
			n.addrMin = 40
			b.dependFamily(map[bool]Family{true: IPv4, false: IPv6}[t == typeIPv4])
			return true
		}
	}
	t, ok := b.load(v, 40)
	switch {
	case !ok:
		return false
	case len(t.parts) == 2 && t.parts[1] == typeService:
		n.addrMin, n.portMin = 40, 40+t.parts[0].n
		return t.parts[0].n <= 16
	}
	n.addrMin = 40
	return t == typeIPv4 || t == typeIPv6
}

// xt stands for an iptables extension, of which nft prints the name only.
func (b *jsonRuleBuilder) xt(o object) {
	name := text(o["name"])
	if text(o["type"]) == "match" {
		if t, ok := plainMatches[name]; ok {
			b.add(xt(xtFixed{ext: name, is: t}))
			return
		}
		b.add(xt(xtFixed{ext: shown(name), is: maybe}))
		return
	}
	switch {
	case asksNothing[name]:
		b.add(opNone{name})
	case name == "REJECT":
		b.add(opReject{with: ""})
	case name == "MARK":
		b.add(opForget{0, 4}, opMetaSet{0, metaMark})
	case name == "CONNMARK":
		b.add(opForget{0, 4}, opMetaSet{0, metaMark}, opCtSet{0, ctMark})
	case name == "SNAT", name == "MASQUERADE":
		b.add(opMasq{})
	default:
		b.add(opUnknown{"the iptables target " + shown(name)})
	}
}
