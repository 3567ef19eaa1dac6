package authkeys

import (
	"bytes"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit"
)

// wireString is a string in wire form.
func wireString[T string | []byte](s T) []byte { return appendString(nil, s) }

// blobOf joins strings to a key's wire form.
func blobOf(fields ...[]byte) []byte {
	var b []byte
	for _, f := range fields {
		b = append(b, wireString(f)...)
	}
	return b
}

// lineOf writes a line of a type word and a blob.
func lineOf(word string, blob []byte) string {
	return word + " " + base64.StdEncoding.EncodeToString(blob)
}

// publicPair makes a pair whose private half nobody has.
func publicPair(t *testing.T, blob []byte) pair {
	t.Helper()
	public, err := ssh.ParsePublicKey(blob)
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, publicSigner{public})
}

// publicSigner is the signer of such a pair.
type publicSigner struct{ public ssh.PublicKey }

func (s publicSigner) PublicKey() ssh.PublicKey { return s.public }

func (s publicSigner) Sign(_ io.Reader, _ []byte) (*ssh.Signature, error) {
	panic("nobody has this key's private half")
}

// form is a way to write a key that is not the usual one.
type form struct {
	name string
	line string
	// accepted tells whether 8.4, 9.2 and 10.0 take it.
	accepted [3]bool
}

var (
	always = [3]bool{true, true, true}
	never  = [3]bool{}
	early  = [3]bool{true, true, false}
)

// rsaForms are forms of an RSA key.
func rsaForms(k subject) []form {
	w := wire{rest: k.Raw}
	w.bytes()
	e, n := w.bytes(), w.bytes()
	name := func(s string) []byte { return blobOf([]byte(s), e, n) }
	return []form{
		{"signature type before it", lineOf("rsa-sha2-256", k.Raw), always},
		{"other signature type before it", lineOf("rsa-sha2-512", k.Raw), always},
		{"signature type inside", lineOf("ssh-rsa", name("rsa-sha2-512")), always},
		{"signature types differ", lineOf("rsa-sha2-256", name("rsa-sha2-512")), always},
		{"short type inside", lineOf("ssh-rsa", name("rsa")), early},
		{"short type inside in capitals", lineOf("ssh-rsa", name("RSA")), early},
		{"NUL behind the type inside", lineOf("ssh-rsa", name("ssh-rsa\x00")), always},
		{"two NUL behind the type inside", lineOf("ssh-rsa", name("ssh-rsa\x00\x00")), never},
		{"zeros before the modulus", lineOf("ssh-rsa", blobOf([]byte("ssh-rsa"), e, append([]byte{0, 0}, n...))), always},
		{"zeros before the exponent", lineOf("ssh-rsa", blobOf([]byte("ssh-rsa"), append([]byte{0}, e...), n)), always},
		{"negative modulus", lineOf("ssh-rsa", blobOf([]byte("ssh-rsa"), e, n[1:])), never},
		{"ECDSA's name inside", lineOf("ssh-rsa", name("ecdsa-sha2-nistp256")), never},
		{"unknown name inside", lineOf("ssh-rsa", name("ssh-foo")), never},
		{"type in capitals before it", lineOf("SSH-RSA", k.Raw), never},
		{"short type before it", lineOf("RSA", k.Raw), never},
		{"ssh-dss before it", lineOf("ssh-dss", k.Raw), never},
		{"certificate type before it", lineOf("ssh-rsa-cert-v01@openssh.com", k.Raw), never},
		{"modulus behind modulus", lineOf("ssh-rsa", append(bytes.Clone(k.Raw), wireString(n)...)), never},
	}
}

// ed25519Forms are forms of an Ed25519 key.
func ed25519Forms(k subject) []form {
	pk := k.Raw[len(k.Raw)-32:]
	name := func(s string) []byte { return blobOf([]byte(s), pk) }
	return []form{
		{"short type inside", lineOf("ssh-ed25519", name("Ed25519")), early},
		{"NUL behind the type inside", lineOf("ssh-ed25519", name("ssh-ed25519\x00")), always},
		{"33 bytes", lineOf("ssh-ed25519", blobOf([]byte("ssh-ed25519"), append([]byte{0}, pk...))), never},
		{"31 bytes", lineOf("ssh-ed25519", blobOf([]byte("ssh-ed25519"), pk[1:])), never},
		{"sk name before it", lineOf("sk-ssh-ed25519@openssh.com", k.Raw), never},
		{"capitals inside", lineOf("ssh-ed25519", name("SSH-ED25519")), never},
	}
}

