package pam

import (
	"fmt"
	"time"

	"sshaudit/audit/accounts"
)

const secondsPerDay = 24 * 60 * 60

// unix is pam_unix.
func unix(c *call) answer {
	switch c.phase {
	case session:
		return sure(Success)
	case account:
		return c.unixAccount()
	default:
		return c.unixPassword()
	}
}

// unixAccount is pam_unix_acct.c pam_sm_acct_mgmt: who has no shadow entry is
// not aged.
func (c *call) unixAccount() answer {
	f := c.facts
	if f.Password != accounts.PasswordInShadow {
		return sure(Success)
	}
	if f.Shadow == nil {
		return unsure("/etc/shadow, which only root may read", Success, NewAuthTokReqd, AcctExpired, AuthTokExpired, AuthInfoUnavail)
	}
	if !f.Shadow.Present {
		if c.has("broken_shadow") {
			return sure(Success)
		}
		return refuse(AuthInfoUnavail, "passwd points to /etc/shadow, where there is no line for "+f.shown())
	}
	a := c.aging(f.Shadow, int(f.Now.Unix()/secondsPerDay))
	if !f.PasswordGiven && c.has("no_pass_expiry") && (a.codes[0] == NewAuthTokReqd || a.codes[0] == AuthTokExpired) {
		return sure(Success)
	}
	return a
}

// aging is passverify.c check_shadow_expiry. Days are compared as in the
// library's release: in 1.7 the last day of a password already counts as over.
func (c *call) aging(s *accounts.Shadow, today int) answer {
	late := 1 // days that have to pass beyond a limit
	if c.lib.AtLeast(1, 6) {
		late = 0
	}
	expire, changed, limit, inactive := int(s.ExpireOn), int(s.LastChange), int(s.Max), int(s.Inactive)
	passed := today - changed
	switch {
	case expire != -1 && today >= expire:
		return refuse(AcctExpired, "the account expired on "+date(expire))
	case changed == 0:
		return refuse(NewAuthTokReqd, "the password must be changed at the next login")
	case changed < 0 && late == 0:
		return sure(Success)
	case passed < 0 || limit == -1:
		return sure(Success)
	case inactive != -1 && passed >= limit+inactive+late && (late == 0 || passed > limit && passed > inactive):
		return refuse(AuthTokExpired, fmt.Sprintf("the password of %s was valid for %d days, and %d days later it was locked", date(changed), limit, inactive))
	case passed >= limit+late:
		return refuse(NewAuthTokReqd, fmt.Sprintf("the password of %s was valid for %d days and has to be changed", date(changed), limit))
	}
	return sure(Success)
}

// date writes a day of shadow.
func date(day int) string { return time.Unix(int64(day)*secondsPerDay, 0).UTC().Format(time.DateOnly) }

// unixPassword is pam_unix_auth.c for the right password: it fails where no
// password is the right one.
func (c *call) unixPassword() answer {
	f := c.facts
	state := f.Password
	if state == accounts.PasswordInShadow {
		if f.Shadow == nil {
			return unsure("/etc/shadow, which only root may read", Success, AuthErr)
		}
		if !f.Shadow.Present {
			return refuse(AuthInfoUnavail, "there is no line for "+f.shown()+" in /etc/shadow")
		}
		state = f.Shadow.Password
	}
	if f.User != "" && (f.User[0] == '-' || f.User[0] == '+') {
		return refuse(UserUnknown, "pam_unix knows no account that begins with - or +")
	}
	switch state {
	case accounts.PasswordSet:
		return sure(Success)
	case accounts.PasswordEmpty:
		if f.EmptyPasswords && (c.has("nullok") || c.has("nullok_secure")) {
			return sure(Success)
		}
		return refuse(AuthErr, "the account has an empty password, which PermitEmptyPasswords or the missing nullok forbids")
	case accounts.PasswordLocked:
		return refuse(AuthErr, "the password is locked (\"!\" in /etc/shadow)")
	case accounts.PasswordImpossible, accounts.PasswordInShadow, accounts.PasswordUnset:
	}
	return refuse(AuthErr, "the account has no password that could match")
}
