package decide

import (
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
	"sshaudit/audit/sshwire"
)

// withKeys is a server with host keys of these types and a configuration.
func withKeys(t *testing.T, config string, types ...string) *facts.Server {
	t.Helper()
	s := factstest.Server(t, factstest.Debian, config)
	for _, typ := range types {
		key := facts.HostKey{SystemFile: facts.SystemFile{Node: factstest.File("/etc/ssh/"+typ, 0o600, 0, 0)}}
		key.Public = &authkeys.Key{Type: typ, Bits: 2048}
		s.HostKeys = append(s.HostKeys, key)
	}
	return s
}

func TestServersOfferTheirUsableHostKeys(t *testing.T) {
	unusable := withKeys(t, "", "ssh-ed25519")
	unusable.HostKeys[0].Mode = 0o644
	unread := withKeys(t, "", "ssh-ed25519")
	unread.HostKeys[0].Public = nil
	for name, tc := range map[string]struct {
		server         *facts.Server
		types, missing string
	}{
		"an RSA key signs in two ways":        {withKeys(t, "", "ssh-rsa"), "rsa-sha2-512,rsa-sha2-256", ""},
		"and in a third where that is set":    {withKeys(t, "HostKeyAlgorithms +ssh-rsa\n", "ssh-rsa", "ssh-ed25519"), "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-ed25519", ""},
		"a short one is passed over":          {withKeys(t, "RequiredRSASize 3072\n", "ssh-rsa", "ssh-ed25519"), "ssh-ed25519", ""},
		"one with open modes too":             {unusable, "", "no host key"},
		"one that was not read is not known":  {unread, "", "was not read"},
		"those of an agent are not known":     {withKeys(t, "HostKeyAgent /run/agent\n", "ssh-ed25519"), "", "HostKeyAgent"},
		"and nothing without a configuration": {&facts.Server{}, "", "configuration"},
	} {
		offer, missing := Offer(tc.server)
		if tc.missing != "" {
			if offer != nil || !strings.Contains(missing, tc.missing) {
				t.Errorf("%s: %+v, missing %q", name, offer, missing)
			}
			continue
		}
		if offer == nil || strings.Join(offer.HostKey, ",") != tc.types {
			t.Errorf("%s: %+v, missing %q", name, offer, missing)
		}
	}
}

func TestClientsAgreeOrAreTold(t *testing.T) {
	const stock, cbc = "", "Ciphers aes256-cbc\n"
	for _, tc := range []struct {
		name, config, client string
		want                 audit.Verdict
		kind                 sshwire.Kind
	}{
		{"stock", stock, "SSH-2.0-PuTTY_Release_0.78", audit.Accept, ""},
		{"between two that agree", stock, "PuTTY 0.72", audit.Accept, ""},
		{"later than all", stock, "PuTTY 0.99", audit.Accept, ""},
		{"earlier than all", stock, "PuTTY 0.50", audit.Unknown, ""},
		{"no program", stock, "nosuch_1.0", audit.Unknown, ""},
		{"no cipher", cbc, "OpenSSH_9.2p1 Debian-2", audit.Refuse, sshwire.Cipher},
		{"between two without it", cbc, "OpenSSH 9.0", audit.Refuse, sshwire.Cipher},
		{"between one with and one without", cbc, "OpenSSH 8.0", audit.Unknown, ""},
		{"later than all without it", cbc, "OpenSSH 11.3", audit.Unknown, ""},
		{"all without a version", cbc, "Go", audit.Refuse, sshwire.Cipher},
		{"no key exchange", "KexAlgorithms curve25519-sha256\n", "libssh2_1.9.0", audit.Refuse, sshwire.Kex},
		{"no MAC", "Ciphers aes128-ctr\nMACs umac-64@openssh.com\n", "WinSCP_release_6.1", audit.Refuse, sshwire.MAC},
	} {
		offer, _ := Offer(withKeys(t, tc.config, "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"))
		c := Agrees(offer, tc.client)
		if c.Verdict != tc.want || (c.Verdict == audit.Refuse) != (c.Mismatch != nil) || c.Mismatch != nil && c.Mismatch.Kind != tc.kind {
			t.Errorf("%s: %+v", tc.name, c)
		}
		if (c.Why == "") != (c.Verdict != audit.Unknown) {
			t.Errorf("%s: %v, and why is %q", tc.name, c.Verdict, c.Why)
		}
	}
}

func TestLoginFailsAtTheTransportOfAnOldClient(t *testing.T) {
	h := factstest.Host(t, "MACs umac-64@openssh.com\nCiphers aes128-ctr\n")
	h.Servers[0] = withKeys(t, "MACs umac-64@openssh.com\nCiphers aes128-ctr\n", "ssh-ed25519")
	via := &facts.Via{Server: h.Servers[0], Settings: h.Servers[0].Settings}
	answer := Login(h, nil, via, Request{User: "alice", Method: Password, Client: "PuTTY 0.78"})
	if len(answer.Causes) == 0 || answer.Causes[0].ID != "mac-no-match" || answer.Causes[0].Layer != audit.LayerTransport || answer.Causes[0].Line != 1 {
		t.Errorf("%+v", answer.Causes)
	}
	if answer := Login(h, nil, via, Request{User: "alice", Method: Password, Client: "OpenSSH 9.2"}); slicesHas(answer.Causes, "mac-no-match") {
		t.Errorf("%+v", answer.Causes)
	}
}

func slicesHas(causes []audit.Cause, id string) bool {
	for i := range causes {
		if causes[i].ID == id {
			return true
		}
	}
	return false
}

func TestOldClientsSignRSAKeysInAWayThatSshdRefuses(t *testing.T) {
	for client, want := range map[string]bool{"PuTTY 0.70": true, "PuTTY 0.72": true, "PuTTY 0.78": false, "PuTTY": false, "nosuch": false, "JSCH-0.1.54": true} {
		if signsSHA1(client) != want {
			t.Errorf("%s: signs by SHA-1 only: %v", client, !want)
		}
	}
}
