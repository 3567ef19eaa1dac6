package netfilter

import (
	"errors"
	"fmt"
	"slices"
)

// Dump is what the kernel answers to the nf_tables dump requests: the payloads
// of the messages, each beginning with its nfgenmsg. The reader must have made
// sure that all are of one generation.
type Dump struct {
	Tables, Chains, Rules, Sets, Objects [][]byte
}

// FromNetlink builds the rule set of a dump (linux/netfilter/nf_tables.h). Rules
// are decoded when they are first met; what is not understood in them becomes an
// operation that may do anything.
func FromNetlink(d Dump) (*Ruleset, error) {
	w := wireReader{rs: &Ruleset{Source: "kernel"}, byName: map[tableKey]*Table{}}
	for _, part := range []struct {
		what string
		msgs [][]byte
		read func(Family, attrs) error
	}{
		{"table", d.Tables, w.table}, {"object", d.Objects, w.object}, {"set", d.Sets, w.set},
		{"chain", d.Chains, w.chain}, {"rule", d.Rules, w.rule},
	} {
		for _, msg := range part.msgs {
			if len(msg) < 4 {
				return nil, fmt.Errorf("read nf_tables %s: %w", part.what, errTruncated)
			}
			a, err := parseAttrs(msg[4:])
			if err == nil {
				err = part.read(Family(msg[0]), a)
			}
			if err != nil {
				return nil, fmt.Errorf("read nf_tables %s: %w", part.what, err)
			}
		}
	}
	for _, t := range w.rs.Tables {
		t.Dialect = dialectOf(t)
	}
	return w.rs, nil
}

type tableKey struct {
	f    Family
	name string
}

type wireReader struct {
	rs     *Ruleset
	byName map[tableKey]*Table
}

var errNoTable = errors.New("it belongs to a table that is not listed")

// NFTA_TABLE_*: name 1, flags 2, handle 4.
func (w *wireReader) table(f Family, a attrs) error {
	t := newTable(f, a.str(1))
	t.Handle, t.Dormant = a.u64(4), a.u32(2)&1 != 0
	w.byName[tableKey{f, t.Name}] = t
	w.rs.Tables = append(w.rs.Tables, t)
	return nil
}

func (w *wireReader) of(f Family, a attrs) (*Table, error) {
	t := w.byName[tableKey{f, a.str(1)}]
	if t == nil {
		return nil, errNoTable
	}
	return t, nil
}

// NFTA_CHAIN_*: table 1, handle 2, name 3, hook 4, policy 5, type 7.
func (w *wireReader) chain(f Family, a attrs) error {
	t, err := w.of(f, a)
	if err != nil {
		return err
	}
	c := t.chain(a.str(3))
	c.Handle = a.u64(2)
	if !a.has(4) {
		return nil
	}
	h, err := parseAttrs(a.a[4])
	if err != nil {
		return err
	}
	c.Hook = wireHook(f, h.u32(1))
	c.Priority, c.Type = int(int32(h.u32(2))), a.str(7)
	if a.has(5) && a.u32(5) == 0 {
		c.Policy = Verdict{Code: Drop}
	}
	if h.has(3) {
		c.Devices = append(c.Devices, h.str(3))
	}
	if !h.has(4) {
		return nil
	}
	return eachAttr(h.a[4], func(typ int, data []byte) {
		name := cString(data)
		if typ != 1 { // a prefix: NFTA_DEVICE_PREFIX
			name += "*"
		}
		if !slices.Contains(c.Devices, name) {
			c.Devices = append(c.Devices, name)
		}
	})
}

// wireHook reads a hook number, which means another hook for netdev.
func wireHook(f Family, n uint32) Hook {
	if f == Netdev {
		return [...]Hook{Ingress, Egress}[min(n, 1)]
	}
	hooks := [...]Hook{Prerouting, Input, Forward, Output, Postrouting, Ingress}
	return hooks[min(n, uint32(len(hooks)-1))]
}

