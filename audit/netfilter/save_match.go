package netfilter

import (
	"strconv"
	"strings"
)

// match compiles one match with its options. What is not understood may hold or not.
func (b *saveRule) match(name string, opts []option) []op {
	unsure := []op{xt(xtFixed{ext: shown(name), is: maybe})}
	if t, ok := plainMatches[name]; ok {
		f := xtFixed{ext: name, is: t}
		if name == "comment" && len(opts) == 1 {
			f.comment = opts[0].arg(0)
		}
		return []op{xt(f)}
	}
	compile, ok := saveMatches[name]
	if !ok {
		return unsure
	}
	out, err := compile(b, name, opts)
	if err != nil {
		return unsure
	}
	return out
}

type saveMatch func(b *saveRule, name string, opts []option) ([]op, error)

var saveMatches = map[string]saveMatch{
	"tcp": saveTCP, "udp": saveTCP, "multiport": saveMultiport, "conntrack": saveConntrack, "state": saveState,
	"iprange": saveIPRange, "addrtype": saveAddrtype, "set": saveSet, "mark": saveMark, "connmark": saveMark,
	"pkttype": savePkttype, "rpfilter": saveRPFilter, "policy": savePolicy, "recent": saveRecent, "rt": saveExthdr,
	"frag": saveExthdr, "icmp": saveICMP, "icmp6": saveICMP, "ipv6-icmp": saveICMP, "helper": saveHelper,
}

func saveTCP(b *saveRule, name string, opts []option) ([]op, error) {
	out := []op{}
	for _, o := range opts {
		switch o.name {
		case "--sport", "--source-port", "--dport", "--destination-port":
			from, to, err := portPair(o.arg(0), ":")
			if err != nil {
				return nil, err
			}
			out = append(out, xt(xtPorts{ext: name, dest: o.name == "--dport" || o.name == "--destination-port", from: from, to: to, invert: o.not}))
		case "--syn":
			out = append(out, xt(xtTCPFlags{mask: 0x17, want: 2, invert: o.not}))
		case "--tcp-flags":
			mask, ok1 := flagBits(o.arg(0))
			want, ok2 := flagBits(o.arg(1))
			if !ok1 || !ok2 {
				return nil, errOption
			}
			out = append(out, xt(xtTCPFlags{mask: mask, want: want, invert: o.not}))
		default:
			out = append(out, xt(xtFixed{ext: name, opts: shown(o.name), is: maybe}))
		}
	}
	return out, nil
}

func saveICMP(_ *saveRule, _ string, opts []option) ([]op, error) {
	m := xtICMP{kind: 0xff, to: 0xff}
	for _, o := range opts {
		kind, code, hasCode := strings.Cut(o.arg(0), "/")
		if kind == "any" {
			continue
		}
		n, err := strconv.ParseUint(kind, 10, 8)
		if err != nil {
			return nil, errOption
		}
		m.kind, m.invert = uint8(n), o.not
		if hasCode {
			if n, err = strconv.ParseUint(code, 10, 8); err != nil {
				return nil, errOption
			}
			m.from, m.to = uint8(n), uint8(n)
		}
	}
	return []op{xt(m)}, nil
}

func flagBits(s string) (b byte, ok bool) {
	for n := range strings.SplitSeq(s, ",") {
		switch n {
		case "ALL":
			b |= 0x3f
		case "NONE":
		default:
			i := strings.Index("FIN SYN RST PSH ACK URG ECE CWR", n)
			if i < 0 || len(n) != 3 {
				return 0, false
			}
			b |= 1 << (i / 4)
		}
	}
	return b, true
}

func saveMultiport(_ *saveRule, _ string, opts []option) ([]op, error) {
	if len(opts) != 1 {
		return nil, errOption
	}
	o := opts[0]
	m := xtMultiport{invert: o.not}
	switch o.name {
	case "--sports", "--source-ports":
	case "--dports", "--destination-ports":
		m.kind = 1
	case "--ports":
		m.kind = 2
	default:
		return nil, errOption
	}
	for p := range strings.SplitSeq(o.arg(0), ",") {
		from, to, err := portPair(p, ":")
		if err != nil {
			return nil, err
		}
		m.ranges = append(m.ranges, [2]uint16{from, to})
	}
	return []op{xt(m)}, nil
}
