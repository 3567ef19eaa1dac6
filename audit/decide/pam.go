package decide

import (
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/pam"
)

// pamStart starts PAM, which sshd does before it tries any method, and asks the
// account stack, whose answer counts after the method succeeded.
func (l *login) pamStart() {
	if !l.bool("usepam") {
		return
	}
	if l.via.Session == nil || l.via.Session.PAM == nil {
		l.doubt(audit.LayerAccount, "UsePAM is on, and the PAM stack was not looked at")
		return
	}
	if !l.whole() {
		l.doubt(audit.LayerAccount, "UsePAM is on, and this root is no whole system: its PAM modules are not here")
		return
	}
	l.stack, l.pamFacts = l.via.Session.PAM, l.factsForPAM()
	if l.accountOutcome = l.stack.Evaluate(pam.Account, l.pamFacts); l.accountOutcome.Cause == pam.CauseInit {
		l.pamRefuses(audit.LayerAccount, &l.accountOutcome)
		l.stack = nil
	}
}

// pamRepairs are what puts right what a module minds.
var pamRepairs = map[string]string{
	"pam_nologin":  "remove /etc/nologin when the maintenance is over",
	"pam_unix":     "chage -l NAME shows the dates; chage -E -1 NAME takes the expiry away",
	"pam_access":   "add a line for NAME to /etc/security/access.conf",
	"pam_faillock": "faillock --user NAME --reset",
	"pam_time":     "add a line for NAME to /etc/security/time.conf",
	"pam_limits":   "raise maxlogins for NAME in /etc/security/limits.conf",
}

// factsForPAM is what the modules look at.
func (l *login) factsForPAM() *pam.Facts {
	a := l.a
	f := &pam.Facts{
		User: a.Name, UID: a.UID, GID: a.GID, Groups: l.h.Accounts.GroupNames(&a.Account), GIDs: a.GIDs,
		Home: a.Account.Home, Shell: shellName(a), Local: a.Line > 0, Password: a.Password,
		Now: l.h.Now, Service: "sshd", Hostname: l.h.Name,
		PasswordGiven: l.req.Method != Publickey, EmptyPasswords: l.bool("permitemptypasswords"),
	}
	if l.h.Zone != nil {
		f.Now = f.Now.In(l.h.Zone)
	}
	if a.ShadowKnown {
		f.Shadow = &a.Shadow
	}
	if name, ok := l.via.Settings.Text("pamservicename"); ok && name != "" {
		f.Service = name
	}
	f.RemoteHost = l.clientHost()
	return f
}

// passwordByPAM judges a password that is right by the auth stack.
func (l *login) passwordByPAM() {
	if l.stack == nil {
		return
	}
	o := l.stack.Evaluate(pam.Auth, l.pamFacts)
	l.pamSays(audit.LayerMethod, &o)
}

// pam judges the account once the method succeeded, then the session.
func (l *login) pam() {
	if l.stack == nil {
		return
	}
	layer := audit.LayerAccount
	if l.accountOutcome.Cause == pam.CausePasswordExpired {
		layer = audit.LayerSession
	}
	l.pamSays(layer, &l.accountOutcome)
	if l.req.Method == KeyboardInteractive { // of the others sshd does not mind a failure
		o := l.stack.Evaluate(pam.Setcred, l.pamFacts)
		l.pamSays(audit.LayerSession, &o)
	}
	o := l.stack.Evaluate(pam.Session, l.pamFacts)
	l.pamSays(audit.LayerSession, &o)
}

func (l *login) pamSays(layer audit.Layer, o *pam.Outcome) {
	switch o.Verdict {
	case audit.Refuse:
		l.pamRefuses(layer, o)
	case audit.Unknown:
		l.doubt(layer, "PAM: %s", o.Message)
	default:
		l.note(layer, "PAM lets it pass")
	}
}

func (l *login) pamRefuses(layer audit.Layer, o *pam.Outcome) {
	c := audit.Cause{ID: o.Cause, Path: o.File, Line: o.Line, Message: "PAM refuses: " + o.Message, Fix: "correct what the module " + o.Module.String() + " reads, or its line"}
	if fix, ok := pamRepairs[string(o.Blames)]; ok {
		c.Fix = strings.ReplaceAll(fix, "NAME", UserArgument(l.a))
	}
	switch {
	case o.Cause == pam.CausePassword && o.Blames == "pam_unix":
		c.Fix = "passwd " + UserArgument(l.a) + " gives it a password, if passwords are meant to work"
	case o.Cause == pam.CausePasswordExpired:
		c.Message, c.Fix = "PAM asks for a new password before anything else: "+o.Message, "let the customer set a new password, or chage -d today "+UserArgument(l.a)
	case o.Module == "":
		c.Fix = "correct the PAM files shown"
	}
	if len(l.causes) == 0 && o.Cause == pam.CauseAccount {
		l.like = pamWords[string(o.Blames)]
	}
	l.refuse(layer, c)
}

// pamWords are the causes of sshd's own that say to the customer what a module
// minds in an account.
var pamWords = map[string]string{"pam_unix": "user-expired", "pam_nologin": "nologin-file"}
