package netfilter

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
	var t *jtype
	switch m, c := metaKeys[text(key["key"])], ctKeys[text(key["key"])]; {
	case k == "meta" && m.t != nil:
		set, t = opMetaSet{0, m.key}, m.t
	case k == "meta" && (text(key["key"]) == "nftrace" || text(key["key"]) == "secmark"):
		b.add(opNone{"meta set"})
		return
	case k == "ct" && key["dir"] != nil:
		b.add(opFate{"a conntrack zone of one direction"})
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
