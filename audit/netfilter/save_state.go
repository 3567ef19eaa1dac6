package netfilter

import (
	"net/netip"
	"strings"
)

func stateBits(s string) (bits uint16, ok bool) {
	for n := range strings.SplitSeq(s, ",") {
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
			for n := range strings.SplitSeq(strings.ToLower(o.arg(0)), ",") {
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
		for n := range strings.SplitSeq(o.arg(0), ",") {
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
		for d := range strings.SplitSeq(o.arg(1), ",") {
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
