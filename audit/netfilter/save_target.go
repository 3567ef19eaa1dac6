package netfilter

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

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
			if slices.Contains(names, o.name) {
				return o.arg(0), true
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
		for _, n := range []string{"--zone-orig", "--zone-reply"} {
			if _, ok := get(n); ok {
				return opFate{"a conntrack zone of one direction"}
			}
		}
		zone, ok := get("--zone")
		n, err := strconv.ParseUint(zone, 0, 16)
		if ok && err != nil {
			return opFate{"an unknown conntrack zone"}
		}
		return opZone{uint16(n)}
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
