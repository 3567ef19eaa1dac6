package pam

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"sshaudit/audit"
)

const limitsFile = "/etc/security/limits.conf"

// rank is how close a limit's domain is to the account; a lower one wins
// (pam_limits.c LIMITS_DEF_…).
type rank uint8

const (
	byUser rank = iota
	byGroup
	byAllGroup
	byAll
	byDefault
	byNone
)

// limitSet is what limits.conf says of logins for one account.
type limitSet struct {
	*call
	logins    int
	loginsBy  rank
	loginsAt  string
	system    bool   // maxsyslogins
	dangerous string // a limit so low that no session can start
	exempt    bool
}

// limits is pam_limits.c pam_sm_open_session. Resource limits are not set here,
// but one that leaves no room for a session is told.
func limits(c *call) answer {
	l := &limitSet{call: c, logins: -2, loginsBy: byNone}
	file, given := c.value("conf")
	if !given {
		file = limitsFile
	}
	text, err := c.source.Read(file)
	switch {
	case missing(err) && (given || !c.lib.AtLeast(1, 6)):
		return refuse(ServiceErr, audit.Untrusted(file).String()+" does not exist")
	case err != nil && !missing(err):
		return c.unread(file, err, Success, PermDenied, ServiceErr)
	}
	l.file(file, string(text))
	if !given && !l.exempt {
		if a, ok := l.directory(); !ok {
			return a
		}
	}
	return l.answer()
}

func (l *limitSet) directory() (answer, bool) {
	const dir = "/etc/security/limits.d"
	names, ok := l.confs(dir)
	if !ok {
		return unsure("the files in "+dir+" cannot be listed", Success, PermDenied), false
	}
	for _, name := range names {
		text, err := l.source.Read(dir + "/" + name)
		if err != nil {
			return l.unread(dir+"/"+name, err, Success, PermDenied, ServiceErr), false
		}
		if l.file(dir+"/"+name, string(text)); l.exempt {
			break
		}
	}
	return answer{}, true
}

// answer is setup_limits.
func (l *limitSet) answer() answer {
	f := l.facts
	switch {
	case l.exempt:
	case l.dangerous != "":
		return unsure(l.dangerous, Success, PermDenied)
	case l.logins == 0 && f.UID != 0:
		return refuse(PermDenied, fmt.Sprintf("%s allows %s no login at all", l.loginsAt, f.shown()))
	case l.logins > 0 && f.UID != 0:
		if l.system || l.loginsBy == byAll || l.loginsBy == byAllGroup || f.Logins == nil {
			return unsure(fmt.Sprintf("how many of the %d logins that %s allows are taken", l.logins, l.loginsAt), Success, PermDenied)
		}
		if *f.Logins+1 > l.logins {
			return refuse(PermDenied, fmt.Sprintf("%s allows %d logins and %d are open", l.loginsAt, l.logins, *f.Logins))
		}
	}
	return sure(Success)
}

func (l *limitSet) file(file, text string) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		var by rank
		var ok bool
		switch {
		case len(words) == 2 && words[1][0] == '-':
			if l.exempts(words[0]) {
				l.exempt = true
				return
			}
			continue
		case len(words) < 4:
			continue
		default:
			by, ok = l.domain(words[0])
		}
		if ok {
			l.item(by, strings.ToLower(words[1]), strings.ToLower(words[2]), strings.ToLower(strings.Join(words[3:], " ")),
				fmt.Sprintf("%s line %d", audit.Untrusted(file), number))
		}
	}
}

// exempts tells whether a line "domain -" frees the account from all limits.
func (l *limitSet) exempts(domain string) bool {
	if domain == l.facts.User {
		return true
	}
	by, ok := l.domain(domain)
	return ok && by != byDefault && by != byAll && domain[0] != '%'
}

// domain tells whether the first word of a line means the account, and how
// closely. Debian keeps groups and wildcards away from uid 0.
func (l *limitSet) domain(word string) (rank, bool) {
	f := l.facts
	low, high, ranged, valid := idRange(word)
	if !valid {
		return 0, false
	}
	if word == f.User {
		return byUser, true
	}
	if f.UID == 0 && l.lib.Debian && (word[0] == '@' || word[0] == '%' || word == "*") {
		return 0, false
	}
	switch {
	case word == "%":
		return byAll, true
	case word[0] == '%':
		if ranged {
			return byAllGroup, low == high && strings.HasPrefix(word[1:], ":") && f.inGID(high)
		}
		return byAllGroup, f.inGroup(word[1:])
	case word[0] == '@' && !ranged:
		return byGroup, f.inGroup(word[1:])
	case word[0] == '@' && strings.HasPrefix(word[1:], ":"):
		return byGroup, f.inGID(high)
	case word[0] == '@':
		return byGroup, low <= f.GID && f.GID <= high
	case ranged:
		return byUser, low <= f.UID && f.UID <= high
	}
	return byDefault, word == "*"
}

// idRange reads "low:", ":one" and "low:high", with "@" or "%" before it
// (pam_limits.c parse_uid_range).
func idRange(word string) (low, high uint32, ranged, valid bool) {
	if !strings.Contains(word, ":") {
		return 0, 0, false, true
	}
	if word[0] == '@' || word[0] == '%' {
		word = word[1:]
	}
	from, to, _ := strings.Cut(word, ":")
	number := func(s string) (uint32, bool) {
		n, err := strconv.ParseUint(s, 10, 32)
		return uint32(n), err == nil
	}
	switch {
	case from == "" && to == "":
		return 0, 0, true, false
	case from == "":
		high, valid = number(to)
		return high, high, true, valid
	case to == "":
		low, valid = number(from)
		return low, math.MaxUint32, true, valid
	}
	var ok bool
	low, valid = number(from)
	high, ok = number(to)
	return low, high, true, valid && ok
}

// smallest are the values below which no session starts: sshd has to make a
// process as the account, which loads a shell. Units as in limits.conf.
var smallest = map[string]uint64{
	"nproc": 5, "nofile": 32, "as": 100_000, "data": 20_000, "stack": 256, "fsize": 1, "cpu": 1, "rss": 0,
}

// item is process_limit.
func (l *limitSet) item(by rank, typ, item, value, at string) {
	switch item {
	case "maxlogins", "maxsyslogins":
		l.system = item == "maxsyslogins"
		n, ok := limitNumber(value)
		if !ok || (by == byAll || by == byAllGroup) && item == "maxsyslogins" || l.loginsBy < by {
			return
		}
		l.logins, l.loginsBy, l.loginsAt = n, by, at
	case "chroot":
		if l.lib.Debian {
			l.dangerous = at + " changes the root directory, which is not evaluated"
		}
	default:
		least, known := smallest[item]
		if n, err := strconv.ParseUint(value, 10, 64); known && err == nil && n < least && (typ == "soft" || typ == "hard" || typ == "-") {
			l.dangerous = fmt.Sprintf("whether a session can start with %s %d, which %s sets", item, n, at)
		}
	}
}

// limitNumber reads the number of logins: -1 and its names are no limit; like
// strtol(3) it stops at the first byte that is no digit.
func limitNumber(value string) (int, bool) {
	switch value {
	case "-1", "-", "unlimited", "infinity":
		return -1, true
	}
	end := 0
	if value != "" && (value[0] == '-' || value[0] == '+') {
		end = 1
	}
	digits := end
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	if end == digits {
		return 0, false
	}
	n, err := strconv.ParseInt(value[:end], 10, 32)
	if err != nil {
		n = math.MaxInt32
	}
	return int(n), true
}
