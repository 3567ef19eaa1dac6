package netfilter

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// option is one option with its arguments.
type option struct {
	name string
	not  bool
	args []string
}

func (o option) arg(i int) string {
	if i < len(o.args) {
		return o.args[i]
	}
	return ""
}

// saveRule compiles one rule of iptables-save.
type saveRule struct {
	t   *Table
	ops []op
	// proto is the protocol that -p named, for options of its implied match.
	proto string
}

var errOption = errors.New("an option's value cannot be read")

// parse cuts a rule into the options of its header, its matches and its target.
func (b *saveRule) parse(words []string) error {
	var parts []string
	var opts [][]option
	begin := func(name string) { parts, opts = append(parts, name), append(opts, nil) }
	begin("")
	not := false
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "!":
			not = true
			continue
		case w == "-m" || w == "--match" || w == "-j" || w == "--jump" || w == "-g" || w == "--goto":
			if i++; i >= len(words) {
				return fmt.Errorf("%s without a name", w)
			}
			begin(map[bool]string{true: "m ", false: w[len(w)-1:] + " "}[w == "-m" || w == "--match"] + words[i])
			if w == "--jump" || w == "--goto" {
				parts[len(parts)-1] = w[2:3] + " " + words[i]
			}
		case len(w) > 1 && w[0] == '-':
			o := option{name: w, not: not}
			for i+1 < len(words) && words[i+1] != "!" && (words[i+1] == "" || words[i+1][0] != '-' || negative(words[i+1])) {
				i++
				o.args = append(o.args, words[i])
			}
			at := len(opts) - 1
			if headerOptions[w] {
				at = 0
			}
			opts[at] = append(opts[at], o)
			not = false
		default:
			return fmt.Errorf("%s is out of place", shown(w))
		}
	}
	for i, name := range parts {
		if err := b.part(name, opts[i]); err != nil {
			return err
		}
	}
	return nil
}

// negative tells a number like -1 from an option.
func negative(s string) bool { _, err := strconv.Atoi(s); return err == nil }

var headerOptions = map[string]bool{"-s": true, "-d": true, "-i": true, "-o": true, "-p": true, "-f": true,
	"--source": true, "--destination": true, "--in-interface": true, "--out-interface": true, "--protocol": true, "--fragment": true}

func (b *saveRule) part(name string, opts []option) error {
	kind, name, _ := strings.Cut(name, " ")
	switch kind {
	case "":
		return b.header(opts)
	case "m":
		b.ops = append(b.ops, b.match(name, opts)...)
		return nil
	}
	b.ops = append(b.ops, b.target(name, kind == "g", opts))
	return nil
}

func (b *saveRule) header(opts []option) error {
	var implied []option
	for _, o := range opts {
		if len(o.args) == 0 && o.name != "-f" && headerOptions[o.name] {
			return fmt.Errorf("%s without a value", o.name)
		}
		switch o.name {
		case "-s", "--source", "-d", "--destination":
			a, m, err := b.addr(o.arg(0))
			if err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
			b.ops = append(b.ops, xt(xtAddr{dest: o.name == "-d" || o.name == "--destination", invert: o.not, addr: a, mask: m}))
		case "-i", "--in-interface", "-o", "--out-interface":
			b.ops = append(b.ops, xt(xtIface{out: o.name == "-o" || o.name == "--out-interface", invert: o.not, pattern: o.arg(0)}))
		case "-p", "--protocol":
			n, err := protoNumber(o.arg(0))
			if err != nil {
				return err
			}
			if b.proto = strings.ToLower(o.arg(0)); n != 0 {
				b.ops = append(b.ops, xt(xtProto{proto: n, invert: o.not}))
			}
		case "-f", "--fragment":
			b.ops = append(b.ops, xt(xtFixed{opts: "-f", is: truth(o.not)}))
		case "-c", "--set-counters", "-4", "-6", "-w":
		default:
			implied = append(implied, o)
		}
	}
	if len(implied) > 0 {
		name := b.proto
		if name == "" {
			name = implied[0].name
		}
		b.ops = append(b.ops, b.match(name, implied)...)
	}
	return nil
}

func protoNumber(s string) (uint8, error) {
	if n, ok := protoNumbers[strings.ToLower(s)]; ok {
		return uint8(n), nil
	}
	switch strings.ToLower(s) {
	case "all":
		return 0, nil
	case "mh", "ipv6-mh", "mobility-header":
		return 135, nil
	}
	n, err := strconv.ParseUint(s, 0, 8)
	if err != nil {
		return 0, fmt.Errorf("unknown protocol %s", shown(s))
	}
	return uint8(n), nil
}

// addr reads address[/bits|/mask].
func (b *saveRule) addr(s string) (addr, mask []byte, err error) {
	host, bits, hasBits := strings.Cut(s, "/")
	a, err := netip.ParseAddr(host)
	if err != nil || a.Is6() != (b.t.Family == IPv6) || a.Zone() != "" {
		return nil, nil, fmt.Errorf("%s is no address of this family", shown(host))
	}
	addr = a.AsSlice()
	if !hasBits {
		return addr, fill(len(addr)), nil
	}
	if m, err := netip.ParseAddr(bits); err == nil && m.Is4() == a.Is4() {
		return addr, m.AsSlice(), nil
	}
	n, err := strconv.Atoi(bits)
	if err != nil || n < 0 || n > a.BitLen() {
		return nil, nil, fmt.Errorf("%s is no prefix length", shown(bits))
	}
	r := ipRange(make([]byte, len(addr)), n)
	for i := range r[1] {
		r[1][i] = ^r[1][i]
	}
	return addr, r[1], nil
}

// ports reads "22", "ssh", "1:1023" and the like.
func portPair(s, sep string) (from, to uint16, err error) {
	lo, hi, isRange := strings.Cut(s, sep)
	if !isRange {
		hi = lo
	}
	if isRange && lo == "" {
		lo = "0"
	}
	if isRange && hi == "" {
		hi = "65535"
	}
	if from, err = port(lo); err == nil {
		to, err = port(hi)
	}
	return from, to, err
}

func port(s string) (uint16, error) {
	if n, ok := serviceNames[s]; ok {
		return uint16(n), nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err
}

// masked reads "0x1/0xff"; without a mask all bits count.
func masked(s string) (v, mask uint32, err error) {
	num, m, hasMask := strings.Cut(s, "/")
	n, err := strconv.ParseUint(num, 0, 32)
	if err != nil {
		return 0, 0, errOption
	}
	mask = ^uint32(0)
	if hasMask {
		k, err := strconv.ParseUint(m, 0, 32)
		if err != nil {
			return 0, 0, errOption
		}
		mask = uint32(k)
	}
	return uint32(n), mask, nil
}
