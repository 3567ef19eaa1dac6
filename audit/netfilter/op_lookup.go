package netfilter

import "slices"

import "bytes"

// opLookup looks a key up in a set or map (nft_lookup.c). A map without the key
// breaks the rule.
type opLookup struct {
	reg    int
	set    *Set
	invert bool
	// to is the register for a map's data: a byte offset, -1 for none, -2 for verdicts.
	to int
}

const (
	noData      = -1
	verdictData = -2
)

func (o opLookup) exec(m *machine, s *state) step {
	if o.set == nil {
		return unknownOp("lookup in an unknown set")
	}
	if err := m.load(o.set); err != nil {
		return unknownOp("set " + o.set.Name)
	}
	key := s.regs.get(o.reg, o.set.KeyLen)
	hit, perhaps, surely := o.set.find(key)
	if t, ok := s.lookAdded(o.set, key); ok && hit == nil {
		if t == yes {
			hit = &Element{Guard: o.set.guard}
		} else {
			surely = false
		}
	}
	if o.to == noData {
		return o.membership(key, hit, perhaps, surely)
	}
	return o.fetch(s, key, hit, perhaps, surely)
}

// membership decides a plain set lookup.
func (o opLookup) membership(key value, hit *Element, perhaps []*Element, surely bool) step {
	t := yes
	switch {
	case hit != nil && hit.Guard != "":
		if o.invert {
			return missed()
		}
		return undecided(hit.Guard)
	case hit != nil:
	case len(perhaps) == 0 && surely:
		t = no
	default:
		t = maybe
	}
	if o.invert {
		t = t.not()
	}
	why := key.why
	if why == "" {
		why = "set " + o.set.Name
	}
	st := matched(t, why)
	if hit != nil && t == yes {
		st.element, st.set = hit, o.set
	}
	return st
}

// fetch decides a map lookup.
func (o opLookup) fetch(s *state, key value, hit *Element, perhaps []*Element, surely bool) step {
	switch {
	case hit != nil && hit.Guard == "":
		st := o.apply(s, hit)
		st.element, st.set = hit, o.set
		return st
	case hit == nil && len(perhaps) == 0 && surely:
		return missed()
	case hit != nil:
		perhaps = append(perhaps, hit)
	}
	if !surely || len(perhaps) > 64 {
		return unknownOp("map " + o.set.Name)
	}
	st := step{kind: choice, why: key.why, set: o.set, alts: []alt{{miss: true}}}
	if st.why == "" {
		st.why = "map " + o.set.Name
	}
	for _, e := range perhaps {
		a := alt{v: e.Verdict, at: o.to, elem: e}
		if o.to >= 0 {
			a.put = e.Data
		}
		st.alts = append(st.alts, a)
	}
	return st
}

// apply does what a found element says.
func (o opLookup) apply(s *state, e *Element) step {
	if o.to == verdictData {
		return decide(e.Verdict)
	}
	s.regs.put(o.to, known(e.Data))
	return goOn()
}

// find looks for a key: the element that surely holds it, those that may, and
// whether the list tells everything (an element that failed to decode would not).
func (t *Set) find(key value) (hit *Element, perhaps []*Element, surely bool) {
	var any *Element
	exact := key.isKnown()
	for i := range t.Elements {
		e := &t.Elements[i]
		if e.CatchAll {
			any = e
			continue
		}
		if exact && len(t.Fields) == 0 {
			if bytes.Compare(e.Key, key.b) <= 0 && bytes.Compare(key.b, e.KeyEnd) <= 0 {
				return e, nil, true
			}
			continue
		}
		switch t.holds(e, key) {
		case yes:
			return e, nil, true
		case maybe:
			perhaps = append(perhaps, e)
		case no:
		}
	}
	if any != nil && len(perhaps) == 0 {
		return any, nil, true
	}
	if any != nil {
		perhaps = append(perhaps, any)
	}
	return nil, perhaps, true
}

