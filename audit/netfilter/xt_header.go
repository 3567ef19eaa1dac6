package netfilter

import (
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// xtAddr is -s or -d.
type xtAddr struct {
	dest, invert bool
	addr, mask   []byte
}

func (x xtAddr) name() string { return "the destination address" }

func (x xtAddr) test(m *machine, s *state) tri {
	src, dst := m.addrs(s)
	v := src
	if x.dest {
		v = dst
	}
	if len(v.b) != len(x.addr) {
		return no
	}
	t := yes
	for i := range x.addr {
		if (v.b[i]^x.addr[i])&x.mask[i]&v.known[i] != 0 {
			return inverted(no, x.invert)
		}
		if x.mask[i]&^v.known[i] != 0 {
			t = maybe
		}
	}
	return inverted(t, x.invert)
}

func (x xtAddr) text() string {
	a, _ := netip.AddrFromSlice(x.addr)
	n, flat := 0, true
	for _, b := range x.mask {
		n += bits.OnesCount8(b)
	}
	for i, b := range x.mask {
		want := min(max(n-i*8, 0), 8)
		flat = flat && b == byte(uint16(0xff00)>>want)
	}
	opt := "-s "
	if x.dest {
		opt = "-d "
	}
	if !flat {
		mask, _ := netip.AddrFromSlice(x.mask)
		return fmt.Sprintf("%s%s%s/%s", bang(x.invert), opt, a, mask)
	}
	return fmt.Sprintf("%s%s%s/%d", bang(x.invert), opt, a, n)
}

// xtIface is -i or -o; a pattern ends in "+".
type xtIface struct {
	out, invert bool
	pattern     string
}

func (x xtIface) name() string { return "the interface" }

func (x xtIface) test(m *machine, s *state) tri {
	v := m.inIface(s)
	if x.out {
		v = m.outIface(s)
	}
	want, open := strings.CutSuffix(x.pattern, "+")
	b := make([]byte, 16)
	if copy(b, want); open {
		b = b[:min(len(want), 16)]
	}
	return inverted(v.equals(b), x.invert)
}

func (x xtIface) text() string {
	if x.out {
		return bang(x.invert) + "-o " + shown(x.pattern)
	}
	return bang(x.invert) + "-i " + shown(x.pattern)
}

// xtProto is -p.
type xtProto struct {
	proto  uint8
	invert bool
	// implied: the match of the same name asks for it, and -p has said it.
	implied bool
}

func (x xtProto) name() string { return "protocol" }

func (x xtProto) test(m *machine, s *state) tri {
	return truth((Proto(x.proto) == m.proto(s)) != x.invert)
}

func (x xtProto) text() string {
	if x.implied {
		return ""
	}
	if n, ok := protoNames[x.proto]; ok {
		return bang(x.invert) + "-p " + n
	}
	return bang(x.invert) + "-p " + strconv.Itoa(int(x.proto))
}

var protoNames = map[uint8]string{1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre",
	50: "esp", 51: "ah", 58: "ipv6-icmp", 89: "ospf", 112: "vrrp", 132: "sctp", 136: "udplite"}

// xtPorts is --sport and --dport of the tcp and udp matches.
type xtPorts struct {
	ext      string
	dest     bool
	from, to uint16
	invert   bool
}

func (x xtPorts) name() string {
	if x.dest {
		return "--dport"
	}
	return "the client's port"
}

func (x xtPorts) test(m *machine, s *state) tri {
	src, dst := m.ports(s)
	if x.dest {
		src = dst
	}
	return inverted(inPorts(src, x.from, x.to), x.invert)
}

func inPorts(v value, from, to uint16) tri { return v.between(known16(from).b, known16(to).b) }

func (x xtPorts) text() string {
	opt := "--sport "
	if x.dest {
		opt = "--dport "
	}
	s := bang(x.invert) + opt + portRange(x.from, x.to)
	if x.ext != "" {
		s = "-m " + x.ext + " " + s
	}
	return s
}

func portRange(from, to uint16) string {
	if from == to {
		return strconv.Itoa(int(from))
	}
	return fmt.Sprintf("%d:%d", from, to)
}

// xtTCPFlags is --tcp-flags and --syn.
type xtTCPFlags struct {
	mask, want byte
	invert     bool
}

func (x xtTCPFlags) name() string { return "--tcp-flags" }

func (x xtTCPFlags) test(m *machine, s *state) tri {
	return truth((m.proto(s) == TCP && m.flags(s)&x.mask == x.want) != x.invert)
}

func (x xtTCPFlags) text() string {
	return bang(x.invert) + "--tcp-flags " + flagNames(x.mask) + " " + flagNames(x.want)
}

func flagNames(b byte) string {
	var out []string
	for i, n := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if b&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return "NONE"
	}
	return strings.Join(out, ",")
}

// xtICMP is -m icmp and -m icmp6; it is met by the refusal that reject sends.
type xtICMP struct {
	kind, from, to uint8
	invert         bool
}

func (x xtICMP) name() string { return "icmp" }

func (x xtICMP) test(m *machine, s *state) tri {
	p := m.proto(s)
	if p != icmp && p != icmpv6 {
		return no // iptables asks for the protocol first
	}
	h := m.transportHeader(s)
	kind, code := h.slice(0, 1), h.slice(1, 1)
	t := kind.equals([]byte{x.kind}).and(code.between([]byte{x.from}, []byte{x.to}))
	if x.kind == 0xff {
		t = yes
	}
	return inverted(t, x.invert)
}

func (x xtICMP) text() string { return fmt.Sprintf("-m icmp %s--icmp-type %d", bang(x.invert), x.kind) }

// xtMultiport is -m multiport.
type xtMultiport struct {
	// kind is 0 for source ports, 1 for destination ports, 2 for either.
	kind   uint8
	ranges [][2]uint16
	invert bool
}

func (x xtMultiport) name() string { return "multiport" }

func (x xtMultiport) test(m *machine, s *state) tri {
	src, dst := m.ports(s)
	t := no
	for _, r := range x.ranges {
		if x.kind != 1 {
			t = t.or(inPorts(src, r[0], r[1]))
		}
		if x.kind != 0 {
			t = t.or(inPorts(dst, r[0], r[1]))
		}
	}
	return inverted(t, x.invert)
}

func (x xtMultiport) text() string {
	var list []string
	for _, r := range x.ranges {
		list = append(list, portRange(r[0], r[1]))
	}
	return "-m multiport " + bang(x.invert) + [...]string{"--sports ", "--dports ", "--ports "}[min(x.kind, 2)] + strings.Join(list, ",")
}

// xtIPRange is -m iprange, for one side.
type xtIPRange struct {
	dest, invert bool
	from, to     []byte
}

func (x xtIPRange) name() string { return "iprange" }

func (x xtIPRange) test(m *machine, s *state) tri {
	v, dst := m.addrs(s)
	if x.dest {
		v = dst
	}
	if len(v.b) != len(x.from) {
		return no
	}
	return inverted(v.between(x.from, x.to), x.invert)
}

func (x xtIPRange) text() string {
	from, _ := netip.AddrFromSlice(x.from)
	to, _ := netip.AddrFromSlice(x.to)
	side := "--src-range "
	if x.dest {
		side = "--dst-range "
	}
	return fmt.Sprintf("-m iprange %s%s%s-%s", bang(x.invert), side, from, to)
}
