package netfilter

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// maxListed bounds the elements of a set that a rule's text shows.
const maxListed = 12

// payload names a header field.
func (w *renderer) payload(o opPayload) {
	l := loaded{off: o.reg, t: &jtype{n: o.n}, width: o.n}
	heads := map[int][]string{baseNetwork: {"ip"}, baseLink: {"ether"}, baseTransport: {"th"}}[o.base]
	if o.base == baseNetwork && (w.v6 || o.n == 16) {
		heads = []string{"ip6"}
	}
	if o.base == baseTransport {
		switch w.proto {
		case 6:
			heads = []string{"tcp"}
		case 17:
			heads = []string{"udp"}
		case 1:
			heads = []string{"icmp"}
		case 58:
			heads = []string{"icmpv6"}
		}
	}
	l.name = fmt.Sprintf("@%s,%d,%d", [...]string{"ll", "nh", "th", "ih"}[min(max(o.base, 0), 3)], o.off*8, o.n*8)
	for _, h := range heads {
		for name, f := range headerFields[h] {
			// An address compared by whole bytes only is loaded in part.
			isAddr := f.t == typeIPv4 || f.t == typeIPv6
			if f.off == o.off*8 && (f.n == o.n*8 || isAddr && o.n*8 < f.n) && f.off%8 == 0 {
				l.name = h + " " + name
				if l.t = f.t; f.t == nil {
					l.t = &jtype{n: o.n}
				}
				if o.base == baseTransport && h != "th" && w.protoAt >= 0 && !w.ipt {
					w.parts[w.protoAt] = ""
				}
				if h == "ip" || h == "ip6" {
					w.dropFamily()
				}
			}
		}
	}
	w.set(l)
}

func (w *renderer) dropFamily() {
	if w.famAt >= 0 {
		w.parts[w.famAt] = ""
	}
}

// compare writes `left op right`.
func (w *renderer) compare(o opCmp) {
	l := w.get(o.reg)
	switch {
	case o.op == cmpGte && (l.big || !l.t.host) && l.mask == nil:
		l.from, l.fromAt = o.data, len(w.parts)
		w.set(l)
	case o.op == cmpLte && l.from != nil:
		from := l.from
		w.parts[l.fromAt] = ""
		l.from = nil
		w.set(l)
		w.between(opRange{o.reg, false, from, o.data})
		return
	case (l.name == "ip protocol" || l.name == "ip6 nexthdr") && o.op == cmpEq && len(o.data) == 1:
		w.proto = o.data[0]
	case l.name == "meta l4proto" && o.op == cmpEq && len(o.data) == 1:
		w.proto, w.protoAt = o.data[0], len(w.parts)
	case (l.name == "meta nfproto" || l.name == "meta protocol") && o.op == cmpEq && w.t.isInet():
		w.famAt, w.v6 = len(w.parts), bytes.Equal(o.data, []byte{byte(IPv6)}) || bytes.Equal(o.data, []byte{0x86, 0xdd})
	}
	if w.ipt {
		if s := w.iptCompare(l, o); s != "" {
			w.add(s)
			return
		}
	}
	w.add(nftCompare(l, o))
}

func nftCompare(l loaded, o opCmp) string {
	op := [...]string{"", "!= ", "< ", "<= ", "> ", ">= "}[o.op]
	value := valueText
	if l.big {
		value = keyText
	}
	isAddr := l.t == typeIPv4 || l.t == typeIPv6
	switch {
	case l.mask != nil && zero(o.data) && o.op == cmpNeq && l.t.names != nil:
		return l.name + " " + flagList(l.t, l.mask)
	case isAddr && (l.mask == nil || isPrefix(l.mask)) && (l.mask != nil || len(o.data) < l.t.n):
		return l.name + " " + op + prefixText(l.t, o.data, l.mask)
	case l.mask != nil && isAddr:
		mask, _ := netip.AddrFromSlice(l.mask)
		return fmt.Sprintf("%s & %s %s%s", l.name, mask, cmp.Or(op, "== "), valueText(l.t, o.data))
	case l.mask != nil && len(l.mask) == len(o.data):
		if l.t == typeTCPFlag && o.op == cmpEq {
			return fmt.Sprintf("%s %s / %s", l.name, flagList(l.t, o.data), flagList(l.t, l.mask))
		}
		if op == "" {
			op = "== "
		}
		return fmt.Sprintf("%s & %s %s%s", l.name, bitText(l.t, l.mask), op, bitText(l.t, o.data))
	case l.t == typeBool && o.op == cmpEq:
		return l.name + map[bool]string{true: " missing", false: " exists"}[zero(o.data)]
	}
	if l.t == typeTCPFlag {
		return l.name + " " + cmp.Or(op, "== ") + flagList(l.t, o.data)
	}
	return l.name + " " + op + value(l.t, o.data)
}

