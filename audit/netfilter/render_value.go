package netfilter

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// isPrefix tells a mask whose ones all come first.
func isPrefix(mask []byte) bool {
	ended := false
	for _, b := range mask {
		for bit := 7; bit >= 0; bit-- {
			on := b&(1<<bit) != 0
			if on && ended {
				return false
			}
			ended = ended || !on
		}
	}
	return true
}

func bitText(t *jtype, b []byte) string {
	if t.names != nil {
		return flagList(t, b)
	}
	return "0x" + hexOf(t, b)
}

// flagList writes bits by name: "new,established".
func flagList(t *jtype, b []byte) string {
	n := numberOf(t, b)
	var out []string
	for bit := uint64(1); bit != 0 && bit <= n; bit <<= 1 {
		if n&bit == 0 {
			continue
		}
		name := fmt.Sprintf("%#x", bit)
		for s, v := range t.names {
			if v == bit && (name[0] == '0' || s < name) {
				name = s
			}
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return "0"
	}
	return strings.Join(out, ",")
}

func numberOf(t *jtype, b []byte) uint64 {
	var n uint64
	if t.host && littleEndian {
		for _, v := range slices.Backward(b) {
			n = n<<8 | uint64(v)
		}
		return n
	}
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// prefixText writes an address with its prefix length; data may hold whole bytes only.
func prefixText(t *jtype, data, mask []byte) string {
	full := make([]byte, t.n)
	copy(full, data)
	n := len(data) * 8
	if mask != nil {
		n = 0
		for i, b := range mask {
			for bit := 7; bit >= 0 && b&(1<<bit) != 0 && n == i*8+7-bit; bit-- {
				n++
			}
		}
	}
	a, _ := netip.AddrFromSlice(full)
	return fmt.Sprintf("%s/%d", a, n)
}

// valueText writes one value of a type.
func valueText(t *jtype, b []byte) string {
	switch {
	case t == typeIPv4 || t == typeIPv6:
		if a, ok := netip.AddrFromSlice(b); ok {
			return a.String()
		}
	case t == typeIfname:
		if bytes.IndexByte(b, 0) < 0 {
			return quoted(string(b) + "*")
		}
		return quoted(cString(b))
	case t == typeMark:
		return "0x" + hexOf(t, b)
	case len(b) > 8:
		return "0x" + hexOf(t, b)
	}
	n := numberOf(t, b)
	if t != typeService {
		best := ""
		for s, v := range t.names {
			if v == n && (best == "" || len(s) < len(best) || len(s) == len(best) && s < best) {
				best = s
			}
		}
		if best != "" {
			return best
		}
	}
	return strconv.FormatUint(n, 10)
}

// keyText writes a value as set keys hold it: big endian.
func keyText(t *jtype, b []byte) string {
	big := *t
	big.host = false
	if t == typeIPv4 || t == typeIPv6 || t == typeIfname || t == typeService {
		return valueText(t, b)
	}
	if t == typeMark {
		return "0x" + hexOf(&big, b)
	}
	return valueText(&big, b)
}

// dataText writes a map's data, whose type a rule does not tell.
func dataText(b []byte) string {
	if len(b) == 4 {
		return fmt.Sprintf("%#x", hostU32(b))
	}
	if a, ok := netip.AddrFromSlice(b); ok {
		return a.String()
	}
	return fmt.Sprintf("0x%x", b)
}

// elementText writes a key. Plain sets hold numbers in host order, interval sets
// and those of a file big endian.
func elementText(e *Element, types []*jtype, host bool) string {
	var out []string
	off := 0
	for _, t := range types {
		n := t.n
		if off+n > len(e.Key) || n == 0 {
			n = len(e.Key) - off
		}
		if n <= 0 {
			break
		}
		lo, hi := e.Key[off:off+n], e.KeyEnd[off:off+n]
		if host {
			out = append(out, valueText(t, lo))
		} else {
			out = append(out, spanText(t, lo, hi))
		}
		off += (n + 3) &^ 3
	}
	return strings.Join(out, " . ")
}

// spanText writes a range of keys, as a prefix where it is one.
func spanText(t *jtype, lo, hi []byte) string {
	if bytes.Equal(lo, hi) {
		return keyText(t, lo)
	}
	if t == typeIPv4 || t == typeIPv6 {
		for bits := range t.n*8 + 1 {
			if r := ipRange(lo, bits); bytes.Equal(r[0], lo) && bytes.Equal(r[1], hi) {
				a, _ := netip.AddrFromSlice(lo)
				return fmt.Sprintf("%s/%d", a, bits)
			}
		}
	}
	if t == typeIfname {
		return quoted(cString(lo) + "*")
	}
	return keyText(t, lo) + "-" + keyText(t, hi)
}
