package decide

import (
	"net/netip"
	"slices"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
	"sshaudit/audit/sshdconf"
)

// With UseDNS patterns are held against the client's host name, which nobody but
// the server's resolver knows.
func TestHostNameDecidesWithUseDNSOnly(t *testing.T) {
	const dns = "UseDNS yes\n"
	for _, tc := range []struct {
		config, line, host string
		verdict            audit.Verdict
		cause              string
	}{
		{dns + "AllowUsers alice@*.example.com\n", "", "", audit.Unknown, ""},
		{dns + "AllowUsers alice@*.example.com\n", "", "Web.Example.COM", audit.Accept, ""},
		{dns + "AllowUsers alice@*.example.com\n", "", "web.example.org", audit.Refuse, "user-not-allowed"},
		{dns + "AllowUsers alice@203.0.113.0/24\n", "", "", audit.Accept, ""},
		{dns + "DenyUsers alice@web.example.com\n", "", "web.example.com", audit.Refuse, "user-denied"},
		{"AllowUsers alice@*.example.com\n", "", "web.example.com", audit.Refuse, "user-not-allowed"},
		{dns, `from="*.example.com" `, "", audit.Unknown, ""},
		{dns, `from="*.example.com" `, "web.example.com", audit.Accept, ""},
		{dns, `from="!web.example.com,*" `, "web.example.com", audit.Refuse, "ak-from"},
		{"", `from="*.example.com" `, "web.example.com", audit.Refuse, "ak-from"},
		{dns + "Match Host *.example.com\n\tPubkeyAuthentication no\n", "", "", audit.Unknown, ""},
		{dns + "Match Host *.example.com\n\tPubkeyAuthentication no\n", "", "web.example.com", audit.Refuse, "method-disabled"},
		{dns + "Match Host *.example.com\n\tPubkeyAuthentication no\n", "", "web.example.org", audit.Accept, ""},
	} {
		from := netip.MustParseAddr("203.0.113.7")
		got := ask(t, tc.config, func(h *facts.Host, a *facts.Account) {
			if tc.line != "" {
				f := a.Via[0].KeyFiles[0]
				f.Keys = authkeys.Parse([]byte(tc.line+factstest.Ed25519(1)), authkeys.Rules{
					Version: f.Release, Now: h.Now, Zone: h.Zone, UseDNS: a.Via[0].Settings.Bool("usedns"),
				})
			}
			conn := sshdconf.Conn{User: "alice", Addr: from.String(), Host: tc.host, LocalPort: 22}
			if !a.Via[0].Settings.Bool("usedns") {
				conn.Host = conn.Addr
			}
			settings, err := h.Servers[0].Config.Effective(conn)
			if err != nil {
				t.Fatal(err)
			}
			a.Via[0].Settings, a.Via[0].Policy = settings, facts.NewPolicy(settings)
		}, Request{From: from, Host: tc.host})
		if ids := causeIDs(got); got.Verdict != tc.verdict || tc.cause != "" && !slices.Equal(ids, []string{tc.cause}) {
			t.Errorf("%q, %q, host %q: %v %q %+v, want %v %q", tc.config, tc.line, tc.host, got.Verdict, ids, got.Steps, tc.verdict, tc.cause)
		}
	}
}

func TestNamesInWrapperRulesAreHeldAgainstTheHostName(t *testing.T) {
	from := netip.MustParseAddr("203.0.113.7")
	for token, want := range map[string]map[string]ternary{
		".example.com":    {"": maybe, "web.example.com": yes, "example.com": no, "web.example.org": no},
		"web.example.com": {"": maybe, "WEB.example.com": yes, "mail.example.com": no},
		"LOCAL":           {"": maybe, "web": yes, "web.example.com": no},
		"KNOWN":           {"": maybe, "web.example.com": yes},
		"203.0.113.":      {"": yes, "web.example.com": yes},
		"*.example.com":   {"web.example.com": maybe},
	} {
		for host, match := range want {
			if got := matchClient(token, from, host); got != match {
				t.Errorf("%s against %q: %d, want %d", token, host, got, match)
			}
		}
	}
}

func TestMissingPartsOfACommandAreTold(t *testing.T) {
	for command, want := range map[string]bool{
		"echo hi": false, "/no/such": true, "/no/such || true": false, "nosuchprogram": false, "INTERNAL-SFTP": true,
		"internal-sftpx -l INFO": true, "'/no/such'": false, "A=b /no/such": false, "": false, "/bin/bash -c true": false, "/etc/passwd": true, "/opt/script": true,
	} {
		w := newWorld(t, &pathCase{config: sftpConfig})
		w.h.Servers[0].Installed = true
		p := w.via.Session.Programs
		p["/no/such"], p["nosuchprogram"] = facts.SystemFile{Problem: &facts.Problem{Failure: facts.Missing}}, facts.SystemFile{Problem: &facts.Problem{Failure: facts.Missing}}
		p["/etc/passwd"] = facts.SystemFile{Node: factstest.File("/etc/passwd", 0o644, 0, 0)}
		p["/opt/script"] = facts.SystemFile{Node: factstest.File("/opt/script", 0o755, 0, 0)}
		w.via.Session.Heads["/opt/script"] = facts.Head{Format: facts.FormatScript, Interpreter: facts.SystemFile{Problem: &facts.Problem{Failure: facts.Missing}}}
		l := &login{h: w.h, a: w.a, via: w.via, req: w.req}
		if why := l.fails(command); (why != "") != want {
			t.Errorf("%q: %q, want a reason %v", command, why, want)
		}
		if got := l.missingProgram(command); got != (command == "nosuchprogram") {
			t.Errorf("%q: missing %v", command, got)
		}
	}
}

func TestStartUpFileThatLeavesTheShellIsTold(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "export A=b\n": 0, "exit 0\n": 1, "# exit\ntrue\nexec zsh\n": 3, "[ -z \"$PS1\" ] && return\nexec zsh\n": 0,
		"case $- in *i*) ;; *) return;; esac\nexit\n": 0, "true; exit\n": 1,
	} {
		if got := leaves(text); got != want {
			t.Errorf("%q: line %d, want %d", text, got, want)
		}
	}
}