// isPrefix tells a mask whose ones all come first.
func isPrefix(mask []byte) bool {
	ended := false
	for _, b := range mask {
		for bit := 7; bit >= 0; bit-- {
			on := b&(1<<bit) != 0
			if on && ended {
				return false
			}
			ended = ended || !on
		}
	}
	return true
}

func bitText(t *jtype, b []byte) string {
	if t.names != nil {
		return flagList(t, b)
	}
	return "0x" + hexOf(t, b)
}

// flagList writes bits by name: "new,established".
func flagList(t *jtype, b []byte) string {
	n := numberOf(t, b)
	var out []string
	for bit := uint64(1); bit != 0 && bit <= n; bit <<= 1 {
		if n&bit == 0 {
			continue
		}
		name := fmt.Sprintf("%#x", bit)
		for s, v := range t.names {
			if v == bit && (name[0] == '0' || s < name) {
				name = s
			}
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return "0"
	}
	return strings.Join(out, ",")
}

func numberOf(t *jtype, b []byte) uint64 {
	var n uint64
	if t.host && littleEndian {
		for i := len(b) - 1; i >= 0; i-- {
			n = n<<8 | uint64(b[i])
		}
		return n
	}
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// prefixText writes an address with its prefix length; data may hold whole bytes only.
func prefixText(t *jtype, data, mask []byte) string {
	full := make([]byte, t.n)
	copy(full, data)
	n := len(data) * 8
	if mask != nil {
		n = 0
		for i, b := range mask {
			for bit := 7; bit >= 0 && b&(1<<bit) != 0 && n == i*8+7-bit; bit-- {
				n++
			}
		}
	}
	a, _ := netip.AddrFromSlice(full)
	return fmt.Sprintf("%s/%d", a, n)
}

// valueText writes one value of a type.
func valueText(t *jtype, b []byte) string {
	switch {
	case t == typeIPv4 || t == typeIPv6:
		if a, ok := netip.AddrFromSlice(b); ok {
			return a.String()
		}
	case t == typeIfname:
		if bytes.IndexByte(b, 0) < 0 {
			return quoted(string(b) + "*")
		}
		return quoted(cString(b))
	case t == typeMark:
		return "0x" + hexOf(t, b)
	case len(b) > 8:
		return "0x" + hexOf(t, b)
	}
	n := numberOf(t, b)
	if t != typeService {
		best := ""
		for s, v := range t.names {
			if v == n && (best == "" || len(s) < len(best) || len(s) == len(best) && s < best) {
				best = s
			}
		}
		if best != "" {
			return best
		}
	}
	return strconv.FormatUint(n, 10)
}

// keyText writes a value as set keys hold it: big endian.
func keyText(t *jtype, b []byte) string {
	big := *t
	big.host = false
	if t == typeIPv4 || t == typeIPv6 || t == typeIfname || t == typeService {
		return valueText(t, b)
	}
	if t == typeMark {
		return "0x" + hexOf(&big, b)
	}
	return valueText(&big, b)
}

func (w *renderer) between(o opRange) {
	l := w.get(o.reg)
	if w.ipt && strings.HasSuffix(l.name, "port") {
		w.add(w.implied() + bang(o.invert) + "--" + l.name[len(l.name)-5:] + " " + valueText(l.t, o.from) + ":" + valueText(l.t, o.to))
		return
	}
	w.add(l.name + " " + map[bool]string{true: "!= "}[o.invert] + keyText(l.t, o.from) + "-" + keyText(l.t, o.to))
}

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

// dataText writes a map's data, whose type a rule does not tell.
func dataText(b []byte) string {
	if len(b) == 4 {
		return fmt.Sprintf("%#x", hostU32(b))
	}
	if a, ok := netip.AddrFromSlice(b); ok {
		return a.String()
	}
	return fmt.Sprintf("0x%x", b)
}

// elementText writes a key. Plain sets hold numbers in host order, interval sets
// and those of a file big endian.
func elementText(e *Element, types []*jtype, host bool) string {
	var out []string
	off := 0
	for _, t := range types {
		n := t.n
		if off+n > len(e.Key) || n == 0 {
			n = len(e.Key) - off
		}
		if n <= 0 {
			break
		}
		lo, hi := e.Key[off:off+n], e.KeyEnd[off:off+n]
		if host {
			out = append(out, valueText(t, lo))
		} else {
			out = append(out, spanText(t, lo, hi))
		}
		off += (n + 3) &^ 3
	}
	return strings.Join(out, " . ")
}

// spanText writes a range of keys, as a prefix where it is one.
func spanText(t *jtype, lo, hi []byte) string {
	if bytes.Equal(lo, hi) {
		return keyText(t, lo)
	}
	if t == typeIPv4 || t == typeIPv6 {
		for bits := range t.n*8 + 1 {
			if r := ipRange(lo, bits); bytes.Equal(r[0], lo) && bytes.Equal(r[1], hi) {
				a, _ := netip.AddrFromSlice(lo)
				return fmt.Sprintf("%s/%d", a, bits)
			}
		}
	}
	if t == typeIfname {
		return quoted(cString(lo) + "*")
	}
	return keyText(t, lo) + "-" + keyText(t, hi)
}

// implied is the match that -p tcp brings with it, as iptables-save writes it out.
func (w *renderer) implied() string {
	switch {
	case w.named:
		return ""
	case w.proto == 6:
		w.named = true
		return "-m tcp "
	case w.proto == 17:
		w.named = true
		return "-m udp "
	}
	return ""
}

// iptCompare writes a native comparison as iptables writes it; empty if it is none of its own.
func (w *renderer) iptCompare(l loaded, o opCmp) string {
	not := bang(o.op == cmpNeq)
	switch l.name {
	case "ip saddr", "ip6 saddr", "ip daddr", "ip6 daddr":
		if l.mask != nil && !isPrefix(l.mask) {
			return xtAddr{dest: strings.HasSuffix(l.name, "daddr"), invert: o.op == cmpNeq, addr: o.data, mask: l.mask}.text()
		}
		opt := map[bool]string{true: "-s ", false: "-d "}[strings.HasSuffix(l.name, "saddr")]
		return not + opt + prefixText(l.t, o.data, l.mask)
	case "iifname", "oifname":
		pattern := cString(o.data)
		if bytes.IndexByte(o.data, 0) < 0 {
			pattern += "+"
		}
		return not + map[bool]string{true: "-i ", false: "-o "}[l.name == "iifname"] + shown(pattern)
	case "meta l4proto", "ip protocol", "ip6 nexthdr":
		return xtProto{proto: o.data[0], invert: o.op == cmpNeq}.text()
	case "tcp sport", "udp sport", "th sport", "tcp dport", "udp dport", "th dport":
		if len(o.data) == 2 && o.op <= cmpNeq {
			return w.implied() + not + "--" + l.name[len(l.name)-5:] + " " + strconv.Itoa(int(be16(o.data)))
		}
	case "tcp flags":
		if len(l.mask) == 1 && len(o.data) == 1 {
			return w.implied() + xtTCPFlags{l.mask[0], o.data[0], o.op == cmpNeq}.text()
		}
	case "meta mark":
		mask := ^uint32(0)
		if len(l.mask) == 4 {
			mask = hostU32(l.mask)
		}
		return xtMark{mark: hostU32(o.data), mask: mask, invert: o.op == cmpNeq}.text()
	}
	return ""
}
