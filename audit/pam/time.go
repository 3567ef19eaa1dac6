package pam

import (
	"fmt"
	"strings"

	"sshaudit/audit"
)

// fieldState is what ended a field of time.conf (pam_time.c STATE_…).
type fieldState uint8

const (
	atNewline fieldState = iota
	inComment
	atField
	atEOF
)

// maxField is less than the module's buffer of 1000 bytes: what does not fit is
// treated in a way that depends on how much had been read before.
const maxField = 900

// timeReader reads fields as pam_time.c read_field does. It keeps the number of
// the line for messages.
type timeReader struct {
	rest    string
	state   fieldState
	line    int
	tooLong bool
}

// field returns the next field; a file that does not end in a newline ends in
// an empty field.
func (r *timeReader) field() string {
	if r.rest == "" {
		r.state = atEOF
		return ""
	}
	var b strings.Builder
	onspace := true
	for i := 0; i < len(r.rest); i++ {
		ch := r.rest[i]
		if r.state == inComment && ch != '\n' {
			continue
		}
		if i > maxField && r.state != inComment {
			r.tooLong = true
		}
		switch ch {
		case '\n', ';':
			r.rest = r.rest[i+1:]
			if r.state = atField; ch == '\n' {
				r.state = atNewline
				r.line++
			}
			return strings.TrimRight(b.String(), " ")
		case '\t', ' ':
			if !onspace {
				onspace = true
				b.WriteByte(' ')
			}
			continue
		case '!':
			onspace = true
			b.WriteByte('!')
			continue
		case '#':
			r.state = inComment
			continue
		case '\\':
			if i+1 < len(r.rest) && r.rest[i+1] == '\n' {
				i++
				r.line++
				continue
			}
		}
		b.WriteByte(ch)
		onspace = false
	}
	r.rest = ""
	if r.state == inComment {
		return strings.TrimRight(b.String(), " ")
	}
	r.state = inComment
	return ""
}

// timeConf is pam_time.c: every rule of service, terminal and account must
// allow this moment.
func timeConf(c *call) answer {
	file := "/etc/security/time.conf"
	if v, ok := c.value("conffile"); ok && v != "" {
		file = v
	}
	text, err := c.source.Read(file)
	if missing(err) {
		return sure(Success)
	}
	if err != nil {
		return c.unread(file, err, Success, PermDenied)
	}
	if strings.IndexByte(string(text), 0) >= 0 {
		return unsure(audit.Untrusted(file).String()+" holds a NUL byte", Success, PermDenied)
	}
	r := timeReader{rest: string(text), line: 1}
	got := sure(Success)
	for r.state != atEOF {
		at := r.line
		allowed, crash := c.rule(&r)
		switch {
		case crash:
			return refuse(crashed, fmt.Sprintf("%s ends after a \";\" in line %d, which crashes the module", audit.Untrusted(file), at))
		case r.tooLong:
			return unsure(audit.Untrusted(file).String()+" has a field of more than 900 bytes", Success, PermDenied)
		case allowed == no:
			return refuse(PermDenied, fmt.Sprintf("%s line %d does not allow %s to log in at %s",
				audit.Untrusted(file), at, c.facts.shown(), c.facts.Now.Format("Mon 15:04")))
		case allowed == maybe && got.missing == "":
			got = unsure(fmt.Sprintf("whether the netgroup in %s line %d has the account", audit.Untrusted(file), at), Success, PermDenied)
		}
	}
	return got
}

