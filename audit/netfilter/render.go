package netfilter

import (
	"fmt"
	"slices"
	"strings"
)

// loaded is what a register holds, as the rule's text names it.
type loaded struct {
	off   int
	name  string
	t     *jtype
	width int
	// mask is set once bits were cut out: "ct state & new".
	mask []byte
	// big: a number in host order was turned, to be ordered.
	big bool
	// from is the lower end of a range, written at fromAt, until its upper end follows.
	from   []byte
	fromAt int
}

// renderer writes operations as rule text. It remembers what each register was
// loaded with, and drops the protocol matches that nft and iptables leave out.
type renderer struct {
	rs    *Ruleset
	t     *Table
	ipt   bool
	parts []string
	regs  []loaded
	// proto is the transport protocol that the rule has asked for, at index
	// protoAt of parts; v6 likewise for the family.
	proto   uint8
	protoAt int
	famAt   int
	v6      bool
	// named: the implied protocol match has been named.
	named bool
}

// renderRule writes a rule from its operations.
func renderRule(rs *Ruleset, t *Table, r *Rule) string {
	w := renderer{rs: rs, t: t, ipt: t.Dialect != NFT, protoAt: -1, famAt: -1, v6: t.Family == IPv6}
	for _, o := range r.operations(t) {
		w.op(o)
	}
	if !w.ipt && r.Comment != "" {
		w.add("comment " + quoted(r.Comment))
	}
	parts := slices.DeleteFunc(w.parts, func(s string) bool { return s == "" })
	return strings.Join(parts, " ")
}

func (w *renderer) add(s string) { w.parts = append(w.parts, s) }

func (w *renderer) set(l loaded) {
	w.regs = slices.DeleteFunc(w.regs, func(o loaded) bool { return o.off == l.off })
	w.regs = append(w.regs, l)
}

func (w *renderer) get(off int) loaded {
	for _, l := range w.regs {
		if l.off == off {
			return l
		}
	}
	return loaded{name: "?", t: typeHost4}
}

// op writes one operation.
func (w *renderer) op(o op) {
	switch o := o.(type) {
	case opPayload:
		w.payload(o)
	case opMeta:
		w.set(loaded{off: o.reg, name: metaText(o.key), t: metaType(o.key), width: 4})
	case opCt:
		w.set(loaded{off: o.reg, name: ctText(o.key, o.dir), t: ctType(o.key), width: 4})
	case opFib:
		w.set(loaded{off: o.reg, name: fibText(o), t: fibType(o), width: 4})
	case opExthdr:
		w.set(loaded{off: o.reg, name: o.what, t: typeBool, width: 4})
	case opRandom:
		w.set(loaded{off: o.reg, name: fmt.Sprintf("%s mod %d", o.why, o.modulus), t: typeHost4, width: 4})
	case opLoadUnknown:
		w.set(loaded{off: o.reg, name: o.why, t: typeHost4, width: o.n})
	case opImm:
		w.set(loaded{off: o.reg, name: "", t: &jtype{n: len(o.data)}, mask: o.data, width: len(o.data)})
	case opBitwise:
		w.bitwise(o)
	case opCmp:
		w.compare(o)
	case opRange:
		w.between(o)
	case opLookup:
		w.lookup(o)
	case opMetaSet:
		w.add(metaText(o.key) + " set " + w.source(o.reg))
	case opCtSet:
		w.add(ctText(o.key, -1) + " set " + w.source(o.reg))
	case opXT:
		w.xt(o.match)
	case opByteorder:
		l := w.get(o.from)
		l.off, l.big = o.to, true
		w.set(l)
	case opForget, opMovePort:
	default:
		w.statement(o)
	}
}

// xt writes a match; a set that the kernel names by index gets its name.
func (w *renderer) xt(x xtMatch) {
	if m, ok := x.(xtSet); ok && m.set == "" && w.rs.IPSet != nil {
		if set, err := w.rs.IPSet("", m.index); err == nil && set != nil {
			m.set = set.Name
		}
		x = m
	}
	w.add(x.text())
}

func (w *renderer) bitwise(o opBitwise) {
	l := w.get(o.from)
	l.off = o.to
	switch {
	case o.op != bitBool:
		l.name = fmt.Sprintf("(%s shifted or combined)", l.name)
	case zero(o.xor):
		l.mask = o.mask
	case slices.Equal(invertBytes(o.mask), o.xor):
		l.name = fmt.Sprintf("%s or 0x%s", l.name, hexOf(l.t, o.xor))
	default:
		l.name = fmt.Sprintf("%s and 0x%s xor 0x%s", l.name, hexOf(l.t, o.mask), hexOf(l.t, o.xor))
	}
	w.set(l)
}
