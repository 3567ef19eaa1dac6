package survey

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/sshdtest"
)

const rightPassword = "correct horse"

// passwordCase is an account and what refuses its right password; HASH in shadow
// stands for the password's hash.
type passwordCase struct {
	name, shadow string
	match        []string
	root         bool
	plain, pam   string
}

func passwordCases() []passwordCase {
	const days = ":19000:0:99999:7:::"
	return []passwordCase{
		{name: "in order", shadow: "HASH" + days},
		{name: "no password", shadow: "*" + days, plain: "password-wrong", pam: "password-wrong"},
		{name: "locked", shadow: "!HASH" + days, plain: "user-locked", pam: "password-wrong"},
		{name: "switched off", shadow: "HASH" + days, match: []string{"PasswordAuthentication no"}, plain: "method-disabled", pam: "method-disabled"},
		{name: "two factors", shadow: "HASH" + days, match: []string{"AuthenticationMethods password,publickey"}, plain: "method-partial", pam: "method-partial"},
		{name: "denied", shadow: "HASH" + days, match: []string{"DenyUsers NAME"}, plain: "user-denied", pam: "user-denied"},
		{name: "account expired", shadow: "HASH:19000:0:99999:7::18000:", plain: "user-expired", pam: "pam-account-denied"},
		{name: "password to be changed", shadow: "HASH:0:0:99999:7:::", plain: "password-expired-shadow", pam: "password-expired-pam"},
		{name: "password too old", shadow: "HASH:18000:0:30:7:::", plain: "password-expired-shadow", pam: "password-expired-pam"},
		{name: "root", shadow: "HASH" + days, root: true, plain: "password-root", pam: "password-root"},
		{name: "root allowed", shadow: "HASH" + days, root: true, match: []string{"PermitRootLogin yes"}},
		{name: "chroot", shadow: "HASH" + days, match: []string{"ChrootDirectory %h"}, plain: "chroot-target", pam: "chroot-target"},
	}
}

// comparePasswords predicts and tries every case in a system of a release.
func comparePasswords(t *testing.T, r sshdtest.Release, pam bool) {
	b := newLoginBox(t, r)
	config := "UsePAM no\n"
	if pam {
		config = "UsePAM yes\n"
	}
	cases := passwordCases()
	for i, c := range cases {
		name := fmt.Sprintf("p%03d", i)
		u := b.AddUser(sshdtest.User{Name: name})
		b.edit("etc/shadow", "\n"+name+":*:19000:0:99999:7:::\n", "\n"+name+":"+strings.Replace(c.shadow, hashMark, b.hash, 1)+"\n")
		if c.root {
			b.edit("etc/passwd", fmt.Sprintf("\n%s:x:%d:%d:", name, u.UID, u.GID), "\n"+name+":x:0:0:")
		}
		if len(c.match) > 0 {
			config += "Match User " + name + "\n\t" + strings.ReplaceAll(strings.Join(c.match, "\n\t"), "NAME", name) + "\n"
		}
	}
	s := b.StartSshd(config)
	answers := make([]decide.Answer, len(cases))
	c, err := collect.Open(t.Context(), collect.Options{Root: b.Root(), Now: time.Now()})
	must(t, err)
	defer c.Close()
	local := netip.MustParseAddr("127.0.0.1")
	must(t, c.Work(func(w *collect.Worker) error {
		for i := range cases {
			name := fmt.Sprintf("p%03d", i)
			k, _ := c.Host().Accounts.Index(name)
			a := w.Login(k, collect.Peer{From: local, To: local})
			answers[i] = decide.Login(c.Host(), a, &a.Via[0], decide.Request{User: name, From: local, To: local, Service: decide.SSH, Method: decide.Password})
		}
		return nil
	}))
	for i, c := range cases {
		real := s.Password(fmt.Sprintf("p%03d", i), rightPassword, "echo ran")
		admitted := real.Exit == 0 && strings.Contains(real.Client, "ran\n")
		want, got := c.plain, ""
		if pam {
			want = c.pam
		}
		if len(answers[i].Causes) > 0 {
			got = answers[i].Causes[0].ID
		}
		if (answers[i].Verdict == audit.Accept) != admitted || answers[i].Verdict == audit.Unknown || got != want {
			t.Errorf("%s: predicted %v by %q, want %q; admitted %v (exit %d)\n%+v\n%s", c.name, answers[i].Verdict, got, want, admitted, real.Exit, answers[i].Steps, real.Client)
		}
	}
}

func TestRightPasswordIsDecidedAsSshdDoes(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		for name, pam := range map[string]bool{" with PAM": true, " without PAM": false} {
			t.Run(string(r)+name, func(t *testing.T) {
				t.Parallel()
				comparePasswords(t, r, pam)
			})
		}
	}
}
