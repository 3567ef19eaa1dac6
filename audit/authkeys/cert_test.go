package authkeys

import (
	"crypto/elliptic"
	"crypto/rand"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit"
)

// certSpec is a certificate to be made; the zero value is a good one for alice.
type certSpec struct {
	name string
	// line is what stands before the CA's key; "cert-authority" if empty.
	line  string
	build func(c *ssh.Certificate)
	// cause is what refuses it.
	cause string
	// unmatched tells that the line is not even about the certificate.
	unmatched bool
}

var certSpecs = []certSpec{
	{name: "good"},
	{name: "not an authority", line: "restrict", unmatched: true},
	{name: "principals", line: `cert-authority,principals="bob,alice"`},
	{name: "principals for another name", line: `cert-authority,principals="bob"`, cause: CausePrincipal},
	{name: "principals admit other names than the account's", line: `principals="bob",cert-authority`,
		build: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"x", "bob"} }},
	{name: "principals with blank", line: `cert-authority,principals="bob, alice"`, cause: CausePrincipal},
	{name: "principals empty", line: `cert-authority,principals=""`, cause: CausePrincipal},
	{name: "from admits", line: `cert-authority,from="127.0.0.1"`},
	{name: "from refuses", line: `cert-authority,from="10.0.0.1"`, cause: CauseFrom},
	{name: "line expired", line: `cert-authority,expiry-time="20200101"`, cause: CauseExpired},
	{name: "for another account", build: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bob"} }, cause: CauseCertName},
	{name: "principal in capitals", build: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"Alice"} }, cause: CauseCertName},
	{name: "no principals", build: func(c *ssh.Certificate) { c.ValidPrincipals = nil }},
	{name: "expired", build: func(c *ssh.Certificate) { c.ValidBefore = 1_000_000_000 }, cause: CauseCertExpired},
	{name: "not yet valid", build: func(c *ssh.Certificate) { c.ValidAfter = math.MaxUint32 }, cause: CauseCertNotYetValid},
	{name: "for a host", build: func(c *ssh.Certificate) { c.CertType = ssh.HostCert }, cause: CauseCertWrongType},
	{name: "unknown critical option", build: critical("foo@example.com", ""), cause: CauseCertCritical},
	{name: "unknown extension", build: extension("foo@example.com", "x")},
	{name: "extension with data", build: extension("permit-pty", "x"), cause: CauseCertCritical},
	{name: "verify-required", build: critical("verify-required", "")},
	{name: "source address", build: critical("source-address", "10.0.0.0/8,127.0.0.1/32")},
	{name: "source address other", build: critical("source-address", "10.0.0.0/8"), cause: CauseCertSource},
	{name: "forced command", build: critical("force-command", "true")},
	{name: "forced command twice", line: `cert-authority,command="true"`, build: critical("force-command", "true")},
	{name: "forced commands differ", line: `cert-authority,command="x"`, build: critical("force-command", "true"), cause: CauseCertCommand},
	{name: "command on the line only", line: `cert-authority,command="x"`},
}

func critical(name, value string) func(*ssh.Certificate) {
	return func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{name: value} }
}

func extension(name, value string) func(*ssh.Certificate) {
	return func(c *ssh.Certificate) {
		c.Extensions = maps.Clone(c.Extensions)
		c.Extensions[name] = value
	}
}

// certify makes a certificate for a key, signed by ca.
func certify(t *testing.T, p, ca pair, build func(*ssh.Certificate)) pair {
	t.Helper()
	c := &ssh.Certificate{
		Key: p.signer.PublicKey(), Serial: 7, CertType: ssh.UserCert, KeyId: "id of alice",
		ValidPrincipals: []string{"alice"}, ValidBefore: ssh.CertTimeInfinity,
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-pty": ""}},
	}
	if build != nil {
		build(c)
	}
	// Not SignCert, which refuses certificates that sshd takes.
	c.SignatureKey, c.Nonce = ca.signer.PublicKey(), []byte("nonce")
	unsigned := c.Marshal()
	algorithm := ca.public.Type
	if algorithm == ssh.KeyAlgoRSA { // its SHA-1 signatures are refused
		algorithm = ssh.KeyAlgoRSASHA512
	}
	var err error
	c.Signature, err = ca.signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, unsigned[:len(unsigned)-4], algorithm)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(c, p.signer)
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, signer)
}

func TestCertificatesEqualRealSshd(t *testing.T) {
	eachLab(t, func(t *testing.T, l *lab) {
		p, ca := newEd25519(t), newEd25519(t)
		for _, c := range certSpecs {
			text := c.line
			if text == "" {
				text = "cert-authority"
			}
			text += " " + ca.public.Line + " the CA\n"
			l.write(text)
			cert := certify(t, p, ca, c.build)
			a := l.predict(text, cert.key)
			if want := c.cause; a.Match == c.unmatched || a.Match && a.Cause != want {
				t.Errorf("%s: matched %v, cause %q, want %v, %q", c.name, a.Match, a.Cause, !c.unmatched, want)
			}
			got := l.probe(cert, p, ca)
			l.compare(c.name, got[0], a, "")
			l.compare(c.name+", the plain key", got[1], l.predict(text, p.key), "")
			l.compare(c.name+", the CA's own key", got[2], l.predict(text, ca.key), "")
		}
	})
}

