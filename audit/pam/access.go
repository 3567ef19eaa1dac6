package pam

import (
	"fmt"
	"strconv"
	"strings"

	"sshaudit/audit"
)

const accessFile = "/etc/security/access.conf"

// accessCheck is one evaluation of access.conf (pam_access.c login_access).
type accessCheck struct {
	*call
	fieldSep, listSep string
	newGroupsOnly     bool
	nodns             bool
	// missing is the first line that might match; plus and minus tell what such lines say.
	missing     string
	plus, minus bool
}

// access is pam_access.c, the same for all its phases.
func access(c *call) answer {
	a := accessCheck{call: c, fieldSep: ":", listSep: ", \t", newGroupsOnly: c.has("nodefgroup"), nodns: c.has("nodns") && c.lib.AtLeast(1, 7)}
	if v, ok := c.value("fieldsep"); ok {
		a.fieldSep = v
	}
	if v, ok := c.value("listsep"); ok {
		a.listSep = v
	}
	file, given := c.value("accessfile")
	if !given {
		file = accessFile
	}
	text, err := c.source.Read(file)
	if given && missing(err) {
		return refuse(Abort, audit.Untrusted(file).String()+" does not exist")
	}
	if err != nil && !missing(err) {
		return c.unread(file, err, Success, PermDenied)
	}
	if got, done := a.table(file, string(text)); done {
		return got
	}
	if given {
		return a.granted()
	}
	return a.directory()
}

// directory goes on with access.d, as only the standard file does.
func (a *accessCheck) directory() answer {
	const dir = "/etc/security/access.d"
	names, ok := a.confs(dir)
	if !ok {
		return unsure("the files in "+dir+" cannot be listed", Success, PermDenied)
	}
	for _, name := range names {
		text, err := a.source.Read(dir + "/" + name)
		if err != nil && !missing(err) {
			return a.unread(dir+"/"+name, err, Success, PermDenied)
		}
		got, done := a.table(dir+"/"+name, string(text))
		if done {
			return got
		}
	}
	return a.granted()
}

// granted is the answer where no line decides, unless one might have.
func (a *accessCheck) granted() answer {
	if a.minus {
		return unsure(a.missing, Success, PermDenied)
	}
	return sure(Success)
}

// confs lists the *.conf files of a directory in the order in which glob(3) gives them.
func (c *call) confs(dir string) ([]string, bool) {
	if c.source.List == nil {
		return nil, false
	}
	names, err := c.source.List(dir)
	if err != nil {
		return nil, missing(err)
	}
	var list []string
	for _, n := range names {
		if strings.HasSuffix(n, ".conf") && n[0] != '.' {
			list = append(list, n)
		}
	}
	return list, true
}

// table goes through one file; done is false if no line matches. Lines that
// might match are remembered: only if a later one says the same do they not matter.
func (a *accessCheck) table(file, text string) (got answer, done bool) {
	number := 0
	for raw := range strings.Lines(text) {
		number++
		line, ended := strings.CutSuffix(raw, "\n")
		if !ended || !a.lib.AtLeast(1, 6) && len(raw) >= 8192 || line == "" || line[0] == '#' {
			continue // pam_access ignores a last line without newline
		}
		plus, match := a.line(strings.TrimRight(line, " \t\r\v\f"))
		switch {
		case match == no:
		case match == maybe:
			a.doubt(plus, file, number)
		case a.missing != "":
			return a.afterDoubt(plus, file, number), true
		case plus:
			return sure(Success), true
		default:
			return a.denied(file, number), true
		}
	}
	return answer{}, false
}

func (a *accessCheck) denied(file string, number int) answer {
	return refuse(PermDenied, fmt.Sprintf("%s line %d denies %s from %s", audit.Untrusted(file), number, a.facts.shown(), a.from()))
}

func (a *accessCheck) from() string {
	if a.facts.RemoteHost == "" {
		return "an unknown address"
	}
	return audit.Untrusted(a.facts.RemoteHost).String()
}

// doubt remembers a line that might match.
func (a *accessCheck) doubt(plus bool, file string, number int) {
	if a.missing == "" {
		a.missing = fmt.Sprintf("whether %s line %d matches", audit.Untrusted(file), number)
	}
	a.plus, a.minus = a.plus || plus, a.minus || !plus
}

// afterDoubt is the answer of the first certain line: definite if all the
// doubtful ones before it would say the same.
func (a *accessCheck) afterDoubt(plus bool, file string, number int) answer {
	switch {
	case plus && !a.minus:
		return sure(Success)
	case !plus && !a.plus:
		return a.denied(file, number)
	}
	return unsure(a.missing, Success, PermDenied)
}

// line tells whether a line speaks of this login, and for or against it.
func (a *accessCheck) line(line string) (plus bool, match tri) {
	perm, rest, ok := cutField(line, a.fieldSep)
	if !ok {
		return false, no
	}
	users, rest, ok := cutField(rest, a.fieldSep)
	froms := strings.TrimLeft(rest, "\n")
	if !ok || froms == "" || perm[0] != '+' && perm[0] != '-' {
		return false, no
	}
	match = a.list(users, a.user)
	if match != no {
		match = match.and(a.list(froms, func(token string) tri { return a.origin(token, a.facts.RemoteHost) }))
	}
	return line[0] == '+', match
}

// cutField is strtok_r(3) with separators: it skips them before the field and
// takes one after it.
func cutField(s, sep string) (field, rest string, ok bool) {
	s = strings.TrimLeft(s, sep)
	if s == "" {
		return "", "", false
	}
	if i := strings.IndexAny(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", true
}

// list matches a list with exceptions (pam_access.c list_match).
func (a *accessCheck) list(list string, match func(string) tri) tri {
	got := no
	for {
		token, rest, ok := cutField(list, a.listSep)
		if !ok {
			return got
		}
		list = rest
		if strings.EqualFold(token, "EXCEPT") {
			if got == no {
				return no
			}
			return got.and(a.list(list, match).not())
		}
		if got != yes {
			got = got.or(match(token))
		}
	}
}

// user matches one token of the users' field (pam_access.c user_match).
func (a *accessCheck) user(token string) tri {
	f := a.facts
	if len(token) >= 2 && token[0] == '(' && token[len(token)-1] == ')' {
		return a.group(token[1 : len(token)-1])
	}
	if at := strings.IndexByte(strings.TrimLeft(token, "@"), '@'); at >= 0 {
		at += len(token) - len(strings.TrimLeft(token, "@"))
		return a.userAtHost(token[:at], token[at+1:])
	}
	if token[0] == '@' {
		return maybe // a netgroup
	}
	if strings.EqualFold(token, "ALL") || strings.EqualFold(token, f.User) {
		return yes
	}
	if a.lib.AtLeast(1, 6) && token == strconv.FormatUint(uint64(f.UID), 10) {
		return yes
	}
	return triOf(!a.newGroupsOnly && f.inGroup(token))
}

// userAtHost matches user@host, where host is this host's own name.
func (a *accessCheck) userAtHost(user, host string) tri {
	if user == "" {
		return no
	}
	u := a.user(user)
	if a.facts.Hostname == "" {
		return u.and(maybe)
	}
	return u.and(a.origin(host, a.facts.Hostname))
}

func (a *accessCheck) group(name string) tri {
	if name == "" {
		return no
	}
	if a.facts.inGroup(name) {
		return yes
	}
	if gid, err := strconv.ParseUint(name, 10, 32); err == nil && a.lib.AtLeast(1, 6) && strings.Trim(name, "0123456789") == "" {
		return triOf(a.facts.inGID(uint32(gid)))
	}
	return no
}
