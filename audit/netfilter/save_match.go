package netfilter

import (
	"net/netip"
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
	for _, n := range strings.Split(s, ",") {
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
	for _, p := range strings.Split(o.arg(0), ",") {
		from, to, err := portPair(p, ":")
		if err != nil {
			return nil, err
		}
		m.ranges = append(m.ranges, [2]uint16{from, to})
	}
	return []op{xt(m)}, nil
}

func stateBits(s string) (bits uint16, ok bool) {
	for _, n := range strings.Split(s, ",") {
		found := false
		for _, k := range stateNames {
			if k.name == n {
				bits |= k.bit
				found = true
			}
		}
		if !found {
			return 0, false
		}
	}
	return bits, true
}

func saveState(_ *saveRule, _ string, opts []option) ([]op, error) {
	if len(opts) != 1 || opts[0].name != "--state" {
		return nil, errOption
	}
	bits, ok := stateBits(opts[0].arg(0))
	if !ok {
		return nil, errOption
	}
	return []op{xt(xtState{"state", bits, opts[0].not})}, nil
}

func saveConntrack(b *saveRule, _ string, opts []option) ([]op, error) {
	c := xtConntrack{}
	for _, o := range opts {
		tuple := xtTuple{reply: strings.HasPrefix(o.name, "--ctrepl"), source: strings.Contains(o.name, "src"), invert: o.not}
		switch o.name {
		case "--ctstate":
			bits, ok := stateBits(o.arg(0))
			if !ok {
				return nil, errOption
			}
			c.state = &xtState{"conntrack", bits, o.not}
			continue
		case "--ctproto":
			n, err := protoNumber(o.arg(0))
			if err != nil {
				return nil, err
			}
			c.rest = append(c.rest, xtCtProto{uint16(n), o.not})
			continue
		case "--ctdir":
			c.rest = append(c.rest, xtCtDir{reply: o.arg(0) == "REPLY"})
			continue
		case "--ctstatus":
			bits, ok := uint64(0), true
			for _, n := range strings.Split(strings.ToLower(o.arg(0)), ",") {
				bit, known := typeStatus.names[strings.Replace(n, "seen_reply", "seen-reply", 1)]
				bits, ok = bits|bit, ok && known
			}
			if !ok {
				return nil, errOption
			}
			c.rest = append(c.rest, xtCtStatus{uint32(bits), o.not})
			continue
		case "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst":
			var err error
			if tuple.addr, tuple.mask, err = b.addr(o.arg(0)); err != nil {
				return nil, err
			}
		case "--ctorigsrcport", "--ctorigdstport", "--ctreplsrcport", "--ctrepldstport":
			var err error
			if tuple.from, tuple.to, err = portPair(o.arg(0), ":"); err != nil {
				return nil, err
			}
		default:
			return nil, errOption
		}
		c.rest = append(c.rest, tuple)
	}
	return []op{xt(c)}, nil
}

func saveIPRange(b *saveRule, _ string, opts []option) ([]op, error) {
	out := []op{}
	for _, o := range opts {
		lo, hi, ok := strings.Cut(o.arg(0), "-")
		if !ok {
			hi = lo
		}
		from, err1 := netip.ParseAddr(lo)
		to, err2 := netip.ParseAddr(hi)
		if err1 != nil || err2 != nil || from.BitLen() != to.BitLen() || from.Is6() != (b.t.Family == IPv6) || o.name != "--src-range" && o.name != "--dst-range" {
			return nil, errOption
		}
		out = append(out, xt(xtIPRange{o.name == "--dst-range", o.not, from.AsSlice(), to.AsSlice()}))
	}
	return out, nil
}

func saveAddrtype(_ *saveRule, _ string, opts []option) ([]op, error) {
	var sides []xtAddrtype
	onIface := false
	for _, o := range opts {
		switch o.name {
		case "--limit-iface-in", "--limit-iface-out":
			onIface = true
			continue
		case "--src-type", "--dst-type":
		default:
			return nil, errOption
		}
		a := xtAddrtype{dest: o.name == "--dst-type", invert: o.not}
		for _, n := range strings.Split(o.arg(0), ",") {
			found := false
			for i, name := range addrTypes {
				if name == n {
					a.types |= 1 << i
					found = true
				}
			}
			if !found {
				return nil, errOption
			}
		}
		sides = append(sides, a)
	}
	out := []op{}
	for _, a := range sides {
		a.onIface = onIface
		out = append(out, xt(a))
	}
	return out, nil
}

func saveSet(_ *saveRule, _ string, opts []option) ([]op, error) {
	m := xtSet{}
	for _, o := range opts {
		if o.name != "--match-set" && o.name != "--set" {
			m.extra = true
			continue
		}
		m.set, m.invert = o.arg(0), o.not
		for _, d := range strings.Split(o.arg(1), ",") {
			if d != "src" && d != "dst" {
				return nil, errOption
			}
			m.dirs = append(m.dirs, d == "src")
		}
	}
	if m.set == "" {
		return nil, errOption
	}
	return []op{xt(m)}, nil
}

func saveMark(_ *saveRule, name string, opts []option) ([]op, error) {
	if len(opts) != 1 || opts[0].name != "--mark" {
		return nil, errOption
	}
	v, mask, err := masked(opts[0].arg(0))
	if err != nil {
		return nil, err
	}
	return []op{xt(xtMark{ct: name == "connmark", mark: v, mask: mask, invert: opts[0].not})}, nil
}

func savePkttype(_ *saveRule, _ string, opts []option) ([]op, error) {
	if len(opts) != 1 {
		return nil, errOption
	}
	kind, ok := map[string]uint32{"unicast": 0, "host": 0, "broadcast": 1, "multicast": 2}[opts[0].arg(0)]
	if !ok {
		return nil, errOption
	}
	return []op{xt(xtPkttype{kind, opts[0].not})}, nil
}

func saveRPFilter(_ *saveRule, _ string, opts []option) ([]op, error) {
	x := xtRPFilter{}
	for _, o := range opts {
		switch o.name {
		case "--loose":
			x.loose = true
		case "--validmark":
			x.mark = true
		case "--invert":
			x.invert = true
		case "--accept-local":
		default:
			return nil, errOption
		}
	}
	return []op{xt(x)}, nil
}

func savePolicy(_ *saveRule, _ string, opts []option) ([]op, error) {
	x := xtPolicy{}
	for _, o := range opts {
		switch o.name {
		case "--dir":
			x.in = o.arg(0) == "in"
		case "--pol":
			x.none = o.arg(0) == "none"
		}
	}
	return []op{xt(x)}, nil
}

func saveRecent(_ *saveRule, _ string, opts []option) ([]op, error) {
	for _, o := range opts {
		if o.name == "--set" {
			return []op{xt(xtFixed{ext: "recent", opts: "--set", is: truth(!o.not)})}, nil
		}
	}
	return nil, errOption
}

func saveExthdr(b *saveRule, name string, _ []option) ([]op, error) {
	if b.t.Family != IPv6 {
		return nil, errOption
	}
	return []op{xt(xtFixed{ext: name, is: no})}, nil
}

func saveHelper(_ *saveRule, _ string, opts []option) ([]op, error) {
	if len(opts) != 1 {
		return nil, errOption
	}
	return []op{xt(xtFixed{ext: "helper", is: truth(opts[0].not)})}, nil
}

// target compiles the target of a rule.
func (b *saveRule) target(name string, isGoto bool, opts []option) op {
	if b.t.Chains[name] != nil {
		v := Verdict{Code: Jump, Chain: name}
		if isGoto {
			v.Code = Goto
		}
		return opVerdict{v}
	}
	get := func(names ...string) (string, bool) {
		for _, o := range opts {
			for _, n := range names {
				if o.name == n {
					return o.arg(0), true
				}
			}
		}
		return "", false
	}
	switch name {
	case "ACCEPT":
		return opVerdict{Verdict{Code: Accept}}
	case "DROP":
		return opVerdict{Verdict{Code: Drop}}
	case "RETURN":
		return opVerdict{Verdict{Code: Return}}
	case "REJECT":
		with, _ := get("--reject-with")
		return opReject{with: with}
	case "MARK", "CONNMARK":
		return saveMarkTarget(name == "CONNMARK", opts)
	case "CT":
		if _, ok := get("--notrack"); ok {
			return opNotrack{}
		}
		return opNone{"CT"}
	case "NOTRACK":
		return opNotrack{}
	case "DNAT", "REDIRECT":
		return b.saveNAT(name, get)
	case "SNAT", "MASQUERADE", "NETMAP":
		return opNatTo{source: true}
	case "NFQUEUE", "QUEUE":
		return opQueue{}
	case "SYNPROXY":
		return opFate{name}
	case "SET":
		o := opXTSet{}
		for _, n := range []string{"--add-set", "--del-set"} {
			if s, ok := get(n); ok {
				o.sets = append(o.sets, s)
			}
		}
		if len(o.sets) == 0 {
			return opUnknown{name}
		}
		return o
	}
	if asksNothing[name] {
		return opNone{name}
	}
	return opUnknown{shown(name)}
}

// saveMarkTarget reads the ways to write a mark: xt_mark takes (mark & ^mask) ^ value.
func saveMarkTarget(ct bool, opts []option) op {
	if len(opts) == 0 {
		return opUnknown{"MARK"}
	}
	o := opSetMark{ct: ct}
	v, mask, err := masked(opts[0].arg(0))
	switch opts[0].name {
	case "--set-xmark":
		o.value, o.mask = v, mask
	case "--set-mark":
		if o.value, o.mask = v, mask|v; !strings.Contains(opts[0].arg(0), "/") {
			o.mask = ^uint32(0)
		}
	case "--and-mark":
		o.value, o.mask = 0, ^v
	case "--or-mark":
		o.value, o.mask = v, v
	case "--xor-mark":
		o.value, o.mask = v, 0
	case "--save-mark", "--restore-mark":
		return saveMoveMark(opts)
	default:
		return opUnknown{"MARK"}
	}
	if err != nil {
		return opUnknown{"MARK"}
	}
	return o
}

func saveMoveMark(opts []option) op {
	o := opMoveMark{restore: opts[0].name == "--restore-mark", ctmask: ^uint32(0), nfmask: ^uint32(0)}
	for _, x := range opts[1:] {
		v, _, err := masked(x.arg(0))
		if err != nil {
			return opUnknown{"CONNMARK"}
		}
		switch x.name {
		case "--nfmask":
			o.nfmask = v
		case "--ctmask":
			o.ctmask = v
		case "--mask":
			o.nfmask, o.ctmask = v, v
		default:
			return opUnknown{"CONNMARK"}
		}
	}
	return o
}

// saveNAT reads --to-destination addr[-addr][:port[-port]] and --to-ports.
func (b *saveRule) saveNAT(name string, get func(...string) (string, bool)) op {
	o := opNatTo{target: target{self: name == "REDIRECT", keepAddr: true, keepPort: true}}
	for _, f := range []string{"--random", "--random-fully", "--persistent"} {
		if _, ok := get(f); ok {
			o.flags |= natProtoRandom
		}
	}
	ports, hasPorts := get("--to-ports", "--to-port")
	if to, ok := get("--to-destination", "--to"); ok {
		var addr string
		addr, ports, hasPorts = natTarget(to)
		o.target.keepAddr = addr == ""
		if a, err := netip.ParseAddr(addr); err == nil && a.Is6() == (b.t.Family == IPv6) {
			o.target.addr = a
		}
	}
	if hasPorts {
		o.target.keepPort = false
		if from, to, err := portPair(ports, "-"); err == nil && from == to {
			o.target.port = from
		}
	}
	return o
}

// natTarget cuts "192.0.2.1:80", "[2001:db8::1]:80", ":80" into address and port.
func natTarget(s string) (addr, ports string, hasPorts bool) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		addr, rest, _ = strings.Cut(rest, "]")
		ports, hasPorts = strings.CutPrefix(rest, ":")
		return addr, ports, hasPorts
	}
	if strings.Count(s, ":") > 1 {
		return s, "", false
	}
	return strings.Cut(s, ":")
}
