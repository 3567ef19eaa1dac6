package decide

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/pam"
)

// What Pure-FTPd says (messages_en.h).
const (
	pureFailed    = "530 Login authentication failed"
	pureNoTrust   = "530 Sorry, but I can't trust you"
	pureNoHome    = "421 Home directory not available - aborting"
	pureNeedsTLS  = "421 Sorry, cleartext sessions and weak ciphers are not accepted on this server."
	pureNoAnon    = "530 This is a private system - No anonymous login"
	pureBrokenDB  = "421 Unable to read the indexed puredb file (or old format detected) - Try pure-pw mkdb"
	pureAnonymous = "421 Unable to set up secure anonymous FTP"
)

// pure follows a session of Pure-FTPd: ftp_parser.c, ftpd.c douser, pw_check and dopass.
func (l *ftpLogin) pure() {
	conf := l.s.Pure
	l.transport()
	if l.req.Service == FTP && conf.TLS() > 1 {
		l.requireTLS(pureNeedsTLS, conf.Set['Y'].At)
	}
	if conf.Has('V') {
		l.doubt(audit.LayerAccount, "TrustedIP is set: to which address of the host the client connects is not known")
	}
	anonymous := ftpdconf.IsAnonymous(l.req.User)
	switch {
	case conf.Has('E') && conf.Has('e'):
		l.doubt(audit.LayerAccount, "both NoAnonymous and AnonymousOnly are set")
	case conf.Has('e'), anonymous && !conf.Has('E'):
		l.pureAnonymous()
		return
	}
	u, decided := l.pureCheck()
	if !decided || u == nil {
		return
	}
	if min := conf.Uint('u'); u.UID < uint32(min) {
		l.deny(audit.LayerAccount, pureNoTrust, l.placed(audit.Cause{
			ID: "ftpd-uid-too-low", Observed: fmt.Sprintf("uid %d", u.UID), Expected: fmt.Sprintf("%d or more", min),
			Message: fmt.Sprintf("Pure-FTPd lets in no uid below %d (MinUID), and the account has %d", min, u.UID), Fix: "lower MinUID and restart Pure-FTPd, or give the account another uid",
		}, conf.Set['u'].At))
	}
	l.pureHome(u)
}

// pureUser is who was let in.
type pureUser struct {
	UID  uint32
	gids []uint32
	home string
}

// pureCheck asks one way to authenticate after the other: one that knows the user
// and does not take the password ends it, one that does not know him lets the next
// one try; PAM never ends it (ftpd.c pw_check). decided is false if that is not known.
func (l *ftpLogin) pureCheck() (u *pureUser, decided bool) {
	auth := l.s.Pure.Auth
	if len(auth) == 0 {
		auth = []ftpdconf.PureAuth{{Method: "unix"}}
		l.doubt(audit.LayerMethod, "no way to authenticate is configured, and builds differ in what they do then")
	}
	var first *audit.Cause
	refused := func(c audit.Cause) {
		if first == nil {
			first = &c
		}
	}
	for _, m := range auth {
		var ends bool
		switch m.Method {
		case "unix":
			u, ends, decided = l.pureUnix(refused)
		case "pam":
			u, ends, decided = l.purePAM(refused)
		case "puredb":
			u, ends, decided = l.pureDB(m, refused)
		default:
			l.doubt(audit.LayerMethod, "the users of %s are not evaluated", m)
			return nil, false
		}
		if !decided {
			return nil, false
		}
		if u != nil {
			l.note(audit.LayerMethod, "%s lets the user in", m)
			return u, true
		}
		if ends {
			break
		}
	}
	switch {
	case first != nil:
		l.deny(audit.LayerAccount, pureFailed, *first)
	case l.a == nil:
		l.unknownName(pureFailed)
	default:
		l.deny(audit.LayerAccount, pureFailed, l.placed(audit.Cause{
			ID: "ftpd-virtual-user", Message: "no way to authenticate that is configured knows the user", Fix: "enter the user with pure-pw useradd -m, or switch PAM on",
		}, ftpdconf.Place{}))
	}
	return nil, true
}

// pureUnix is log_unix.c pw_unix_check.
func (l *ftpLogin) pureUnix(refused func(audit.Cause)) (u *pureUser, ends, decided bool) {
	a := l.a
	if a == nil {
		if l.h.OtherAccounts != "" {
			l.unknownName(pureFailed)
			return nil, false, false
		}
		return nil, false, true
	}
	if listed, known := l.userShell(a.Shell); !strings.EqualFold(a.Shell, "ftp") {
		if !known {
			l.doubt(audit.LayerAccount, "/etc/shells could not be read")
			return nil, false, false
		}
		if !listed {
			refused(shellCause(a, "/etc/shells"))
			return nil, true, true
		}
	}
	if !a.ShadowKnown {
		l.doubt(audit.LayerAccount, "/etc/shadow could not be read: run sshaudit as root")
		return nil, false, false
	}
	state, today := a.Password, int32(l.h.Now.Unix()/secondsPerDay)
	if s := &a.Shadow; state == accounts.PasswordInShadow && s.Present {
		state = s.Password
		if s.ExpireOn > 0 && s.ExpireOn < today || s.Max > 0 && s.LastChange > 0 && s.LastChange+s.Max < today {
			refused(audit.Cause{
				ID: "ftpd-account-expired", Path: "/etc/shadow", Message: "the account or its password has expired", Fix: "chage -l " + UserArgument(a) + " shows the dates",
			})
			return nil, true, true
		}
	}
	if state != accounts.PasswordSet {
		refused(unusable(a))
		return nil, true, true
	}
	return &pureUser{a.UID, append([]uint32{a.GID}, a.GIDs...), a.Account.Home}, false, true
}

