package checks

import (
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

func TestAccountWhoseEveryKeyIsRefusedIsTold(t *testing.T) {
	for _, tc := range []struct {
		name, config, user string
		change             func(*facts.Account)
		want               string
	}{
		{"in order", "", "alice", nil, ""},
		{"locked", "", "alice", func(a *facts.Account) {
			a.Shadow, a.ShadowKnown = accounts.Shadow{Present: true, Password: accounts.PasswordLocked, ExpireOn: -1}, true
		}, "user-locked"},
		{"shell missing", "", "alice", func(a *facts.Account) {
			a.Login = &facts.SystemFile{Problem: &facts.Problem{Failure: facts.Missing}}
		}, "user-shell-missing"},
		{"not allowed", "AllowUsers bob\n", "alice", nil, "user-not-allowed"},
		{"allowed from somewhere", "AllowUsers alice@192.0.2.1\n", "alice", nil, ""},
		{"denied", "DenyUsers alice\n", "alice", nil, "user-denied"},
		{"group", "AllowGroups nobody\n", "alice", nil, "group-not-allowed"},
		{"keys off", "PubkeyAuthentication no\n", "alice", nil, "method-disabled"},
		{"root", "PermitRootLogin no\n", "root", nil, "root-refused"},
		{"another's rule", "DenyUsers bob\n", "alice", nil, ""},
	} {
		h := factstest.Host(t, tc.config)
		a := factstest.Account(t, h, tc.user)
		if tc.change != nil {
			tc.change(a)
		}
		got := ""
		for _, f := range Account(loginChecks(), h, a) {
			got += f.Check
			if f.Effect != audit.Blocks || f.User != audit.Untrusted(tc.user) || f.Fix == "" {
				t.Errorf("%s: %+v lacks something", tc.name, f)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestAccountWithoutKeysIsNotToldOfItsLock(t *testing.T) {
	h := factstest.Host(t, "DenyUsers alice\n")
	a := factstest.Account(t, h, "alice")
	factstest.Write(h, a.Via[0].KeyFiles[0], "# nothing\n")
	if found := Account(loginChecks(), h, a); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}
