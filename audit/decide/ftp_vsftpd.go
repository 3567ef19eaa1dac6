package decide

import (
	"fmt"
	"path"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/pam"
)

// loginIncorrect is what vsftpd and ProFTPD say to most refusals.
const loginIncorrect = "530 Login incorrect."

// vsftpd follows a session of vsftpd: main.c, prelogin.c handle_user_command,
// privops.c handle_login, twoprocess.c common_do_login, secutil.c.
func (l *ftpLogin) vsftpd() {
	conf := l.s.Vsftpd
	if conf.Bool("tcp_wrappers") && (l.h.HostsAllow.Problem == nil || l.h.HostsDeny.Problem == nil) {
		l.doubt(audit.LayerService, "tcp_wrappers is on, and hosts.allow and hosts.deny are not evaluated for vsftpd")
	}
	l.vsftpdStarts()
	l.transport()
	if conf.Bool("require_cert") && l.req.Service == FTPS {
		l.doubt(audit.LayerTransport, "require_cert is on: whether the client has a certificate is not known")
	}
	anonymous := ftpdconf.IsAnonymous(l.req.User)
	if !l.vsftpdName(anonymous) {
		return
	}
	if anonymous && conf.Bool("anonymous_enable") {
		l.vsftpdSession(true)
		return
	}
	l.vsftpdPassword()
	l.vsftpdSession(false)
}

// oops is a fault that ends the session with a message of vsftpd's own.
func (l *ftpLogin) oops(layer audit.Layer, id, message, fix string, setting string) {
	l.deny(layer, l.said(layer, message), l.placed(audit.Cause{
		ID: id, Message: "vsftpd ends the session: " + audit.Untrusted(message).String(), Fix: fix,
	}, l.s.Vsftpd.Origin(setting)))
}

// said is how such a message reaches the client: after the login not over TLS, for
// the process that says it does not have the keys.
func (l *ftpLogin) said(layer audit.Layer, message string) string {
	if layer == audit.LayerSession && l.req.Service == FTPS {
		return ""
	}
	return "500 OOPS: " + message
}

// vsftpdStarts judges what ends every session before the client has said a word
// (main.c do_sanity_checks and session_init, logging.c vsf_log_init).
func (l *ftpLogin) vsftpdStarts() {
	conf := l.s.Vsftpd
	oops := func(message, setting string) {
		l.oops(audit.LayerService, "ftpd-500-oops", message, "correct the setting, and restart vsftpd", setting)
	}
	switch {
	case conf.Bool("listen") && conf.Bool("listen_ipv6"):
		oops("run two copies of vsftpd for IPv4 and IPv6", "listen_ipv6")
	case conf.Bool("one_process_model") && conf.Bool("local_enable"):
		oops("vsftpd: security: 'one_process_model' is anonymous only", "one_process_model")
	case !conf.Bool("local_enable") && !conf.Bool("anonymous_enable"):
		oops("vsftpd: both local and anonymous access disabled!", "local_enable")
	case !conf.Bool("ftp_enable"):
		l.doubt(audit.LayerService, "ftp_enable is off")
	case conf.Bool("run_as_launching_user"), conf.Bool("one_process_model"), conf.Bool("http_enable"):
		l.doubt(audit.LayerService, "run_as_launching_user, one_process_model and http_enable are not evaluated")
	}
	for _, row := range []struct{ flag, name string }{{"anonymous_enable", "ftp_username"}, {"guest_enable", "guest_username"}, {"chown_uploads", "chown_username"}} {
		if name, _ := conf.Text(row.name); conf.Bool(row.flag) && !l.exists(name) {
			oops("vsftpd: cannot locate user specified in '"+row.name+"':"+name, row.name)
		}
	}
	l.vsftpdFiles(oops)
	if name, ok := conf.Text("nopriv_user"); !ok || !l.exists(name) {
		oops("cannot locate user entry:"+name, "nopriv_user")
	}
}

