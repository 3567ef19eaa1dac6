package checks

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/keyfiles"
)

var accountLines = &Check{
	Doc: audit.Doc{
		ID: "account-line-malformed", Title: "Line of passwd, group or shadow that is ignored",
		Why: "The C library skips a line that it cannot read, and takes the first of two lines with one name. The account or group in " +
			"the line does not exist for sshd.",
		Repair:   "pwck and grpck find such lines; correct the one shown with vipw or vigr.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerAccount,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, p := range h.Accounts.Problems() {
			f := c.finding(audit.Untrusted("/etc/"+p.File), "%s", p.Message)
			f.Line = p.Line
			f.Fix = map[string]string{"passwd": "vipw", "shadow": "vipw -s", "group": "vigr"}[p.File]
			found = append(found, f)
		}
		return found
	},
}

var accountNoShadow = &Check{
	Doc: audit.Doc{
		ID: "account-no-shadow", Title: "Account without an entry in shadow",
		Why: "passwd says that the password is in shadow, and shadow has no line for this account: no password can be right. Keys are " +
			"not concerned, though PAM modules may refuse an account without a shadow entry.",
		Repair:   "pwconv makes the missing line; passwd NAME sets a password.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerAccount,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if !a.ShadowKnown || a.Shadow.Present || a.Password != accounts.PasswordInShadow || a.Line == 0 {
			return nil
		}
		f := c.about(a, "/etc/shadow", "there is no line for this account, so no password can be right")
		f.Observed, f.Expected, f.Fix = "no line", "a line", "pwconv"
		return []audit.Finding{f}
	},
}

var accountPasswordEmpty = &Check{
	Doc: audit.Doc{
		ID: "account-password-empty", Title: "Account without a password",
		Why: "Whoever knows the name gets in wherever an empty password is allowed: on the console, by su, and by sshd with " +
			"PermitEmptyPasswords yes.",
		Repair:   "passwd -l NAME forbids passwords, passwd NAME sets one.",
		Severity: audit.Critical, Effect: audit.Exposes, Layer: audit.LayerAccount,
		References: []string{"CIS Ubuntu 24.04 7.2.2"},
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		state, file := a.Password, audit.Untrusted("/etc/passwd")
		if state == accounts.PasswordInShadow && a.Shadow.Present {
			state, file = a.Shadow.Password, "/etc/shadow"
		}
		if state != accounts.PasswordEmpty {
			return nil
		}
		f := c.about(a, file, "the account has an empty password")
		f.Observed, f.Expected, f.Fix = "empty", "a password, or none allowed", "passwd -l "+userArgument(a)
		return []audit.Finding{f}
	},
}

var accountSharesUID = &Check{
	Doc: audit.Doc{
		ID: "account-uid-shared", Title: "Accounts with one uid",
		Why: "To the kernel two accounts with one uid are the same user: each can read, change and enter what the other has. Panels do " +
			"this on purpose for additional FTP or web users; a second account with uid 0 is a second root.",
		Repair:   "usermod -u gives the account a uid of its own; its files must be given to it afterwards.",
		Severity: audit.Warning, Effect: audit.Exposes, Layer: audit.LayerAccount,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		same := s.host.Accounts.WithUID(a.UID)
		if len(same) < 2 || same[0].Name != a.Name {
			return nil
		}
		f := c.about(a, "/etc/passwd", "uid %d is shared with %s", a.UID, names(same[1:]))
		f.Line = int(a.Line)
		f.Observed, f.Expected = fmt.Sprintf("%d accounts", len(same)), "1 account"
		if a.UID == 0 {
			f.Severity = audit.Critical
			f.Message = fmt.Sprintf("uid 0, root's, is shared with %s", names(same[1:]))
		}
		return []audit.Finding{f}
	},
}

// maxNames bounds the account names in one message.
const maxNames = 5

// names lists account names for a message.
func names(list []*accounts.Account) string {
	var shown []string
	for _, a := range list[:min(len(list), maxNames)] {
		shown = append(shown, audit.Untrusted(a.Name).String())
	}
	s := strings.Join(shown, ", ")
	if more := len(list) - len(shown); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

var homeShared = &Check{
	Doc: audit.Doc{
		ID: "home-shared", Title: "Two accounts with one home",
		Why: "Accounts of different uids share a home, hence its .ssh: sshd accepts the key file only for its owner and for root, so the " +
			"others' key logins are refused, and repairs are refused because they would take the file from one of them.",
		Repair:   "Give each account a home of its own (usermod -d -m), or let them share the uid if they are the same person.",
		Severity: audit.Warning, Effect: audit.Exposes, Layer: audit.LayerAccount,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, group := range h.Homes.Shared() {
			first := h.Accounts.At(int(group.Accounts[0]))
			var others []*accounts.Account
			for _, i := range group.Accounts[1:] {
				others = append(others, h.Accounts.At(int(i)))
			}
			if !slices.ContainsFunc(others, func(o *accounts.Account) bool { return o.UID != first.UID }) {
				continue // one uid: one unit, told as account-uid-shared
			}
			f := c.finding(audit.Untrusted(first.Home), "the home is also that of %s", names(others))
			f.User = audit.Untrusted(first.Name)
			f.Observed, f.Expected = fmt.Sprintf("%d accounts", len(group.Accounts)), "1 account"
			f.Fix = "give each account a home of its own with usermod -d -m"
			found = append(found, f)
		}
		return found
	},
}

var homeSystem = &Check{
	Doc: audit.Doc{
		ID: "home-system", Title: "Home that is a directory of the system",
		Why: "The account's home in passwd is a directory such as / or /etc. A key file there would be the system's, every user's " +
			"temporary files would be in reach, and no repair touches it.",
		Repair:   "usermod -d gives the account a home of its own.",
		Severity: audit.Warning, Effect: audit.Exposes, Layer: audit.LayerAccount,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if a.System || !keyfiles.SystemHome(a.Account.Home, a.UID) {
			return nil
		}
		f := c.about(a, audit.Untrusted(a.Account.Home), "the home is a directory of the system; it is not repaired")
		f.Line = int(a.Line)
		f.Observed, f.Expected, f.Fix = "a directory of the system", "a home of its own", "usermod -d"
		return []audit.Finding{f}
	},
}