// ecdsaForms are forms of an ECDSA key on P-256.
func ecdsaForms(k subject) []form {
	w := wire{rest: k.Raw}
	w.bytes()
	w.bytes()
	point := w.bytes()
	const name = "ecdsa-sha2-nistp256"
	curve := []byte("nistp256")
	off := bytes.Clone(point)
	off[40] ^= 1
	compressed := append([]byte{2 + point[64]&1}, point[1:33]...)
	return []form{
		{"other curve before it", lineOf("ecdsa-sha2-nistp384", k.Raw), never},
		{"other curve inside", lineOf(name, blobOf([]byte(name), []byte("nistp384"), point)), never},
		{"short type inside", lineOf(name, blobOf([]byte("ECDSA"), curve, point)), never},
		{"NUL behind the curve", lineOf(name, blobOf([]byte(name), []byte("nistp256\x00"), point)), always},
		{"point off the curve", lineOf(name, blobOf([]byte(name), curve, off)), never},
		{"compressed point", lineOf(name, blobOf([]byte(name), curve, compressed)), never},
		{"point at infinity", lineOf(name, blobOf([]byte(name), curve, []byte{0})), never},
		{"point cut", lineOf(name, blobOf([]byte(name), curve, point[:64])), never},
	}
}

// skForms are forms of a FIDO key of ECDSA.
func skForms(k subject) []form {
	w := wire{rest: k.Raw}
	name, curve, point, app := w.bytes(), w.bytes(), w.bytes(), w.bytes()
	const webauthn = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
	return []form{
		{"webauthn before it", lineOf(webauthn, k.Raw), always},
		{"webauthn inside", lineOf(string(name), blobOf([]byte(webauthn), curve, point, app)), always},
		{"NUL behind the application", lineOf(string(name), blobOf(name, curve, point, append(bytes.Clone(app), 0))), always},
		{"NUL in the application", lineOf(string(name), blobOf(name, curve, point, []byte("ss\x00h:"))), never},
		{"other application", lineOf(string(name), blobOf(name, curve, point, []byte("ssh:x"))), never},
		{"without application", lineOf(string(name), blobOf(name, curve, point)), never},
		{"short type inside", lineOf(string(name), blobOf([]byte("ECDSA-SK"), curve, point, app)), never},
	}
}

// skPairs makes FIDO keys.
func skPairs(t *testing.T) (ecdsaSK, edSK pair) {
	w := wire{rest: newECDSA(t, elliptic.P256()).public.Raw}
	w.bytes()
	curve, point := w.bytes(), w.bytes()
	raw := newEd25519(t).public.Raw
	app := []byte("ssh:")
	return publicPair(t, blobOf([]byte("sk-ecdsa-sha2-nistp256@openssh.com"), curve, point, app)),
		publicPair(t, blobOf([]byte("sk-ssh-ed25519@openssh.com"), raw[len(raw)-32:], app))
}

// TestFormsOfKeysEqualRealSshd: sshd takes some forms of a key that it would
// not write itself, and they are the same key.
func TestFormsOfKeysEqualRealSshd(t *testing.T) {
	eachLab(t, func(t *testing.T, l *lab) {
		index := 2
		if v := l.rules.Version; !v.AtLeast(9, 0) {
			index = 0
		} else if !v.AtLeast(10, 0) {
			index = 1
		}
		ecdsaSK, edSK := skPairs(t)
		rsa, ed, ec := newRSA(t), newEd25519(t), newECDSA(t, elliptic.P256())
		for _, set := range []struct {
			pair
			forms []form
		}{
			{rsa, rsaForms(rsa.public)},
			{ed, ed25519Forms(ed.public)},
			{ec, ecdsaForms(ec.public)},
			{newECDSA(t, elliptic.P384()), nil},
			{newECDSA(t, elliptic.P521()), nil},
			{ecdsaSK, skForms(ecdsaSK.public)},
			{edSK, []form{{"plain name before it", lineOf("ssh-ed25519", edSK.public.Raw), never}}},
		} {
			for _, f := range append(set.forms, form{"usual", set.public.Line, always}) {
				l.write(f.line + " c\n")
				a := l.predict(f.line+" c\n", set.key)
				name := set.public.Type + ", " + f.name
				if (a.Verdict == audit.Accept) != f.accepted[index] {
					t.Errorf("%s: predicted %v, %s, want accepted %v", name, a.Verdict, a.Cause, f.accepted[index])
				}
				l.compare(name, l.probe(set.pair)[0], a, "")
			}
		}
	})
}

func TestRSAKeyBelow1024BitsIsTiny(t *testing.T) {
	modulus := bytes.Repeat([]byte{0x7f}, 1024/8)
	for _, c := range []struct {
		name    string
		modulus []byte
		bits    int
	}{
		{"1023 bits", modulus, 0},
		{"1024 bits", append([]byte{0, 0xff}, modulus[1:]...), 1024},
		{"16384 bits", append([]byte{0, 0xff}, bytes.Repeat([]byte{1}, 2047)...), 16384},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Parse([]byte(lineOf("ssh-rsa", blobOf([]byte("ssh-rsa"), []byte{1, 0, 1}, c.modulus))), testRules(bookworm))
			l := f.Lines[0]
			if c.bits == 0 {
				if l.Cause != CauseTinyRSA {
					t.Errorf("cause %q, want %q", l.Cause, CauseTinyRSA)
				}
				return
			}
			if l.Cause != "" || l.Key.Bits != c.bits {
				t.Errorf("cause %q, key %+v, want %d bits", l.Cause, l.Key, c.bits)
			}
		})
	}
	long := lineOf("ssh-rsa", blobOf([]byte("ssh-rsa"), []byte{1, 0, 1}, append([]byte{1}, make([]byte, 2048)...)))
	if l := Parse([]byte(long), testRules(bookworm)).Lines[0]; l.Cause != CauseBlobCorrupt {
		t.Errorf("16385 bits: cause %q, want %q", l.Cause, CauseBlobCorrupt)
	}
}

