package decide

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/pam"
)

const (
	// FTP wants to log in without TLS.
	FTP Service = "ftp"
	// FTPS wants to log in over TLS, by AUTH TLS or from the first byte.
	FTPS Service = "ftps"
)

// FTPAnswer is what an FTP server makes of a login with the right password.
type FTPAnswer struct {
	Answer
	// Reply is the answer of the server that refuses it, as clients show it; empty
	// if it is let in or the server says nothing.
	Reply string
}

// FTPLogin decides a login to one FTP server of the host: the right password, or
// for an anonymous user any. It goes on after the first refusal.
func FTPLogin(h *facts.Host, in *facts.FTPLogin, req Request) FTPAnswer {
	l := &ftpLogin{
		login: &login{h: h, a: in.User, via: &facts.Via{}, req: req},
		in:    in, s: in.Server,
	}
	if l.ready() {
		switch {
		case l.s.Vsftpd != nil:
			l.vsftpd()
		case l.s.Proftpd != nil:
			l.proftpd()
		case l.s.Pure != nil:
			l.pure()
		}
	}
	a := FTPAnswer{Answer: l.answer()}
	if a.Verdict == audit.Refuse && !l.doubtBefore(a.Causes[0].Layer) {
		a.Reply = l.reply
	}
	return a
}

// doubtBefore tells that something earlier than a layer might refuse the login too,
// in words that are not known.
func (l *ftpLogin) doubtBefore(layer audit.Layer) bool {
	for i, earlier := range inOrder {
		if earlier == layer {
			return false
		}
		if s := l.stages[i]; s != nil && len(s.doubts) > 0 {
			return true
		}
	}
	return false
}

// ftpLogin is a login to an FTP server under judgement.
type ftpLogin struct {
	*login
	in *facts.FTPLogin
	s  *facts.FTPServer
	// reply is what the server says to the first thing that it refuses.
	reply string
}

// deny refuses the login with a reply of the server.
func (l *ftpLogin) deny(layer audit.Layer, reply string, c audit.Cause) {
	if len(l.causes) == 0 {
		l.reply = reply
	}
	l.refuse(layer, c)
}

// at fills in where a setting stands, or else where it could.
func (l *ftpLogin) placed(c audit.Cause, at ftpdconf.Place) audit.Cause {
	c.Path, c.Line = audit.Untrusted(l.s.ConfigFile), 0
	if at.File != "" {
		c.Path, c.Line = audit.Untrusted(at.File), at.Line
	}
	return c
}

// ready judges whether the server answers at all; false if nothing more can be said.
func (l *ftpLogin) ready() bool {
	name := string(l.s.Kind)
	if l.h.Live && !l.s.Running && l.h.Services != nil && !l.activated() {
		l.deny(audit.LayerService, "", audit.Cause{
			ID: "ftpd-not-running", Path: audit.Untrusted(l.s.Binary), Observed: "not running", Expected: "running",
			Message: name + " is installed and does not run", Fix: "systemctl start " + name,
		})
	}
	switch {
	case l.s.Refused != nil:
		c := audit.Cause{
			ID: "ftpd-config-invalid", Path: audit.Untrusted(l.s.Refused.File), Line: l.s.Refused.Line,
			Message: fmt.Sprintf("%s does not start with its configuration: %s", name, l.s.Refused),
			Fix:     "correct the line, and restart " + name,
		}
		if l.s.Running {
			l.doubt(audit.LayerService, "%s runs with a configuration that it has read before: %s", name, c.Message)
			return false
		}
		l.deny(audit.LayerService, "", c)
		return false
	case l.s.Unread != "":
		l.doubt(audit.LayerService, "the configuration of %s was not evaluated: %s", name, l.s.Unread)
		return false
	case l.s.Running && !l.s.Started.IsZero() && l.s.Newest.After(l.s.Started):
		l.doubt(audit.LayerService, "%s changed after %s was started, which may still work with what it read then: reload it", audit.Untrusted(l.s.NewestFile), name)
	}
	if l.h.SELinux {
		l.doubt(audit.LayerSession, "an SELinux policy is enforced, whose rules for FTP are not evaluated")
	}
	l.note(audit.LayerService, "%s %s", name, l.s.Release)
	return true
}

