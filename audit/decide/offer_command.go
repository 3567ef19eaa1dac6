package decide

import (
	"fmt"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// command judges AuthorizedKeysCommand, which sshd asks when no file let the key in.
func (o *offer) command() {
	s, l := o.l.via.Settings, o.l
	text, ok := s.Text("authorizedkeyscommand")
	if o.admitted || !ok || strings.EqualFold(text, "none") {
		return
	}
	c := l.set("", "authorizedkeyscommand", "", "correct AuthorizedKeysCommand in sshd_config, and reload sshd")
	user, _ := s.Text("authorizedkeyscommanduser")
	p := l.via.Policy.Command
	switch {
	case l.h.OtherAccounts == "" && user != "" && !strings.Contains(user, "%") && l.h.Accounts.Lookup(user) == nil:
		c.ID, c.Message = "akc-user-missing", fmt.Sprintf("AuthorizedKeysCommandUser %s does not exist, so AuthorizedKeysCommand is not run", audit.Untrusted(user))
	case p == nil:
		c.ID, c.Message = "akc-missing", "AuthorizedKeysCommand names no absolute path"
	case p.Problem != nil && p.Problem.Failure != facts.Uncertain:
		c.ID, c.Path, c.Line, c.Message = "akc-missing", audit.Untrusted(p.Setting), 0, fmt.Sprintf("AuthorizedKeysCommand %s does not exist", audit.Untrusted(p.Setting))
	default:
		if p.Problem == nil {
			if object, fault := UnsafeProgram(p, l.via.Server.Rules, l.h.Accounts); fault != 0 && fault != FaultGroupUncertain {
				c.ID, c.Path, c.Line = "akc-unsafe", object.Path, 0
				c.Message = fmt.Sprintf("sshd does not run AuthorizedKeysCommand: others than root could change %s", object.Path)
				c.Observed = fmt.Sprintf("uid %d, mode %04o", object.UID, object.Mode)
				c.Fix = "chown root and chmod go-w the path"
				o.rest = append(o.rest, c)
				return
			}
		}
		o.doubts = append(o.doubts, fmt.Sprintf("AuthorizedKeysCommand %s may print the key; run it as %s to see", audit.Untrusted(p.Setting), audit.Untrusted(user)))
		return
	}
	o.rest = append(o.rest, c)
}
