package authkeys

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF16 returns the text of UTF-16 as UTF-8. Only a text with a byte
// order mark, or one that begins with ASCII and is ASCII nearly throughout, is
// taken for it.
func decodeUTF16(data []byte) ([]byte, bool) {
	if len(data) < 4 || len(data)%2 != 0 {
		return nil, false
	}
	if text := stripMark(data); len(text) < len(data) {
		return utf16Text(text, data[0] == 0xfe)
	}
	big := data[0] == 0
	high := 1
	if big {
		high = 0
	}
	head := data[:min(len(data), 16)]
	if countNUL(head, high)*2 != len(head) || countNUL(data, high)*17 < len(data)/2*16 {
		return nil, false
	}
	return utf16Text(data, big)
}

// utf16Text turns UTF-16 into UTF-8. Text with an unpaired surrogate or a NUL
// is no text and stays as it is.
func utf16Text(data []byte, big bool) ([]byte, bool) {
	order := binary.ByteOrder(binary.LittleEndian)
	if big {
		order = binary.BigEndian
	}
	text := make([]byte, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) {
			if i += 2; i+1 >= len(data) {
				return nil, false
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(data[i:]))); r == utf8.RuneError {
				return nil, false
			}
		}
		if r == 0 {
			return nil, false
		}
		text = utf8.AppendRune(text, r)
	}
	return text, true
}

// looksUTF16 reports whether a text begins like UTF-16.
func looksUTF16(data []byte) bool {
	return len(stripMark(data)) < len(data) || utf16Like(data[:min(len(data), 64)])
}

// utf16Like reports whether a line consists of ASCII in UTF-16: every other
// byte is NUL. A line feed cuts such text between its two bytes.
func utf16Like(raw []byte) bool {
	raw = stripMark(raw)
	if len(raw) < 8 {
		return false
	}
	even, odd := countNUL(raw, 0), countNUL(raw, 1)
	most, least := max(even, odd), min(even, odd)
	return most*8 >= len(raw)*3 && least*8 <= most
}

// countNUL counts the NUL bytes at every second place from first on.
func countNUL(raw []byte, first int) (n int) {
	for i := first; i < len(raw); i += 2 {
		if raw[i] == 0 {
			n++
		}
	}
	return n
}

// stripMark cuts a UTF-16 byte order mark.
func stripMark(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		return raw[2:]
	}
	return raw
}

// stripUTF16 returns the ASCII text of a line in UTF-16.
func stripUTF16(raw []byte) []byte {
	return bytes.ReplaceAll(stripMark(raw), []byte{0}, nil)
}
