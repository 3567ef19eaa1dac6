package pam

import (
	"fmt"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// succeedIf is pam_succeed_if.c, the same for all its phases: every condition has to hold.
func succeedIf(c *call) answer {
	var words []string
	for _, a := range c.args {
		switch a {
		case "debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit":
		default:
			words = append(words, a)
		}
	}
	f := *c.facts
	if c.has("use_uid") { // sshd's own account
		f = Facts{User: "root", RemoteHost: f.RemoteHost, Service: f.Service}
	}
	if len(words) == 0 && c.has("use_uid") && !c.lib.AtLeast(1, 6) {
		return unsure("the module returns what it never set", anyCode(c.phase)...)
	}
	cond := condition{call: c, facts: &f, root: c.has("use_uid")}
	doubt := answer{}
	for len(words) >= 3 {
		got := cond.holds(words[0], words[1], words[2])
		switch {
		case len(got.codes) > 1:
			// A later condition that fails settles that the answer is no success.
			if doubt.codes == nil {
				doubt = got
			}
		case got.codes[0] != Success:
			if doubt.codes != nil {
				return unsure(doubt.missing, got.codes[0], AuthErr)
			}
			return got
		}
		words = words[3:]
	}
	if len(words) > 0 {
		if doubt.codes != nil {
			return unsure(doubt.missing, ServiceErr, AuthErr)
		}
		return refuse(ServiceErr, "its condition is incomplete")
	}
	if doubt.codes != nil {
		return doubt
	}
	return sure(Success)
}

// condition evaluates triples for one account.
type condition struct {
	*call
	facts *Facts
	// root tells that the account is sshd's own, of which only name and numbers are known.
	root bool
}

// attribute returns the value of the left side.
func (c *condition) attribute(name string) (value string, known, is bool) {
	f := c.facts
	switch strings.ToLower(name) {
	case "login", "name", "user":
		return f.User, true, true
	case "uid":
		return strconv.FormatUint(uint64(f.UID), 10), true, true
	case "gid":
		return strconv.FormatUint(uint64(f.GID), 10), true, true
	case "shell":
		return f.Shell, !c.root, true
	case "home", "dir", "homedir":
		return f.Home, !c.root, true
	case "service":
		return f.Service, true, true
	case "ruser":
		return f.RemoteUser, true, true
	case "rhost":
		return f.RemoteHost, f.RemoteHost != "", true
	case "tty":
		return f.tty(), true, true
	}
	return "", false, false
}

func (c *condition) holds(left, op, right string) answer {
	said := fmt.Sprintf("%s %s %s", audit.Untrusted(left), audit.Untrusted(op), audit.Untrusted(right))
	value, known, is := c.attribute(left)
	if !is {
		return refuse(ServiceErr, audit.Untrusted(left).String()+" is no attribute that it knows")
	}
	if !known {
		return unsure("whether "+said, Success, AuthErr, ServiceErr)
	}
	member := strings.ToLower(op)
	if strings.Contains(member, "ingroup") && c.root {
		return unsure("whether "+said, Success, AuthErr)
	}
	var result tri
	code := AuthErr
	switch member {
	case "<", "lt", "<=", "le", ">", "gt", ">=", "ge", "eq", "ne":
		result, code = c.number(value, member, right)
	case "=":
		result = triOf(value == right)
	case "!=":
		result = triOf(value != right)
	case "=~", "glob":
		result = fnmatch(right, value)
	case "!~", "noglob":
		result = fnmatch(right, value).not()
	case "in":
		result = triOf(inList(value, right))
	case "notin":
		result = triOf(!inList(value, right))
	case "ingroup":
		result = triOf(c.ingroup(left, right))
	case "notingroup":
		result = triOf(!c.ingroup(left, right))
	case "innetgr", "notinnetgr":
		result = maybe
	default:
		return refuse(ServiceErr, audit.Untrusted(op).String()+" is no comparison that it knows")
	}
	switch result {
	case yes:
		return sure(Success)
	case maybe:
		return unsure("whether "+said, Success, AuthErr)
	default:
		return refuse(code, "the condition "+said+" is not met")
	}
}

// number compares as strtoll(3) reads both sides; an empty text is 0 up to 1.5.
func (c *condition) number(left, op, right string) (tri, Code) {
	read := func(s string) (int64, bool) {
		if s == "" && !c.lib.AtLeast(1, 6) {
			return 0, true
		}
		return parseC(s)
	}
	l, ok := read(left)
	r, fine := read(right)
	if !ok || !fine {
		return no, ServiceErr
	}
	switch op {
	case "<", "lt":
		return triOf(l < r), AuthErr
	case "<=", "le":
		return triOf(l <= r), AuthErr
	case ">", "gt":
		return triOf(l > r), AuthErr
	case ">=", "ge":
		return triOf(l >= r), AuthErr
	case "eq":
		return triOf(l == r), AuthErr
	}
	return triOf(l != r), AuthErr
}

// ingroup asks about the account; up to 1.5 "ruser ingroup" asks about the
// remote user, which sshd leaves empty.
func (c *condition) ingroup(left, list string) bool {
	if strings.EqualFold(left, "ruser") && !c.lib.AtLeast(1, 6) {
		return false
	}
	for name := range strings.SplitSeq(list, ":") {
		if name != "" && c.facts.inGroup(name) {
			return true
		}
	}
	return false
}

// inList looks for a value among those that colons separate; the value itself
// may hold colons (pam_succeed_if.c evaluate_inlist).
func inList(value, list string) bool {
	for {
		i := strings.Index(list, value)
		if i < 0 {
			return false
		}
		rest := list[i+len(value):]
		if (i == 0 || list[i-1] == ':') && (rest == "" || rest[0] == ':') {
			return true
		}
		if i == 0 || list[i-1] == ':' {
			list = rest
		}
		colon := strings.IndexByte(list, ':')
		if colon < 0 {
			return false
		}
		list = list[colon+1:]
	}
}

// fnmatch is fnmatch(3) without flags. Character classes by name are not evaluated.
func fnmatch(pattern, s string) tri {
	if strings.Contains(pattern, "[:") || strings.Contains(pattern, "[.") || strings.Contains(pattern, "[=") {
		return maybe
	}
	star, mark, p, i := -1, 0, 0, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, i
			p++
			continue
		}
		if n, ok := matchOne(pattern[p:], s[i]); ok {
			p += n
			i++
			continue
		}
		if star < 0 {
			return no
		}
		mark++
		p, i = star+1, mark
	}
	return triOf(strings.Trim(pattern[p:], "*") == "")
}

// matchOne matches one byte with the pattern's next element and tells its length.
func matchOne(pattern string, b byte) (int, bool) {
	if pattern == "" {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		if len(pattern) > 1 {
			return 2, pattern[1] == b
		}
		return 1, false
	case '[':
		if n, hit := matchSet(pattern, b); n > 0 {
			return n, hit
		}
	}
	return 1, pattern[0] == b
}

// matchSet matches "[…]"; 0 bytes means that it is not closed.
func matchSet(pattern string, b byte) (n int, hit bool) {
	i := 1
	negate := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negate {
		i++
	}
	for first := true; ; first = false {
		if i >= len(pattern) {
			return 0, false
		}
		if pattern[i] == ']' && !first {
			return i + 1, hit != negate
		}
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		low, high := pattern[i], pattern[i]
		if i+2 < len(pattern) && pattern[i+1] == '-' && pattern[i+2] != ']' {
			high = pattern[i+2]
			i += 2
		}
		hit = hit || low <= b && b <= high
		i++
	}
}
