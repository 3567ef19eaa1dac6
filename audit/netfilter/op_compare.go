package netfilter

import "encoding/binary"

// cmpOp is NFT_CMP_*.
type cmpOp uint32

const (
	cmpEq cmpOp = iota
	cmpNeq
	cmpLt
	cmpLte
	cmpGt
	cmpGte
)

// opCmp compares a register with data (nft_cmp.c).
type opCmp struct {
	reg  int
	op   cmpOp
	data []byte
}

func (o opCmp) exec(_ *machine, s *state) step {
	v := s.regs.get(o.reg, len(o.data))
	return matched(compare(v, o.op, o.data), v.why)
}

func compare(v value, op cmpOp, data []byte) tri {
	zero, ones := make([]byte, len(data)), fill(len(data))
	switch op {
	case cmpEq:
		return v.equals(data)
	case cmpNeq:
		return v.equals(data).not()
	case cmpLt:
		return v.between(data, ones).not()
	case cmpLte:
		return v.between(zero, data)
	case cmpGt:
		return v.between(zero, data).not()
	case cmpGte:
		return v.between(data, ones)
	}
	return maybe
}

func fill(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xff
	}
	return b
}

// opRange is nft_range: inside, or with invert outside.
type opRange struct {
	reg      int
	invert   bool
	from, to []byte
}

func (o opRange) exec(_ *machine, s *state) step {
	v := s.regs.get(o.reg, len(o.from))
	t := v.between(o.from, o.to)
	if o.invert {
		t = t.not()
	}
	return matched(t, v.why)
}

// opImm loads a constant.
type opImm struct {
	reg  int
	data []byte
}

func (o opImm) exec(_ *machine, s *state) step {
	s.regs.put(o.reg, known(o.data))
	return goOn()
}

// opBitwise is nft_bitwise: mask and xor, shifts, and the two-register forms.
type opBitwise struct {
	from, to, n int
	op          uint32 // NFT_BITWISE_*
	mask, xor   []byte
	shift       uint32
	second      int // byte offset of the second register, -1 if none
}

// NFT_BITWISE_*.
const (
	bitBool uint32 = iota
	bitLeft
	bitRight
	bitAnd
	bitOr
	bitXor
)

func (o opBitwise) exec(_ *machine, s *state) step {
	v := s.regs.get(o.from, o.n)
	out := unknown(o.n, v.why)
	switch {
	case o.op == bitBool && len(o.mask) >= o.n && len(o.xor) >= o.n:
		for i := range o.n {
			out.b[i] = (v.b[i] & o.mask[i]) ^ o.xor[i]
			out.known[i] = v.known[i] | ^o.mask[i]
		}
	case (o.op == bitLeft || o.op == bitRight) && o.n%4 == 0 && o.shift < 32:
		shiftWords(out, v, o.op == bitLeft, o.shift)
	case o.op >= bitAnd && o.op <= bitXor:
		w := known(o.xor)
		if o.second >= 0 {
			w = s.regs.get(o.second, o.n)
		}
		if len(w.b) < o.n {
			return unknownOp("bitwise")
		}
		for i := range o.n {
			out.b[i], out.known[i] = combine(o.op, v.b[i], v.known[i], w.b[i], w.known[i])
		}
		if out.why == "" {
			out.why = w.why
		}
	default:
		return unknownOp("bitwise")
	}
	s.regs.put(o.to, out)
	return goOn()
}

func combine(op uint32, a, ak, b, bk byte) (byte, byte) {
	switch op {
	case bitAnd:
		return a & b, ak&bk | ak&^a | bk&^b
	case bitOr:
		return a | b, ak&bk | ak&a | bk&b
	}
	return a ^ b, ak & bk
}

// shiftWords shifts an array of host-order words as nft_bitwise_eval_lshift and
// _rshift do: the array's last word is the least significant for a left shift.
func shiftWords(out, v value, left bool, n uint32) {
	words := len(v.b) / 4
	at := func(b []byte, i int) uint32 { return binary.NativeEndian.Uint32(b[i*4:]) }
	for _, pair := range [][2][]byte{{out.b, v.b}, {out.known, v.known}} {
		dst, src := pair[0], pair[1]
		for i := range words {
			// What is shifted in at the ends is zero, and known to be.
			in := uint32(0)
			if &dst[0] == &out.known[0] {
				in = ^uint32(0)
			}
			var w uint32
			if left {
				if i+1 < words {
					in = at(src, i+1)
				}
				w = at(src, i)<<n | in>>(32-n)
			} else {
				if i > 0 {
					in = at(src, i-1)
				}
				w = at(src, i)>>n | in<<(32-n)
			}
			binary.NativeEndian.PutUint32(dst[i*4:], w)
		}
	}
}

// opByteorder swaps between host and network order (nft_byteorder.c).
type opByteorder struct{ from, to, n, size int }

func (o opByteorder) exec(_ *machine, s *state) step {
	v := s.regs.get(o.from, o.n)
	// The kernel turns whole numbers and leaves a remainder as it was.
	if o.size != 2 && o.size != 4 && o.size != 8 || o.n%o.size != 0 && o.from != o.to {
		return unknownOp("byteorder")
	}
	out := unknown(o.n, v.why)
	copy(out.b, v.b)
	copy(out.known, v.known)
	out.notLo = false
	if littleEndian {
		for at := 0; at+o.size <= o.n; at += o.size {
			reverse(out.b[at : at+o.size])
			reverse(out.known[at : at+o.size])
		}
	}
	s.regs.put(o.to, out)
	return goOn()
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}