// vsftpdFiles judges the files without which a session ends.
func (l *ftpLogin) vsftpdFiles(oops func(message, setting string)) {
	conf := l.s.Vsftpd
	logs := conf.Bool("xferlog_enable") || conf.Bool("dual_log_enable")
	for _, row := range []struct {
		needed      bool
		setting, of string
	}{
		{logs && (conf.Bool("dual_log_enable") || conf.Bool("xferlog_std_format")), "xferlog_file", "xferlog"},
		{logs && (conf.Bool("dual_log_enable") || !conf.Bool("xferlog_std_format")) && !conf.Bool("syslog_enable"), "vsftpd_log_file", "vsftpd"},
	} {
		if file, _ := conf.Text(row.setting); row.needed && !l.mayLog(file) {
			oops("failed to open "+row.of+" log file:"+file, row.setting)
		}
	}
	for _, row := range []struct{ flag, setting, of string }{
		{"deny_email_enable", "banned_email_file", "cannot read anon e-mail list file:"},
		{"secure_email_list_enable", "email_password_file", "cannot read email passwords file:"},
	} {
		if file, _ := conf.Text(row.setting); conf.Bool(row.flag) {
			if f, looked := l.in.Files[file]; !looked || failed(&f) {
				oops(row.of+file, row.setting)
			}
		}
	}
	if file, ok := conf.Text("banner_file"); ok {
		if f, looked := l.in.Files[file]; looked && failed(&f) {
			oops("cannot read banner file:"+file, "banner_file")
		}
	}
	if list, ok := conf.Text("userlist_file"); conf.Bool("local_enable") && conf.Bool("userlist_enable") {
		switch _, known, problem := l.listed(list, ""); {
		case !ok || problem != nil && known:
			oops("cannot read user list file:"+list, "userlist_file")
		case !known:
			l.doubt(audit.LayerAccount, "the list %s could not be read", audit.Untrusted(list))
		}
	}
	if dir, ok := conf.Text("secure_chroot_dir"); ok {
		if f, looked := l.in.Files[dir]; !looked || failed(&f) {
			if strings.HasPrefix(dir, "/run/") || strings.HasPrefix(dir, "/var/run/") {
				if !l.h.Live {
					return // /run is filled when the system starts
				}
			}
			oops("vsftpd: not found: directory given in 'secure_chroot_dir':"+dir, "secure_chroot_dir")
		}
	}
}

// mayLog tells whether root can make or open a log file.
func (l *ftpLogin) mayLog(file string) bool {
	f, looked := l.in.Files[file]
	if !looked {
		return file != "" && !strings.HasPrefix(file, "/")
	}
	if f.Problem == nil {
		return f.Type != facts.Directory
	}
	dir, looked := l.in.Files[path.Dir(file)]
	return !looked || dir.Problem == nil && dir.Type == facts.Directory
}

func (l *ftpLogin) exists(name string) bool {
	return l.h.Accounts.Lookup(name) != nil || l.h.OtherAccounts != ""
}