// NFTA_RULE_*: table 1, chain 2, handle 3, expressions 4, user data 7.
func (w *wireReader) rule(f Family, a attrs) error {
	t, err := w.of(f, a)
	if err != nil {
		return err
	}
	c := t.Chains[a.str(2)]
	if c == nil {
		return errors.New("it belongs to a chain that is not listed")
	}
	r := &Rule{Handle: a.u64(3), raw: a.a[4], Comment: userComment(a.a[7])}
	if r.raw == nil {
		r.raw = []byte{}
	}
	c.Rules = append(c.Rules, r)
	return nil
}

// userComment reads nft's user data of rules and elements: type 0 is the comment.
func userComment(b []byte) string {
	for len(b) >= 2 {
		n := int(b[1])
		if len(b) < 2+n {
			return ""
		}
		if b[0] == 0 {
			return cString(b[2 : 2+n])
		}
		b = b[2+n:]
	}
	return ""
}

// NFT_SET_* flags that matter to a lookup.
const (
	setAnonymous = 1
	setInterval  = 4
	setMap       = 8
	setEval      = 0x20
	setObject    = 0x40
)

// NFTA_SET_*: name 2, flags 3, key length 5, data type 6, description 9, object type 15, expressions 17 and 18.
func (w *wireReader) set(f Family, a attrs) error {
	t, err := w.of(f, a)
	if err != nil {
		return err
	}
	flags := a.u32(3)
	s := &Set{Table: t, Name: a.str(2), KeyLen: int(a.u32(5)), Anonymous: flags&setAnonymous != 0,
		Interval: flags&setInterval != 0, Dynamic: flags&setEval != 0, Map: flags&setMap != 0}
	if s.KeyLen > 64 {
		return fmt.Errorf("set %s: a key of %d bytes", s.Name, s.KeyLen)
	}
	s.Verdicts = s.Map && a.u32(6) == 0xffffff00
	if flags&setObject != 0 {
		s.ObjectKind = objectKind(a.u32(15))
	}
	if a.has(9) {
		if err := s.describe(a.a[9]); err != nil {
			return err
		}
	}
	s.guard = guardOf(a.a[17], a.a[18])
	t.Sets[s.Name] = s
	return nil
}

// describe reads NFTA_SET_DESC: size 1, the fields of a concatenation 2.
func (t *Set) describe(b []byte) error {
	d, err := parseAttrs(b)
	if err != nil {
		return err
	}
	t.Size = int(d.u32(1))
	if !d.has(2) {
		return nil
	}
	err = eachAttr(d.a[2], func(_ int, data []byte) {
		if f, err := parseAttrs(data); err == nil {
			t.Fields = append(t.Fields, int(f.u32(1)))
		}
	})
	if len(t.Fields) < 2 || !t.Interval {
		t.Fields = nil
	}
	return err
}

// NFTA_OBJ_*: table 1, name 2, type 3.
func (w *wireReader) object(f Family, a attrs) error {
	t, err := w.of(f, a)
	if err != nil {
		return err
	}
	t.Objects[a.str(2)] = objectKind(a.u32(3))
	return nil
}

func objectKind(n uint32) string {
	kinds := [...]string{"", "counter", "quota", "ct helper", "limit", "ct count", "tunnel", "ct timeout",
		"secmark", "ct expectation", "synproxy"}
	if int(n) < len(kinds) {
		return kinds[n]
	}
	return ""
}

// guardOf names the first stateful expression of an element that can break a
// rule; counters and the like have no say.
func guardOf(one, list []byte) string {
	var found string
	look := func(b []byte) {
		a, err := parseAttrs(b)
		if err != nil {
			found = "an expression of the set"
			return
		}
		switch n := a.str(1); n {
		case "", "counter", "last":
		case "connlimit":
			found = "ct count"
		default:
			found = n
		}
	}
	if one != nil {
		look(one)
	}
	if list != nil && eachAttr(list, func(_ int, data []byte) { look(data) }) != nil {
		found = "an expression of the set"
	}
	return found
}
