package netfilter

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

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

func (w *renderer) between(o opRange) {
	l := w.get(o.reg)
	if w.ipt && strings.HasSuffix(l.name, "port") {
		w.add(w.implied() + bang(o.invert) + "--" + l.name[len(l.name)-5:] + " " + valueText(l.t, o.from) + ":" + valueText(l.t, o.to))
		return
	}
	w.add(l.name + " " + map[bool]string{true: "!= "}[o.invert] + keyText(l.t, o.from) + "-" + keyText(l.t, o.to))
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