// rule reads one rule and tells whether it allows the login. The module
// crashes where a file ends just before the times.
func (c *call) rule(r *timeReader) (allowed tri, crash bool) {
	service := r.field()
	if service == "" || r.state != atField {
		return yes, false
	}
	applies := triOf(logic(service, func(s string) bool { return isSame(c.facts.Service, s) }))
	terminal := r.field()
	if r.state != atField {
		return yes, false
	}
	applies = applies.and(triOf(logic(terminal, func(s string) bool { return isSame(c.facts.tty(), s) })))
	user := r.field()
	if r.state != atField {
		return yes, false
	}
	if strings.HasPrefix(user, "@") {
		applies = applies.and(maybe)
	} else {
		applies = applies.and(triOf(logic(user, func(s string) bool { return isSame(c.facts.User, s) })))
	}
	times := r.field()
	switch r.state {
	case atField:
		return yes, false
	case atEOF:
		return no, true
	case atNewline, inComment:
	}
	day, minute := 1<<int(c.facts.Now.Weekday()), c.facts.Now.Hour()*100+c.facts.Now.Minute()
	if logic(times, func(s string) bool { return inTime(s, day, minute) }) {
		return yes, false
	}
	return applies.not(), false
}

// logic evaluates a list of names with "!", "&" and "|", from the left
// (pam_time.c logic_field). What is garbled is false.
func logic(s string, agrees func(string) bool) bool {
	left, and, not, name := false, false, false, true
	for {
		word, rest := logicMember(s)
		if word == "" {
			return left
		}
		s = rest
		switch c := word[0]; {
		case name && c == '!':
			not = !not
		case name && isNameByte(c):
			right := agrees(word) != not
			if and {
				left = left && right
			} else {
				left = left || right
			}
			name = false
		case !name && (c == '&' || c == '|'):
			and, name, not = c == '&', true, false
		default:
			return false
		}
	}
}

// logicMember takes the next name or operator off (pam_time.c logic_member).
func logicMember(s string) (word, rest string) {
	start := 0
	for i := 0; ; i++ {
		switch {
		case i == len(s):
			return s[start:], ""
		case s[i] == '&' || s[i] == '|' || s[i] == '!':
			if i > start {
				return s[start:i], s[i:]
			}
			return s[start : i+1], s[i+1:]
		case isNameByte(s[i]):
		case i > start:
			return s[start:i], s[i:]
		default:
			start++
		}
	}
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("*_-./:", c) >= 0
}

// isSame compares with a pattern that may hold one "*" (pam_time.c is_same).
func isSame(value, pattern string) bool {
	for i := range len(pattern) {
		if i < len(value) && pattern[i] == value[i] {
			continue
		}
		if pattern[i] != '*' {
			return false
		}
		return strings.HasSuffix(value, pattern[i+1:])
	}
	return len(value) == len(pattern)
}

// days are bits from Sunday on (pam_time.c days).
var days = map[string]int{
	"su": 1, "mo": 2, "tu": 4, "we": 8, "th": 16, "fr": 32, "sa": 64, "wk": 62, "wd": 65, "al": 127,
}

// inTime tells whether a range such as "Wk0800-1700" holds the moment; days
// named twice cancel out (pam_time.c check_time).
func inTime(s string, day, minute int) bool {
	not := strings.HasPrefix(s, "!")
	s = strings.TrimPrefix(s, "!")
	marked := 0
	for s != "" && isAlpha(s[0]) {
		if len(s) < 2 {
			return false
		}
		bit, ok := days[strings.ToLower(s[:2])]
		if !ok {
			return false
		}
		marked ^= bit
		s = s[2:]
	}
	if marked == 0 {
		return false
	}
	start, n := fourDigits(s)
	s = s[n:]
	if !strings.HasPrefix(s, "-") {
		return true // without an end the module lets everybody in
	}
	end, n := fourDigits(s[1:])
	if n != 4 {
		return true
	}
	pass := false
	switch {
	case start < end:
		pass = day&marked != 0 && minute >= start && minute < end
	case day&marked != 0 && minute >= start:
		pass = true
	default:
		marked <<= 1
		if marked&0o200 != 0 {
			marked |= 1
		}
		pass = day&marked != 0 && minute <= end
	}
	return pass != not
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func fourDigits(s string) (value, n int) {
	for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '9' {
		value = value*10 + int(s[n]-'0')
		n++
	}
	return value, n
}
