package sshdconf

import (
	"strings"

	"sshaudit/audit/sshpattern"
)

// Conn is a connection as far as Match looks at it. A field that is left empty
// is unknown: its criterion does not match, as with sshd -T -C.
type Conn struct {
	// User is the name that the client sent.
	User string
	// Groups are the names of all the account's groups, the primary one among
	// them, in the order of getgrouplist(3); nil for an account that does not exist.
	Groups []string
	// InvalidUser tells that the account does not exist (Match invalid-user, 9.9).
	InvalidUser bool
	// Host is the client's canonical name; with UseDNS no it is the address's text.
	Host string
	// Addr and LocalAddr are the connection's ends as sshpattern.PeerText writes them.
	Addr, LocalAddr string
	// LocalPort is the port that the client reached; 0 is unknown, and sshd has
	// no answer then where Match LocalPort is used.
	LocalPort int
	// RDomain is the routing domain; HaveRDomain tells an empty one from an unknown one.
	RDomain     string
	HaveRDomain bool
}

// Criterion is one attribute of a Match line.
type Criterion struct {
	// Name is lower case: user, group, host, address, localaddress, localport,
	// rdomain, all, invalid-user or version.
	Name string
	// Pattern is its argument; empty for all and invalid-user.
	Pattern string
}

// criteria is a Match line, read.
type criteria struct {
	list []Criterion
	port int
}

// minRelease is the first release that knows a criterion.
var minRelease = map[string]rel{
	"user": always, "group": always, "host": always, "address": always, "localaddress": always,
	"localport": always, "rdomain": always, "version": 1000,
}

// parseMatch reads the criteria (servconf.c match_cfg_line).
func (x *exec) parseMatch() (criteria, error) {
	var m criteria
	next := func() (string, bool) { return x.cur.next(true) }
	if x.r.rel >= 909 {
		next = x.next
	}
	bad := func(why string) (criteria, error) {
		return m, x.fatal("Bad Match condition: %s", why)
	}
	for {
		name, ok := next()
		if !ok || name == "" && x.r.rel < 909 {
			break
		}
		if strings.HasPrefix(name, "#") && x.r.argv {
			x.finish()
			break
		}
		if strings.EqualFold(name, "all") {
			arg, more := next()
			comment := x.r.argv && strings.HasPrefix(arg, "#")
			if len(m.list) > 0 || more && arg != "" && !comment {
				return bad("'all' cannot be combined with other Match attributes")
			}
			if comment {
				x.finish()
			}
			m.list = append(m.list, Criterion{Name: "all"})
			return m, nil
		}
		if strings.EqualFold(name, "invalid-user") && x.r.rel >= 909 {
			m.list = append(m.list, Criterion{Name: "invalid-user"})
			continue
		}
		written := name
		name, arg, joined := x.joinedCriterion(name)
		if !joined {
			arg, _ = next()
		}
		if arg == "" || strings.HasPrefix(arg, "#") && x.r.argv {
			return bad("Missing Match criteria for " + name)
		}
		name = strings.ToLower(name)
		if since, known := minRelease[name]; !known || x.r.rel < since {
			return bad("Unsupported Match attribute " + written)
		}
		if err := x.checkCriterion(&m, name, arg); err != nil {
			return m, err
		}
		m.list = append(m.list, Criterion{Name: name, Pattern: arg})
	}
	if len(m.list) == 0 {
		return bad("One or more attributes required for Match")
	}
	return m, nil
}

// joinedCriterion cuts NAME=VALUE, which 9.9p2 and later take as one argument.
func (x *exec) joinedCriterion(arg string) (name, value string, joined bool) {
	if x.r.rel < 909 || x.r.rel == 909 && x.r.version.Patch < 2 {
		return arg, "", false
	}
	name, value, joined = strings.Cut(arg, "=")
	since, known := minRelease[strings.ToLower(name)]
	if !joined || !known || x.r.rel < since {
		return arg, "", false
	}
	return name, value, true
}

func (x *exec) checkCriterion(m *criteria, name, arg string) error {
	switch name {
	case "address", "localaddress":
		if x.r.matcher.CheckAddrList(arg) != nil {
			what := map[string]string{"address": "address", "localaddress": "localaddress"}[name]
			return x.fatal("Invalid Match %s argument '%s'", what, arg)
		}
	case "localport":
		if m.port = x.port(arg); m.port == -1 {
			return x.fatal("Bad Match condition: Invalid LocalPort '%s' on Match line", arg)
		}
	}
	return nil
}

// always reports whether the line is true without a connection: Match all, and
// from 10.0 Match version. 9.9p1 took a lone invalid-user so too.
func (m *criteria) always(r *rules) bool {
	for _, c := range m.list {
		switch c.Name {
		case "all":
		case "version":
			if !m.holds(r, c, nil) {
				return false
			}
		case "invalid-user":
			if r.rel != 909 || r.version.Patch != 1 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// matches reports whether a connection meets every criterion.
func (m *criteria) matches(r *rules, conn *Conn) bool {
	for _, c := range m.list {
		if !m.holds(r, c, conn) {
			return false
		}
	}
	return true
}

func (m *criteria) holds(r *rules, c Criterion, conn *Conn) bool {
	switch c.Name {
	case "all":
		return true
	case "version":
		return r.matcher.List(r.version.String(), c.Pattern, false) == sshpattern.Match
	case "user":
		return conn.User != "" && r.matcher.List(conn.User, c.Pattern, false) == sshpattern.Match
	case "group":
		return r.matcher.GroupList(conn.Groups, c.Pattern)
	case "host":
		return conn.Host != "" && r.matcher.Hostname(conn.Host, c.Pattern) == sshpattern.Match
	case "address":
		return addrMatches(r, conn.Addr, c.Pattern)
	case "localaddress":
		return addrMatches(r, conn.LocalAddr, c.Pattern)
	case "localport":
		return conn.LocalPort == m.port
	case "rdomain":
		return conn.HaveRDomain && r.matcher.List(conn.RDomain, c.Pattern, false) == sshpattern.Match
	case "invalid-user":
		return conn.InvalidUser
	}
	return false
}

func addrMatches(r *rules, addr, list string) bool {
	if addr == "" {
		return false
	}
	result, err := r.matcher.AddrList(addr, list)
	return err == nil && result == sshpattern.Match
}

// asks reports whether one of the criteria is named so.
func (m *criteria) asks(name string) bool {
	for _, c := range m.list {
		if c.Name == name {
			return true
		}
	}
	return false
}
