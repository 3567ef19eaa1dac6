package netfilter

import (
	"fmt"
	"slices"
)

// jsonSet reads a named set or map.
func jsonSet(t *Table, o object, isMap bool) error {
	s := &Set{Table: t, Name: text(o["name"]), Map: isMap, Size: int(number(o["size"]))}
	types, ok := jsonTypes(o["type"])
	if !ok {
		s.err = fmt.Errorf("set %s: keys of an unknown type", shown(s.Name))
	}
	s.setTypes(types)
	for _, st := range list(o["stmt"]) {
		s.guard = jsonGuard(st)
	}
	var data []*jtype
	if isMap {
		switch name := text(o["map"]); name {
		case "verdict":
			s.Verdicts = true
		case "counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "secmark", "synproxy":
			s.ObjectKind = name
		default:
			if data, ok = jsonTypes(o["map"]); !ok {
				s.err = fmt.Errorf("map %s: data of an unknown type", shown(s.Name))
			}
			s.dataTypes = data
		}
	}
	t.Sets[s.Name] = s
	if s.err == nil {
		s.err = s.addJSON(list(o["elem"]))
	}
	return nil
}

// setTypes lays the key out: each part of a concatenation padded to words.
func (t *Set) setTypes(types []*jtype) {
	t.types = types
	if len(types) == 1 {
		t.KeyLen = types[0].n
		return
	}
	for _, p := range types {
		t.Fields = append(t.Fields, p.n)
		t.KeyLen += (p.n + 3) &^ 3
	}
}

func jsonTypes(v any) ([]*jtype, bool) {
	if k, inner, ok := sole(v); ok && k == "typeof" {
		return typesOf(inner)
	}
	var out []*jtype
	for _, p := range list(v) {
		t, ok := namedTypes[text(p)]
		if !ok {
			return nil, false
		}
		out = append(out, t)
	}
	return out, len(out) > 0
}

// typesOf gives the types of a typeof expression.
func typesOf(v any) ([]*jtype, bool) {
	if k, inner, ok := sole(v); ok && k == "concat" {
		v = inner
	}
	var out []*jtype
	for _, p := range list(v) {
		b := jsonRuleBuilder{t: newTable(Inet, "")}
		t, ok := b.load(p, 0)
		if !ok {
			return nil, false
		}
		out = append(out, t)
	}
	return out, len(out) > 0
}

// addJSON reads elements: keys for a set, pairs for a map.
func (t *Set) addJSON(elems []any) error {
	for _, e := range elems {
		var value any
		key := e
		if t.Map {
			pair := list(e)
			if len(pair) != 2 {
				return fmt.Errorf("map %s: an element is no pair", shown(t.Name))
			}
			key, value = pair[0], pair[1]
		}
		out, err := t.element(key)
		if err == nil && t.Map {
			err = t.elementData(&out, value)
		}
		if err != nil {
			return fmt.Errorf("set %s: an element cannot be read: %w", shown(t.Name), err)
		}
		t.Elements = append(t.Elements, out)
	}
	return nil
}

func (t *Set) element(v any) (Element, error) {
	var e Element
	if k, inner, ok := sole(v); ok && k == "elem" {
		o, _ := inner.(object)
		e.Comment = text(o["comment"])
		for name := range o {
			switch name {
			case "val", "comment", "timeout", "expires", "counter", "last":
			default:
				e.Guard = name
			}
		}
		v = o["val"]
	}
	if text(v) == "*" {
		e.CatchAll = true
		return e, nil
	}
	var err error
	if len(t.types) == 1 {
		e.Key, e.KeyEnd, err = t.types[0].span(v)
		return e, err
	}
	k, inner, _ := sole(v)
	parts := list(inner)
	if k != "concat" || len(parts) != len(t.types) {
		return e, errNotConstant
	}
	for i, p := range parts {
		lo, hi, err := t.types[i].span(p)
		if err != nil {
			return e, err
		}
		for len(lo)%4 != 0 {
			lo, hi = append(slices.Clip(lo), 0), append(slices.Clip(hi), 0)
		}
		e.Key, e.KeyEnd = append(e.Key, lo...), append(e.KeyEnd, hi...)
	}
	return e, nil
}

// elementData reads what a map's element leads to.
func (t *Set) elementData(e *Element, v any) error {
	switch {
	case t.Verdicts:
		verdict, ok := jsonVerdict(v)
		if !ok {
			return errNotConstant
		}
		e.Verdict = verdict
	case t.ObjectKind != "":
		e.Object = text(v)
	case len(t.dataTypes) == 1:
		b, err := t.dataTypes[0].constant(v)
		e.Data = b
		return err
	default:
		_, inner, _ := sole(v)
		parts := list(inner)
		if len(parts) != len(t.dataTypes) {
			return errNotConstant
		}
		for i, p := range parts {
			b, err := t.dataTypes[i].constant(p)
			if err != nil {
				return err
			}
			for e.Data = append(e.Data, b...); len(e.Data)%4 != 0; {
				e.Data = append(e.Data, 0)
			}
		}
	}
	return nil
}

func jsonVerdict(v any) (Verdict, bool) {
	k, inner, ok := sole(v)
	if !ok {
		return Verdict{}, false
	}
	switch k {
	case "accept":
		return Verdict{Code: Accept}, true
	case "drop":
		return Verdict{Code: Drop}, true
	case "continue":
		return Verdict{Code: Continue}, true
	case "return":
		return Verdict{Code: Return}, true
	case "jump", "goto":
		o, _ := inner.(object)
		code := Jump
		if k == "goto" {
			code = Goto
		}
		return Verdict{Code: code, Chain: text(o["target"])}, true
	}
	return Verdict{}, false
}

// jsonGuard names a stateful statement that can break a rule.
func jsonGuard(v any) string {
	k, _, ok := sole(v)
	if !ok || k == "counter" || k == "last" {
		return ""
	}
	return k
}
