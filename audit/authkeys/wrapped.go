package authkeys

import (
	"bytes"
	"encoding/binary"
)

// Bounds of a wrapped key: the base64 text of the longest key that sshd takes
// has 5,500 characters (DSA with numbers of 16384 bits would have more).
const (
	maxWrapped      = 8192
	maxWrappedLines = 1024
)

// wrapped is a key whose text goes on over several lines.
type wrapped struct {
	// blob is the joined base64 text, tail what follows it on the last line.
	blob, tail []byte
	// size is the length of the further lines in bytes, lines their number.
	size, lines int
	key         *Key
}

// readWrapped joins a key whose blob begins with part, empty if the line ends
// after the type word, with the lines that follow. It succeeds only if the
// result is a whole key that ends where a word of the text ends.
func readWrapped(typ *keyType, part, after []byte, r *Rules) (w wrapped, ok bool) {
	part = bytes.TrimRight(part, "\r")
	if len(part) > maxWrapped || len(part) > 0 && !isBase64(part) {
		return w, false
	}
	w.blob = append(make([]byte, 0, 1024), part...)
	need := sizer{typ: typ}
	for rest := after; w.lines < maxWrappedLines && len(rest) > 0; {
		line, next := cutLine(rest)
		end := wordEnd(line, 0)
		if !isBase64(line[:end]) {
			return w, false
		}
		rest = next
		w.lines++
		w.size = len(after) - len(rest)
		w.blob = append(w.blob, line[:end]...)
		size := need.of(w.blob)
		if size == 0 && end == len(line) && len(w.blob) <= maxWrapped {
			continue // the lengths of the fields are still to come
		}
		if len(w.blob) < size && end == len(line) && size <= maxWrapped {
			continue
		}
		w.tail = bytes.TrimLeft(line[end:], " \t")
		// A word of base64 may be an option: that line is a key of its own.
		return w, len(w.blob) == size && !(&scan{text: line, r: r}).isKey() && w.decode(typ, r)
	}
	return w, false
}

// joined returns the whole key as one line: what stands before the blob, the
// blob, and what follows it.
func (w *wrapped) joined(before []byte) []byte {
	text := bytes.TrimRight(before, " \t\r")
	text = append(append(append([]byte(nil), text...), ' '), w.blob...)
	if len(w.tail) > 0 {
		text = append(append(text, ' '), w.tail...)
	}
	return text
}

// decode reads the key from the joined text.
func (w *wrapped) decode(typ *keyType, r *Rules) bool {
	blob, ok := decode64(w.blob)
	if !ok {
		return false
	}
	key, _, f := decodeKey(blob, r, false)
	if f != faultNone || !typ.names(key) {
		return false
	}
	key.Comment = comment(w.tail)
	w.key = key
	return true
}

// sizer finds the length of a key's base64 text from its beginning: the fields
// of a key tell their own lengths.
type sizer struct {
	typ *keyType
	// raw is what was decoded, quads the characters it came from; field is the
	// offset of the next field and left the number of fields to come.
	raw         []byte
	quads       int
	field, left int
	started     bool
	total       int
}

// of returns the length in characters, 0 while it cannot be told, and one that
// is out of bounds if the text is no key.
func (s *sizer) of(text []byte) int {
	if s.total != 0 {
		return s.total
	}
	if !s.started {
		s.started, s.left = true, 1+s.typ.alg.fieldCount()
	}
	whole := len(text) / 4 * 4
	part, ok := decode64(text[s.quads:whole])
	if !ok {
		s.total = maxWrapped + 1
		return s.total
	}
	s.raw, s.quads = append(s.raw, part...), whole
	for s.left > 0 && s.field+4 <= len(s.raw) {
		n := binary.BigEndian.Uint32(s.raw[s.field:])
		if n > maxWrapped {
			s.total = maxWrapped + 1
			return s.total
		}
		s.field += 4 + int(n)
		s.left--
	}
	if s.left == 0 {
		s.total = (s.field + 2) / 3 * 4
	}
	return s.total
}