// activated tells whether somebody else listens for the server: inetd or a socket unit.
func (l *ftpLogin) activated() bool {
	if len(l.s.Ports) == 0 {
		return true
	}
	for _, u := range l.h.Services.Units {
		if strings.HasPrefix(u.Name, string(l.s.Kind)) && strings.HasSuffix(u.Name, ".socket") && u.Up() {
			return true
		}
	}
	return false
}

// noTLS is what each program says to AUTH TLS where TLS is off.
var noTLS = map[facts.FTPKind]string{
	facts.Vsftpd: "530 Please login with USER and PASS.", facts.Proftpd: "500 AUTH not understood",
	facts.PureFTPd: "500 This security scheme is not implemented",
}

// transport judges TLS.
func (l *ftpLogin) transport() {
	t := &l.s.TLS
	implicit := false
	for _, p := range l.s.Ports {
		if p.Port == l.req.Port || l.req.Port == 0 && len(l.s.Ports) == 1 {
			implicit = p.Implicit
		}
	}
	if cert := t.Certificate; cert != nil && t.Offered {
		switch {
		case cert.Broken != "" && (l.s.Kind != facts.Proftpd || l.req.Service == FTPS):
			l.deny(audit.LayerTransport, "", audit.Cause{
				ID: "ftpd-certificate-broken", Path: cert.Cert.Path, Message: fmt.Sprintf("TLS is on and %s cannot use its certificate: %s", l.s.Kind, cert.Broken),
				Fix: "correct the names of the certificate and key files, and restart " + string(l.s.Kind),
			})
		case cert.Unread != "":
			l.doubt(audit.LayerTransport, "the certificate: %s", cert.Unread)
		case l.h.Now.After(cert.NotAfter):
			l.note(audit.LayerTransport, "the certificate expired on %s, of which clients warn", cert.NotAfter.Format("2006-01-02"))
		}
	}
	switch {
	case l.req.Service == FTPS && !t.Offered:
		l.deny(audit.LayerTransport, noTLS[l.s.Kind], l.placed(audit.Cause{
			ID: "ftpd-tls-off", Observed: "off", Expected: "on", Message: fmt.Sprintf("the client wants TLS and %s does not offer it", l.s.Kind),
			Fix: "switch TLS on (ssl_enable, TLSEngine, TLS), with a certificate; or let the customer use SFTP",
		}, t.At))
	case l.req.Service == FTP && implicit:
		l.deny(audit.LayerTransport, "", l.placed(audit.Cause{
			ID: "ftpd-tls-mode-mismatch", Message: "the port speaks TLS from the first byte, and the client does not",
			Fix: "let the customer choose implicit TLS, or another port",
		}, t.At))
	}
}

// requireTLS refuses a client without TLS.
func (l *ftpLogin) requireTLS(reply string, at ftpdconf.Place) {
	l.deny(audit.LayerTransport, reply, l.placed(audit.Cause{
		ID: "ftpd-tls-required", Observed: "no TLS", Expected: "TLS", Message: fmt.Sprintf("%s wants TLS for a login, and the client does not use it", l.s.Kind),
		Fix: "let the customer choose explicit FTP over TLS",
	}, at))
}

// unknownName refuses a name that nobody has.
func (l *ftpLogin) unknownName(reply string) {
	if l.h.OtherAccounts != "" {
		l.doubt(audit.LayerAccount, "the account is not in passwd, and may be elsewhere: %s", l.h.OtherAccounts)
		return
	}
	before := len(l.causes)
	l.unknownUser()
	if before == 0 && len(l.causes) > 0 {
		l.reply = reply
	}
}

// facts of PAM, as the server calls it.
func (l *ftpLogin) pamFactsOf(a *facts.Account) *pam.Facts {
	f := &pam.Facts{
		User: a.Name, UID: a.UID, GID: a.GID, Groups: l.h.Accounts.GroupNames(&a.Account), GIDs: a.GIDs,
		Home: a.Account.Home, Shell: shellName(a), Local: a.Line > 0, Password: a.Password,
		Now: l.h.Now, Service: l.s.PAMService, Hostname: l.h.Name, PasswordGiven: true, EmptyPasswords: true,
		RemoteUser: a.Name, TTY: map[facts.FTPKind]string{facts.Vsftpd: "ftp", facts.Proftpd: "/dev/ftpd", facts.PureFTPd: "pure-ftpd"}[l.s.Kind],
	}
	if l.h.Zone != nil {
		f.Now = f.Now.In(l.h.Zone)
	}
	if a.ShadowKnown {
		f.Shadow = &a.Shadow
	}
	return f
}

