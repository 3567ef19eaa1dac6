package netfilter

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
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

// statement writes operations that load nothing.
func (w *renderer) statement(o op) {
	switch o := o.(type) {
	case opVerdict:
		w.verdict(o.v)
	case opReject:
		w.reject(o.text(w.v6))
	case opNone:
		w.none(o.name)
	case opMaybe:
		w.add(cmp.Or(o.text, o.name))
	case opUnknown:
		w.add("<" + o.name + ">")
	case opFate:
		w.add(o.name)
	case opNotrack:
		w.word("notrack", "-j CT --notrack")
	case opQueue:
		w.word("queue", "-j NFQUEUE")
	case opMasq:
		w.word("masquerade", "-j MASQUERADE")
	case opSetMark:
		w.add(o.text())
	case opMoveMark:
		w.add(o.text())
	case opNatTo:
		w.add(o.text())
	case opRedirect:
		w.add("redirect" + w.portText(o.portMin))
	case opNat:
		to := map[bool]string{true: "snat", false: "dnat"}[o.source]
		port := w.portText(o.portMin)
		if o.addrMin >= 0 {
			to, port = to+" to "+w.source(o.addrMin), strings.TrimPrefix(port, " to ")
		}
		w.add(to + port)
	case opDynset:
		if o.set != nil {
			w.add(map[bool]string{true: "delete", false: "add"}[o.del] + " @" + shown(o.set.Name) + " { " + w.names(o.reg, o.set.KeyLen) + strings.Join(append([]string{""}, o.guards...), " ") + " }")
		}
	case opObjref:
		w.add(o.kind + " name " + quoted(o.name))
	case opObjmap:
		if o.set != nil {
			w.add(o.set.ObjectKind + " name " + w.names(o.reg, o.set.KeyLen) + " map @" + shown(o.set.Name))
		}
	case opXTSet:
		w.add("-j SET")
	case opFalse:
		w.add(o.name)
	case opPayloadSet:
		w.add("payload set")
	}
}

// word picks the dialect's word.
func (w *renderer) word(nft, ipt string) {
	if w.ipt {
		nft = ipt
	}
	w.add(nft)
}

func (w *renderer) none(name string) {
	switch {
	case w.ipt && (name == "counter" || name == "last"):
	case w.ipt && name == "log":
		w.add("-j NFLOG")
	case w.ipt:
		w.add("-j " + shown(name))
	default:
		w.add(shown(name))
	}
}

func (w *renderer) verdict(v Verdict) {
	if !w.ipt {
		w.add(Verdict{v.Code, escapeName(v.Chain)}.String())
		return
	}
	switch v.Code {
	case Jump:
		w.add("-j " + escapeName(v.Chain))
	case Goto:
		w.add("-g " + escapeName(v.Chain))
	default:
		w.add("-j " + strings.ToUpper(v.String()))
	}
}

func escapeName(s string) string {
	if s == "" {
		return ""
	}
	return shown(s)
}

func (w *renderer) reject(with string) {
	switch {
	case with == "" && w.ipt:
		w.add("-j REJECT")
	case w.ipt:
		w.add("-j REJECT --reject-with " + with)
	case with == "" || with == "icmpx port-unreachable":
		w.add("reject")
	default:
		w.add("reject with " + with)
	}
}

func (w *renderer) portText(reg int) string {
	if reg < 0 {
		return ""
	}
	l := w.get(reg)
	if l.name == "" && len(l.mask) == 2 {
		return " to :" + strconv.Itoa(int(be16(l.mask)))
	}
	return " to :" + w.source(reg)
}

// source is a register on the right side of a statement.
func (w *renderer) source(reg int) string {
	l := w.get(reg)
	switch {
	case l.name != "":
		return l.name
	case len(l.mask) == 16:
		a, _ := netip.AddrFromSlice(l.mask)
		return a.String()
	case len(l.mask) == 4:
		// A mark, or an address where the statement is nat: both read well as hex or dotted.
		if w.nat() {
			a, _ := netip.AddrFromSlice(l.mask)
			return a.String()
		}
		return fmt.Sprintf("%#x", hostU32(l.mask))
	}
	return "0x" + hex.EncodeToString(l.mask)
}

// nat tells whether the table translates, so that constants are addresses.
func (w *renderer) nat() bool {
	return slices.ContainsFunc(w.t.Order, func(c *Chain) bool { return c.Type == "nat" })
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

func invertBytes(b []byte) []byte {
	out := slices.Clone(b)
	for i := range out {
		out[i] = ^out[i]
	}
	return out
}

// hexOf writes bits as a number.
func hexOf(t *jtype, b []byte) string {
	c := slices.Clone(b)
	if t.host && littleEndian {
		reverse(c)
	}
	if s := strings.TrimLeft(hex.EncodeToString(c), "0"); s != "" {
		return s
	}
	return "0"
}

func (t *Table) isInet() bool { return t.Family == Inet || t.Family == Netdev || t.Family == Bridge }

func metaText(k uint32) string {
	name := metaName(k)
	switch k {
	case metaIif, metaOif, metaIifname, metaOifname, metaIiftype, metaOiftype, metaIifgroup, metaOifgroup, metaIifkind, metaOifkind:
		return name
	}
	return "meta " + name
}

// metaName is nft's word for NFT_META_*.
func metaName(k uint32) string {
	switch k {
	case metaIif:
		return "iif"
	case metaOif:
		return "oif"
	case metaSecpath:
		return "ipsec"
	}
	for name, m := range metaKeys {
		if m.key == k && name != "iif" && name != "oif" {
			return name
		}
	}
	return strconv.Itoa(int(k))
}

func metaType(k uint32) *jtype {
	if k == metaIif || k == metaOif {
		return typeHost4
	}
	if m, ok := metaKeys[metaName(k)]; ok && m.t != nil {
		return m.t
	}
	return typeHost4
}

func ctName(k uint32) string {
	for name, c := range ctKeys {
		if c.key == k {
			return name
		}
	}
	return map[uint32]string{ctSrc: "saddr", ctDst: "daddr"}[k]
}

func ctText(k uint32, dir int) string {
	switch dir {
	case 0:
		return "ct original " + ctName(k)
	case 1:
		return "ct reply " + ctName(k)
	}
	return "ct " + ctName(k)
}

func ctType(k uint32) *jtype {
	if c, ok := ctKeys[ctName(k)]; ok && c.t != nil {
		return c.t
	}
	return typeHost4
}

func fibText(o opFib) string {
	var by []string
	for i, n := range [...]string{"saddr", "daddr", "mark", "iif", "oif"} {
		if o.flags&(1<<i) != 0 {
			by = append(by, n)
		}
	}
	return "fib " + strings.Join(by, " . ") + " " + [...]string{"?", "oif", "oifname", "type"}[min(o.result, 3)]
}

func fibType(o opFib) *jtype {
	switch {
	case o.flags&fibPresent != 0:
		return typeBool
	case o.result == fibResultType:
		return typeFib
	case o.result == fibResultOifname:
		return typeIfname
	}
	return typeHost4
}
