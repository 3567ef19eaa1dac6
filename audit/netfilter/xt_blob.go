package netfilter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
)

// blob reads the C structures of x_tables extensions, which are in host byte
// order where nothing else is said. Reading past the end yields zeroes and is remembered.
type blob struct {
	b     []byte
	short bool
}

func (x *blob) at(off, n int) []byte {
	if off < 0 || off+n > len(x.b) {
		x.short = true
		return make([]byte, n)
	}
	return x.b[off : off+n]
}

func (x *blob) u8(off int) uint8      { return x.at(off, 1)[0] }
func (x *blob) u16(off int) uint16    { return binary.NativeEndian.Uint16(x.at(off, 2)) }
func (x *blob) u32(off int) uint32    { return binary.NativeEndian.Uint32(x.at(off, 4)) }
func (x *blob) port(off int) uint16   { return binary.BigEndian.Uint16(x.at(off, 2)) }
func (x *blob) str(off, n int) string { return cString(x.at(off, n)) }

// addr reads a union nf_inet_addr.
func (x *blob) addr(off int, f Family) []byte {
	if f == IPv6 {
		return x.at(off, 16)
	}
	return x.at(off, 4)
}

// matchReader decodes a match's structure into operations; nil if the revision
// is not known.
type matchReader func(x *blob, rev int, f Family) []op

var matchReaders = map[string]matchReader{
	"tcp": readXTtcp, "udp": readXTudp, "multiport": readXTmultiport, "conntrack": readXTconntrack, "state": readXTstate,
	"iprange": readXTiprange, "addrtype": readXTaddrtype, "set": readXTset, "mark": readXTmark, "connmark": readXTconnmark,
	"pkttype": readXTpkttype, "rpfilter": readXTrpfilter, "policy": readXTpolicy, "recent": readXTrecent, "hl": readXTttl,
	"ttl": readXTttl, "comment": readXTcomment, "physdev": readXTphysdev, "rt": readXTexthdr, "frag": readXTexthdr,
	"socket": readXTunsure, "icmp": readXTicmp, "icmp6": readXTicmp, "helper": readXThelper,
}

// decodeMatch decodes the structure of one match. What is not known is a match
// that may hold or not: extensions have no other say.
func decodeMatch(name string, rev int, info []byte, f Family) []op {
	if t, ok := plainMatches[name]; ok && name != "comment" {
		return []op{xt(xtFixed{ext: name, is: t})}
	}
	if r, ok := matchReaders[name]; ok && (f == IPv4 || f == IPv6) {
		x := &blob{b: info}
		if ops := r(x, rev, f); ops != nil && !x.short {
			return ops
		}
	}
	return []op{xt(xtFixed{ext: name, is: maybe})}
}

func readXTunsure(_ *blob, _ int, _ Family) []op { return nil }

// struct xt_tcp: source ports, destination ports, option, flag mask, flag compare, inversions.
func readXTtcp(x *blob, _ int, _ Family) []op {
	ops := readXTports(x, x.u8(11), "tcp")
	if m := x.u8(9); m != 0 || x.u8(10) != 0 || x.u8(11)&4 != 0 {
		ops = append(ops, xt(xtTCPFlags{mask: m, want: x.u8(10), invert: x.u8(11)&4 != 0}))
	}
	if x.u8(8) != 0 {
		ops = append(ops, xt(xtFixed{ext: "tcp", opts: fmt.Sprintf("--tcp-option %d", x.u8(8)), is: maybe}))
	}
	return append(ops, xt(xtProto{proto: 6, implied: true}))
}

func readXTudp(x *blob, _ int, _ Family) []op {
	return append(readXTports(x, x.u8(8), "udp"), xt(xtProto{proto: 17, implied: true}))
}

func readXTports(x *blob, inv uint8, ext string) []op {
	ops := []op{}
	for i, dest := range []bool{false, true} {
		from, to, invert := x.u16(i*4), x.u16(i*4+2), inv&(1<<i) != 0
		if from != 0 || to != 0xffff || invert {
			ops = append(ops, xt(xtPorts{ext: ext, dest: dest, from: from, to: to, invert: invert}))
		}
	}
	return ops
}

