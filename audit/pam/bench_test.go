package pam

import (
	"fmt"
	"strings"
	"testing"

	"sshaudit/audit"
)

// BenchmarkAccount evaluates one account by the stack that Debian ships.
func BenchmarkAccount(b *testing.B) {
	host := files{"/etc/pam.d/common-account": commonAccount, "/lib/security/pam_unix.so": ""}
	s := host.stack(bookworm, "account required pam_nologin.so\naccount required pam_access.so\n@include common-account\n")
	f := alice()
	b.ReportAllocs()
	for b.Loop() {
		s.Evaluate(Account, f)
	}
}

// BenchmarkTooManyIncludes reads files that include each other many times at
// every level, the costliest thing that PAM files can do.
func BenchmarkTooManyIncludes(b *testing.B) {
	host := files{}
	text := strings.Repeat("account include sshd\n", 40) + "account [default=ignore] pam_mystery.so\n"
	b.ReportAllocs()
	for b.Loop() {
		host.stack(Library{1, 7, 0, true}, text).Evaluate(Account, alice())
	}
}

func TestEndlessIncludesAreNotEvaluated(t *testing.T) {
	for _, tc := range []struct {
		lib     Library
		text    string
		verdict audit.Verdict
		cause   string
	}{
		{bookworm, "@include sshd\n", audit.Refuse, CauseInit},
		{Library{1, 7, 0, true}, "@include sshd\n", audit.Refuse, CauseInit},
		{bookworm, "account include sshd\n", audit.Unknown, ""},
		{Library{1, 7, 0, true}, "account include sshd\naccount required pam_permit.so\n", audit.Refuse, CauseAccount},
		{Library{1, 7, 0, true}, strings.Repeat("account include sshd\n", 3), audit.Unknown, ""},
		{bookworm, strings.Repeat("account substack sshd\n", 3), audit.Unknown, ""},
	} {
		t.Run(fmt.Sprintf("1.%d %.40q", tc.lib.Minor, tc.text), func(t *testing.T) {
			wantVerdict(t, files{}.stack(tc.lib, tc.text).Evaluate(Account, alice()), tc.verdict, tc.cause, "*")
		})
	}
}
