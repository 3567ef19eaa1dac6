package decide

import (
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

// listed makes alice's account with this key file on a host of this release.
func listed(t *testing.T, version audit.OpenSSH, config, content string) (*facts.Host, *facts.Account) {
	t.Helper()
	h := factstest.Host(t, "")
	h.Servers = []*facts.Server{factstest.Server(t, version, config)}
	a := factstest.Account(t, h, "alice")
	f := a.Via[0].KeyFiles[0]
	f.Release = version
	factstest.Write(h, f, content)
	if len(f.Keys.Lines) != 1 {
		t.Fatalf("%d lines with a key, want 1", len(f.Keys.Lines))
	}
	return h, a
}

func TestKeyOfARefusedKindIsNotAccepted(t *testing.T) {
	v84, v87, v88, v910 := audit.OpenSSH{Major: 8, Minor: 4, Patch: 1}, audit.OpenSSH{Major: 8, Minor: 7, Patch: 1},
		audit.OpenSSH{Major: 8, Minor: 8, Patch: 1}, audit.OpenSSH{Major: 9, Minor: 1, Patch: 1}
	for _, tc := range []struct {
		name    string
		version audit.OpenSSH
		config  string
		key     string
		cause   string
	}{
		{"ed25519", v910, "", factstest.Ed25519(1), ""},
		{"RSA signs with SHA-2", v910, "", factstest.RSA(2048), ""},
		{"RSA by the old algorithm alone", v910, "PubkeyAcceptedAlgorithms ssh-rsa\n", factstest.RSA(2048), ""},
		{"RSA by SHA-2 alone", v88, "PubkeyAcceptedAlgorithms rsa-sha2-512\n", factstest.RSA(2048), ""},
		{"ed25519 where only RSA is accepted", v910, "PubkeyAcceptedAlgorithms rsa-sha2-512\n", factstest.Ed25519(1), "key-alg-not-accepted"},
		{"RSA where only ed25519 is accepted", v87, "PubkeyAcceptedAlgorithms ssh-ed25519\n", factstest.RSA(2048), "key-alg-not-accepted"},
		{"by the keyword's name up to 8.4", v84, "PubkeyAcceptedKeyTypes ssh-rsa\n", factstest.Ed25519(1), "key-alg-not-accepted"},
		{"RSA of 1024 bits", v910, "", factstest.RSA(1024), ""},
		{"RequiredRSASize", v910, "RequiredRSASize 3072\n", factstest.RSA(2048), "key-rsa-too-small"},
		{"RequiredRSASize exactly", v910, "RequiredRSASize 2048\n", factstest.RSA(2048), ""},
		{"RequiredRSASize is for RSA", v910, "RequiredRSASize 4096\n", factstest.Ed25519(1), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, a := listed(t, tc.version, tc.config, tc.key)
			l := &a.Via[0].KeyFiles[0].Keys.Lines[0]
			cause, why := KeyAccepted(&a.Via[0], l.Key)
			if cause != tc.cause || (why == "") != (cause == "") {
				t.Errorf("%q (%s), want %q", cause, why, tc.cause)
			}
			verdict, lineCause := Line(&a.Via[0], l, KeyFileAnswer{Verdict: audit.Accept})
			if (verdict == audit.Accept) != (cause == "") || lineCause != cause {
				t.Errorf("line: %v, %q; want what is said about the key", verdict, lineCause)
			}
		})
	}
}

func TestWithoutSettingsNoKeyIsRefusedByItsKind(t *testing.T) {
	if cause, _ := KeyAccepted(&facts.Via{}, &authkeys.Key{Type: "ssh-dss"}); cause != "" {
		t.Errorf("%q, want nothing", cause)
	}
}

func TestLineIsRefusedByTheFirstThingOnSshdsWay(t *testing.T) {
	readable := KeyFileAnswer{Verdict: audit.Accept}
	for _, tc := range []struct {
		name, config, content string
		file                  KeyFileAnswer
		verdict               audit.Verdict
		cause                 string
	}{
		{"in order", "", factstest.Ed25519(1), readable, audit.Accept, ""},
		{"the file is refused", "", factstest.Ed25519(1), KeyFileAnswer{Verdict: audit.Refuse, Cause: "akf-strict-dir"}, audit.Refuse, "akf-strict-dir"},
		{"the file is unknown", "", factstest.Ed25519(1), KeyFileAnswer{Cause: "akf-strict-file"}, audit.Unknown, "akf-strict-file"},
		{"broken line", "", "bogus-option " + factstest.Ed25519(1), readable, audit.Refuse, "ak-unknown-option"},
		{"file before line", "", "bogus-option " + factstest.Ed25519(1), KeyFileAnswer{Verdict: audit.Refuse, Cause: "akf-missing"},
			audit.Refuse, "akf-missing"},
		{"expired", "", `expiry-time="20200101" ` + factstest.Ed25519(1), readable, audit.Refuse, "ak-expired"},
		{"keys are switched off", "PubkeyAuthentication no\n", factstest.Ed25519(1), readable, audit.Refuse, "method-disabled"},
		{"a list of revoked keys", "RevokedKeys /etc/ssh/revoked\n", factstest.Ed25519(1), readable, audit.Unknown, ""},
		{"no list of revoked keys", "RevokedKeys none\n", factstest.Ed25519(1), readable, audit.Accept, ""},
		{"algorithm", "PubkeyAcceptedAlgorithms rsa-sha2-512\n", factstest.Ed25519(1), readable, audit.Refuse, "key-alg-not-accepted"},
		{"an authority's own kind is no question of this list", "PubkeyAcceptedAlgorithms rsa-sha2-512\n",
			"cert-authority " + factstest.Ed25519(1), readable, audit.Accept, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, a := listed(t, factstest.Debian, tc.config, tc.content)
			verdict, cause := Line(&a.Via[0], &a.Via[0].KeyFiles[0].Keys.Lines[0], tc.file)
			if verdict != tc.verdict || cause != tc.cause {
				t.Errorf("%v, %q; want %v, %q", verdict, cause, tc.verdict, tc.cause)
			}
		})
	}
}
