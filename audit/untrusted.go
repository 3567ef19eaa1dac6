package audit

import (
	"encoding/json"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// maxShown bounds the bytes of one untrusted text in any output.
const maxShown = 256

// Untrusted is text that somebody else chose: a path, a name, a key comment, a
// line of a log. Its String method escapes, so that no way of formatting it
// can put a control byte, an escape sequence or a direction override into a
// terminal, a log or a page. Convert to string for use with the system only.
type Untrusted string

// String returns the text as it may be shown to a person: as it is when every
// rune is printable, otherwise quoted as a Go string; cut at 256 bytes with the
// number of bytes that were left out.
func (u Untrusted) String() string {
	s, more := string(u), 0
	if len(s) > maxShown {
		cut := maxShown
		for cut > maxShown-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s, more = s[:cut], len(s)-cut
	}
	if !plain(s) {
		s = strconv.Quote(s)
	}
	if more > 0 {
		s += "…(+" + strconv.Itoa(more) + " bytes)"
	}
	return s
}

// Plain reports whether the text is shown unchanged.
func (u Untrusted) Plain() bool { return len(u) <= maxShown && plain(string(u)) }

// MarshalJSON writes the shown text: a JSON reader gets what a person gets.
// Presenters add the raw bytes beside it where they differ.
func (u Untrusted) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// plain reports whether s holds only printable runes that cannot be mistaken
// for the quoted form: a leading double quote would.
func plain(s string) bool {
	if s != "" && s[0] == '"' {
		return false
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
