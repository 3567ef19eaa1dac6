package netfilter

import "strings"

// maxListed bounds the elements of a set that a rule's text shows.
const maxListed = 12

// names writes the parts of a key: "ip saddr . tcp dport".
func (w *renderer) names(reg, n int) string {
	var out []string
	for off := reg; off < reg+n; {
		l := w.get(off)
		out = append(out, l.name)
		off += max((max(l.width, l.t.n)+3)&^3, 4)
	}
	return strings.Join(out, " . ")
}

func (w *renderer) types(reg, n int) []*jtype {
	var out []*jtype
	for off := reg; off < reg+n; {
		l := w.get(off)
		out = append(out, l.t)
		off += max((max(l.width, l.t.n)+3)&^3, 4)
	}
	return out
}

func (w *renderer) lookup(o opLookup) {
	if o.set == nil {
		w.add("<a set that is not listed>")
		return
	}
	s := w.names(o.reg, o.set.KeyLen) + " "
	switch {
	case o.to == verdictData:
		s += "vmap "
	case o.to >= 0:
		s += "map "
	case o.invert:
		s += "!= "
	}
	s += setText(o.set, w.types(o.reg, o.set.KeyLen))
	if o.to >= 0 {
		w.set(loaded{off: o.to, name: s, t: &jtype{n: 4}})
		return
	}
	w.add(s)
}

// setText names a set, or lists an anonymous one.
func setText(s *Set, types []*jtype) string {
	if !s.Anonymous {
		return "@" + shown(s.Name)
	}
	var out []string
	for i := range s.Elements {
		if i == maxListed {
			out = append(out, "…")
			break
		}
		e := &s.Elements[i]
		t := "*"
		if !e.CatchAll {
			t = elementText(e, types, s.types == nil && !s.Interval)
		}
		if !s.Verdicts && len(e.Data) > 0 {
			t += " : " + dataText(e.Data)
		}
		if s.Verdicts {
			t += " : " + Verdict{e.Verdict.Code, escapeName(e.Verdict.Chain)}.String()
		}
		out = append(out, t)
	}
	return "{ " + strings.Join(out, ", ") + " }"
}
