package decide

import (
	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/pam"
)

// none judges the method none, with which every client begins: where empty
// passwords are permitted sshd tries one (auth2-none.c userauth_none,
// auth-passwd.c auth_password). It reports whether that lets the client in,
// whatever it would have offered next.
func (l *login) none() bool {
	if some, _ := l.lists(); some || !l.bool("permitemptypasswords") || !l.bool("passwordauthentication") {
		return false
	}
	switch {
	case l.bool("usepam"):
		if l.stack == nil || l.passwordState() != accounts.PasswordEmpty || l.a.UID == 0 && l.rootLogin() != "yes" {
			return false
		}
		o := l.stack.Evaluate(pam.Auth, l.pamFacts)
		if o.Verdict == audit.Unknown {
			l.doubt(audit.LayerMethod, "the account's password is empty; whether PAM takes that is not known: %s", o.Message)
		}
		if o.Verdict != audit.Accept {
			return false
		}
	case !l.a.ShadowKnown:
		return false
	default:
		// Whether the password fits or not, sshd looks at its age.
		l.passwordAge()
		if l.passwordState() != accounts.PasswordEmpty || l.a.UID == 0 && l.rootLogin() != "yes" {
			return false
		}
	}
	l.note(audit.LayerMethod, "the account's password is empty, and PermitEmptyPasswords lets everybody in without any proof")
	return true
}

// passwordState is what the password field allows, shadow's before passwd's.
func (l *login) passwordState() accounts.PasswordState {
	if l.a.Shadow.Present {
		return l.a.Shadow.Password
	}
	return l.a.Password
}

// passwordAge refuses the session of an expired password, of which sshd knows
// by itself only where a password was tried (auth-shadow.c auth_shadow_pwexpired).
func (l *login) passwordAge() {
	if l.aged {
		return
	}
	l.aged = true
	s := &l.a.Shadow
	today := int32(l.h.Now.Unix() / secondsPerDay)
	if s.Present && (s.LastChange == 0 || s.LastChange > 0 && s.Max >= 0 && s.LastChange+s.Max < today) {
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "password-expired-shadow", Path: "/etc/shadow", Message: "the password has expired: sshd lets the account in only to change it",
			Observed: "changed on " + day(max(s.LastChange, 0)), Fix: "chage -d today " + UserArgument(l.a) + ", or passwd",
		})
	}
}
