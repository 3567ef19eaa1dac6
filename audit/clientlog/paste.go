package clientlog

import "strings"

// unquote takes off what mail programs, forums and terminals put around a line:
// marks of a quotation before a line that begins in the dress of a known
// program, markup, escape sequences.
func unquote(s string) string {
	if strings.IndexByte(s, '\x1b') >= 0 {
		s = stripEscapes(s)
	}
	if strings.IndexByte(s, '&') >= 0 {
		s = entities.Replace(s)
	}
	if strings.Contains(s, "[/") {
		s = stripTags(s)
	}
	if s == "" {
		return s
	}
	if s[0] >= 0x80 {
		s = strings.TrimPrefix(s, "\ufeff")
		if strings.HasPrefix(s, "\u00a0") || strings.HasPrefix(s, "\u3000") {
			s = strings.TrimLeft(strings.ReplaceAll(s, "\u00a0", " "), " \u3000")
		}
	}
	for s != "" {
		switch s[0] {
		case ' ', '\t':
			t := strings.TrimLeft(s, " \t")
			if isHex(t) {
				return s
			}
			s = t
			continue
		case '>', '|':
			rest := strings.TrimLeft(s[1:], " \t")
			if rest != "" && (rest[0] == '>' && !dateFollows(rest) && s[0] == rest[0] || known(rest) && !dateFollows(s)) {
				s = rest
				continue
			}
			if s[0] == '|' {
				return strings.TrimRight(rest, " |")
			}
		case '[', '<', '`':
			if rest, ok := markup(s); ok {
				s = rest
				continue
			}
		case '#':
			if rest, ok := strings.CutPrefix(s, "##[error]"); ok {
				s = rest
				continue
			}
		}
		return s
	}
	return s
}

var entities = strings.NewReplacer("&gt;", ">", "&lt;", "<", "&quot;", `"`, "&#39;", "'", "&nbsp;", " ", "&amp;", "&")

// unmark takes the marks of a quotation off a line of a text that is quoted.
func unmark(s string) string {
	for {
		t := strings.TrimLeft(s, " \t")
		if t == "" || t[0] != '>' || dateFollows(t) {
			return s
		}
		s = strings.TrimPrefix(t[1:], " ")
	}
}

// dateFollows tells that a mark of WinSCP stands here: a time comes after it.
func dateFollows(s string) bool {
	t := strings.TrimLeft(s[1:], " \t")
	return len(t) > 19 && t[4] == '-' && t[7] == '-' && t[13] == ':' && t[19] == '.'
}

// known tells that a line begins in the dress of a known program, so that the
// mark before it is a mail program's.
func known(s string) bool {
	switch {
	case len(s) < 4:
		return false
	case strings.IndexByte(".<>!*", s[0]) >= 0 && dateFollows(s):
		return true
	case s[0] == 'd':
		return strings.HasPrefix(s, "debug1: ") || strings.HasPrefix(s, "debug2: ") || strings.HasPrefix(s, "debug3: ")
	case s[0] == '-' || s[0] == '<' || s[0] == '*':
		return strings.HasPrefix(s, "---- ") || strings.HasPrefix(s, "---> ") || strings.HasPrefix(s, "<--- ") || strings.HasPrefix(s, "**** ")
	case s[0] == 'E' && strings.HasPrefix(s, "Event Log: "):
		return true
	}
	r := record{}
	_, r.text = clock(s)
	return label(&r)
}

// markup takes a tag of a forum or of HTML off.
func markup(s string) (string, bool) {
	if s[0] == '`' {
		return strings.TrimLeft(s, "`"), true
	}
	shut := byte(']')
	if s[0] == '<' {
		shut = '>'
	}
	i := strings.IndexByte(s, shut)
	if i < 2 || i > 80 {
		return s, false
	}
	name, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(s[1:i], "/")), "=")
	name, _, _ = strings.Cut(name, " ")
	switch name {
	case "code", "color", "email", "url", "quote", "pre", "p", "br", "br/", "b", "i", "font", "size", "spoiler", "div", "span", "li", "td", "tr", "blockquote":
		return s[i+1:], true
	}
	return s, false
}

// stripTags removes a forum's tags from the middle of a line, such as [COLOR=red].
func stripTags(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '[')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		rest, ok := markup(s[i:])
		if !ok {
			b.WriteByte('[')
			rest = s[i+1:]
		}
		s = rest
	}
	b.WriteString(s)
	return b.String()
}

// stripEscapes removes the sequences by which terminals colour text (ECMA-48).
func stripEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\x1b' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '[' {
			for i += 2; i < len(s) && (s[i] < '@' || s[i] > '~'); i++ { //nolint:revive // skips parameters
			}
		}
	}
	return b.String()
}
