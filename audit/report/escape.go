package report

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sshaudit/audit"
)

// shown is an untrusted text for a person's eyes: escaped and cut short.
func shown(u audit.Untrusted) string { return u.String() }

// whole is an untrusted text for a program: escaped as shown, but never cut, so
// that two long paths stay two. Where it differs from the raw bytes the caller
// puts those beside it.
func whole(u audit.Untrusted) string {
	s := string(u)
	if printable(s) && !strings.HasPrefix(s, `"`) {
		return s
	}
	return strconv.Quote(s)
}

// wholes is whole for a list; it is never nil, so JSON shows [] and not null.
func wholes(list []audit.Untrusted) []string {
	out := make([]string, len(list))
	for i, u := range list {
		out[i] = whole(u)
	}
	return out
}

// raw returns the base64 of an untrusted text that whole does not show as it
// is, and nothing for one that it does.
func raw(u audit.Untrusted) string {
	if whole(u) == string(u) {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(u))
}

// raws returns the base64 of every element when whole changes any of them, so
// that the list beside has the same indices; otherwise nil.
func raws(list []audit.Untrusted) []string {
	for _, u := range list {
		if raw(u) == "" {
			continue
		}
		out := make([]string, len(list))
		for i, u := range list {
			out[i] = base64.StdEncoding.EncodeToString([]byte(u))
		}
		return out
	}
	return nil
}

// clean is the second lock on texts that are escaped where they are made
// (messages, fixes, observed values): should one not be, whatever cannot be
// printed is escaped here, and the rest stays as it is.
func clean(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsPrint(r) && !(r == utf8.RuneError && size == 1) {
			b.WriteString(s[i : i+size])
		} else {
			quoted := strconv.Quote(s[i : i+size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// cleans is clean for a list; it is never nil.
func cleans(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clean(s)
	}
	return out
}

// cleanText is clean for the catalogue's texts, whose lines stay lines.
func cleanText(s string) string {
	if printable(s) {
		return s
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// printable reports whether every rune of s can be printed: no control byte, no
// invalid UTF-8, no direction override, no blank but U+0020.
func printable(s string) bool {
	for i, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}
