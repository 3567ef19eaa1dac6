package sshdconf

import (
	"bytes"
	"strings"
)

// whitespace is what strdelim and the parser take for blank.
const whitespace = " \t\r\n"

// line is one line of a configuration file, split as far as all releases agree.
type line struct {
	file string
	num  int
	// keyword is the first token as written.
	keyword string
	// rest is what follows the keyword and one equals sign; ok is false where
	// strdelim leaves nothing, not even an empty text.
	rest string
	ok   bool
	// args are the arguments from 8.7; bad tells that their quotes do not close.
	args []string
	bad  bool
	// word is what the release knows by the keyword; nil if nothing.
	word *word
}

// splitFile cuts a file into lines as load_server_config does (servconf.c).
// A NUL byte ends its line early and eats the line feed: the next line is glued
// on. Up to 8.6 everything behind a # is cut here, quoted or not.
func splitFile(data []byte, cutComments bool) []string {
	var text strings.Builder
	text.Grow(len(data))
	for raw := range bytes.Lines(data) {
		if i := bytes.IndexByte(raw, 0); i >= 0 {
			raw = raw[:i]
		}
		if cutComments {
			if i := bytes.IndexByte(raw, '#'); i >= 0 {
				raw = append(raw[:i:i], '\n')
			}
		}
		text.Write(bytes.TrimLeft(raw, " \t\r"))
	}
	return strings.Split(text.String(), "\n")
}

// splitLine takes the keyword off (servconf.c process_server_config_line_depth);
// it returns false for an empty line and a comment.
func splitLine(file string, num int, text string, argv bool) (*line, bool) {
	for len(text) > 1 && strings.IndexByte(whitespace+"\f", text[len(text)-1]) >= 0 {
		text = text[:len(text)-1]
	}
	cur := delim{text, true}
	keyword, ok := cur.next(true)
	if ok && keyword == "" {
		keyword, ok = cur.next(true)
	}
	if !ok || keyword == "" || keyword[0] == '#' {
		return nil, false
	}
	l := &line{file: file, num: num, keyword: keyword, rest: cur.s, ok: cur.ok}
	if argv {
		l.args, l.bad = splitArgs(l.rest)
	}
	return l, true
}

// delim cuts tokens as misc.c strdelim does.
type delim struct {
	s  string
	ok bool
}

// next returns the next token; false when nothing is left or a quote does not
// close. With equals, one equals sign separates like a blank.
func (d *delim) next(equals bool) (string, bool) {
	if !d.ok {
		return "", false
	}
	set := whitespace + "\""
	if equals {
		set += "="
	}
	i := strings.IndexAny(d.s, set)
	if i < 0 {
		token := d.s
		*d = delim{}
		return token, true
	}
	if d.s[i] == '"' {
		inner, after, closed := strings.Cut(d.s[i+1:], `"`)
		if !closed {
			*d = delim{}
			return "", false
		}
		token := d.s[:i] + inner
		d.s = strings.TrimLeft(after, whitespace)
		return token, true
	}
	token, after := d.s[:i], strings.TrimLeft(d.s[i+1:], whitespace)
	if equals && d.s[i] != '=' && strings.HasPrefix(after, "=") {
		after = strings.TrimLeft(after[1:], whitespace)
	}
	d.s = after
	return token, true
}

// splitArgs cuts arguments as misc.c argv_split does from 8.7 on, ending at a
// comment; bad tells that a quote does not close.
func splitArgs(s string) (args []string, bad bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' || s[i] == '\t' {
			continue
		}
		if s[i] == '#' {
			break
		}
		var token []byte
		var quote byte
		for ; i < len(s); i++ {
			c := s[i]
			if c == '\\' && i+1 < len(s) && escaped(s[i+1], quote) {
				i++
				token = append(token, s[i])
				continue
			}
			if quote == 0 && (c == ' ' || c == '\t') {
				break
			}
			switch {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote != 0 && c == quote:
				quote = 0
			default:
				token = append(token, c)
			}
		}
		if quote != 0 {
			return nil, true
		}
		args = append(args, string(token))
	}
	return args, false
}

// escaped reports whether a backslash before c is dropped.
func escaped(c, quote byte) bool {
	return c == '\'' || c == '"' || c == '\\' || quote == 0 && c == ' '
}

// joinArgs writes arguments as misc.c argv_assemble does.
func joinArgs(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		quoted := strings.ContainsAny(arg, " \t")
		if quoted {
			b.WriteByte('"')
		}
		for j := range len(arg) {
			if strings.IndexByte(`\'"`, arg[j]) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(arg[j])
		}
		if quoted {
			b.WriteByte('"')
		}
	}
	return b.String()
}