// unusable is the cause of an account for which no password can be right.
func unusable(a *facts.Account) audit.Cause {
	return audit.Cause{
		ID: "ftpd-password-unusable", Path: "/etc/shadow", Message: "the account has no password, or a locked one: nothing that is typed can be right",
		Observed: "no hash", Expected: "a hash", Fix: "passwd " + UserArgument(a) + " gives it one",
	}
}

// shellCause is the cause of a shell that a list does not hold.
func shellCause(a *facts.Account, list audit.Untrusted) audit.Cause {
	return audit.Cause{
		ID: "ftpd-shell-not-listed", Path: list, Observed: audit.Untrusted(a.Shell).String(), Expected: "one that is listed",
		Message: fmt.Sprintf("the login shell %s is not in %s", audit.Untrusted(a.Shell), list), Fix: "add the shell to the list, or usermod -s /bin/bash " + UserArgument(a),
	}
}

// userShell asks getusershell(3): lines that begin with "/", up to a blank or "#";
// without the file the shells of old.
func (l *ftpLogin) userShell(shell string) (listed, known bool) {
	t := l.in.Texts["/etc/shells"]
	if t.Problem != nil {
		return shell == "/bin/sh" || shell == "/bin/csh", t.Problem.Failure == facts.Missing
	}
	for line := range strings.Lines(t.Content) {
		i := strings.IndexAny(line, "#/")
		if i < 0 || line[i] == '#' {
			continue
		}
		line = line[i:]
		if end := strings.IndexAny(line, " \t\r\n\v\f#"); end >= 0 {
			line = line[:end]
		}
		if line == shell {
			return true, true
		}
	}
	return false, true
}

// purePAM is log_pam.c pw_pam_check: setcred must succeed, the session is opened
// and closed whatever it says. It tells PAM no address.
func (l *ftpLogin) purePAM(refused func(audit.Cause)) (u *pureUser, ends, decided bool) {
	if l.a == nil {
		if l.h.OtherAccounts != "" {
			l.unknownName(pureFailed)
			return nil, false, false
		}
		return nil, false, true
	}
	if !l.hasPAM() {
		return nil, false, false
	}
	f := l.pamFactsOf(l.a)
	o := asks(l.in.PAM, f, pam.Auth, pam.Account)
	if o.Verdict == audit.Accept {
		if o = asks(l.in.PAM, f, pam.Setcred); o.Verdict == audit.Refuse {
			ends = true
		}
	}
	switch o.Verdict {
	case audit.Refuse:
		refused(l.pamCause(&o))
		return nil, ends, true
	case audit.Unknown:
		l.doubt(audit.LayerAccount, "PAM: %s", o.Message)
		return nil, false, false
	case audit.Accept:
	}
	return &pureUser{l.a.UID, append([]uint32{l.a.GID}, l.a.GIDs...), l.a.Account.Home}, false, true
}

// pureDB is log_puredb.c pw_puredb_check.
func (l *ftpLogin) pureDB(m ftpdconf.PureAuth, refused func(audit.Cause)) (u *pureUser, ends, decided bool) {
	t := l.in.Texts[m.File]
	v := l.in.Virtual[m.File]
	switch {
	case t.Problem != nil && t.Problem.Failure != facts.Missing && !strings.Contains(t.Problem.Why, "damaged"):
		l.doubt(audit.LayerAccount, "%s could not be read: %s", t.Path, t.Problem.Why)
		return nil, false, false
	case t.Problem != nil:
		l.deny(audit.LayerAccount, pureBrokenDB, l.placed(audit.Cause{
			ID: "ftpd-virtual-user", Message: fmt.Sprintf("the user database %s is missing or damaged, which ends every session", t.Path), Fix: "pure-pw mkdb",
		}, m.At))
		return nil, true, false
	case v == nil:
		source := strings.TrimSuffix(m.File, ".pdb") + ".passwd"
		if f, there := l.in.Files[source]; there {
			refused(audit.Cause{
				ID: "ftpd-virtual-user", Path: f.Path, Message: "the user stands in the list and not in the database that is made from it", Fix: "pure-pw mkdb",
			})
		}
		return nil, false, true
	case v.Malformed != "":
		refused(audit.Cause{ID: "ftpd-virtual-user", Path: t.Path, Message: "the user's entry lets nobody in: " + v.Malformed, Fix: "pure-pw usermod, then pure-pw mkdb"})
		return nil, true, true
	case v.Password != accounts.PasswordSet:
		refused(audit.Cause{ID: "ftpd-password-unusable", Path: t.Path, Message: "the virtual user has no password that could be right", Fix: "pure-pw passwd, then pure-pw mkdb"})
		return nil, true, true
	case v.AllowServer != "" || v.DenyServer != "" || v.AllowClient != "" || v.DenyClient != "" || v.Hours != "":
		l.doubt(audit.LayerAccount, "the virtual user is bound to addresses or hours, which are not evaluated")
		return nil, false, false
	}
	return &pureUser{v.UID, []uint32{v.GID}, v.Home}, false, true
}