// vsftpdName judges what vsftpd says to the name; false if the rest cannot be judged.
func (l *ftpLogin) vsftpdName(anonymous bool) bool {
	conf, user := l.s.Vsftpd, l.req.User
	tls := l.req.Service == FTPS
	switch {
	case !anonymous && !conf.Bool("local_enable"):
		l.deny(audit.LayerAccount, "530 This FTP server is anonymous only.", l.placed(audit.Cause{
			ID: "ftpd-anonymous-only", Message: "vsftpd lets in anonymous users only (local_enable is off)", Fix: "set local_enable=YES, and restart vsftpd",
		}, conf.Origin("local_enable")))
		return false
	case anonymous && tls && !conf.Bool("allow_anon_ssl") && !conf.Bool("force_anon_logins_ssl"):
		l.deny(audit.LayerTransport, "530 Anonymous sessions may not use encryption.", l.placed(audit.Cause{
			ID: "ftpd-anonymous-off", Message: "anonymous users may not use TLS", Fix: "set allow_anon_ssl=YES, and restart vsftpd",
		}, conf.Origin("allow_anon_ssl")))
	case !anonymous && !tls && conf.Bool("ssl_enable") && conf.Bool("force_local_logins_ssl"):
		l.requireTLS("530 Non-anonymous sessions must use encryption.", conf.Origin("force_local_logins_ssl"))
	case anonymous && !tls && conf.Bool("ssl_enable") && conf.Bool("force_anon_logins_ssl"):
		l.requireTLS("530 Anonymous sessions must use encryption.", conf.Origin("force_anon_logins_ssl"))
	}
	if conf.Bool("userlist_enable") && conf.Bool("local_enable") {
		list, _ := conf.Text("userlist_file")
		found, known, _ := l.listed(list, user)
		if denies := conf.Bool("userlist_deny"); known && found == denies {
			message := "the list of userlist_file names the account"
			if !denies {
				message = "userlist_deny is off, and the list of userlist_file does not name the account"
			}
			l.deny(audit.LayerAccount, "530 Permission denied.", audit.Cause{
				ID: "ftpd-user-denied", Path: audit.Untrusted(list), Message: message, Fix: "take the account out of the list, or put it in, as userlist_deny has it",
			})
		}
	} else if conf.Bool("userlist_enable") && !conf.Bool("userlist_deny") {
		l.deny(audit.LayerAccount, "530 Permission denied.", l.placed(audit.Cause{
			ID: "ftpd-user-denied", Message: "userlist_deny is off, and the list is read only where local_enable is on", Fix: "set userlist_deny=YES or userlist_enable=NO, and restart vsftpd",
		}, conf.Origin("userlist_deny")))
	}
	const longest = 32
	if user == "" || len(user) > longest || strings.ContainsAny(user, " \t\r\n\v\f") || !startsLikeName(user[0]) {
		l.deny(audit.LayerAccount, loginIncorrect, audit.Cause{
			ID: "user-unknown", Message: "vsftpd takes no name of more than 32 bytes, with a blank, or that begins so", Fix: "use another name",
		})
	}
	return true
}

