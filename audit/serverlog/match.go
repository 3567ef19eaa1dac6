package serverlog

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// maxMessage bounds a message that is looked at; sshd itself writes at most 1024
// bytes (log.c MSGBUFSIZ).
const maxMessage = 4096

// signed begins the lines that hold a certificate's id, which its signer chose.
const signed = "Refusing certificate ID "

// part is a literal text, or a field when its name is set.
type part struct{ literal, field string }

// pattern is a row of the table, ready to match.
type pattern struct {
	line
	parts []part
	// rightmost tells that the name may be a stranger's text, so that the last
	// place where the rest fits is the true one.
	rightmost bool
	// must is the longest literal; a message without it cannot match.
	must string
}

// index holds the patterns by their first word; those that begin with a field under "".
var index = func() map[string][]*pattern {
	m := make(map[string][]*pattern)
	for _, l := range table {
		formats := []string{l.format}
		if strings.Contains(l.format, "{iu}") {
			formats = []string{strings.Replace(l.format, "{iu}", "invalid user ", 1), strings.Replace(l.format, "{iu}", "", 1)}
		}
		for _, f := range formats {
			p := compile(f, l)
			word, _, _ := strings.Cut(p.parts[0].literal, " ")
			m[word] = append(m[word], p)
		}
	}
	return m
}()

func compile(format string, l line) *pattern {
	p := &pattern{line: l}
	p.rightmost = strings.Contains(strings.ToLower(format), "invalid user {") || strings.Contains(format, "illegal user {") ||
		strings.HasPrefix(format, signed)
	for rest := format; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		if before != "" {
			p.parts = append(p.parts, part{literal: before})
			if len(before) > len(p.must) {
				p.must = before
			}
		}
		if !found {
			break
		}
		name, after, _ := strings.Cut(after, "}")
		p.parts = append(p.parts, part{field: name})
		rest = after
	}
	return p
}

// Classify fills in what the message of an entry tells.
func Classify(e *Entry) {
	s := string(e.Message)
	if len(s) > maxMessage {
		return
	}
	s = strings.TrimSuffix(s, " [preauth]")
	for _, level := range []string{"error: ", "fatal: "} {
		s = strings.TrimPrefix(s, level)
	}
	word, _, _ := strings.Cut(s, " ")
	for _, p := range index[word] {
		if p.apply(s, e) {
			return
		}
	}
	if !strings.HasPrefix(s, "/") {
		return
	}
	for _, p := range index[""] {
		if p.apply(s, e) {
			return
		}
	}
}

// apply matches a message and fills in the entry.
func (p *pattern) apply(s string, e *Entry) bool {
	if !strings.Contains(s, p.must) {
		return false
	}
	var values [16]string
	if !p.match(0, s, &values) {
		return false
	}
	e.Kind, e.Cause = p.kind, p.cause
	e.Invalid = p.rightmost && strings.HasSuffix(p.literalBeforeUser(), "user ")
	for i, part := range p.parts {
		v := values[i]
		switch part.field {
		case "user":
			e.User = v
		case "addr", "host":
			if a, err := netip.ParseAddr(v); err == nil {
				e.Addr = a.Unmap()
			}
		case "port":
			e.Port = number(v)
		case "pid":
			e.Child = number(v)
		case "method":
			e.Method = v
		case "key":
			e.Key = v
		case "spoken":
			e.Cause = cmp.Or(protocol(v), e.Cause)
		}
	}
	return true
}

// literalBeforeUser is the text before the name; empty without one.
func (p *pattern) literalBeforeUser() string {
	for i, part := range p.parts {
		if part.field == "user" && i > 0 {
			return p.parts[i-1].literal
		}
	}
	return ""
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// match matches the parts from i on against all of s.
func (p *pattern) match(i int, s string, values *[16]string) bool {
	if i == len(p.parts) {
		return s == ""
	}
	part := p.parts[i]
	if part.field == "" {
		rest, ok := strings.CutPrefix(s, part.literal)
		return ok && p.match(i+1, rest, values)
	}
	if i+1 == len(p.parts) { // the last field takes the rest
		values[i] = s
		return fits(part.field, s)
	}
	next := p.parts[i+1].literal
	last := p.rightmost && (part.field == "user" || part.field == "text" && p.parts[0].literal == signed)
	for at := first(s, next, last); at >= 0; at = following(s, next, at, last) {
		if fits(part.field, s[:at]) && p.match(i+1, s[at:], values) {
			values[i] = s[:at]
			return true
		}
	}
	return false
}

// first and following are the places of a text in the order in which they are
// tried: from the left, or from the right.
func first(s, text string, last bool) int {
	if last {
		return strings.LastIndex(s, text)
	}
	return strings.Index(s, text)
}

func following(s, text string, at int, last bool) int {
	if last {
		return strings.LastIndex(s[:min(len(s), at+len(text)-1)], text)
	}
	if n := strings.Index(s[at+1:], text); n >= 0 {
		return at + 1 + n
	}
	return -1
}

// fits tells whether a text can be the value of a field.
func fits(field, s string) bool {
	switch field {
	case "user", "text", "spoken":
		return true
	case "path":
		return strings.HasPrefix(s, "/")
	case "addr":
		if s == "UNKNOWN" {
			return true // the peer had gone (canohost.c)
		}
		_, err := netip.ParseAddr(s)
		return err == nil
	case "port", "pid", "number":
		return s != "" && len(s) <= 10 && strings.Trim(s, "0123456789") == ""
	default: // one word
		return s != "" && !strings.Contains(s, " ")
	}
}

// classified returns an entry for one message, for lines that are shown again.
func classified(message audit.Untrusted) Entry {
	e := Entry{Message: message}
	Classify(&e)
	return e
}
