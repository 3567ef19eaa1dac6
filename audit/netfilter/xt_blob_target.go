package netfilter

import (
	"bytes"
	"fmt"
	"net/netip"
)

// decodeTarget decodes the structure of one target. What is not known may do anything.
func decodeTarget(name string, rev int, info []byte, f Family) op {
	x := &blob{b: info}
	o := readTarget(name, rev, x, f)
	if o == nil || x.short {
		return opUnknown{name}
	}
	return o
}

func readTarget(name string, rev int, x *blob, f Family) op {
	if asksNothing[name] {
		return opNone{name}
	}
	switch name {
	case "REJECT":
		return opReject{with: rejectName(f, x.u32(0))}
	case "MARK":
		if rev == 2 {
			return opSetMark{value: x.u32(0), mask: x.u32(4)}
		}
	case "CONNMARK":
		return readConnmark(rev, x)
	case "CT":
		if x.u16(0)&1 != 0 {
			return opNotrack{}
		}
		if x.u16(0)&^2 != 0 {
			return opFate{"a conntrack zone of one direction"}
		}
		return opZone{x.u16(2)}
	case "NOTRACK":
		return opNotrack{}
	case "DNAT", "REDIRECT":
		return readDNAT(name, rev, x, f)
	case "SNAT", "MASQUERADE", "NETMAP":
		return opNatTo{source: true}
	case "NFQUEUE", "QUEUE":
		return opQueue{}
	case "SET":
		return readSetTarget(x)
	case "SYNPROXY":
		return opFate{"SYNPROXY"}
	case "ERROR":
		return opNone{"ERROR"}
	}
	return nil
}

// rejectName words enum ipt_reject_with and ip6t_reject_with.
func rejectName(f Family, n uint32) string {
	names := []string{"icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable",
		"icmp-echo-reply", "icmp-net-prohibited", "icmp-host-prohibited", "tcp-reset", "icmp-admin-prohibited"}
	if f == IPv6 {
		names = []string{"icmp6-no-route", "icmp6-adm-prohibited", "icmp6-not-neighbour", "icmp6-addr-unreachable",
			"icmp6-port-unreachable", "icmp6-echo-reply", "tcp-reset", "icmp6-policy-fail", "icmp6-reject-route"}
	}
	if int(n) < len(names) {
		return names[n]
	}
	return fmt.Sprint(n)
}

// struct xt_connmark_tginfo1 and 2.
func readConnmark(rev int, x *blob) op {
	mode, shift := x.u8(12), 0
	switch rev {
	case 1:
	case 2:
		if shift = int(x.u8(13)); x.u8(12) == 1 {
			shift = -shift
		}
		mode = x.u8(14)
	default:
		return nil
	}
	ctmark, ctmask, nfmask := x.u32(0), x.u32(4), x.u32(8)
	switch {
	case mode == 0 && shift == 0:
		return opSetMark{ct: true, value: ctmark, mask: ctmask}
	case mode == 1 || mode == 2:
		return opMoveMark{restore: mode == 2, ctmask: ctmask, nfmask: nfmask, shift: shift}
	}
	return nil
}

// struct nf_nat_ipv4_multi_range_compat (revision 0 for IPv4), nf_nat_range, nf_nat_range2.
func readDNAT(name string, rev int, x *blob, f Family) op {
	var flags uint32
	var lo, hi []byte
	var from, to uint16
	if f == IPv4 && rev == 0 {
		flags, lo, hi, from, to = x.u32(4), x.at(8, 4), x.at(12, 4), x.port(16), x.port(18)
	} else {
		flags, lo, hi, from, to = x.u32(0), x.addr(4, f), x.addr(20, f), x.port(36), x.port(38)
	}
	o := opNatTo{flags: flags, target: target{self: name == "REDIRECT", keepAddr: flags&1 == 0, keepPort: flags&2 == 0}}
	if !o.target.keepAddr && bytes.Equal(lo, hi) {
		o.target.addr, _ = netip.AddrFromSlice(lo)
	}
	if !o.target.keepPort && from == to {
		o.target.port = from
	}
	return o
}

// struct xt_set_info_target_v1 to v3: the sets to add to, delete from and map by, as indices.
func readSetTarget(x *blob) op {
	o := opXTSet{}
	for off := 0; off <= 4; off += 4 {
		if n := x.u16(off); n != 0xffff {
			o.indices = append(o.indices, n)
		}
	}
	if len(x.b) >= 12 && x.u16(8) != 0xffff {
		return nil // it maps the packet to a mark or a priority
	}
	return o
}