// TestCAsOfAllTypesEqualRealSshd: the certificate is read, and its signature
// holds, whatever made it; a certificate in place of a key admits nobody.
func TestCAsOfAllTypesEqualRealSshd(t *testing.T) {
	eachLab(t, func(t *testing.T, l *lab) {
		p := newEd25519(t)
		for _, ca := range []pair{newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P384()), newECDSA(t, elliptic.P521()), newRSA(t)} {
			cert := certify(t, p, ca, nil)
			text := "cert-authority " + ca.public.Line + "\n"
			l.write(text)
			l.compare("CA "+ca.key.Type, l.probe(cert)[0], l.predict(text, cert.key), "")
		}
		cert := certify(t, p, newEd25519(t), nil)
		text := cert.public.Line + "\n"
		l.write(text)
		for i, got := range l.probe(p, cert) {
			l.compare("certificate as a line", got, l.predict(text, []*Key{p.key, cert.key}[i]), "")
		}
		if a := l.predict(text, p.key); a.Cause != CauseCertificate {
			t.Errorf("certificate as a line: cause %q, want %q", a.Cause, CauseCertificate)
		}
	})
}

// TestPrincipalsOptionByRelease: packages of releases before 10.3 have its fix
// or not.
func TestPrincipalsOptionByRelease(t *testing.T) {
	p, ca := newEd25519(t), newEd25519(t)
	comma := func(c *ssh.Certificate) { c.ValidPrincipals = []string{"alice,bob"} }
	for _, c := range []struct {
		name, list string
		build      func(*ssh.Certificate)
		old, fixed audit.Verdict
	}{
		{"principal with a comma", "bob", comma, audit.Unknown, audit.Refuse},
		{"behind an empty element", "x,,alice", nil, audit.Unknown, audit.Refuse},
		{"before an empty element", "alice,,x", nil, audit.Accept, audit.Accept},
		{"not there", "bob", nil, audit.Refuse, audit.Refuse},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert := certify(t, p, ca, c.build)
			text := []byte(`cert-authority,principals="` + c.list + `" ` + ca.public.Line)
			for v, want := range map[audit.OpenSSH]audit.Verdict{bookworm: c.old, {Major: 10, Minor: 3}: c.fixed} {
				a := Parse(text, testRules(v)).Authorises(cert.key, local)
				if a.Verdict != want || want != audit.Accept && a.Cause != CausePrincipal {
					t.Errorf("%v: %v, %q, want %v", v, a.Verdict, a.Cause, want)
				}
			}
		})
	}
}

func TestCertificateWithoutPrincipalsIsRefusedFrom103(t *testing.T) {
	p, ca := newEd25519(t), newEd25519(t)
	cert := certify(t, p, ca, func(c *ssh.Certificate) { c.ValidPrincipals = nil })
	for v, want := range map[audit.OpenSSH]string{bookworm: "", {Major: 10, Minor: 3}: CauseCertNoPrincipals, {}: CauseCertNoPrincipals} {
		if a := Parse([]byte("cert-authority "+ca.public.Line), testRules(v)).Authorises(cert.key, local); a.Cause != want {
			t.Errorf("%v: cause %q, want %q", v, a.Cause, want)
		}
	}
}

func TestCertificateTellsWhatItSays(t *testing.T) {
	p, ca := newEd25519(t), newRSA(t)
	cert := certify(t, p, ca, func(c *ssh.Certificate) {
		c.ValidAfter, c.ValidBefore = 100, 200
		c.CriticalOptions = map[string]string{"force-command": "echo x"}
	}).key
	c := cert.Cert
	command, _ := c.ForceCommand()
	if cert.Type != "ssh-ed25519-cert-v01@openssh.com" || cert.Fingerprint() != p.key.Fingerprint() || !cert.Equal(p.key) {
		t.Errorf("key: %s %s, want the certificate type and the plain key's fingerprint %s", cert.Type, cert.Fingerprint(), p.key.Fingerprint())
	}
	if c.Serial != 7 || c.Host || c.KeyID != "id of alice" || !slices.Equal(c.Principals, []audit.Untrusted{"alice"}) ||
		c.ValidAfter != 100 || c.ValidBefore != 200 || command != "echo x" || !c.CA.Equal(ca.key) || c.SignatureType != "rsa-sha2-512" {
		t.Errorf("certificate: %+v", c)
	}
	if v, cause, _ := c.Check(time.Unix(200, 0), ""); v != audit.Refuse || cause != CauseCertExpired {
		t.Errorf("at ValidBefore: %v, %s; that second is the first bad one", v, cause)
	}
	if v, _, _ := c.Check(time.Unix(100, 0), ""); v != audit.Accept {
		t.Errorf("at ValidAfter: %v; that second is the first good one", v)
	}
}

func TestForgedCertificateIsRefused(t *testing.T) {
	for _, ca := range []pair{newEd25519(t), newRSA(t), newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P384()), newECDSA(t, elliptic.P521())} {
		cert := certify(t, newEd25519(t), ca, nil)
		if v := cert.key.Cert.CheckSignature(); v != audit.Accept {
			t.Errorf("%s: the signature is %v, want accept", ca.key.Type, v)
		}
		for _, at := range []int{60, 130, len(cert.public.Raw) - 1} {
			raw := slices.Clone(cert.public.Raw)
			raw[at] ^= 1
			if key, _, err := ParsePublicKey([]byte(lineOf(cert.public.Type, raw))); err == nil {
				t.Errorf("%s: a bit of byte %d was flipped and the certificate taken: %+v", ca.key.Type, at, key)
			}
		}
	}
}
