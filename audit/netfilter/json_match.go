package netfilter

import (
	"bytes"
	"strings"
)

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
