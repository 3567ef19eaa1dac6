package checks

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

func theSSHDir(a *facts.Account) *facts.Node {
	if a.SSHDir.Problem != nil || a.SSHDir.Type != facts.Directory {
		return nil
	}
	return &a.SSHDir.Node
}

var sshDirWritable = exposed(audit.Doc{
	ID: "ssh-dir-writable-by-others", Title: ".ssh that others can write",
	Why: "Whoever may write ~/.ssh can put a key of their own there and log in as this account. No key login is refused by it today " +
		"(there is no key file, or StrictModes is off), but once there is one it will be.",
	Repair: "sshaudit fix --user NAME makes it 0700.", Automatic: true,
}, theSSHDir, false)

var sshDirOwner = exposed(audit.Doc{
	ID: "ssh-dir-owner-wrong", Title: ".ssh that belongs to somebody else",
	Why: "The owner of ~/.ssh can put a key of their own there and log in as this account.",
	Repair: "sshaudit fix --user NAME gives it back if its owner is no account any more; otherwise chown NAME the directory, " +
		"after finding out who changed it.",
	Automatic: true,
}, theSSHDir, true)

var sshDirNotDirectory = &Check{
	Doc: audit.Doc{
		ID: "ssh-dir-not-a-directory", Title: ".ssh that is not a directory",
		Why:      "A file, FIFO or device stands where ~/.ssh should be, so there can be no key file and key logins are refused.",
		Repair:   "Move it away and make a directory: install -d -m 700 -o NAME ~NAME/.ssh.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		d := &a.SSHDir
		if d.Type == facts.TypeUnknown || d.Type == facts.Directory || d.Type == facts.Symlink {
			return nil
		}
		f := c.about(a, d.Path, "a %s stands where the directory should be", d.Type)
		f.Observed, f.Expected = d.Type.String(), facts.Directory.String()
		f.Fix = "move it away, then make a directory of mode 0700 that belongs to the account"
		return []audit.Finding{f}
	},
}

var sshDirSymlink = &Check{
	Doc: audit.Doc{
		ID: "ssh-dir-symlink", Title: ".ssh that is a link",
		Why: "sshd follows it and judges where it leads: every directory above the target up to / if that lies outside the home. " +
			"It works, but a repair does not follow links that a user controls.",
		Repair:   "Replace the link by a directory if it is not meant so.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if !a.SSHDir.Link {
			return nil
		}
		f := c.about(a, a.SSHDir.Path, "it is a link to %s", a.SSHDir.Target)
		f.Observed, f.Expected = "symbolic link", "directory"
		return []audit.Finding{f}
	},
}

var sshDirModeLoose = &Check{
	Doc: audit.Doc{
		ID: "ssh-dir-mode-loose", Title: ".ssh that others can list",
		Why:      "sshd does not mind (0755 works), but names, keys and the list of hosts in it are nobody else's business.",
		Repair:   "sshaudit fix --user NAME makes it 0700.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerKey, Automatic: true,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		n := theSSHDir(a)
		if n == nil || n.Mode&0o022 != 0 || n.Mode&0o055 == 0 {
			return nil
		}
		f := c.about(a, n.Path, "others can look into it; sshd does not mind")
		f.Observed, f.Expected, f.Fix = octal(n.Mode), octal(targetMode(a, n)), repair(a)
		return []audit.Finding{f}
	},
}

var sshDirTooMany = &Check{
	Doc: audit.Doc{
		ID: "ssh-dir-too-many", Title: ".ssh with more entries than were looked at",
		Why: "Only the first 4096 entries are looked at, so that no account can keep the audit busy. What lies behind them was " +
			"not judged: that is not a pass.",
		Repair:   "Find out what fills the directory and clear it.",
		Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if !a.SSHDir.Truncated {
			return nil
		}
		f := c.about(a, a.SSHDir.Path, "it holds more entries than the %d that were looked at", len(a.SSHDir.Entries))
		f.Observed = fmt.Sprintf("more than %d entries", len(a.SSHDir.Entries))
		f.Fix = "find out what fills the directory"
		return []audit.Finding{f}
	},
}
