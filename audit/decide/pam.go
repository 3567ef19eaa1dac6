package decide

import "sshaudit/audit"

// pam judges what PAM makes of the account and the session.
func (l *login) pam() {
	if !l.bool("usepam") {
		return
	}
	l.doubt(audit.LayerAccount, "UsePAM is on, and the stack of /etc/pam.d/sshd was not evaluated")
}
