package checks

import (
	"strings"
	"testing"

	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
	"sshaudit/audit/sshdconf"
)

// speaking is a host whose sshd has host keys of these types and a configuration.
func speaking(t *testing.T, config string, types ...string) *facts.Host {
	t.Helper()
	h := factstest.Host(t, config)
	for _, typ := range types {
		key := facts.HostKey{SystemFile: facts.SystemFile{Node: factstest.File("/etc/ssh/"+typ, 0o600, 0, 0)}, Configured: true}
		key.Public = &authkeys.Key{Type: typ, Bits: 3072}
		h.Servers[0].HostKeys = append(h.Servers[0].HostKeys, key)
	}
	return h
}

func TestClientsThatCannotAgreeAreNamedBySetting(t *testing.T) {
	all := []string{"ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"}
	for _, tc := range []struct {
		name, config string
		types        []string
		check        string
		want         []string // in the message, the fix or the observed value
		line         int
	}{
		{"stock", "", all, "", nil, 0},
		{"a MAC that PuTTY lacks", "Ciphers aes256-ctr\nMACs umac-128-etm@openssh.com\n", all,
			"client-algorithms-recent", []string{"PuTTY 0.74, 0.78, 0.83", "no MAC in common", "add hmac-sha2-256 to MACs"}, 2},
		{"hardened", "KexAlgorithms curve25519-sha256\n", all, "client-algorithms-old", []string{"libssh2 1.9.0", "no key exchange method"}, 1},
		{"the same for programs of the day", "KexAlgorithms curve25519-sha256\n", all, "client-algorithms-recent", []string{"FileZilla 3.52.2", "KexAlgorithms"}, 1},
		{"an RSA key alone", "", []string{"ssh-rsa"}, "client-algorithms-recent", []string{"FileZilla 3.52.2", "host key", "HostKeyAlgorithms"}, 0},
		{"no key of the type that is allowed", "HostKeyAlgorithms ssh-ed25519\n", []string{"ssh-rsa"}, "client-algorithms-all",
			[]string{"no known client", "no host key type"}, 1},
		{"no host key at all", "HostKeyAlgorithms ssh-ed25519\n", nil, "", nil, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := speaking(t, tc.config, tc.types...)
			found := false
			for _, f := range Host(All(), h) {
				if !strings.HasPrefix(f.Check, "client-algorithms-") {
					continue
				}
				if tc.check == "" {
					t.Errorf("found %+v", f)
				}
				if f.Check != tc.check {
					continue
				}
				found = true
				text := f.Message + "\n" + f.Fix + "\n" + f.Observed
				for _, want := range tc.want {
					if !strings.Contains(text, want) {
						t.Errorf("%q lacks %q", text, want)
					}
				}
				if f.Line != tc.line || string(f.Path) != sshdconf.DefaultFile {
					t.Errorf("at %s:%d, want line %d", f.Path, f.Line, tc.line)
				}
			}
			if found != (tc.check != "") {
				t.Errorf("%s found: %v", tc.check, found)
			}
		})
	}
}
