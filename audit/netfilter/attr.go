package netfilter

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errTruncated = errors.New("a netlink attribute is cut short")

// maxAttr is the highest attribute number that any message read here has.
const maxAttr = 32

// attrs is one level of netlink attributes, by number.
type attrs struct {
	a [maxAttr][]byte
	// top is the highest number met, also one beyond those kept.
	top int
}

// eachAttr calls f for each attribute of b.
func eachAttr(b []byte, f func(typ int, data []byte)) error {
	for len(b) >= 4 {
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return errTruncated
		}
		f(int(binary.NativeEndian.Uint16(b[2:])&0x3fff), b[4:n])
		b = b[min((n+3)&^3, len(b)):]
	}
	if len(b) > 0 {
		return errTruncated
	}
	return nil
}

func parseAttrs(b []byte) (attrs, error) {
	var out attrs
	err := out.parse(b)
	return out, err
}

// parse reads a level into attributes that are empty or were used before.
func (a *attrs) parse(b []byte) error {
	for i := range min(a.top+1, maxAttr) {
		a.a[i] = nil
	}
	a.top = 0
	for len(b) >= 4 {
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return errTruncated
		}
		typ := int(binary.NativeEndian.Uint16(b[2:]) & 0x3fff)
		if a.top = max(a.top, typ); typ < maxAttr {
			a.a[typ] = b[4:n]
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	if len(b) > 0 {
		return errTruncated
	}
	return nil
}

func (a *attrs) has(n int) bool { return a.a[n] != nil }

// u32 reads a big-endian number of up to 4 bytes.
func (a *attrs) u32(n int) uint32 {
	var v uint32
	if len(a.a[n]) > 4 {
		return 0
	}
	for _, b := range a.a[n] {
		v = v<<8 | uint32(b)
	}
	return v
}

func (a *attrs) u64(n int) uint64 {
	if len(a.a[n]) != 8 {
		return uint64(a.u32(n))
	}
	return binary.BigEndian.Uint64(a.a[n])
}

// str reads a text that may end in a zero byte.
func (a *attrs) str(n int) string { return cString(a.a[n]) }

func cString(b []byte) string { return string(cBytes(b)) }

// cBytes cuts at the first zero byte.
func cBytes(b []byte) []byte {
	if before, _, ok := bytes.Cut(b, []byte{0}); ok {
		return before
	}
	return b
}

// reg reads a register number as a byte offset; -1 if it is missing or none.
func (a *attrs) reg(n int) int {
	if !a.has(n) {
		return -1
	}
	if off, ok := register(a.u32(n)); ok {
		return off
	}
	return -1
}

// data reads nested NFTA_DATA_*: a value or a verdict.
func (a *attrs) data(n int) (value []byte, v Verdict, isVerdict bool, err error) {
	d, err := parseAttrs(a.a[n])
	if err != nil {
		return nil, Verdict{}, false, err
	}
	if !d.has(2) {
		return d.a[1], Verdict{}, false, nil
	}
	w, err := parseAttrs(d.a[2])
	if err != nil {
		return nil, Verdict{}, false, err
	}
	v, ok := wireVerdict(int32(w.u32(1)), w.str(2))
	if !ok {
		return nil, Verdict{}, false, errors.New("a verdict that is not known")
	}
	return nil, v, true, nil
}

// wireVerdict reads NF_* and NFT_* codes.
func wireVerdict(code int32, chain string) (Verdict, bool) {
	switch code {
	case 0:
		return Verdict{Code: Drop}, true
	case 1:
		return Verdict{Code: Accept}, true
	case 2:
		return Verdict{Code: Stolen}, true
	case -1:
		return Verdict{Code: Continue}, true
	case -3:
		return Verdict{Code: Jump, Chain: chain}, true
	case -4:
		return Verdict{Code: Goto, Chain: chain}, true
	case -5:
		return Verdict{Code: Return}, true
	}
	if code&0xff == 3 {
		return Verdict{Code: Queue}, true
	}
	return Verdict{}, false
}
