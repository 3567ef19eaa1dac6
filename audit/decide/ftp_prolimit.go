package decide

import (
	"net/netip"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/ftpdconf"
)

// proLimit is what the <Limit LOGIN> sections make of somebody.
type proLimit uint8

const (
	proAllowed proLimit = iota
	proDenied
	// proConnectionDenied: the connection is closed before a name is asked for.
	proConnectionDenied
)

// proLimits evaluates <Limit LOGIN> (dirtree.c login_check_limits) for a user, or
// with nil for a connection of which nothing else is known. unsure says what is missing.
func (l *ftpLogin) proLimits(s *ftpdconf.Section, u *proUserEntry) (result proLimit, unsure string) {
	allowed, found := false, false
	for _, limit := range s.Sections("limit") {
		if !slices.ContainsFunc(strings.FieldsFunc(strings.Join(limit.Args, ","), func(r rune) bool { return r == ',' }),
			func(command string) bool { return strings.EqualFold(command, "LOGIN") }) {
			continue
		}
		verdict, why := l.proCheck(limit, u)
		if why != "" {
			return proAllowed, why
		}
		switch {
		case verdict < 0 && u != nil:
			return proDenied, ""
		case verdict < 0:
			found = true
		case verdict > 0:
			allowed, found = true, true
		}
	}
	if u != nil || !found || allowed {
		return proAllowed, ""
	}
	for _, anonymous := range s.Sections("anonymous") {
		if len(anonymous.Sections("limit")) > 0 {
			return proAllowed, "limits of <Anonymous> sections are not evaluated for the connection"
		}
	}
	return proConnectionDenied, ""
}

// proCheck evaluates one section (dirtree.c check_limit): 1 for who is allowed by
// name, -1 for who is denied, 0 for who is not spoken of.
func (l *ftpLogin) proCheck(limit *ftpdconf.Section, u *proUserEntry) (int, string) {
	allow, why := l.proMatches(limit, u, "allow")
	if why != "" {
		return 0, why
	}
	deny, why := l.proMatches(limit, u, "deny")
	if why != "" {
		return 0, why
	}
	if d := limit.Find("order"); d != nil && strings.EqualFold(strings.Join(d.Args, ""), "deny,allow") {
		if deny || !allow {
			return -1, ""
		}
		return 1, ""
	}
	switch {
	case allow:
		return 1, ""
	case deny:
		return -1, ""
	}
	return 0, ""
}

// proMatches tells whether the directives of one side speak of somebody
// (check_limit_allow, check_limit_deny). To a connection without a user every
// AllowUser and AllowGroup could.
func (l *ftpLogin) proMatches(limit *ftpdconf.Section, u *proUserEntry, side string) (bool, string) {
	for _, what := range []string{"user", "group"} {
		for _, d := range limit.All(side + what) {
			if u == nil {
				if side == "allow" {
					return true, ""
				}
				continue
			}
			have := []string{u.name}
			if what == "group" {
				if u.file != nil {
					return false, "the groups of virtual users are not evaluated"
				}
				have = u.groups
			}
			words, any := d.Args, what == "user"
			switch first := strings.ToLower(words[0]); {
			case len(words) > 1 && (first == "and" || first == "regex"):
				return false, "an expression of the kind " + audit.Untrusted(first).String() + " is not evaluated"
			case len(words) > 1 && first == "or":
				words, any = words[1:], true
			}
			expression := strings.Join(words, ",")
			if any && matchesAny(have, expression) || !any && matchesAll(have, expression) {
				return true, ""
			}
		}
	}
	if limit.Find(side+"class") != nil {
		return false, "classes of clients are not evaluated"
	}
	if limit.Find(side+"filter") != nil {
		return false, "filters are not evaluated"
	}
	matched, why := l.proAddresses(limit, side)
	if matched || why != "" {
		return matched, why
	}
	return limit.Find(side+"all") != nil, ""
}

// proAddresses evaluates "Allow from" and "Deny from" (check_ip_access).
func (l *ftpLogin) proAddresses(limit *ftpdconf.Section, side string) (bool, string) {
	matched := false
	for _, d := range limit.All(side) {
		for i, word := range d.Args {
			if i == 0 && strings.EqualFold(word, "from") {
				continue
			}
			for token := range strings.SplitSeq(word, ",") {
				switch {
				case token == "" || strings.EqualFold(token, "none"):
					continue
				case strings.EqualFold(token, "all"):
					matched = true
					continue
				}
				token, negated := strings.CutPrefix(token, "!")
				hit, ok := l.proAddress(token)
				if !ok {
					return false, "whether the client's address matches " + audit.Untrusted(token).String()
				}
				if negated && !hit {
					continue
				} else if negated {
					return false, ""
				}
				matched = matched || hit
			}
		}
	}
	return matched, ""
}