func startsLikeName(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// vsftpdPassword judges the right password (sysdeputil.c vsf_sysdep_check_auth):
// PAM alone decides; setcred must succeed, the session only with session_support.
func (l *ftpLogin) vsftpdPassword() {
	a := l.a
	if a == nil {
		if l.h.OtherAccounts != "" || !l.hasPAM() {
			l.unknownName(loginIncorrect)
			return
		}
		// Guests may be users of another source that PAM asks; none of passwd's is.
		if l.s.Vsftpd.Bool("guest_enable") {
			l.doubt(audit.LayerAccount, "guests are let in by what PAM asks; whether it knows the name is not evaluated")
			return
		}
		l.unknownName(loginIncorrect)
		return
	}
	if !l.hasPAM() {
		return
	}
	f := l.pamFactsOf(a)
	f.RemoteHost = address(l.req.From, l.s.Vsftpd.Bool("listen_ipv6"))
	types := []pam.Type{pam.Auth, pam.Account, pam.Setcred}
	if l.s.Vsftpd.Bool("session_support") {
		types = append(types, pam.Session)
	}
	o := asks(l.in.PAM, f, types...)
	l.pamDecides(loginIncorrect, &o)
}

// vsftpdSession judges the user's own settings and the directories.
func (l *ftpLogin) vsftpdSession(anonymous bool) {
	conf, a := l.in.Vsftpd, l.in.Account
	switch {
	case l.in.UserRefused != nil:
		l.deny(audit.LayerSession, l.said(audit.LayerSession, l.in.UserRefused.Message), audit.Cause{
			ID: "ftpd-user-config", Path: audit.Untrusted(l.in.UserRefused.File), Line: l.in.UserRefused.Line,
			Message: "vsftpd does not take the user's own settings: " + l.in.UserRefused.Error(), Fix: "correct the line",
		})
		return
	case l.in.UserUnread != "":
		l.doubt(audit.LayerSession, "the user's own settings: %s", l.in.UserUnread)
		return
	case a == nil && conf.Bool("guest_enable") && !anonymous:
		name, _ := conf.Text("guest_username")
		l.oops(audit.LayerSession, "ftpd-500-oops", "cannot locate user entry:"+name, "set guest_username to an account", "guest_username")
		return
	case a == nil:
		return
	}
	guest := conf.Bool("guest_enable") && !anonymous
	chroot := anonymous || conf.Bool("chroot_local_user") != l.onChrootList() || guest && !conf.Bool("virtual_use_local_privs")
	if !l.vsftpdEnters(chroot) || !chroot {
		return
	}
	root := l.in.Dirs[len(l.in.Dirs)-1]
	if conf.Bool("allow_writeable_chroot") && !anonymous || root.Problem != nil {
		return
	}
	gids := append([]uint32{a.GID}, a.GIDs...)
	switch may(&root.Node, a.UID, gids, 0o2) {
	case yes:
		l.deny(audit.LayerSession, l.said(audit.LayerSession, "vsftpd: refusing to run with writable root inside chroot()"), audit.Cause{
			ID: "ftpd-chroot-writable", Path: root.Path, Observed: fmt.Sprintf("uid %d, %04o", root.UID, root.Mode), Expected: "not writable for the account",
			Message: fmt.Sprintf("vsftpd ends the session: the account may write %s, to which it is locked in", root.Path),
			Fix:     "take the write right away and give the account a directory below, or set allow_writeable_chroot=YES and restart vsftpd",
		})
	case maybe:
		l.doubt(audit.LayerSession, "whether the account may write %s hangs on its ACL", root.Path)
	case no:
	}
}

// onChrootList tells whether chroot_list_file names the user, which turns
// chroot_local_user round.
func (l *ftpLogin) onChrootList() bool {
	conf := l.s.Vsftpd // it is read before the user's own settings
	if !conf.Bool("chroot_list_enable") {
		return false
	}
	list, _ := conf.Text("chroot_list_file")
	found, known, problem := l.listed(list, l.req.User)
	switch {
	case problem != nil && known:
		l.oops(audit.LayerSession, "ftpd-500-oops", "could not read chroot() list file:"+list, "make the file, or set chroot_list_enable=NO", "chroot_list_file")
	case !known:
		l.doubt(audit.LayerSession, "the list %s could not be read", audit.Untrusted(list))
	}
	return found
}

// vsftpdEnters judges the directories; false if the session ends there.
func (l *ftpLogin) vsftpdEnters(chroot bool) bool {
	if len(l.in.Dirs) == 0 {
		l.doubt(audit.LayerSession, "the home was not looked at")
		return false
	}
	for i := range l.in.Dirs {
		d := &l.in.Dirs[i]
		bad, unsure := cannotEnter(d)
		if unsure != "" {
			l.doubt(audit.LayerSession, "%s: %s", d.Path, unsure)
			return false
		}
		if bad == "" {
			continue
		}
		if i > 0 && !chroot {
			l.note(audit.LayerSession, "local_root cannot be entered, so the session begins in the home")
			return false
		}
		l.deny(audit.LayerSession, l.said(audit.LayerSession, "cannot change directory:"+string(d.Path)), enterCause(d, bad))
		return false
	}
	return true
}

// cannotEnter says why a directory cannot be entered, or what is missing to say it.
func cannotEnter(d *facts.FTPDir) (bad, unsure string) {
	switch {
	case failed(&d.SystemFile):
		return "it does not exist", ""
	case d.Problem != nil && !d.Sure:
		return "", d.Problem.Why
	case d.Problem == nil && d.Type != facts.Directory:
		return "it is no directory", ""
	case d.Enter == nil && d.Problem == nil:
		return "", ""
	case d.Enter == nil:
		return "", d.Problem.Why
	case d.Enter.Failure == facts.Denied:
		return "the account may not search it, or a directory above it", ""
	case d.Enter.Failure == facts.Uncertain:
		return "", d.Enter.Why
	}
	return "it does not exist", ""
}

// enterCause is the cause of a directory that cannot be entered.
func enterCause(d *facts.FTPDir, bad string) audit.Cause {
	c := audit.Cause{
		ID: "ftpd-home-denied", Path: d.Path, Message: fmt.Sprintf("the session cannot be put into %s: %s", d.Path, bad),
		Fix: "let the account search the directory and those above it (chmod o+x), or own it",
	}
	if failed(&d.SystemFile) || d.Problem == nil && d.Type != facts.Directory {
		c.ID, c.Observed, c.Expected, c.Fix = "ftpd-home-missing", "missing", "a directory", "make the directory, owned by the account"
	}
	if d.Problem == nil {
		c.Observed = fmt.Sprintf("uid %d, %04o", d.UID, d.Mode)
	}
	return c
}
