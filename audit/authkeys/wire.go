package authkeys

import (
	"bytes"
	"encoding/binary"
)

// wire reads the fields of a key as RFC 4251 section 5 encodes them, with the
// liberties that sshbuf_get_* take.
type wire struct {
	rest []byte
	// bad tells that a field was missing or malformed; every later read fails.
	bad bool
	// loose tells that a field was not in the form that sshd writes.
	loose bool
}

// maxBignum is the most bytes of a multiple precision integer (sshbuf.h
// SSHBUF_MAX_BIGNUM).
const maxBignum = 16384 / 8

// bytes reads a string.
func (w *wire) bytes() []byte {
	if w.bad || len(w.rest) < 4 {
		w.bad = true
		return nil
	}
	n := binary.BigEndian.Uint32(w.rest)
	if uint64(n) > uint64(len(w.rest)-4) {
		w.bad = true
		return nil
	}
	field := w.rest[4 : 4+n : 4+n]
	w.rest = w.rest[4+n:]
	return field
}

// cstring reads a string without NUL, but for one at its end, which is dropped
// (sshbuf_get_cstring).
func (w *wire) cstring() []byte {
	field := w.bytes()
	switch z := bytes.IndexByte(field, 0); {
	case z < 0:
	case z == len(field)-1:
		w.loose = true
		field = field[:z]
	default:
		w.bad = true
		return nil
	}
	return field
}

// bignum reads a number that is not negative, without leading zeros
// (sshbuf_get_bignum2_bytes_direct).
func (w *wire) bignum() []byte {
	field := w.bytes()
	if len(field) == 0 {
		return nil
	}
	if field[0]&0x80 != 0 || len(field) > maxBignum+1 || len(field) == maxBignum+1 && field[0] != 0 {
		w.bad = true
		return nil
	}
	number := bytes.TrimLeft(field, "\x00")
	if pad := len(field) - len(number); pad > 1 || pad == 1 && (len(number) == 0 || number[0]&0x80 == 0) {
		w.loose = true
	}
	return number
}

// uint64 reads eight bytes.
func (w *wire) uint64() uint64 {
	if w.bad || len(w.rest) < 8 {
		w.bad = true
		return 0
	}
	n := binary.BigEndian.Uint64(w.rest)
	w.rest = w.rest[8:]
	return n
}

// uint32 reads four bytes.
func (w *wire) uint32() uint32 {
	if w.bad || len(w.rest) < 4 {
		w.bad = true
		return 0
	}
	n := binary.BigEndian.Uint32(w.rest)
	w.rest = w.rest[4:]
	return n
}

// appendString appends a string in wire form.
func appendString[T []byte | string](b []byte, s T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s))) //nolint:gosec // never longer than the text it came from
	return append(b, s...)
}

// appendBignum appends a number, which has no leading zeros, in wire form.
func appendBignum(b, number []byte) []byte {
	if len(number) > 0 && number[0]&0x80 != 0 {
		b = binary.BigEndian.AppendUint32(b, uint32(len(number)+1)) //nolint:gosec // at most maxBignum
		return append(append(b, 0), number...)
	}
	return appendString(b, number)
}