// pureHome judges the home, into which Pure-FTPd changes as root. Where the user is
// locked in, it then changes into "/" as the user.
func (l *ftpLogin) pureHome(u *pureUser) {
	for i := range l.in.Dirs {
		d := &l.in.Dirs[i]
		if string(d.Path) != u.home || !strings.HasPrefix(u.home, "/") {
			continue
		}
		bad, unsure := exists(d)
		switch {
		case failed(&d.SystemFile) && l.s.Pure.Has('j'):
			l.note(audit.LayerSession, "the home is made at the login (CreateHomeDir)")
			return
		case unsure != "":
			l.doubt(audit.LayerSession, "%s: %s", d.Path, unsure)
			return
		case bad != "":
			l.deny(audit.LayerSession, pureNoHome, enterCause(d, bad))
			return
		case strings.Contains(u.home, "/./"):
			return
		}
		l.pureLocked(u, d)
		return
	}
	l.deny(audit.LayerSession, pureNoHome, audit.Cause{
		ID: "ftpd-home-missing", Message: "the user has no home that is an absolute path", Observed: audit.Untrusted(u.home).String(), Expected: "an absolute path", Fix: "give the user a home",
	})
}

// exists says why root cannot change into a directory, or what is missing to say it.
func exists(d *facts.FTPDir) (bad, unsure string) {
	switch {
	case failed(&d.SystemFile):
		return "it does not exist", ""
	case d.Problem != nil:
		return "", d.Problem.Why
	case d.Type != facts.Directory:
		return "it is no directory", ""
	}
	return "", ""
}

// pureLocked judges whether the user can enter the home as its root (ftpd.c
// check_trustedgroup: uid 0 and members of TrustedGID are not locked in).
func (l *ftpLogin) pureLocked(u *pureUser, d *facts.FTPDir) {
	conf := l.s.Pure
	all, trusted := conf.Has('A'), conf.Has('a')
	locked := all || conf.Has('n')
	if trusted && !all {
		locked = locked || !slices.Contains(u.gids, uint32(conf.Uint('a'))) //nolint:gosec // a gid
	}
	if all && trusted && slices.Contains(u.gids, uint32(conf.Uint('a'))) { //nolint:gosec // a gid
		l.doubt(audit.LayerSession, "whether ChrootEveryone or TrustedGID counts hangs on their order")
		return
	}
	if !locked || u.UID == 0 {
		return
	}
	switch may(&d.Node, u.UID, u.gids, 0o1) {
	case no:
		l.deny(audit.LayerSession, "", enterCause(d, "the account may not search it"))
	case maybe:
		l.doubt(audit.LayerSession, "whether the account may search %s hangs on its ACL", d.Path)
	case yes:
	}
}

// pureAnonymous judges an anonymous session.
func (l *ftpLogin) pureAnonymous() {
	if l.s.Pure.Has('E') {
		l.deny(audit.LayerAccount, pureNoAnon, l.placed(audit.Cause{
			ID: "ftpd-anonymous-off", Message: "anonymous users are not let in", Fix: "set NoAnonymous to no, if they are wanted",
		}, l.s.Pure.Set['E'].At))
		return
	}
	ftp := l.h.Accounts.Lookup("ftp")
	switch {
	case ftp == nil || ftp.UID == 0 || ftp.GID == 0 || !strings.HasPrefix(ftp.Home, "/"):
		l.deny(audit.LayerAccount, pureAnonymous, audit.Cause{
			ID: "ftpd-anonymous-off", Path: "/etc/passwd", Message: "there is no account ftp that an anonymous session could have", Fix: "useradd -r ftp, with a home",
		})
	default:
		l.pureAnonymousHome(ftp.Home)
	}
}

func (l *ftpLogin) pureAnonymousHome(home string) {
	for i := range l.in.Dirs {
		d := &l.in.Dirs[i]
		if string(d.Path) != home {
			continue
		}
		if bad, unsure := exists(d); unsure != "" {
			l.doubt(audit.LayerSession, "%s: %s", d.Path, unsure)
		} else if bad != "" {
			l.deny(audit.LayerSession, pureAnonymous, enterCause(d, bad))
		}
		return
	}
	l.doubt(audit.LayerSession, "the home of the account ftp was not looked at")
}
