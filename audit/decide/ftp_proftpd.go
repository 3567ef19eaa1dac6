package decide

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
)

// proUnmodelled are directives of modules that have a say in logins and are not
// evaluated; the value tells that the first word must be "on" for it.
var proUnmodelled = map[string]bool{
	"sqlconnectinfo": false, "ldapserver": false, "radiusengine": true, "banengine": true, "rewriteengine": true,
	"geoipengine": true, "dnsblengine": true, "wrapengine": true, "tcpaccessfiles": false, "authotpengine": true,
	"userpassword": false, "authaliasonly": false, "authgroupfile": false, "tlsverifyclient": true, "snmpengine": true,
	"rewritehome": true, "authunixoptions": false, "execonconnect": false, "tlsdsacertificatefile": false, "tlseccertificatefile": false,
	"tlspkcs12file": false, "digestengine": false, "createhome": true,
}

// proftpd follows a session of ProFTPD: main.c, mod_tls.c tls_any, mod_auth.c setup_env.
func (l *ftpLogin) proftpd() {
	server := l.proServer()
	if server == nil {
		return
	}
	l.proUnmodelled(&server.Section)
	switch result, unsure := l.proLimits(&server.Section, nil); {
	case unsure != "":
		l.doubt(audit.LayerService, "<Limit LOGIN>: %s", unsure)
	case result == proConnectionDenied:
		l.deny(audit.LayerService, "", l.limitCause(&server.Section, "the connection"))
	}
	l.transport()
	l.proTLS(&server.Section)
	if section, name, ok := l.proAnonymous(&server.Section); !ok {
		return
	} else if section != nil {
		l.proAnonymousLogin(&server.Section, section, name)
		return
	}
	u := l.proUser(&server.Section)
	if u == nil {
		return
	}
	l.proAccess(&server.Section, u)
	l.proPassword(&server.Section, u)
	l.proShell(&server.Section, u)
	l.proDirectory(&server.Section, u)
}