// struct xt_multiport and xt_multiport_v1.
func readXTmultiport(x *blob, rev int, _ Family) []op {
	m := xtMultiport{kind: x.u8(0)}
	n := int(x.u8(1))
	if rev > 1 || n > 15 || m.kind > 2 {
		return nil
	}
	for i := 0; i < n; i++ {
		from := x.u16(2 + 2*i)
		to := from
		if rev == 1 && x.u8(32+i) != 0 {
			if i++; i >= n {
				return nil
			}
			to = x.u16(2 + 2*i)
		}
		m.ranges = append(m.ranges, [2]uint16{from, to})
	}
	m.invert = rev == 1 && x.u8(47) != 0
	return []op{xt(m)}
}

// struct ipt_icmp and ip6t_icmp: type, code range, inversion.
func readXTicmp(x *blob, _ int, _ Family) []op {
	return []op{xt(xtICMP{kind: x.u8(0), from: x.u8(1), to: x.u8(2), invert: x.u8(3)&1 != 0})}
}

// struct xt_state_info.
func readXTstate(x *blob, _ int, _ Family) []op {
	bits := uint16(x.u32(0))
	if bits&stateUntracked != 0 {
		bits = bits&^stateUntracked | xtStateUntracked
	}
	return []op{xt(xtState{ext: "state", states: bits})}
}

// struct xt_iprange_mtinfo.
func readXTiprange(x *blob, rev int, f Family) []op {
	if rev != 1 {
		return nil
	}
	ops, flags := []op{}, x.u8(64)
	if flags&1 != 0 {
		ops = append(ops, xt(xtIPRange{false, flags&16 != 0, x.addr(0, f), x.addr(16, f)}))
	}
	if flags&2 != 0 {
		ops = append(ops, xt(xtIPRange{true, flags&32 != 0, x.addr(32, f), x.addr(48, f)}))
	}
	return ops
}

// struct xt_addrtype_info and _v1.
func readXTaddrtype(x *blob, rev int, _ Family) []op {
	src, dst := x.u16(0), x.u16(2)
	invSrc, invDst, in, out := x.u32(4) != 0, false, false, false
	switch rev {
	case 0:
		invDst = x.u32(8) != 0
	case 1:
		flags := x.u32(4)
		invSrc, invDst, in, out = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
	default:
		return nil
	}
	ops := []op{}
	if src != 0 {
		ops = append(ops, xt(xtAddrtype{false, invSrc, in || out, src}))
	}
	if dst != 0 {
		ops = append(ops, xt(xtAddrtype{true, invDst, in || out, dst}))
	}
	return ops
}

// struct xt_set_info_match_v1, _v3, _v4: index, dimensions, flags; then counters.
func readXTset(x *blob, rev int, _ Family) []op {
	if rev < 1 || rev > 4 {
		return nil
	}
	m := xtSet{index: x.u16(0)}
	dim, flags := int(x.u8(2)), x.u8(3)
	if dim > 6 {
		return nil
	}
	m.invert = flags&1 != 0
	for i := range dim {
		m.dirs = append(m.dirs, flags&(2<<i) != 0)
	}
	switch {
	case flags&0x80 != 0:
		m.extra = true
	case rev == 3:
		m.extra = x.u8(8) != 0 || x.u8(24) != 0 || x.u32(40) != 0
	case rev == 4:
		m.extra = x.u8(16) != 0 || x.u8(32) != 0 || x.u32(40) != 0
	}
	return []op{xt(m)}
}

// struct xt_mark_mtinfo1 and xt_connmark_mtinfo1 are the same.
func readXTmark(x *blob, rev int, _ Family) []op {
	if rev != 1 {
		return nil
	}
	return []op{xt(xtMark{mark: x.u32(0), mask: x.u32(4), invert: x.u8(8) != 0})}
}

func readXTconnmark(x *blob, rev int, _ Family) []op {
	if rev != 1 {
		return nil
	}
	return []op{xt(xtMark{ct: true, mark: x.u32(0), mask: x.u32(4), invert: x.u8(8) != 0})}
}

// struct xt_pkttype_info.
func readXTpkttype(x *blob, _ int, _ Family) []op {
	return []op{xt(xtPkttype{x.u32(0), x.u32(4) != 0})}
}

