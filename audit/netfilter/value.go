package netfilter

import (
	"bytes"
	"encoding/binary"
)

// tri is a truth value.
type tri uint8

const (
	no tri = iota
	yes
	maybe
)

func (t tri) not() tri {
	switch t {
	case yes:
		return no
	case no:
		return yes
	default:
		return maybe
	}
}

func (t tri) and(u tri) tri {
	switch {
	case t == no || u == no:
		return no
	case t == yes && u == yes:
		return yes
	}
	return maybe
}

func (t tri) or(u tri) tri { return t.not().and(u.not()).not() }

func truth(b bool) tri {
	if b {
		return yes
	}
	return no
}

// value is up to 64 bytes of which each bit is known or not.
type value struct {
	b, known []byte
	// why names what makes it unknown: "tcp sport", "numgen".
	why string
	// least bounds an unknown number from below: a client's port is 1024 or more.
	least uint16
	// notLo: an unknown interface, but not the loopback (as a name or as index 1).
	notLo bool
}

func known(b []byte) value {
	k := bytes.Repeat([]byte{0xff}, len(b))
	return value{b: b, known: k}
}

func unknown(n int, why string) value {
	return value{b: make([]byte, n), known: make([]byte, n), why: why}
}

func known8(v uint8) value { return known([]byte{v}) }

func known16(v uint16) value { return known(binary.BigEndian.AppendUint16(nil, v)) }

// host32 is a number in the byte order of the machine, as mark and ct state are.
func host32(v uint32) value { return known(binary.NativeEndian.AppendUint32(nil, v)) }

func (v value) isKnown() bool {
	for _, k := range v.known {
		if k != 0xff {
			return false
		}
	}
	return true
}

// low and high are the smallest and largest value that v can be, read big endian.
func (v value) low() []byte {
	out := make([]byte, len(v.b))
	for i := range out {
		out[i] = v.b[i] & v.known[i]
	}
	if v.least > 0 && len(out) == 2 && !v.isKnown() {
		binary.BigEndian.PutUint16(out, max(v.least, binary.BigEndian.Uint16(out)))
	}
	return out
}

func (v value) high() []byte {
	out := make([]byte, len(v.b))
	for i := range out {
		out[i] = v.b[i] | ^v.known[i]
	}
	return out
}

// equals compares the first len(data) bytes, as nft_cmp_eval does.
func (v value) equals(data []byte) tri {
	n := len(data)
	if n > min(len(v.b), len(v.known)) {
		return maybe
	}
	all := true
	for i := range n {
		if (data[i]^v.b[i])&v.known[i] != 0 { //nolint:gosec // n is the shortest of the three
			return no
		}
		all = all && v.known[i] == 0xff
	}
	if all {
		return yes
	}
	if v.notLo && isLoopback(data) {
		return no
	}
	if v.least > 0 && n == 2 && binary.BigEndian.Uint16(data) < v.least {
		return no
	}
	return maybe
}

// isLoopback recognises the whole name "lo" and the index 1.
func isLoopback(data []byte) bool {
	if len(data) == 4 {
		return binary.NativeEndian.Uint32(data) == 1
	}
	return len(data) >= 3 && string(bytes.TrimRight(data, "\x00")) == "lo"
}

// between tells whether v, read big endian, lies in the inclusive range.
func (v value) between(from, to []byte) tri {
	n := min(len(from), len(v.b))
	if v.isKnown() {
		return truth(bytes.Compare(v.b[:n], from) >= 0 && bytes.Compare(v.b[:n], to) <= 0)
	}
	if bytes.Equal(from, to) {
		return v.equals(from)
	}
	lo, hi := v.low()[:n], v.high()[:n]
	switch {
	case bytes.Compare(lo, from) >= 0 && bytes.Compare(hi, to) <= 0:
		return yes
	case bytes.Compare(hi, from) < 0 || bytes.Compare(lo, to) > 0:
		return no
	}
	return maybe
}

// slice cuts n bytes at off; what is known of the whole as a unit is kept only
// where the whole is cut.
func (v value) slice(off, n int) value {
	out := value{b: v.b[off : off+n], known: v.known[off : off+n], why: v.why}
	if off == 0 && n == len(v.b) {
		out.least, out.notLo = v.least, v.notLo
	}
	return out
}

// bits32 is a 32-bit number of which each bit is known or not.
type bits32 struct{ v, k uint32 }

var zero32 = bits32{0, ^uint32(0)}

func (x bits32) value(why string) value {
	return value{
		b:     binary.NativeEndian.AppendUint32(nil, x.v),
		known: binary.NativeEndian.AppendUint32(nil, x.k), why: why,
	}
}

func bitsOf(v value) bits32 {
	if len(v.b) < 4 {
		return bits32{}
	}
	return bits32{binary.NativeEndian.Uint32(v.b), binary.NativeEndian.Uint32(v.known)}
}

// masked is x & mask == want.
func (x bits32) masked(mask, want uint32) tri {
	if (x.v^want)&mask&x.k != 0 || want&^mask != 0 {
		return no
	}
	if mask&^x.k != 0 {
		return maybe
	}
	return yes
}

// andXor is (x & and) ^ xor.
func (x bits32) andXor(and, xor uint32) bits32 {
	return bits32{(x.v & and) ^ xor, x.k | ^and}
}

// merge is (x & ^mask) ^ y.
func (x bits32) merge(mask uint32, y bits32) bits32 {
	a := x.andXor(^mask, 0)
	return bits32{(a.v ^ y.v) & a.k & y.k, a.k & y.k}
}

// shift moves left for a positive n, right for a negative one.
func (x bits32) shift(n int) bits32 {
	if n >= 0 {
		return bits32{x.v << n, x.k<<n | (1<<n - 1)}
	}
	return bits32{x.v >> -n, x.k>>-n | ^(^uint32(0) >> -n)}
}

func hostU32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}
