// Package sshpattern matches text as OpenSSH does: patterns with * and ?,
// comma-separated pattern lists with negation, address lists with CIDR blocks,
// and the USER@HOST words of AllowUsers. The rules are those of match.c,
// addrmatch.c, addr.c and groupaccess.c of OpenSSH portable; PATTERNS in
// ssh_config(5) is their manual.
//
// Some rules changed between releases, so a Matcher is made for one release;
// its zero value follows the newest rules.
//
// Every function takes time in proportion to the product of the lengths at
// worst, whatever the pattern (sshd's own needs exponential time for some).
package sshpattern

import (
	"strings"

	"sshaudit/audit"
)

// Result is the outcome of matching against a list. The zero value is NoMatch.
type Result uint8

// Outcomes.
const (
	// NoMatch: no entry of the list matched.
	NoMatch Result = iota
	// Match: a plain entry matched and no negated one did.
	Match
	// Negated: an entry with a leading ! matched, wherever it stands.
	Negated
)

// String returns the outcome in words.
func (r Result) String() string {
	switch r {
	case Match:
		return "match"
	case Negated:
		return "negated"
	default:
		return "no match"
	}
}

// maxEntry is the length at which match_pattern_list gives up on the whole list.
const maxEntry = 1023

// Matcher matches by the rules of one release of OpenSSH.
type Matcher struct {
	// strictStars: two or more asterisks at the end of a pattern want at least
	// one character (match.c match_pattern up to 8.4).
	strictStars bool
	// firstAt: USER@HOST is cut at the first @ (match.c match_user up to 9.8).
	firstAt bool
	// shortMask: a mask over 128 is no mask (addr.c addr_pton_cidr up to 9.9);
	// digitMask: it starts with a digit (9.1 to 9.9).
	shortMask, digitMask bool
}

// New returns the matcher for a release; an unknown release gets the newest rules.
func New(v audit.OpenSSH) Matcher {
	return Matcher{
		strictStars: v.Known() && !v.AtLeast(8, 5),
		firstAt:     v.Known() && !v.AtLeast(9, 9),
		shortMask:   v.Known() && !v.AtLeast(10, 0),
		digitMask:   v.AtLeast(9, 1) && !v.AtLeast(10, 0),
	}
}

// Pattern reports whether s matches one pattern: * is any run of bytes, ? is
// one byte, every other byte stands for itself (match.c match_pattern).
func (m Matcher) Pattern(s, pattern string) bool {
	if m.strictStars && strings.HasSuffix(pattern, "**") {
		pattern = strings.TrimRight(pattern, "*") + "?*"
	}
	// After a mismatch the last asterisk takes one byte more; earlier ones never
	// have to be tried again, because the last can take whatever they would give.
	star, retry := -1, 0
	si, pi := 0, 0
	for si < len(s) {
		switch {
		case pi < len(pattern) && pattern[pi] == '*':
			star, retry = pi, si
			pi++
		case pi < len(pattern) && (pattern[pi] == '?' || pattern[pi] == s[si]):
			si++
			pi++
		case star >= 0:
			retry++
			si, pi = retry, star+1
		default:
			return false
		}
	}
	return strings.TrimLeft(pattern[pi:], "*") == ""
}

// List matches s against a comma-separated list; lower folds the list's (not
// the text's) ASCII capitals first (match.c match_pattern_list). An entry of
// 1023 bytes or more makes the list fail, unless a negated entry before it hit.
func (m Matcher) List(s, list string, lower bool) Result {
	result := NoMatch
	for list != "" {
		negated := list[0] == '!'
		if negated {
			list = list[1:]
		}
		var entry string
		entry, list, _ = strings.Cut(list, ",")
		if len(entry) >= maxEntry {
			return NoMatch
		}
		if lower {
			entry = lowerASCII(entry)
		}
		if !m.Pattern(s, entry) {
			continue
		}
		if negated {
			return Negated
		}
		result = Match
	}
	return result
}

// Hostname matches a host name against a list, both without regard to ASCII
// case (match.c match_hostname).
func (m Matcher) Hostname(host, list string) Result {
	return m.List(lowerASCII(host), list, true)
}

// Groups reports whether one of the groups matches one of the patterns, as for
// AllowGroups and DenyGroups: no lists, no negation (groupaccess.c ga_match).
func (m Matcher) Groups(groups, patterns []string) bool {
	for _, g := range groups {
		for _, p := range patterns {
			if m.Pattern(g, p) {
				return true
			}
		}
	}
	return false
}

// GroupList reports whether the groups satisfy the list of a Match Group: one
// group that hits a negated entry decides against (groupaccess.c
// ga_match_pattern_list).
func (m Matcher) GroupList(groups []string, list string) bool {
	found := false
	for _, g := range groups {
		switch m.List(g, list, false) {
		case Negated:
			return false
		case Match:
			found = true
		case NoMatch:
		}
	}
	return found
}

// lowerASCII folds A to Z, as tolower(3) does in the C locale.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