// proAddress matches an address, a network or the beginning of an address; ok is
// false if that cannot be told.
func (l *ftpLogin) proAddress(token string) (hit, ok bool) {
	from := l.req.From
	if !from.IsValid() {
		return false, false
	}
	if network, err := netip.ParsePrefix(token); err == nil {
		return network.Masked().Contains(from), true
	}
	if a, err := netip.ParseAddr(token); err == nil {
		return a == from, true
	}
	if prefix, isPrefix := strings.CutSuffix(token, "."); isPrefix && strings.Trim(prefix, "0123456789.") == "" {
		return from.Is4() && strings.HasPrefix(from.String(), token), true
	}
	return false, false
}

// proAnonymous tells whether the name is one of an <Anonymous> section; ok is
// false if that is not known (auth.c pr_auth_get_anon_config).
func (l *ftpLogin) proAnonymous(s *ftpdconf.Section) (section *ftpdconf.Section, name string, ok bool) {
	if s.Find("useralias") != nil {
		l.doubt(audit.LayerAccount, "UserAlias outside of <Anonymous> is not evaluated")
		return nil, "", false
	}
	name = l.req.User
	sections := s.Sections("anonymous")
	for _, a := range sections {
		for _, d := range a.All("useralias") {
			if d.Args[0] == "*" || d.Args[0] == l.req.User {
				if a.Find("authaliasonly") != nil {
					l.doubt(audit.LayerAccount, "AuthAliasOnly is not evaluated")
					return nil, "", false
				}
				return a, d.Args[1], true
			}
		}
	}
	for _, a := range sections {
		user := a.Find("user")
		if user == nil {
			user = s.Find("user")
		}
		if user != nil && user.Args[0] == name {
			if a.Find("authaliasonly") != nil {
				l.doubt(audit.LayerAccount, "AuthAliasOnly is not evaluated")
				return nil, "", false
			}
			return a, name, true
		}
	}
	return nil, name, true
}

// proAnonymousLogin judges an anonymous session.
func (l *ftpLogin) proAnonymousLogin(server, s *ftpdconf.Section, name string) {
	a := l.h.Accounts.Lookup(name)
	switch {
	case s.Bool("anonrequirepassword", false) || s.Find("anonrejectpasswords") != nil:
		l.doubt(audit.LayerMethod, "passwords of anonymous users are not evaluated")
		return
	case a == nil:
		l.deny(audit.LayerAccount, loginIncorrect, audit.Cause{
			ID: "ftpd-anonymous-off", Path: "/etc/passwd", Message: "the account of the <Anonymous> section does not exist", Fix: "correct User in the section",
		})
		return
	}
	u := &proUserEntry{name: a.Name, home: a.Home, shell: a.Shell, uid: a.UID, gid: a.GID, groups: l.h.Accounts.GroupNames(a)}
	s = inherited(server, s)
	l.proAccess(s, u)
	switch result, unsure := l.proLimits(server, u); {
	case unsure != "":
		l.doubt(audit.LayerAccount, "<Limit LOGIN>: %s", unsure)
	case result == proDenied && len(s.Sections("limit")) > 0:
		l.doubt(audit.LayerAccount, "the server's <Limit LOGIN> refuses the user, and whether that of <Anonymous> allows him is not evaluated")
	case result == proDenied:
		l.deny(audit.LayerAccount, loginIncorrect, l.limitCause(server, "the account"))
	}
	l.proShell(s, u)
	if a.Name != "ftp" {
		l.doubt(audit.LayerSession, "the directory of the <Anonymous> section was not looked at as %s", audit.Untrusted(a.Name))
		return
	}
	path := ftpdconf.ProAnonymous(s.Args[0], a.Home)
	for i := range l.in.Dirs {
		d := &l.in.Dirs[i]
		if string(d.Path) != path {
			continue
		}
		if bad, unsure := cannotEnter(d); unsure != "" {
			l.doubt(audit.LayerSession, "%s: %s", d.Path, unsure)
		} else if bad != "" {
			l.deny(audit.LayerSession, "530 Unable to set anonymous privileges.", enterCause(d, bad))
		}
		return
	}
	l.doubt(audit.LayerSession, "%s was not looked at", audit.Untrusted(path))
}

// inherited is an <Anonymous> section with what it takes over from its server
// (directives that are merged down, dirtree.c merge_down).
func inherited(server, s *ftpdconf.Section) *ftpdconf.Section {
	merged := *s
	for _, name := range []string{"requirevalidshell", "useftpusers", "rootlogin"} {
		if d := server.Find(name); d != nil && s.Find(name) == nil {
			merged.List = append(slices.Clip(merged.List), d)
		}
	}
	return &merged
}
