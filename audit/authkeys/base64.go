package authkeys

import (
	"bytes"
	"encoding/base64"
)

// strict64 wants padding and zero in the bits that are left over, as b64_pton does.
var strict64 = base64.StdEncoding.Strict()

// decode64 decodes base64 as b64_pton does (openbsd-compat/base64.c, glibc's
// resolv/base64.c): white space anywhere is skipped, padding is required,
// nothing may follow it.
func decode64(text []byte) ([]byte, bool) {
	blob := make([]byte, strict64.DecodedLen(len(text)))
	n, err := strict64.Decode(blob, text)
	if err != nil && bytes.ContainsAny(text, " \t\v\f") { // CR and LF are skipped already
		n, err = strict64.Decode(blob, bytes.Map(func(r rune) rune {
			if r == ' ' || '\t' <= r && r <= '\r' {
				return -1
			}
			return r
		}, text))
	}
	if err != nil {
		return nil, false
	}
	return blob[:n], true
}

// isBase64 reports whether the text holds only characters of base64.
func isBase64(text []byte) bool {
	for _, c := range text {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '/' && c != '=' {
			return false
		}
	}
	return len(text) > 0
}