// asks PAM one question after the other; the outcome is the first that refuses, or
// that is not known.
func asks(stack *pam.Stack, f *pam.Facts, types ...pam.Type) pam.Outcome {
	o := pam.Outcome{Verdict: audit.Accept}
	for _, t := range types {
		if o = stack.Evaluate(t, f); o.Verdict != audit.Accept {
			return o
		}
	}
	return o
}

// pamCause words a refusal of PAM: a list, a shell or a date has an id of its own.
func (l *ftpLogin) pamCause(o *pam.Outcome) audit.Cause {
	c := audit.Cause{
		ID: "ftpd-pam-denied", Path: o.File, Line: o.Line, Message: "PAM refuses: " + o.Message,
		Fix: "correct what the module " + o.Module.String() + " reads, or its line",
	}
	switch {
	case o.Cause == pam.CauseInit:
		c.ID, c.Fix = "ftpd-pam-broken", "put the PAM file of the service "+l.s.PAMService+" in order"
	case o.Module == "pam_listfile":
		c.ID, c.Fix = "ftpd-user-denied", "take the account out of the list, or put it in, if it is to be let in"
	case o.Module == "pam_shells":
		c.ID, c.Fix = "ftpd-shell-not-listed", "add the shell to /etc/shells, or give the account one that is there"
	case o.Module == "pam_unix" && o.Cause == pam.CausePassword:
		c.ID, c.Fix = "ftpd-password-unusable", "passwd gives the account a password"
	case o.Module == "pam_unix":
		c.ID, c.Fix = "ftpd-account-expired", "chage -l shows the dates of the account, chage -E and -M change them"
	}
	return c
}

// pamDecides takes over PAM's answer where nothing else can let the user in.
func (l *ftpLogin) pamDecides(reply string, o *pam.Outcome) {
	switch o.Verdict {
	case audit.Refuse:
		l.deny(audit.LayerAccount, reply, l.pamCause(o))
	case audit.Unknown:
		l.doubt(audit.LayerAccount, "PAM: %s", o.Message)
	default:
		l.note(audit.LayerAccount, "PAM lets it pass")
	}
}

// hasPAM tells whether PAM's files were read.
func (l *ftpLogin) hasPAM() bool {
	if l.in.PAM == nil {
		l.doubt(audit.LayerAccount, "the PAM stack was not looked at")
	}
	return l.in.PAM != nil
}

// listed tells whether a list holds a line; known is false if it could not be read.
func (l *ftpLogin) listed(path, line string) (found, known bool, problem *facts.Problem) {
	t, looked := l.in.Texts[path]
	if !looked {
		return false, false, nil
	}
	if t.Problem != nil {
		return false, t.Problem.Failure == facts.Missing, t.Problem
	}
	return slices.Contains(ftpdconf.Lines(t.Content), line), true, nil
}

// may tells whether an account has a right (2 write, 1 search) over a directory, by its mode.
func may(n *facts.Node, uid uint32, gids []uint32, right uint32) ternary {
	switch {
	case uid == 0:
		return yes
	case n.UID == uid:
		return tern(n.Mode&(right<<6) != 0)
	case len(n.ACL) > 0:
		return maybe
	case slices.Contains(gids, n.GID):
		return tern(n.Mode&(right<<3) != 0)
	}
	return tern(n.Mode&right != 0)
}

func tern(b bool) ternary {
	if b {
		return yes
	}
	return no
}

// address writes the client's address as a server that listens by IPv6 sees it.
func address(from netip.Addr, mapped bool) string {
	switch {
	case !from.IsValid():
		return ""
	case mapped && from.Is4():
		return "::ffff:" + from.String()
	}
	return from.String()
}
