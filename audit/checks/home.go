package checks

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

var homeMissing = &Check{
	Doc: audit.Doc{
		ID: "home-missing", Title: "Home directory that does not exist",
		Why: "The account's home in passwd does not exist or is not a directory, so the keys in it cannot be read, SFTP starts in / " +
			"and nothing can be uploaded. On a host with network or automounted homes it may only be not mounted.",
		Repair:   "Create it (mkhomedir_helper NAME, or from /etc/skel with the account as owner), mount it, or correct passwd with usermod -d.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
		References: []string{"CIS Ubuntu 24.04 7.2.9", "CIS RHEL 9 7.2.8", "STIG RHEL-09-411065"},
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if a.System {
			return nil
		}
		problem := a.Home.Problem
		f := c.about(a, audit.Untrusted(a.Account.Home), "")
		f.Expected = facts.Directory.String()
		switch {
		case problem == nil && a.Home.Type != facts.Directory && a.Home.Type != facts.TypeUnknown:
			f.Message = "the home is a " + a.Home.Type.String() + ", not a directory"
			f.Observed, f.Fix = a.Home.Type.String(), "put a directory in its place"
		case problem != nil && problem.Failure == facts.Missing && problem.At == "":
			f.Message, f.Observed, f.Fix = "passwd names no home", "no home", "usermod -d"
		case problem != nil && problem.Failure == facts.Missing:
			f.Message = fmt.Sprintf("the home does not exist: %s is missing", problem.At)
			f.Observed, f.Fix = "missing", "mkhomedir_helper "+userArgument(a)
		case problem != nil && problem.Failure != facts.Uncertain && problem.Failure != facts.Denied:
			f.Message = fmt.Sprintf("the home cannot be reached: %s", problem.Why)
			f.Observed, f.Fix = "unreachable", "correct the path shown, or the account's home with usermod -d"
		default:
			return nil
		}
		return []audit.Finding{f}
	},
}

// exposed builds a check for an object that others could change although no key
// login is refused by it: there is no key file, or StrictModes is off. object
// returns the object, nil if there is none; fault is what it looks for.
func exposed(doc audit.Doc, object func(*facts.Account) *facts.Node, owner bool) *Check {
	doc.Severity, doc.Effect, doc.Layer = audit.Critical, audit.Exposes, audit.LayerKey
	return &Check{Doc: doc, Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		n := object(a)
		if n == nil || s.refused(n.Path) {
			return nil
		}
		fault := decide.Secure(n, a.UID, strictRules(a), s.host.Accounts)
		if fault == 0 || fault == decide.FaultGroupUncertain || owner != (fault == decide.FaultOwner) {
			return nil
		}
		f := c.about(a, n.Path, "")
		f.Fix = repair(a)
		if owner {
			f.Observed, f.Expected = fmt.Sprintf("owner %d", n.UID), fmt.Sprintf("owner %d", a.UID)
			f.Message = fmt.Sprintf("it belongs to uid %d, who can put a key of their own there", n.UID)
			f.Fix = "chown " + userArgument(a) + " the path shown, if the account should own it"
		} else {
			f.Observed, f.Expected = octal(n.Mode), octal(targetMode(a, n))
			f.Message = "others may write here and could put a key of their own in place"
		}
		return []audit.Finding{f}
	}}
}

// strictRules returns the StrictModes variant of the first sshd of the account.
func strictRules(a *facts.Account) facts.StrictRules {
	if len(a.Via) == 0 {
		return facts.RulesUnknown
	}
	return a.Via[0].Server.Rules
}

func theHome(a *facts.Account) *facts.Node {
	if a.System || a.Home.Problem != nil || a.Home.Type != facts.Directory {
		return nil
	}
	return &a.Home.Node
}

var homeWritable = exposed(audit.Doc{
	ID: "home-writable-by-others", Title: "Home that others can write",
	Why: "Whoever may write the home can replace ~/.ssh and so let themselves in as this account. No key login is refused by it " +
		"today (there is no key file, or StrictModes is off), but once there is one it will be.",
	Repair:    "sshaudit fix --user NAME takes away writing for group and others.",
	Automatic: true, References: []string{"CIS Ubuntu 24.04 7.2.9", "Lynis HOME-9304"},
}, theHome, false)

var homeOwner = exposed(audit.Doc{
	ID: "home-owner-wrong", Title: "Home that belongs to somebody else",
	Why: "The owner of the home can replace ~/.ssh and so let themselves in as this account; the account itself may not be able to " +
		"write there.",
	Repair:     "chown NAME the home, after finding out who changed it. sshaudit never gives a home away by itself.",
	References: []string{"Lynis HOME-9306", "CIS Ubuntu 24.04 7.2.9"},
}, theHome, true)

// HomeMode is made with the mode that the administrator asked for: hosting
// panels differ (0711, 0755, 0750), so there is no advice without it.
func HomeMode(wanted uint32) *Check {
	return &Check{
		Doc: homeModeDoc,
		Account: func(c *Check, s *subject) []audit.Finding {
			a := s.Account
			n := theHome(a)
			if n == nil || n.Mode&0o777&^wanted == 0 {
				return nil
			}
			f := c.about(a, n.Path, "the home allows more than this host's rule for homes")
			f.Observed, f.Expected = octal(n.Mode), octal(n.Mode&wanted)
			f.Fix = "chmod " + octal(n.Mode&wanted) + " the path shown"
			return []audit.Finding{f}
		},
	}
}

// HomeModeID is the id of the check that HomeMode makes.
const HomeModeID = "home-mode-loose"

var homeModeDoc = audit.Doc{
	ID: HomeModeID, Title: "Home that allows more than the host's rule",
	Why: "Panels differ in what a home must allow (0711, 0755, 0750), so this is looked at only when home_mode in sshaudit.yaml " +
		"says what this host wants. sshd does not mind reading rights on a home.",
	Repair:   "chmod the home by hand; fix leaves reading and searching as they are.",
	Severity: audit.Notice, Effect: audit.Hardening,
	References: []string{"CIS Ubuntu 24.04 7.2.9", "STIG RHEL-09-232050", "Lynis HOME-9304"},
}