// holds tests one element, field by field for a concatenation.
func (t *Set) holds(e *Element, key value) tri {
	if len(t.Fields) == 0 || len(e.Key) != t.KeyLen {
		return key.between(e.Key, e.KeyEnd)
	}
	all, off := yes, 0
	for _, n := range t.Fields {
		if off+n > len(e.Key) || off+n > len(key.b) {
			return maybe
		}
		part := value{b: key.b[off : off+n], known: key.known[off : off+n]}
		all = all.and(part.between(e.Key[off:off+n], e.KeyEnd[off:off+n]))
		if all == no {
			return no
		}
		off += (n + 3) &^ 3
	}
	return all
}

// lookAdded looks among the elements that rules added for this very packet.
func (s *state) lookAdded(set *Set, key value) (tri, bool) {
	for a := s.added; a != nil; a = a.up {
		if a.set != set {
			continue
		}
		if a.key == "" {
			return maybe, true
		}
		if t := key.equals([]byte(a.key)); t != no {
			return t, true
		}
	}
	return no, false
}

// opDynset adds to, updates or deletes from a set (nft_dynset.c).
type opDynset struct {
	set    *Set
	reg    int
	del    bool
	invert bool
	// guards are the stateful expressions of the statement.
	guards []string
}

func (o opDynset) exec(m *machine, s *state) step {
	if o.set == nil {
		return unknownOp("an unknown dynamic set")
	}
	if err := m.load(o.set); err != nil {
		return unknownOp("set " + o.set.Name)
	}
	key := s.regs.get(o.reg, o.set.KeyLen)
	hit, perhaps, _ := o.set.find(key)
	if o.del {
		t := maybe
		if len(perhaps) == 0 {
			t = truth(hit != nil && !hit.CatchAll)
		}
		if added, ok := s.lookAdded(o.set, key); ok {
			t = t.or(added)
		}
		if t == yes && !o.invert {
			return undecided("set " + o.set.Name) // gone for later lookups: rare enough not to follow
		}
		if o.invert {
			t = t.not()
		}
		return matched(t, "set "+o.set.Name)
	}
	guards := o.guards
	if hit != nil && hit.Guard != "" {
		guards = append(slices.Clip(guards), hit.Guard)
	}
	full := hit == nil && o.set.Size > 0 && len(o.set.Elements) >= o.set.Size
	if hit == nil {
		m.add(s, o.set, key)
	}
	switch {
	case full:
		return undecided("set " + o.set.Name + " is full")
	case o.invert:
		return missed()
	case len(guards) > 0:
		return undecided(guards[0])
	}
	return goOn()
}

// opObjref uses a named object (nft_objref.c).
type opObjref struct{ kind, name string }

func (o opObjref) exec(*machine, *state) step { return objectStep(o.kind, o.name) }

func objectStep(kind, name string) step {
	switch kind {
	case "counter", "ct helper", "ct timeout", "ct expectation", "secmark", "tunnel":
		return goOn()
	case "limit", "quota", "ct count":
		return undecided(kind + " " + name)
	case "synproxy":
		return untold("synproxy")
	}
	return unknownOp("object " + name)
}

// opObjmap looks a named object up in a map.
type opObjmap struct {
	reg int
	set *Set
}

func (o opObjmap) exec(m *machine, s *state) step {
	if o.set == nil {
		return unknownOp("an unknown map of objects")
	}
	if err := m.load(o.set); err != nil {
		return unknownOp("map " + o.set.Name)
	}
	hit, perhaps, _ := o.set.find(s.regs.get(o.reg, o.set.KeyLen))
	if hit == nil && len(perhaps) == 0 {
		return missed()
	}
	st := objectStep(o.set.ObjectKind, o.set.Name)
	if hit == nil && st.kind == next {
		return undecided("map " + o.set.Name)
	}
	return st
}
