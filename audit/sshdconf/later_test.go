package sshdconf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReleasesDiffer states, setting by setting, what changed between releases
// that cannot be run here; the facts are from their sources and release notes.
func TestReleasesDiffer(t *testing.T) {
	const refused = "refused"
	for _, tc := range []struct {
		text, keyword string
		want          map[rel]string
	}{
		{"PermitRootLogin without-password", "PermitRootLogin", map[rel]string{1000: "without-password", 1001: "prohibit-password"}},
		{"AllowUsers a = b", "AllowUsers", map[rel]string{806: "a|b", 807: "a|=|b"}},
		{"AllowUsers a#b c", "AllowUsers", map[rel]string{806: "a", 807: "a#b|c"}},
		{"AllowUsers # none", "AllowUsers", map[rel]string{806: "", 807: "", 906: "", 907: refused}},
		{"Subsystem a b\nSubsystem a c", "Subsystem", map[rel]string{904: refused, 905: "a b ", 907: "a b"}},
		{"SetEnv A=1 A=2", "SetEnv", map[rel]string{900: "A=1|A=2", 901: "A=1"}},
		{"MaxStartups 0", "MaxStartups", map[rel]string{901: "0:30:0", 902: refused}},
		{"CASignatureAlgorithms ssh-ed25519,ssh-ed25519-cert-v01@openssh.com", "CASignatureAlgorithms", map[rel]string{903: "ssh-ed25519", 904: refused}},
		{"IPQoS le", "IPQoS", map[rel]string{808: "le le", 809: "le le"}},
		{"IPQoS 4", "IPQoS", map[rel]string{808: "reliability reliability", 809: "le le"}},
		{"AuthenticationMethods publickey\nMatch User x\nAuthenticationMethods any", "AuthenticationMethods", map[rel]string{806: "publickey", 906: refused, 907: "publickey"}},
		{"IPQoS ef\nIPQoS af11", "IPQoS", map[rel]string{1002: "af11 af11", 1003: "ef ef"}},
		{"IPQoS lowdelay", "IPQoS", map[rel]string{909: "lowdelay lowdelay", 1001: "none none"}},
		{"MaxStartups 10:20:60\nMaxStartups 5", "MaxStartups", map[rel]string{909: "5:20:5", 1001: "10:20:60"}},
		{"MaxStartups 5", "MaxStartups", map[rel]string{1000: "5:30:5", 1001: "10:30:5", 1003: "5:30:5"}},
		{"PerSourceMaxStartups 1\nPerSourceMaxStartups 2", "PerSourceMaxStartups", map[rel]string{804: refused, 805: "2", 904: "2", 905: "1"}},
		{"AuthorizedKeysFile none", "AuthorizedKeysFile", map[rel]string{1002: "none", 1003: ""}},
		{"AuthorizedKeysFile none .ssh/k", "AuthorizedKeysFile", map[rel]string{1002: "none .ssh/k", 1003: refused}},
		{"RevokedKeys /a /b", "RevokedKeys", map[rel]string{1002: refused, 1003: "/a /b"}},
		{"RevokedKeys r", "RevokedKeys", map[rel]string{1002: "//r", 1003: "r"}},
		{"PAMAuthenticationViaKbdInt yes", "UsePAM", map[rel]string{1003: "no", 1004: refused}},
		{"RequiredRSASize 2048", "RequiredRSASize", map[rel]string{900: refused, 901: "2048"}},
		{"ModuliFile /m", "ModuliFile", map[rel]string{805: refused, 806: "/m"}},
		{"RefuseConnection no", "RefuseConnection", map[rel]string{908: refused, 909: "no"}},
		{"PerSourcePenalties crash:1.5", "PerSourcePenalties", map[rel]string{1002: refused,
			1003: "crash:1.500000 authfail:5.000000 noauth:1.000000 invaliduser:5.000000 grace-exceeded:10.000000 refuseconnection:10.000000" +
				" max:600.000000 min:15.000000 max-sources4:65536 max-sources6:65536 overflow:permissive overflow6:permissive"}},
		{"PubkeyAcceptedKeyTypes -*cert*", "PubkeyAcceptedKeyTypes", map[rel]string{
			804:  "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,ssh-ed25519,sk-ssh-ed25519@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
			807:  "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
			808:  "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256",
			1003: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"}},
		{"KexAlgorithms -diffie*,ecdh*", "KexAlgorithms", map[rel]string{
			807:  "curve25519-sha256,curve25519-sha256@libssh.org",
			809:  "curve25519-sha256,curve25519-sha256@libssh.org,sntrup761x25519-sha512@openssh.com",
			900:  "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org",
			1003: "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org"}},
		{"HostKeyAlgorithms RSA,ssh-ed25519", "HostKeyAlgorithms", map[rel]string{908: "ssh-ed25519", 909: refused}},
		{"HostKeyAlgorithms ssh-mldsa44-ed25519@openssh.com", "HostKeyAlgorithms", map[rel]string{1003: refused, 1004: "ssh-mldsa44-ed25519@openssh.com"}},
		{"AuthorizedPrincipalsCommandUser u\nAuthorizedKeysCommandUser u\nAuthorizedKeysCommand /k\nAuthorizedPrincipalsCommand /p", "AuthorizedPrincipalsCommand",
			map[rel]string{806: "/p", 807: "none", 903: "none", 904: "/p"}},
		{"SkeyAuthentication no", "KbdInteractiveAuthentication", map[rel]string{806: "yes", 807: "no"}},
		{"Match all\nSetEnv A=1", "SetEnv", map[rel]string{804: "A=1"}},
		{"Match invalid-user\nPermitTTY no", "PermitTTY", map[rel]string{908: refused, 909: "yes"}},
		{"Match version OpenSSH_10*\nPermitTTY no", "PermitTTY", map[rel]string{909: refused, 1000: "no", 1005: "no"}},
	} {
		for r, want := range tc.want {
			c, err := Load(memory{DefaultFile: tc.text + "\n"}, Options{Version: version(r)})
			if err != nil {
				if want != refused {
					t.Errorf("%d: %q: %v", r, tc.text, err)
				}
				continue
			}
			var got []string
			for _, l := range effective(t, c, Conn{User: "a"}).Values(tc.keyword) {
				got = append(got, l.Value)
			}
			if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
				t.Errorf("%d: %q: -want +got:\n%s", r, tc.text, diff)
			}
		}
	}
}

// TestSetEnvInMatchCountsFrom87: 8.4 reads it and does not copy it over.
func TestSetEnvInMatchCountsFrom87(t *testing.T) {
	text := memory{DefaultFile: "SetEnv A=1\nMatch User a\nSetEnv A=2\n"}
	for r, want := range map[rel]string{804: "A=1", 807: "A=2"} {
		if got, _ := effective(t, load(t, text, r), Conn{User: "a"}).Text("SetEnv"); got != want {
			t.Errorf("%d: %q, want %q", r, got, want)
		}
	}
}

func TestBuildWithoutAPartIgnoresItsKeywords(t *testing.T) {
	build := Build{}
	c, err := Load(memory{DefaultFile: "UsePAM yes\nGSSAPIAuthentication yes\n"}, Options{Version: version(902), Build: &build})
	if err != nil {
		t.Fatal(err)
	}
	s := effective(t, c, Conn{})
	for _, keyword := range []string{"UsePAM", "GSSAPIAuthentication", "KerberosAuthentication", "DebianBanner"} {
		if l, ok := s.Get(keyword); ok || s.Bool(keyword) {
			t.Errorf("%s is in force: %v", keyword, l)
		}
	}
	for _, keyword := range []string{"DebianBanner", "GSSAPIKeyExchange"} {
		if _, err := Load(memory{DefaultFile: keyword + " no\n"}, Options{Version: version(902), Build: &build}); err == nil {
			t.Errorf("%s exists without the patch", keyword)
		}
	}
}