// proServer picks the server that answers on the port; nil if that is not known.
func (l *ftpLogin) proServer() *ftpdconf.ProServer {
	conf := l.s.Proftpd
	port := l.req.Port
	if port == 0 {
		port = conf.Servers[0].Port
	}
	var found []*ftpdconf.ProServer
	for _, s := range conf.Servers {
		if s.Port == port {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 0:
		return conf.Servers[0] // the port was chosen by who listens there
	case len(found) == 1:
		return found[0]
	case l.req.To.IsValid():
		for _, s := range found[1:] {
			if slices.Contains(s.Args, l.req.To.String()) {
				return s
			}
		}
		if found[0] == conf.Servers[0] && found[0].Bool("defaultserver", false) {
			return found[0]
		}
	}
	l.doubt(audit.LayerService, "several servers of the configuration listen on port %d: which address the client connects to is not known (--to)", port)
	return nil
}

func (l *ftpLogin) proUnmodelled(s *ftpdconf.Section) {
	for _, d := range s.List {
		if d.Section != nil {
			if strings.HasPrefix(d.Section.Kind, "if") {
				l.doubt(audit.LayerService, "<%s> in line %d is not evaluated", d.Section.Kind, d.At.Line)
			}
			continue
		}
		if switched, ok := proUnmodelled[d.Name]; ok && (!switched || len(d.Args) > 0 && !slices.Contains([]string{"off", "no", "false", "0"}, strings.ToLower(d.Args[0]))) {
			l.doubt(audit.LayerAccount, "%s (%s:%d) has a say in logins and is not evaluated", d.Name, audit.Untrusted(d.At.File), d.At.Line)
		}
	}
	for _, f := range l.s.Proftpd.Faults {
		l.note(audit.LayerService, "ProFTPD passes over %s", f)
	}
}

// proTLS judges TLS of the server that answers.
func (l *ftpLogin) proTLS(s *ftpdconf.Section) {
	required, engine := s.Find("tlsrequired"), s.Bool("tlsengine", false)
	if !engine {
		return
	}
	if l.s.TLS.Certificate == nil && l.req.Service == FTPS {
		l.doubt(audit.LayerTransport, "no certificate is configured by TLSRSACertificateFile")
	}
	for _, d := range s.All("tlsoptions") {
		if slices.Contains(d.Args, "AllowPerUser") {
			l.doubt(audit.LayerTransport, "TLSOptions AllowPerUser is not evaluated")
		}
	}
	if required == nil || l.req.Service != FTP {
		return
	}
	if auth, _, _ := ftpdconf.TLSRequired(required.Args[0]); auth {
		l.requireTLS("550 SSL/TLS required on the control channel", required.At)
	}
}

// proUserEntry is who logs in, by the module that knows the name.
type proUserEntry struct {
	name, home, shell string
	uid, gid          uint32
	// file is the AuthUserFile that has the user, nil for an account of the host.
	file   *ftpdconf.VirtualUser
	groups []string
}

// proModules are the modules that AuthOrder leaves, nil for all; star tells which
// of them are the last word.
func proModules(s *ftpdconf.Section) (order []string, star map[string]bool) {
	star = make(map[string]bool)
	if d := s.Find("authorder"); d != nil {
		for _, m := range d.Args {
			name, authoritative := strings.CutSuffix(m, "*")
			order = append(order, name)
			star[name] = authoritative
		}
	}
	return order, star
}

func inAuthOrder(order []string, module string) bool {
	return order == nil || slices.Contains(order, module)
}

// proUser finds the user; nil if there is none or that is not known.
func (l *ftpLogin) proUser(s *ftpdconf.Section) *proUserEntry {
	order, _ := proModules(s)
	for _, m := range order {
		if !slices.Contains([]string{"mod_auth_pam.c", "mod_auth_unix.c", "mod_auth_file.c"}, m) {
			l.doubt(audit.LayerAccount, "AuthOrder names %s, which is not evaluated", audit.Untrusted(m))
		}
	}
	if d := s.Find("authuserfile"); d != nil && inAuthOrder(order, "mod_auth_file.c") {
		t := l.in.Texts[d.Args[0]]
		v := l.in.Virtual[d.Args[0]]
		switch {
		case t.Problem != nil:
			l.doubt(audit.LayerAccount, "%s could not be read: %s", t.Path, t.Problem.Why)
			return nil
		case len(d.Args) > 1:
			l.doubt(audit.LayerAccount, "the restrictions of AuthUserFile are not evaluated")
			return nil
		case v != nil && l.a != nil && inAuthOrder(order, "mod_auth_unix.c"):
			l.doubt(audit.LayerAccount, "the name stands both in passwd and in %s", t.Path)
			return nil
		case v != nil:
			return &proUserEntry{name: v.Name, home: v.Home, shell: v.Shell, uid: v.UID, gid: v.GID, file: v}
		}
	}
	if l.a == nil {
		l.unknownName(loginIncorrect)
		return nil
	}
	if !inAuthOrder(order, "mod_auth_unix.c") {
		l.deny(audit.LayerAccount, loginIncorrect, l.placed(audit.Cause{
			ID: "ftpd-virtual-user", Message: "AuthOrder leaves mod_auth_unix out, and AuthUserFile does not have the user",
			Fix: "enter the user with ftpasswd, or add mod_auth_unix.c to AuthOrder",
		}, s.Find("authorder").At))
		return nil
	}
	return &proUserEntry{
		name: l.a.Name, home: l.a.Account.Home, shell: l.a.Shell, uid: l.a.UID, gid: l.a.GID,
		groups: l.h.Accounts.GroupNames(&l.a.Account),
	}
}

// proAccess judges RootLogin and <Limit LOGIN>.
func (l *ftpLogin) proAccess(s *ftpdconf.Section, u *proUserEntry) {
	if u.uid == 0 && !s.Bool("rootlogin", false) {
		at := ftpdconf.Place{}
		if d := s.Find("rootlogin"); d != nil {
			at = d.At
		}
		l.deny(audit.LayerAccount, loginIncorrect, l.placed(audit.Cause{
			ID: "ftpd-user-denied", Message: "ProFTPD does not let in uid 0 (RootLogin is off)", Fix: "log in as a person",
		}, at))
	}
	switch result, unsure := l.proLimits(s, u); {
	case unsure != "":
		l.doubt(audit.LayerAccount, "<Limit LOGIN>: %s", unsure)
	case result == proDenied:
		l.deny(audit.LayerAccount, loginIncorrect, l.limitCause(s, "the account"))
	}
}

func (l *ftpLogin) limitCause(s *ftpdconf.Section, whom string) audit.Cause {
	c := audit.Cause{ID: "ftpd-user-denied", Message: "<Limit LOGIN> refuses " + whom, Fix: "change the <Limit LOGIN> section, and restart ProFTPD"}
	if limits := s.Sections("limit"); len(limits) > 0 {
		return l.placed(c, limits[0].At)
	}
	return l.placed(c, ftpdconf.Place{})
}

// pr_auth_banned_by_ftpusers).
func (l *ftpLogin) proShell(s *ftpdconf.Section, u *proUserEntry) {
	if s.Bool("requirevalidshell", true) {
		switch found, known, problem := l.listed("/etc/shells", u.shell); {
		case !known:
			l.doubt(audit.LayerAccount, "/etc/shells could not be read")
		case problem == nil && !found:
			shown := audit.Untrusted(u.shell)
			l.deny(audit.LayerAccount, loginIncorrect, audit.Cause{
				ID: "ftpd-shell-not-listed", Path: "/etc/shells", Observed: shown.String(), Expected: "one that is listed",
				Message: fmt.Sprintf("the login shell %s is not in /etc/shells, and RequireValidShell is on", shown),
				Fix:     "add the shell to /etc/shells, or set RequireValidShell off and restart ProFTPD",
			})
		}
	}
	if !s.Bool("useftpusers", true) {
		return
	}
	t := l.in.Texts["/etc/ftpusers"]
	if t.Problem != nil {
		if t.Problem.Failure != facts.Missing {
			l.doubt(audit.LayerAccount, "/etc/ftpusers could not be read")
		}
		return
	}
	for i, line := range ftpdconf.Lines(t.Content) {
		if line = strings.TrimLeft(line, " \t\r\v\f"); line != "" && line[0] != '#' && line == u.name {
			l.deny(audit.LayerAccount, loginIncorrect, audit.Cause{
				ID: "ftpd-user-denied", Path: t.Path, Line: i + 1, Message: "/etc/ftpusers names the account", Fix: "take the line out, or set UseFtpUsers off and restart ProFTPD",
			})
			return
		}
	}
}

// proDirectory judges where the session begins: without DefaultRoot in the home,
// with it in the directory that it names if the home cannot be entered.
func (l *ftpLogin) proDirectory(s *ftpdconf.Section, u *proUserEntry) {
	if u.home == "" {
		l.deny(audit.LayerSession, loginIncorrect, audit.Cause{ID: "ftpd-home-missing", Message: "the user has no home", Observed: "none", Fix: "give the user a home"})
		return
	}
	root, ok := l.proRoot(s, u)
	if !ok {
		return
	}
	if s.Find("defaultchdir") != nil {
		l.doubt(audit.LayerSession, "DefaultChdir is not evaluated")
		return
	}
	path := u.home
	if root != "" && root != "/" {
		path = root
	}
	for i := range l.in.Dirs {
		d := &l.in.Dirs[i]
		if string(d.Path) != path {
			continue
		}
		switch bad, unsure := cannotEnter(d); {
		case unsure != "":
			l.doubt(audit.LayerSession, "%s: %s", d.Path, unsure)
		case bad != "":
			l.deny(audit.LayerSession, loginIncorrect, enterCause(d, bad))
		}
		return
	}
	l.doubt(audit.LayerSession, "%s was not looked at", audit.Untrusted(path))
}

// proRoot is the first DefaultRoot whose groups the user has; empty without one.
func (l *ftpLogin) proRoot(s *ftpdconf.Section, u *proUserEntry) (root string, ok bool) {
	for _, d := range s.All("defaultroot") {
		if len(d.Args) > 1 {
			if u.file != nil {
				l.doubt(audit.LayerSession, "the groups of virtual users, which DefaultRoot asks for, are not evaluated")
				return "", false
			}
			if !matchesAll(u.groups, strings.Join(d.Args[1:], ",")) {
				continue
			}
		}
		dir := ftpdconf.ProRoot(d.Args[0], u.home, u.name)
		if !strings.HasPrefix(dir, "/") {
			l.doubt(audit.LayerSession, "DefaultRoot %s is not followed here", audit.Untrusted(d.Args[0]))
			return "", false
		}
		return dir, true
	}
	return "", true
}

// matchesAll evaluates an expression of groups, all of which must hold; "!" turns
// one round (expr.c pr_expr_eval_group_and).
func matchesAll(have []string, expression string) bool {
	for word := range strings.SplitSeq(expression, ",") {
		if word == "" {
			continue
		}
		name, negated := strings.CutPrefix(word, "!")
		if slices.Contains(have, name) == negated {
			return false
		}
	}
	return true
}

// matchesAny is the same where one is enough (pr_expr_eval_group_or, _user_or).
func matchesAny(have []string, expression string) bool {
	for word := range strings.SplitSeq(expression, ",") {
		if word == "" {
			continue
		}
		name, negated := strings.CutPrefix(word, "!")
		if slices.Contains(have, name) != negated {
			return true
		}
	}
	return false
}
