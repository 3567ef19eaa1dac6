//go:build linux

package hostfs

import "strings"

// A pattern is read as OpenSSH's own glob(3) reads it (openbsd-compat/glob.c,
// glob0 and g_charclass): sshd on Linux never uses the C library's.

// segment is a part of a pattern between slashes.
type segment struct {
	// literal is the name, where there is nothing to expand.
	literal string
	tokens  []token
	// slashes follow the segment; they are copied to the result.
	slashes string
}

func (s *segment) meta() bool { return s.tokens != nil }

// dotted reports whether the segment starts with a literal dot, without which
// names with a leading dot are passed over.
func (s *segment) dotted() bool { return s.tokens[0].kind == literal && s.tokens[0].char == '.' }

type tokenKind uint8

const (
	literal tokenKind = iota
	star
	question
	set
)

type token struct {
	kind tokenKind
	char byte
	// set: negated, and one bit for each byte in it.
	negated bool
	members [4]uint64
}

func (t *token) include(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		t.members[c>>6] |= 1 << (c & 63)
	}
}

func (t *token) matches(c byte) bool {
	switch t.kind {
	case literal:
		return t.char == c
	case set:
		return (t.members[c>>6]>>(c&63)&1 == 1) != t.negated
	default:
		return t.kind == question
	}
}

// char is a byte of a pattern; a quoted one has lost its special meaning.
type char struct {
	c      byte
	quoted bool
}

func (c char) is(special byte) bool { return !c.quoted && c.c == special }

// parsePattern returns ok false for a pattern that can match nothing.
func parsePattern(pattern string) (segments []segment, ok bool) {
	chars := unquote(pattern)
	var s segment
	var name []token
	meta := false
	flush := func() {
		if meta {
			s.tokens = name
		} else {
			s.literal = text(name)
		}
		segments, s, name, meta = append(segments, s), segment{}, nil, false
	}
	for len(chars) > 0 {
		if chars[0].c == '/' {
			n := 1
			for n < len(chars) && chars[n].c == '/' {
				n++
			}
			s.slashes = strings.Repeat("/", n)
			flush()
			chars = chars[n:]
			continue
		}
		t, n, ok := nextToken(chars)
		if !ok {
			return nil, false
		}
		if t.kind != star || len(name) == 0 || name[len(name)-1].kind != star {
			name = append(name, t)
		}
		meta = meta || t.kind != literal
		chars = chars[n:]
	}
	flush()
	return segments, true
}

// unquote takes away backslashes; one at the end stands for itself.
func unquote(pattern string) []char {
	chars := make([]char, 0, len(pattern))
	for i := 0; i < len(pattern); i++ {
		c := char{c: pattern[i]}
		if c.c == '\\' {
			c.quoted = true
			if i+1 < len(pattern) {
				i++
				c.c = pattern[i]
			}
		}
		chars = append(chars, c)
	}
	return chars
}

func text(tokens []token) string {
	b := make([]byte, len(tokens))
	for i, t := range tokens {
		b[i] = t.char
	}
	return string(b)
}

func nextToken(chars []char) (t token, length int, ok bool) {
	switch {
	case chars[0].is('*'):
		return token{kind: star}, 1, true
	case chars[0].is('?'):
		return token{kind: question}, 1, true
	case chars[0].is('['):
		return setToken(chars)
	}
	return token{char: chars[0].c}, 1, true
}

// setToken reads "[...]". Without an end the bracket is a plain character.
// A slash inside, or a class that does not exist, makes the pattern match nothing;
// so does a class without a bracket behind it, as in "[[:alpha:]", where sshd
// reads on beyond the pattern (9.2 crashes).
func setToken(chars []char) (t token, length int, ok bool) {
	t.kind = set
	i := 1
	if i < len(chars) && chars[i].is('!') {
		t.negated = true
		i++
	}
	if i >= len(chars) || !contains(chars[i+1:], ']') {
		return token{char: '['}, 1, true
	}
	for first := true; i < len(chars); first = false {
		c := chars[i]
		i++
		if c.is(']') && !first {
			return t, i, true
		}
		if c.is('[') && i < len(chars) && chars[i].is(':') {
			n, known := t.class(chars[i+1:])
			if n > 0 && !known {
				return t, 0, false
			}
			if n > 0 {
				i += 1 + n
				continue
			}
		}
		hi := c
		if i+1 < len(chars) && chars[i].is('-') && !chars[i+1].is(']') {
			hi = chars[i+1]
			i += 2
		}
		if c.c == '/' || hi.c == '/' {
			return t, 0, false
		}
		t.include(c.c, hi.c)
	}
	return t, 0, false
}

func contains(chars []char, special byte) bool {
	for _, c := range chars {
		if c.is(special) {
			return true
		}
	}
	return false
}

// class reads "alpha:]" and returns its length, 0 if this is no class.
func (t *token) class(chars []char) (length int, known bool) {
	end := 0
	for end < len(chars) && !chars[end].is(':') {
		end++
	}
	if end+1 >= len(chars) || !chars[end+1].is(']') {
		return 0, false
	}
	name := make([]byte, end)
	for i, c := range chars[:end] {
		name[i] = c.c
	}
	ranges, known := classes[string(name)]
	for i := 0; i+1 < len(ranges); i += 2 {
		t.include(ranges[i], ranges[i+1])
	}
	return end + 2, known
}

// classes are those of ctype(3) in the C locale, as pairs of bounds; sshd never
// calls setlocale.
var classes = map[string]string{
	"alnum": "09AZaz", "alpha": "AZaz", "blank": "\t\t  ", "cntrl": "\x00\x1f\x7f\x7f", "digit": "09",
	"graph": "!~", "lower": "az", "print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ",
	"xdigit": "09AFaf",
}

// matchTokens compares a whole name. It returns to the last star only, so its
// time is bounded by the product of the two lengths.
func matchTokens(tokens []token, name string) bool {
	t, n := 0, 0
	starAt, resume := -1, 0
	for n < len(name) {
		switch {
		case t < len(tokens) && tokens[t].kind == star:
			starAt, resume = t, n
			t++
		case t < len(tokens) && tokens[t].matches(name[n]):
			t++
			n++
		case starAt >= 0:
			resume++
			t, n = starAt+1, resume
		default:
			return false
		}
	}
	for t < len(tokens) && tokens[t].kind == star {
		t++
	}
	return t == len(tokens)
}