// dsaLine is a line with a DSA key of made-up numbers.
func dsaLine() string {
	number := func(n int) []byte { return append([]byte{0}, bytes.Repeat([]byte{0x9d}, n)...) }
	return lineOf("ssh-dss", blobOf([]byte("ssh-dss"), number(128), number(20), number(128), number(128)))
}

// mldsaLine is a line with a hybrid key of the experimental or the final name.
func mldsaLine(name string) string {
	return lineOf(name, blobOf([]byte(name), bytes.Repeat([]byte{5}, mldsaSize)))
}

func TestTypesByRelease(t *testing.T) {
	v := func(major, minor int) audit.OpenSSH { return audit.OpenSSH{Major: major, Minor: minor, Patch: 1} }
	ecdsaSK, _ := skPairs(t)
	webauthn := strings.Replace(ecdsaSK.public.Line, "sk-ecdsa", "webauthn-sk-ecdsa", 1)
	for _, c := range []struct {
		name    string
		line    string
		version audit.OpenSSH
		cause   string
		unsure  bool
	}{
		{"DSA 9.7", dsaLine(), v(9, 7), "", false},
		{"DSA 9.8", dsaLine(), v(9, 8), "", true},
		{"DSA 10.0", dsaLine(), v(10, 0), CauseTypeWord, false},
		{"DSA unknown release", dsaLine(), audit.OpenSSH{}, CauseTypeWord, false},
		{"FIDO 8.1", ecdsaSK.public.Line, v(8, 1), CauseTypeWord, false},
		{"FIDO 8.2", ecdsaSK.public.Line, v(8, 2), "", false},
		{"webauthn 8.4", webauthn, v(8, 4), "", false},
		{"webauthn 8.2", webauthn, v(8, 2), CauseTypeWord, false},
		{"experimental ML-DSA 10.3", mldsaLine("ssh-mldsa44-ed25519@openssh.com"), v(10, 3), CauseTypeWord, false},
		{"experimental ML-DSA 10.5", mldsaLine("ssh-mldsa44-ed25519@openssh.com"), v(10, 5), "", true},
		{"ML-DSA 10.5", mldsaLine("ssh-mldsa44-ed25519"), v(10, 5), CauseTypeWord, false},
		{"ML-DSA 10.6", mldsaLine("ssh-mldsa44-ed25519"), v(10, 6), "", true},
		{"restrict 7.1", "restrict " + edKey, v(7, 1), CauseUnknownOption, false},
		{"touch 8.1", "no-touch-required " + edKey, v(8, 1), CauseUnknownOption, false},
		{"verify 8.3", "verify-required " + edKey, v(8, 3), CauseUnknownOption, false},
		{"verify 8.4", "verify-required " + edKey, v(8, 4), "", false},
		{"expiry in UTC 9.0", `expiry-time="20991231Z" ` + edKey, v(9, 0), CauseOptionSyntax, false},
		{"expiry in UTC 9.1", `expiry-time="20991231Z" ` + edKey, v(9, 1), "", false},
		{"odd expiry 8.4", `expiry-time="2099013x" ` + edKey, v(8, 4), "", false},
		{"odd expiry 8.8", `expiry-time="2099013x" ` + edKey, v(8, 8), "", true},
		{"service name", `permitopen="a:http" ` + edKey, v(9, 2), "", true},
		{"no service name", `permitopen="a:b/c" ` + edKey, v(9, 2), CauseOptionSyntax, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Parse([]byte(c.line+"\n"), testRules(c.version)).Lines[0]
			if l.Cause != c.cause || (l.Unsure != "") != c.unsure || l.Key == nil {
				t.Errorf("cause %q, unsure %q, key %v; want %q, unsure %v, a key", l.Cause, l.Unsure, l.Key, c.cause, c.unsure)
			}
		})
	}
}

func TestServiceNameIsAskedFor(t *testing.T) {
	r := testRules(bookworm)
	r.Service = func(name string) bool { return name == "http" }
	for line, want := range map[string]string{`permitopen="a:http" `: "", `permitopen="a:nosuch" `: CauseOptionSyntax} {
		if l := Parse([]byte(line+edKey), r).Lines[0]; l.Cause != want || l.Unsure != "" {
			t.Errorf("%s: cause %q, unsure %q, want %q", line, l.Cause, l.Unsure, want)
		}
	}
}

func TestLengthFieldBeyondTheBlobIsRefused(t *testing.T) {
	for _, n := range []uint32{0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc} {
		blob := binary.BigEndian.AppendUint32(nil, n)
		if l := Parse([]byte(lineOf("ssh-rsa", append(blob, "ssh-rsa"...))), testRules(bookworm)).Lines[0]; l.Cause != CauseBlobCorrupt {
			t.Errorf("length %#x: cause %q", n, l.Cause)
		}
	}
}
