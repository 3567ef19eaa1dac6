package netfilter

import "fmt"

func readDynset(t *Table, a *attrs) op {
	o := opDynset{set: t.Sets[a.str(1)], reg: a.reg(4), del: a.u32(3) == 2, invert: a.u32(9)&1 != 0}
	if o.reg < 0 || a.u32(3) > 2 || o.set == nil {
		return nil
	}
	if g := guardOf(a.a[7], a.a[10]); g != "" {
		o.guards = []string{g}
	} else if o.set.guard != "" {
		o.guards = []string{o.set.guard}
	}
	return o
}

func readNat(_ *Table, a *attrs) op {
	if a.u32(1) > 1 {
		return nil
	}
	return opNat{family: Family(a.u32(2)), source: a.u32(1) == 0, addrMin: a.reg(3), addrMax: a.reg(4), portMin: a.reg(5), portMax: a.reg(6), flags: a.u32(7)}
}

func readRedir(_ *Table, a *attrs) op {
	return opRedirect{a.reg(1), a.reg(2), a.u32(3)}
}

func readObjref(t *Table, a *attrs) op {
	if a.has(4) {
		if a.reg(3) < 0 {
			return nil
		}
		return opObjmap{a.reg(3), t.Sets[a.str(4)]}
	}
	return opObjref{objectKind(a.u32(1)), a.str(2)}
}

func readReject(_ *Table, a *attrs) op { return opReject{kind: a.u32(1), code: a.u32(2)} }

// text words what is answered; ICMP codes have other names in IPv6.
func (o opReject) text(v6 bool) string {
	if o.with != "" || o.kind == 0 && o.code == 0 && !v6 {
		return o.with
	}
	family, names := "icmp", []string{"net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable",
		"", "", "", "", "", "net-prohibited", "host-prohibited", "", "", "admin-prohibited"}
	switch {
	case o.kind == 1:
		return "tcp reset"
	case o.kind == 2:
		family, names = "icmpx", []string{"no-route", "port-unreachable", "host-unreachable", "admin-prohibited"}
	case v6:
		family, names = "icmpv6", []string{"no-route", "admin-prohibited", "", "addr-unreachable", "port-unreachable", "policy-fail", "reject-route"}
	}
	if int(o.code) < len(names) && names[o.code] != "" {
		return family + " " + names[o.code]
	}
	return fmt.Sprintf("%s code %d", family, o.code)
}

func readQueue(*Table, *attrs) op { return opQueue{} }

// readXfrm: a packet without a security path breaks the rule (nft_xfrm.c).
func readXfrm(_ *Table, a *attrs) op {
	if a.u32(3) == 0 {
		return opFalse{"ipsec"}
	}
	return opUnknown{"ipsec"}
}

// NFTA_LIMIT_*: rate 1, unit 2 in seconds, flags 5 (1: over).
func readLimit(_ *Table, a *attrs) op {
	unit := map[uint64]string{1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}[a.u64(2)]
	over := map[bool]string{true: "over "}[a.u32(5)&1 != 0]
	return opMaybe{"limit", fmt.Sprintf("limit rate %s%d/%s", over, a.u64(1), unit)}
}
