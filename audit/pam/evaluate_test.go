package pam

import (
	"maps"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
)

const commonAccount = `account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so
account	requisite			pam_deny.so
account	required			pam_permit.so
`

func TestDebianAccountStack(t *testing.T) {
	f := files{"/etc/pam.d/common-account": commonAccount}
	const sshd = "account required pam_nologin.so\n@include common-account\n"
	for _, tc := range []struct {
		name    string
		change  func(*Facts, files)
		verdict audit.Verdict
		cause   string
		module  string
	}{
		{"plain", func(*Facts, files) {}, audit.Accept, "", "pam_permit"},
		{"nologin", func(_ *Facts, f files) { f["/etc/nologin"] = "" }, audit.Refuse, CauseAccount, "pam_nologin"},
		{"nologin for root", func(a *Facts, f files) { f["/etc/nologin"] = ""; a.UID = 0 }, audit.Accept, "", "pam_permit"},
		{"expired yesterday", func(a *Facts, _ files) { a.Shadow.ExpireOn = today() - 1 }, audit.Refuse, CauseAccount, "pam_deny"},
		{"expires today", func(a *Facts, _ files) { a.Shadow.ExpireOn = today() }, audit.Refuse, CauseAccount, "pam_deny"},
		{"expires tomorrow", func(a *Facts, _ files) { a.Shadow.ExpireOn = today() + 1 }, audit.Accept, "", "pam_permit"},
		{"chage -d 0", func(a *Facts, _ files) { a.Shadow.LastChange = 0 }, audit.Refuse, CausePasswordExpired, "pam_unix"},
		{"no shadow line", func(a *Facts, _ files) { a.Shadow.Present = false }, audit.Refuse, CauseAccount, "pam_deny"},
		{"shadow unread", func(a *Facts, _ files) { a.Shadow = nil }, audit.Unknown, "", "pam_unix"},
		{"locked password", func(a *Facts, _ files) { a.Shadow.Password = accounts.PasswordLocked }, audit.Accept, "", "pam_permit"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, own := alice(), maps.Clone(f)
			tc.change(a, own)
			wantVerdict(t, own.stack(bookworm, sshd).Evaluate(Account, a), tc.verdict, tc.cause, tc.module)
		})
	}
}
