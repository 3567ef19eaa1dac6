package decide

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

// ask decides a login of alice by any listed key under a configuration.
func ask(t *testing.T, config string, change func(*facts.Host, *facts.Account), req Request) Answer {
	t.Helper()
	h := factstest.Host(t, config)
	a := factstest.Account(t, h, "alice")
	if change != nil {
		change(h, a)
	}
	if req.Service == "" {
		req.Service = SSH
	}
	if req.Method == "" {
		req.Method = Publickey
	}
	req.User = "alice"
	answer := Login(h, a, &a.Via[0], req)
	var refusals []audit.Cause
	if answer.Verdict == audit.Refuse {
		refusals = answer.Causes
	}
	if diff := cmp.Diff(refusals, Refusals(h, a, &a.Via[0], req)); diff != "" {
		t.Error("Login and Refusals differ:", diff)
	}
	return answer
}

func causeIDs(a Answer) (ids []string) {
	for _, c := range a.Causes {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestLaterCausesFollowTheFirst(t *testing.T) {
	got := ask(t, "DenyUsers alice\nPubkeyAuthentication no\n", func(_ *facts.Host, a *facts.Account) {
		a.Shadow.Password, a.Shadow.Present = accounts.PasswordLocked, true
		a.Via[0].KeyFiles[0].Mode = 0o666
	}, Request{})
	want := []string{"user-locked", "user-denied", "method-disabled", "akf-strict-file"}
	if got.Verdict != audit.Refuse || !slices.Equal(causeIDs(got), want) {
		t.Errorf("%v %v, want refuse %v", got.Verdict, causeIDs(got), want)
	}
}

func TestAddressThatIsNotKnownLeavesTheVerdictOpen(t *testing.T) {
	for name, config := range map[string]string{
		"Match Address": "Match Address 192.0.2.0/24\n\tPubkeyAuthentication no\n",
		"AllowUsers":    "AllowUsers alice@192.0.2.0/24\n",
		"DenyUsers":     "DenyUsers alice@192.0.2.0/24\n",
	} {
		if got := ask(t, config, nil, Request{}); got.Verdict != audit.Unknown || len(got.Causes) > 0 {
			t.Errorf("%s: %v %v, want unknown without a cause", name, got.Verdict, causeIDs(got))
		}
		if got := ask(t, config, nil, Request{From: netip.MustParseAddr("198.51.100.1")}); got.Verdict == audit.Unknown {
			t.Errorf("%s: still unknown though the address is given: %+v", name, got.Steps)
		}
	}
	if got := ask(t, "Match User bob Address 192.0.2.0/24\n\tPubkeyAuthentication no\n", nil, Request{}); got.Verdict != audit.Accept {
		t.Errorf("another user's block: %v, want accept", got.Verdict)
	}
}

func TestPasswordIsJudgedAsIfItWereRight(t *testing.T) {
	for _, tc := range []struct {
		config string
		state  accounts.PasswordState
		want   string
	}{
		{"", accounts.PasswordSet, ""},
		{"", accounts.PasswordImpossible, "password-wrong"},
		{"", accounts.PasswordEmpty, "password-empty"},
		{"PermitEmptyPasswords yes\n", accounts.PasswordEmpty, ""},
		{"PasswordAuthentication no\n", accounts.PasswordSet, "method-disabled"},
	} {
		got := ask(t, tc.config, func(_ *facts.Host, a *facts.Account) {
			a.Shadow, a.ShadowKnown = accounts.Shadow{Present: true, Password: tc.state, LastChange: 20000, Max: 99999, ExpireOn: -1}, true
		}, Request{Method: Password})
		if ids := causeIDs(got); tc.want == "" && got.Verdict != audit.Accept || tc.want != "" && (len(ids) == 0 || ids[0] != tc.want) {
			t.Errorf("%q, state %d: %v %v, want %q", tc.config, tc.state, got.Verdict, ids, tc.want)
		}
	}
}

func TestNameThatNobodyHasGetsSuggestions(t *testing.T) {
	db := factstest.DB("alice:x:1:1::/:/bin/sh\nweb0l:x:2:2::/:/bin/sh\nbob-smith:x:3:3::/:/bin/sh\n", "")
	for name, want := range map[string]string{
		"Alice": "alice", " alice": "alice", "alcie": "alice", "alic": "alice", "aliice": "alice", "EXAMPLE\\alice": "alice",
		"alice@example.com": "alice", "webol": "web0l", "webO1": "web0l", "bob_smith": "bob-smith", "carol": "", "": "", "al": "",
	} {
		got := Suggest(db, name, 3)
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestWrapperRulesAreReadAsLibwrapDoes(t *testing.T) {
	here := netip.MustParseAddr("203.0.113.7")
	for _, tc := range []struct {
		text   string
		line   int
		option string
		unsure bool
	}{
		{"", 0, "", false},
		{"# sshd: ALL\n", 0, "", false},
		{"vsftpd: ALL\n", 0, "", false},
		{"sshd: ALL\n", 1, "", false},
		{"ALL: ALL EXCEPT 203.0.113.\n", 0, "", false},
		{"sshd, vsftpd : 192.0.2.1 203.0.113.0/24\n", 1, "", false},
		{"sshd: 203.0.113.0/255.255.255.0 : deny\n", 1, "deny", false},
		{"sshd: \\\n 203.0.113.7\n", 1, "", false},
		{"sshd: [2001:db8::]/32\nSSHD: all\n", 2, "", false},
		{"sshd: .example.com\n", 1, "", true},
		{"sshd: ALL : twist /bin/echo no\n", 1, "", true},
		{"ALL EXCEPT sshd: ALL\n", 0, "", false},
	} {
		got := wrapperRule(tc.text, here, "")
		if got.line != tc.line || got.option != tc.option || (got.unsure != "") != tc.unsure {
			t.Errorf("%q: %+v, want line %d %q unsure %v", tc.text, got, tc.line, tc.option, tc.unsure)
		}
	}
}

func TestStartUpFileThatPrintsIsTold(t *testing.T) {
	for text, want := range map[string]ternary{
		"":                                     no,
		"echo hi\n":                            yes,
		"  echo hi\n":                          yes,
		"echo hi >/dev/null\n":                 no,
		"if true; then\n  echo hi\nfi\n":       maybe,
		"[ -z \"$PS1\" ] && return\necho hi\n": no,
		"case $- in *i*) ;; *) return;; esac\necho hi\n": no,
		"export A=$(date)\nPATH=a:b\nalias l=ls\n":       no,
		"/opt/greet\n": maybe,
		"#echo hi\n":   no,
	} {
		if _, got := prints(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestArgumentsOfTheSFTPServer(t *testing.T) {
	for args, bad := range map[string]bool{
		"": false, "-l INFO -f AUTH": false, "-lINFO": false, "-R -u 022": false, "-u 9999": true, "-Z": true, "-l": true, "-h": true, "-d /srv": false,
	} {
		if got := badArguments(strings.Fields(args)); (got != "") != bad {
			t.Errorf("%q: %q, want bad %v", args, got, bad)
		}
	}
}

func FuzzTextsOfTheHost(f *testing.F) {
	f.Add("sshd: ALL EXCEPT [::1]/64 : deny\\\n", "echo hi\nif x; then\nfi\n", "-u 022 -l INFO")
	f.Fuzz(func(_ *testing.T, rules, script, args string) {
		wrapperRule(rules, netip.MustParseAddr("203.0.113.7"), "web.example.com")
		prints(script)
		badArguments(strings.Fields(args))
	})
}

func TestManyLinesAreJudgedInBoundedTime(t *testing.T) {
	// Every line is refused; to try each against each would take hours.
	var lines strings.Builder
	for i := range 50_000 {
		lines.WriteString("from=\"192.0.2.1\" " + factstest.Ed25519(byte(i)))
	}
	got := ask(t, "", func(h *facts.Host, a *facts.Account) {
		factstest.Write(h, a.Via[0].KeyFiles[0], lines.String())
	}, Request{From: netip.MustParseAddr("198.51.100.1")})
	if got.Verdict != audit.Unknown || !strings.Contains(got.Steps[len(got.Steps)-1].Message, "more are listed") {
		t.Errorf("%v %+v, want unknown: more keys than are tried", got.Verdict, got.Steps)
	}
	text := strings.Repeat("case $- in\n", 90_000)
	if _, v := prints(text); v == yes {
		t.Error("a file that prints nothing prints")
	}
}
