package decide

import (
	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/pam"
)

// proPassword judges the right password (auth.c pr_auth_authenticate): PAM first;
// unless it is the last word, the module that knows the user may still take it.
func (l *ftpLogin) proPassword(s *ftpdconf.Section, u *proUserEntry) {
	order, star := proModules(s)
	if !s.Bool("allowemptypasswords", true) && u.file == nil && l.emptyPassword() {
		l.deny(audit.LayerMethod, loginIncorrect, l.placed(audit.Cause{
			ID: "ftpd-password-unusable", Message: "the account's password is empty, and AllowEmptyPasswords is off", Fix: "passwd " + UserArgument(l.a),
		}, s.Find("allowemptypasswords").At))
	}
	var refused *audit.Cause
	if s.Bool("authpam", true) && inAuthOrder(order, "mod_auth_pam.c") {
		switch o := l.proPAM(s, u); {
		case o.Verdict == audit.Accept:
			l.note(audit.LayerAccount, "PAM lets it pass")
			return
		case o.Verdict == audit.Unknown && star["mod_auth_pam.c"]:
			l.doubt(audit.LayerAccount, "PAM: %s", o.Message)
			return
		default:
			c := l.pamCause(&o)
			if star["mod_auth_pam.c"] {
				l.deny(audit.LayerAccount, loginIncorrect, c)
				return
			}
			if refused = &c; o.Verdict == audit.Unknown {
				l.unlessModuleTakes(u, "PAM: "+o.Message)
				return
			}
		}
	}
	switch taken, why := l.proModule(u); {
	case why != "":
		l.doubt(audit.LayerAccount, "%s", why)
	case taken == nil:
	case refused != nil:
		l.deny(audit.LayerAccount, loginIncorrect, *refused)
	default:
		l.deny(audit.LayerAccount, loginIncorrect, *taken)
	}
}

// unlessModuleTakes leaves it open unless the module lets the user in anyway.
func (l *ftpLogin) unlessModuleTakes(u *proUserEntry, why string) {
	if refused, unsure := l.proModule(u); refused != nil || unsure != "" {
		l.doubt(audit.LayerAccount, "%s", why)
	}
}

func (l *ftpLogin) emptyPassword() bool {
	state := l.a.Password
	if state == accounts.PasswordInShadow && l.a.ShadowKnown {
		state = l.a.Shadow.Password
	}
	return state == accounts.PasswordEmpty
}

// proPAM asks PAM (mod_auth_pam.c pam_auth).
func (l *ftpLogin) proPAM(s *ftpdconf.Section, u *proUserEntry) pam.Outcome {
	if l.in.PAM == nil {
		return pam.Outcome{Message: "the PAM stack was not looked at"}
	}
	if d := s.Find("authpamconfig"); d != nil && d.Args[0] != l.s.PAMService {
		return pam.Outcome{Message: "AuthPAMConfig of this server names another service than that of the main one"}
	}
	if u.file != nil {
		if l.h.OtherAccounts != "" {
			return pam.Outcome{Message: "whether PAM knows the user: " + l.h.OtherAccounts}
		}
		return pam.Outcome{Verdict: audit.Refuse, Cause: pam.CausePassword, Message: "no account has the name"}
	}
	f := l.pamFactsOf(l.a)
	if !s.Bool("usereversedns", true) && l.req.From.IsValid() {
		f.RemoteHost = l.req.From.String()
	}
	return asks(l.in.PAM, f, pam.Auth, pam.Account, pam.Session, pam.Setcred)
}

// proModule asks the module that knows the user: nil if it takes the password, else
// why it does not; unsure says what is missing.
func (l *ftpLogin) proModule(u *proUserEntry) (refused *audit.Cause, unsure string) {
	if u.file != nil {
		if u.file.Password != accounts.PasswordSet {
			return &audit.Cause{ID: "ftpd-password-unusable", Message: "the virtual user has no password that could be right", Fix: "ftpasswd --passwd --change-password"}, ""
		}
		return nil, ""
	}
	a := l.a
	if !a.ShadowKnown {
		return nil, "/etc/shadow could not be read: run sshaudit as root"
	}
	state, s := a.Password, &a.Shadow
	now := l.h.Now.Unix()
	if s.Present {
		state = s.Password
	}
	c := unusable(a)
	switch {
	case state != accounts.PasswordSet:
		return &c, ""
	case !s.Present:
		return nil, ""
	case s.LastChange > 0 && s.Max > 0 && s.Inactive > 0 && now > (int64(s.LastChange)+int64(s.Max)+int64(s.Inactive))*secondsPerDay,
		s.ExpireOn > 0 && now > int64(s.ExpireOn)*secondsPerDay:
		return &audit.Cause{ID: "ftpd-account-expired", Path: "/etc/shadow", Message: "the account or its password has expired", Fix: "chage -l " + UserArgument(a) + " shows the dates"}, ""
	}
	return nil, ""
}

// proShell judges RequireValidShell and UseFtpUsers (auth.c pr_auth_is_valid_shell,
