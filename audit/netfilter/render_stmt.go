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
	case opZone:
		w.add(fmt.Sprintf("-j CT --zone %d", o.zone))
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
