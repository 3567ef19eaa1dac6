package accounts

import (
	"fmt"
	"strconv"
	"strings"
)

// Account is one line of passwd. Strings share the memory of the text.
type Account struct {
	Name, Home, Shell string
	UID, GID          uint32
	// Line is the line in passwd, from 1; 0 for an account that only NSS knows.
	Line int32
	// Password tells what the password field of passwd itself says.
	Password PasswordState
}

// Group is one line of group.
type Group struct {
	Name    string
	GID     uint32
	Members []string
	Line    int32
}

// PasswordState is what a password field allows, without the hash itself.
type PasswordState uint8

// States of a password field.
const (
	// PasswordUnset: no field was seen.
	PasswordUnset PasswordState = iota
	// PasswordInShadow: "x", the hash is in shadow.
	PasswordInShadow
	// PasswordEmpty: no password is needed.
	PasswordEmpty
	// PasswordLocked: begins with "!", which sshd without PAM takes for a locked
	// account (platform.c platform_locked_account, LOCKED_PASSWD_PREFIX).
	PasswordLocked
	// PasswordImpossible: "*" or another text that no password hashes to.
	PasswordImpossible
	// PasswordSet: a hash.
	PasswordSet
)

// Shadow is one line of shadow. Days count from 1970-01-01; -1 is an empty field.
type Shadow struct {
	Present                                        bool
	Password                                       PasswordState
	LastChange, Min, Max, Warn, Inactive, ExpireOn int32
}

// Problem is a line that the C library skips or that two accounts share.
type Problem struct {
	// File is "passwd", "group" or "shadow".
	File string
	Line int
	// Message says what is wrong, without the line's content.
	Message string
}

// maxProblems bounds the problems told of one file.
const maxProblems = 100

// problems collects what is wrong with one file.
type problems struct {
	file string
	list []Problem
	more int
}

func (p *problems) add(line int, format string, args ...any) {
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, Problem{p.file, line, fmt.Sprintf(format, args...)})
}

func (p *problems) done() []Problem {
	if p.more > 0 {
		p.list = append(p.list, Problem{p.file, 0, fmt.Sprintf("%d more lines with problems", p.more)})
	}
	return p.list
}

// eachLine calls f with every line that is neither blank nor a comment, white
// space at its start removed, as glibc's nss_readline does.
func eachLine(text string, f func(number int, line string)) {
	for number := 1; text != ""; number++ {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if line = clean(line); line != "" {
			f(number, line)
		}
	}
}

// blanks is what isspace(3) takes for white space, the newline aside.
const blanks = " \t\r\v\f"

// clean takes from a line what nss_readline takes; nothing is left of a blank
// one and of a comment.
func clean(line string) string {
	if line != "" && line[0] <= ' ' {
		line = strings.TrimLeft(line, blanks)
	}
	if nul := strings.IndexByte(line, 0); nul >= 0 {
		line = line[:nul]
	}
	if line != "" && line[0] == '#' {
		return ""
	}
	return line
}

// field cuts the next colon-separated field off the line.
func field(line *string) string {
	// Fields are short: a call that searches fast costs more than the search.
	for i := range len(*line) {
		if (*line)[i] == ':' {
			f := (*line)[:i]
			*line = (*line)[i+1:]
			return f
		}
	}
	f := *line
	*line = ""
	return f
}

// id reads a uid or gid as glibc does: blanks and a sign before it are taken. A
// line whose number does not fit 32 bits, a negative one included, is skipped.
func id(s string) (uint32, bool) {
	if n, ok := shortNumber(s, 9); ok {
		return uint32(n), true
	}
	s = strings.TrimLeft(s, blanks)
	digits := strings.TrimPrefix(s, "+")
	if s == "-0" {
		return 0, true
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && digits[0] != '+'
}

// ParsePasswd reads the text of passwd.
func ParsePasswd(text string) ([]Account, []Problem) {
	list := make([]Account, 0, strings.Count(text, "\n")+1)
	bad := problems{file: "passwd"}
	eachLine(text, func(number int, line string) {
		a := Account{Line: int32(number)}
		a.Name = field(&line)
		if strings.HasPrefix(a.Name, "+") || strings.HasPrefix(a.Name, "-") {
			bad.add(number, "a NIS compatibility entry: accounts behind it are seen only when they are named")
			return
		}
		a.Password = passwordState(field(&line), true)
		var okUID, okGID bool
		a.UID, okUID = id(field(&line))
		a.GID, okGID = id(field(&line))
		field(&line) // the comment (GECOS) field
		a.Home, a.Shell = field(&line), line
		switch {
		case a.Name == "":
			bad.add(number, "no account name: the line is ignored")
		case !okUID || !okGID:
			bad.add(number, "the uid or gid is no number of 32 bits: the line is ignored")
		default:
			list = append(list, a)
		}
	})
	return list, bad.done()
}

// ParseGroup reads the text of group.
func ParseGroup(text string) ([]Group, []Problem) {
	list := make([]Group, 0, strings.Count(text, "\n")+1)
	bad := problems{file: "group"}
	eachLine(text, func(number int, line string) {
		g := Group{Line: int32(number)}
		g.Name = field(&line)
		if strings.HasPrefix(g.Name, "+") || strings.HasPrefix(g.Name, "-") {
			bad.add(number, "a NIS compatibility entry: groups behind it are not seen")
			return
		}
		field(&line)
		var ok bool
		if g.GID, ok = id(field(&line)); !ok || g.Name == "" {
			bad.add(number, "no name, or the gid is no number of 32 bits: the line is ignored")
			return
		}
		for line != "" {
			var m string
			m, line, _ = strings.Cut(line, ",")
			if m = strings.TrimSpace(m); m != "" {
				g.Members = append(g.Members, m)
			}
		}
		list = append(list, g)
	})
	return list, bad.done()
}

// days reads a date field of shadow as glibc does; an empty one is -1.
func days(s string) (int32, bool) {
	if s == "" {
		return -1, true
	}
	n, ok := id(s)
	return int32(n), ok
}

// shortNumber reads a number of up to so many digits and nothing else, as almost
// every one is; a call that reads all forms costs several times as much.
func shortNumber(s string, digits int) (n int32, ok bool) {
	if s == "" || len(s) > digits {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int32(s[i]-'0')
	}
	return n, true
}

// passwordState classifies a password field. In passwd "x" points to shadow.
func passwordState(s string, passwd bool) PasswordState {
	switch {
	case passwd && s == "x":
		return PasswordInShadow
	case s == "":
		return PasswordEmpty
	case s[0] == '!':
		return PasswordLocked
	case cutHash(s):
		return PasswordImpossible
	case s[0] == '$' || len(s) == 13:
		return PasswordSet
	default:
		return PasswordImpossible
	}
}

// hashLength is how long the last part of a hash is, by its method (crypt(5)).
var hashLength = map[string]int{"1": 22, "5": 43, "6": 86}

// cutHash tells a hash that lost a part, or has one too many: no password gives it.
func cutHash(s string) bool {
	parts := strings.Split(s, "$")
	if len(parts) < 4 || parts[0] != "" {
		return false
	}
	want, known := hashLength[parts[1]]
	return known && len(parts[len(parts)-1]) != want
}
