package netfilter

import (
	"encoding/binary"
	"fmt"
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

func (x *blob) u8(off int) uint8 { return x.at(off, 1)[0] }

func (x *blob) u16(off int) uint16 { return binary.NativeEndian.Uint16(x.at(off, 2)) }

func (x *blob) u32(off int) uint32 { return binary.NativeEndian.Uint32(x.at(off, 4)) }

func (x *blob) port(off int) uint16 { return binary.BigEndian.Uint16(x.at(off, 2)) }

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
