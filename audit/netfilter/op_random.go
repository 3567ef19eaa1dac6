package netfilter

import "encoding/binary"

// opRandom loads a number below a bound that nobody can foresee (numgen, hash).
type opRandom struct {
	reg             int
	modulus, offset uint32
	why             string
}

func (o opRandom) exec(_ *machine, s *state) step {
	v := unknown(4, o.why)
	if o.modulus > 0 && o.offset == 0 {
		// The bits above the largest value are zero.
		var bits uint32 = 1
		for bits < o.modulus && bits != 0 {
			bits <<= 1
		}
		if bits != 0 {
			v.known = binary.NativeEndian.AppendUint32(nil, ^(bits - 1))
		}
	}
	s.regs.put(o.reg, v)
	return goOn()
}

// opLoadUnknown loads something that is not known, and may break the rule.
type opLoadUnknown struct {
	reg, n int
	why    string
}

func (o opLoadUnknown) exec(_ *machine, s *state) step {
	s.regs.put(o.reg, unknown(o.n, o.why))
	return undecided(o.why)
}
