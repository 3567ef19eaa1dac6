package pam

import (
	"bytes"
	"errors"
	"strings"
)

// line is one line of configuration, joined from the lines of the file.
type line struct {
	text string
	// number is the first line in the file, from 1.
	number int
}

// Errors of a whole file, which make libpam give up (PAM_ABORT).
var (
	errOverflow   = errors.New("the joined line is longer than 1023 bytes")
	errUnfinished = errors.New("the file ends in a line that a backslash continues")
	errNUL        = errors.New("the file holds a NUL byte")
)

// bufSize is the line buffer of Linux-PAM before 1.6 (pam_handlers.c BUF_SIZE).
const bufSize = 1024

// lines splits a file of pam.d. Up to 1.6 libpam reads into a fixed buffer and
// skips blank and comment lines inside a continued line; later a blank or
// comment line ends it (pam_handlers.c _pam_assemble_line, pam_line.c).
// With an error the lines before it are valid.
func lines(text []byte, lib Library) ([]line, error) {
	if before, _, ok := bytes.Cut(text, []byte{0}); ok {
		got, _ := lines(before[:bytes.LastIndexByte(before, '\n')+1], lib)
		return got, errNUL
	}
	r := reader{rest: string(text), unbounded: lib.AtLeast(1, 7)}
	var list []line
	for {
		l, ok, err := r.next()
		if err != nil || !ok {
			return list, err
		}
		list = append(list, l)
	}
}

type reader struct {
	rest      string
	number    int
	unbounded bool
}

// get returns the next line with its newline, at most max bytes of it.
func (r *reader) get(max int) (string, bool) {
	if r.rest == "" {
		return "", false
	}
	if r.number == 0 {
		r.number = 1
	}
	n := strings.IndexByte(r.rest, '\n') + 1
	if n == 0 {
		n = len(r.rest)
	}
	if !r.unbounded {
		n = min(n, max)
	}
	got := r.rest[:n]
	r.rest = r.rest[n:]
	return got, true
}

func (r *reader) next() (line, bool, error) {
	var joined strings.Builder
	first, used, started := 0, 0, false
	for {
		if !r.unbounded && used >= bufSize {
			return line{}, false, errOverflow
		}
		number := max(r.number, 1)
		chunk, ok := r.get(bufSize - used - 1)
		if !ok {
			if started {
				return line{}, false, errUnfinished
			}
			return line{}, false, nil
		}
		if chunk == "" { // the buffer has room for its NUL only
			return line{}, false, errOverflow
		}
		if chunk[len(chunk)-1] == '\n' {
			r.number++
		}
		body, more := unfold(chunk)
		blank := body == "" && !more
		switch {
		case blank && r.unbounded && started:
			return line{joined.String(), first}, true, nil
		case blank:
			continue
		}
		if !started {
			first, started = number, true
		}
		joined.WriteString(body)
		used += len(chunk) - len(strings.TrimLeft(chunk, " \t\n")) + len(body)
		if !more {
			return line{joined.String(), first}, true, nil
		}
	}
}

// unfold returns what a line of the file contributes, without leading blanks
// and comment, and whether the next line continues it.
func unfold(chunk string) (body string, more bool) {
	body = strings.TrimLeft(chunk, " \t\n")
	if i := strings.IndexByte(body, '#'); i >= 0 {
		return body[:i], false
	}
	if t := strings.TrimRight(body, " \t\n"); strings.HasSuffix(t, `\`) {
		return t[:len(t)-1] + " ", true
	}
	return body, false
}

// cutToken takes the next word off a line; a word in square brackets may hold
// blanks, and "\]" in it stands for "]" (pam_misc.c _pam_StrTok). As in libpam
// what follows the closing bracket needs no blank.
func cutToken(s string) (token, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t\n")
	switch {
	case s == "":
		return "", "", false
	case s[0] != '[':
		n := strings.IndexAny(s, " \t\n")
		if n < 0 {
			return s, "", true
		}
		return s[:n], s[n+1:], true
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != ']'; i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] == ']' {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), s[min(i+1, len(s)):], true
}

func tokens(s string) []string {
	var list []string
	for {
		token, rest, ok := cutToken(s)
		if !ok {
			return list
		}
		list = append(list, token)
		s = rest
	}
}
