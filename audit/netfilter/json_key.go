package netfilter

import "strings"

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
