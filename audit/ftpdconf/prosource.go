package ftpdconf

import (
	"strings"
)

// maxProLine is as much of a line as ProFTPD reads at once (parser.h
// PR_TUNABLE_PARSER_BUFFER_SIZE).
const maxProLine = 4096

// proSource is one file being read.
type proSource struct {
	file string
	rest string
	line int
}

// next returns the next line that says something, as parser.c
// pr_parser_read_line does: a backslash at its end joins the next one, leading
// blanks go, comments and blank lines are passed over.
func (s *proSource) next() (string, bool) {
	for s.rest != "" {
		line := trimLeft(s.joined())
		if line != "" && line[0] != '#' {
			return line, true
		}
	}
	return "", false
}

// joined reads one line with those that a backslash joins to it (fsio.c
// pr_fsio_getline). A comment that ends in a backslash swallows nothing.
func (s *proSource) joined() string {
	var whole strings.Builder
	for s.rest != "" {
		line, rest, _ := strings.Cut(s.rest, "\n")
		s.rest = rest
		s.line++
		joins := strings.HasSuffix(line, "\\") && rest != ""
		switch {
		case !joins:
			whole.WriteString(strings.TrimSuffix(line, "\r"))
			return whole.String()
		case strings.HasPrefix(trimLeft(line), "#"):
			continue
		}
		whole.WriteString(strings.TrimSuffix(line, "\\"))
	}
	return whole.String()
}

// proWords splits a line as str.c pr_str_get_word does: blanks part words, a
// quote at the beginning of one lets it hold blanks and escapes, a "#" at the
// beginning of one ends the line. "<Name a b>" becomes "<Name>", "a", "b".
func proWords(line string) []string {
	var words []string
	for {
		if line = trimLeft(line); line == "" || line[0] == '#' {
			break
		}
		var w strings.Builder
		i := 0
		if line[0] == '"' {
			for i = 1; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' && i+1 < len(line) {
					i++
				}
				w.WriteByte(line[i])
			}
		} else {
			for ; i < len(line) && !isSpace(line[i]); i++ {
				w.WriteByte(line[i])
			}
		}
		words = append(words, w.String())
		line = line[min(i+1, len(line)):]
	}
	if len(words) < 2 || !strings.HasPrefix(words[0], "<") {
		return words
	}
	if last := words[len(words)-1]; last == ">" {
		words = words[:len(words)-1]
	} else if l, ok := strings.CutSuffix(last, ">"); ok {
		words[len(words)-1] = l
	} else {
		return words
	}
	if !strings.HasSuffix(words[0], ">") {
		words[0] += ">"
	}
	return words
}
