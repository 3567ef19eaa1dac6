package pam

import (
	"testing"
	"unicode"

	"sshaudit/audit"
)

// sound checks what has to hold for every outcome.
func sound(t *testing.T, o Outcome) {
	t.Helper()
	switch {
	case o.Verdict == audit.Accept && o.Cause != "":
		t.Fatalf("accepted with a cause: %+v", o)
	case o.Verdict == audit.Refuse && (o.Cause == "" || o.Message == ""):
		t.Fatalf("refused without a reason: %+v", o)
	case o.Verdict == audit.Unknown && o.Message == "":
		t.Fatalf("unknown without a reason: %+v", o)
	}
	for _, r := range o.Message {
		if unicode.IsControl(r) {
			t.Fatalf("the message is not escaped: %q", o.Message)
		}
	}
}

func evaluateAll(t *testing.T, s *Stack) {
	t.Helper()
	for _, typ := range []Type{Auth, Account, Session, Setcred} {
		sound(t, s.Evaluate(typ, alice()))
	}
	for _, p := range s.Problems() {
		if p.Message == "" {
			t.Fatalf("a problem without words: %+v", p)
		}
	}
}

var fuzzedLibraries = []Library{{}, {1, 4, 0, true}, {1, 5, 1, false}, {1, 7, 0, true}, {1, 7, 0, false}}

// FuzzStack: no text of pam.d panics, loops or yields a verdict without a reason.
func FuzzStack(f *testing.F) {
	f.Add("@include more\naccount required pam_permit.so\n", "account sufficient pam_unix.so # x\n", uint8(1))
	f.Add("account include more\nsession substack more\n", "@include sshd\nsession required pam_deny.so", uint8(1))
	f.Add("account substack sshd\naccount include sshd\n", "", uint8(4))
	f.Add("account [success=2 default=reset] pam_mystery.so a [b c\\] d]\n-auth \\\n required pam_x.so\\\n", "#\n", uint8(3))
	f.Add("account [success=9999999999999999999 user_unknown=1ignore=ok] pam_permit.so\n", "\x00", uint8(2))
	for _, tc := range stackCases {
		f.Add(tc.sshd, tc.files["/etc/pam.d/more"], uint8(1))
	}
	f.Fuzz(func(t *testing.T, sshd, more string, lib uint8) {
		host := files{"/etc/pam.d/more": more, "/lib/security/pam_unix.so": "", "/lib/security/pam_permit.so": ""}
		evaluateAll(t, host.stack(fuzzedLibraries[int(lib)%len(fuzzedLibraries)], sshd))
	})
}

// everyModule reads every file that a module reads from one text.
const everyModule = `account optional pam_access.so
account optional pam_time.so
account optional pam_listfile.so item=group sense=deny file=/etc/list
account optional pam_shells.so
account optional pam_usertype.so isregular
account optional pam_localuser.so file=/etc/list
account optional pam_sepermit.so
session optional pam_limits.so
session optional pam_access.so listsep=, accessfile=/etc/list
auth optional pam_faillock.so preauth
`

// FuzzModuleFiles: no text of a module's configuration panics or yields a
// verdict without a reason.
func FuzzModuleFiles(f *testing.F) {
	f.Add("-:ALL EXCEPT (web) @x a@b:LOCAL 10.0.0.0/8 .example.org ::1/64\n", uint8(1))
	f.Add("*;*;!root & !al*;!Wk0800-1700|Sa\n", uint8(1))
	f.Add("@web hard maxlogins 3\n%:33 - maxlogins 0\n1000:2000 - nproc 1\n* -\n", uint8(3))
	f.Add("deny = 5\nunlock_time never\nfail_interval=99999999999\n", uint8(0))
	f.Add(tallyFile(1, 2, 3), uint8(1))
	for _, tc := range stackCases {
		for _, text := range tc.files {
			f.Add(text, uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, text string, lib uint8) {
		host := files{}
		for _, p := range []string{
			accessFile, "/etc/security/access.d/a.conf", "/etc/security/time.conf", "/etc/list", "/etc/shells", "/etc/login.defs",
			limitsFile, "/etc/security/limits.d/b.conf", faillockFile, "/etc/security/sepermit.conf", "/var/run/faillock/alice",
		} {
			host[p] = text
		}
		evaluateAll(t, host.stack(fuzzedLibraries[int(lib)%len(fuzzedLibraries)], everyModule))
	})
}

// FuzzConditions: no argument of a module panics.
func FuzzConditions(f *testing.F) {
	f.Add("uid >= 0x3e8 user =~ a[!b-d]*")
	f.Add("user in :alice: user ingroup a:web")
	f.Add("[item=user sense=x] onerr=succeed apply=@")
	f.Add("use_uid shell = x rhost notin")
	f.Fuzz(func(t *testing.T, arguments string) {
		for _, module := range []string{"pam_succeed_if", "pam_listfile", "pam_access", "pam_nologin", "pam_faillock", "pam_limits", "pam_time", "pam_debug"} {
			for _, lib := range fuzzedLibraries {
				evaluateAll(t, files{}.stack(lib, "account required "+module+".so "+arguments+"\n"))
			}
		}
	})
}