// struct xt_rpfilter_info: loose 1, valid mark 2, accept local 4, invert 8.
func readXTrpfilter(x *blob, _ int, _ Family) []op {
	f := x.u8(0)
	return []op{xt(xtRPFilter{f&1 != 0, f&2 != 0, f&8 != 0})}
}

// struct xt_policy_info: four elements of 76 bytes, flags, length.
func readXTpolicy(x *blob, _ int, _ Family) []op {
	flags := x.u16(4 * 76)
	return []op{xt(xtPolicy{in: flags&1 != 0, none: flags&4 != 0})}
}

// struct xt_recent_mtinfo: --set always holds (xt_recent.c, recent_mt).
func readXTrecent(x *blob, _ int, _ Family) []op {
	if x.u8(8)&2 != 0 {
		return []op{xt(xtFixed{ext: "recent", opts: "--set --name " + shown(x.str(10, 200)), is: truth(x.u8(9) == 0)})}
	}
	return []op{xt(xtFixed{ext: "recent", opts: "--name " + shown(x.str(10, 200)), is: maybe})}
}

func readXTttl(_ *blob, _ int, _ Family) []op { return nil }

func readXTcomment(x *blob, _ int, _ Family) []op {
	c := cString(x.b)
	return []op{xt(xtFixed{ext: "comment", opts: "--comment " + quoted(c), comment: c, is: yes})}
}

// struct xt_physdev_info: a packet that came over no bridge has no port, so a
// plain question for one fails (xt_physdev.c, physdev_mt); the rest is not followed.
func readXTphysdev(_ *blob, _ int, _ Family) []op { return nil }

// readXTexthdr is -m rt and -m frag: a plain packet has no such header, and the
// match then is false whatever its options (ip6t_rt.c, ip6t_frag.c).
func readXTexthdr(_ *blob, _ int, f Family) []op {
	if f != IPv6 {
		return nil
	}
	return []op{xt(xtFixed{ext: "rt", is: no})}
}

// struct xt_helper_info: a new connection has no helper (xt_helper.c).
func readXThelper(x *blob, _ int, _ Family) []op {
	return []op{xt(xtFixed{ext: "helper", opts: "--helper " + shown(x.str(4, 30)), is: truth(x.u32(0) != 0)})}
}

// struct xt_conntrack_mtinfo1 to 3.
func readXTconntrack(x *blob, rev int, f Family) []op {
	if rev < 1 || rev > 3 {
		return nil
	}
	match, invert := x.u16(146), x.u16(148)
	states, status := x.u16(150), uint32(x.u16(152))
	if rev == 1 {
		states, status = uint16(x.u8(150)), uint32(x.u8(151))
	}
	is := func(bit uint16) bool { return match&bit != 0 }
	inv := func(bit uint16) bool { return invert&bit != 0 }
	if is(0x80) || match&^0x3fff != 0 {
		return nil
	}
	c := xtConntrack{}
	if is(1) {
		c.state = &xtState{"conntrack", states, inv(1)}
	}
	if is(2) {
		c.rest = append(c.rest, xtCtProto{x.u16(136), inv(2)})
	}
	for i, side := range []xtTuple{{source: true}, {}, {reply: true, source: true}, {reply: true}} {
		if bit := uint16(4 << i); is(bit) {
			t := side
			t.addr, t.mask, t.invert = x.addr(i*32, f), x.addr(i*32+16, f), inv(bit)
			c.rest = append(c.rest, t)
		}
		if bit := uint16(0x100 << i); is(bit) {
			t := side
			t.invert = inv(bit)
			if t.from, t.to = x.u16(138+2*i), x.u16(154+2*i); rev < 3 {
				t.from = x.port(138 + 2*i)
				t.to = t.from
			}
			c.rest = append(c.rest, t)
		}
	}
	if is(0x40) {
		c.rest = append(c.rest, xtCtStatus{status, inv(0x40)})
	}
	if is(0x1000) {
		c.rest = append(c.rest, xtCtDir{reply: inv(0x1000)})
	}
	return []op{xt(c)}
}

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
		return opNone{"CT"}
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
