package pam

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
)

func TestProblemsNameFileAndLine(t *testing.T) {
	s := files{}.stack(bookworm, "# comment\naccount requird pam_permit.so\nacount required pam_permit.so\n\naccount \\\n required\nsession include gone\n")
	var got []string
	for _, p := range s.Problems() {
		got = append(got, p.String())
	}
	want := []string{
		`/etc/pam.d/sshd:2: control requird: expecting a return value; every answer of the module counts as bad`,
		`/etc/pam.d/sshd:3: unknown type acount: the line fails in the auth stack`,
		`/etc/pam.d/sshd:5: no module: the line fails`,
		`/etc/pam.d/sshd:7: gone cannot be included: the line fails`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestUnreadableFileLeavesTheVerdictUnknown(t *testing.T) {
	source := files{}.source()
	source.Read = func(string) ([]byte, error) { return nil, fs.ErrPermission }
	o := Load("sshd", source, bookworm).Evaluate(Account, alice())
	wantVerdict(t, o, audit.Unknown, "", "")
	if !strings.Contains(o.Message, "/etc/pam.d/sshd") {
		t.Errorf("the message does not name the file: %s", o.Message)
	}
}

func TestUnreadableModuleFileLeavesTheVerdictUnknown(t *testing.T) {
	source := files{"/etc/pam.d/sshd": withAccess}.source()
	read := source.Read
	source.Read = func(p string) ([]byte, error) {
		if p == accessFile {
			return nil, errors.New("too large")
		}
		return read(p)
	}
	wantVerdict(t, Load("sshd", source, bookworm).Evaluate(Account, alice()), audit.Unknown, "", "pam_access")
}

func TestUnknownReleaseIsDefiniteWhereReleasesAgree(t *testing.T) {
	const unix = "account required pam_unix.so\n"
	last, over := alice(), alice()
	last.Shadow.LastChange, last.Shadow.Max = today()-30, 30
	over.Shadow.LastChange, over.Shadow.Max = today()-31, 30
	wantVerdict(t, files{}.stack(Library{Debian: true}, unix).Evaluate(Account, last), audit.Unknown, "", "")
	wantVerdict(t, files{}.stack(Library{Debian: true}, unix).Evaluate(Account, over), audit.Refuse, CausePasswordExpired, "pam_unix")
	wantVerdict(t, files{}.stack(Library{1, 7, 0, true}, unix).Evaluate(Account, last), audit.Refuse, CausePasswordExpired, "pam_unix")
	wantVerdict(t, files{}.stack(bookworm, unix).Evaluate(Account, last), audit.Accept, "", "pam_unix")
}

func TestUnknownAddressMattersOnlyWhereALineAsksForIt(t *testing.T) {
	a := alice()
	a.RemoteHost = ""
	for text, verdict := range map[string]audit.Verdict{
		"+:alice:ALL\n-:ALL:ALL\n":          audit.Accept,
		"+:alice:192.0.2.0/24\n-:ALL:ALL\n": audit.Unknown,
		"-:alice:192.0.2.0/24\n-:ALL:ALL\n": audit.Refuse,
		"+:bob:192.0.2.0/24\n-:ALL:ALL\n":   audit.Refuse,
		"+:alice:LOCAL\n-:ALL:ALL\n":        audit.Refuse,
		"-:alice:192.0.2.0/24\n":            audit.Unknown,
	} {
		o := files(accessConf(text)).stack(bookworm, withAccess).Evaluate(Account, a)
		if o.Verdict != verdict {
			t.Errorf("%q: got %v (%s), want %v", text, o.Verdict, o.Message, verdict)
		}
	}
}

func TestHostnamesAreNotResolved(t *testing.T) {
	for _, tc := range []struct {
		lib     Library
		args    string
		verdict audit.Verdict
	}{
		{bookworm, "", audit.Refuse}, // compared as text only
		{Library{1, 7, 0, true}, "", audit.Unknown},
		{Library{1, 7, 0, true}, "nodns", audit.Refuse},
		{Library{1, 5, 1, false}, "", audit.Unknown}, // vendors put the lookup into older releases
	} {
		f := files(accessConf("+:alice:office.example.org\n-:ALL:ALL\n"))
		o := f.stack(tc.lib, "account required pam_access.so "+tc.args+"\n").Evaluate(Account, alice())
		if o.Verdict != tc.verdict {
			t.Errorf("%v %q: got %v (%s), want %v", tc.lib, tc.args, o.Verdict, o.Message, tc.verdict)
		}
	}
}

func TestOpenLoginsAreCountedAgainstTheLimit(t *testing.T) {
	for open, verdict := range map[int]audit.Verdict{1: audit.Accept, 2: audit.Refuse, -1: audit.Unknown} {
		a := alice()
		if open >= 0 {
			a.Logins = &open
		}
		o := files(limitsConf("alice - maxlogins 2\n")).stack(bookworm, withLimits).Evaluate(Session, a)
		if o.Verdict != verdict {
			t.Errorf("%d open: got %v (%s), want %v", open, o.Verdict, o.Message, verdict)
		}
	}
}

// TestRedHatStack is the password-auth stack of RHEL 9: a local account never
// gets to pam_sss, which is not evaluated.
func TestRedHatStack(t *testing.T) {
	f := files{
		"/etc/pam.d/password-auth": "account required pam_unix.so\naccount sufficient pam_localuser.so\n" +
			"account sufficient pam_usertype.so issystem\naccount [default=bad success=ok user_unknown=ignore] pam_sss.so\naccount required pam_permit.so\n",
		"/usr/lib64/security/pam_unix.so": "", "/usr/lib64/security/pam_sss.so": "", "/usr/lib64/security/pam_nologin.so": "",
		"/usr/lib64/security/pam_localuser.so": "", "/usr/lib64/security/pam_usertype.so": "", "/usr/lib64/security/pam_permit.so": "",
		"/usr/lib64/security/pam_sepermit.so": "", "/etc/security/sepermit.conf": "# none\n",
	}
	s := f.stack(Library{1, 5, 1, false}, "account required pam_sepermit.so\naccount required pam_nologin.so\naccount include password-auth\n")
	wantVerdict(t, s.Evaluate(Account, alice()), audit.Accept, "", "*")
	ldap := alice()
	ldap.Local, ldap.Password = false, accounts.PasswordImpossible
	o := s.Evaluate(Account, ldap)
	wantVerdict(t, o, audit.Unknown, "", "pam_sss")
	if d := cmp.Diff([]audit.Untrusted{"pam_sss"}, o.Unknown); d != "" {
		t.Error(d)
	}
}

func TestParseLibrary(t *testing.T) {
	for version, want := range map[string]Library{
		"1.5.2-6+deb12u1": {1, 5, 2, true}, "1.7.0-5": {1, 7, 0, true}, "0:1.4.0": {1, 4, 0, true}, "1.3.1-5ubuntu4.7": {1, 3, 1, true},
	} {
		if got, err := ParseLibrary(version, true); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", version, got, err, want)
		}
	}
	if got, err := ParseLibrary("unknown", true); err == nil || got.Known() {
		t.Errorf("a version without numbers: %v, %v", got, err)
	}
}
