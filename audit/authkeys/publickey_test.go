package authkeys

import (
	"context"
	"crypto/elliptic"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit/sshdtest"
)

func TestPublicKeyIsReadInEveryForm(t *testing.T) {
	p, ca := newRSA(t), newEd25519(t)
	cert := certify(t, p, ca, nil)
	l, b := p.public.Line, p.public.Blob
	for _, c := range []struct {
		name, text, comment string
		warnings            int
	}{
		{"one line", l + " me@host\n", "me@host", 0},
		{"one line, CRLF", l + " me@host\r\n", "me@host", 0},
		{"with options", `from="10.0.0.1",no-pty ` + l + " me\n", "me", 0},
		{"below a comment", "# my key\n\n" + l + "\n", "", 0},
		{"certificate", cert.public.Line + " c\n", "c", 0},
		{"RFC 4716", toRFC4716(p.public, "me@host", 70), "me@host", 1},
		{"RFC 4716, CRLF", strings.ReplaceAll(toRFC4716(p.public, "me", 70), "\n", "\r\n"), "me", 1},
		{"PPK 2", toPPK(p.public, 2), "me@windows", 1},
		{"PPK 3", toPPK(p.public, 3), "me@windows", 1},
		{"PPK 3, CRLF", strings.ReplaceAll(toPPK(p.public, 3), "\n", "\r\n"), "me@windows", 1},
		{"byte order mark", "\xef\xbb\xbf" + l + " x\n", "x", 1},
		{"byte order mark and PPK", "\xef\xbb\xbf" + toPPK(p.public, 2), "me@windows", 2},
		{"UTF-16", "\xff\xfe" + toUTF16(l+" x\r\n", false), "x", 1},
		{"wrapped", p.public.Type + " " + b[:76] + "\n" + b[76:] + " x\n", "x", 1},
		{"blob alone", b + "\n", "", 1},
		{"two keys", l + "\n" + ca.public.Line + "\n", "", 1},
		{"bad options", "nosuch " + l + "\n", "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, warnings, err := ParsePublicKey([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if !key.Equal(p.key) || string(key.Comment) != c.comment || (key.Cert != nil) != (c.name == "certificate") {
				t.Errorf("got %s %q, want %s %q", key.Fingerprint(), key.Comment, p.key.Fingerprint(), c.comment)
			}
			if len(warnings) != c.warnings {
				t.Errorf("%d warnings, want %d: %q", len(warnings), c.warnings, warnings)
			}
		})
	}
}

// privateKeys are texts with private halves, made up.
func privateKeys() map[string]string {
	body := fold(strings.Repeat("c2VjcmV0", 40), 70)
	return map[string]string{
		"OpenSSH":       "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + "-----END OPENSSH PRIVATE KEY-----\n",
		"PEM":           "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + body + "-----END RSA PRIVATE KEY-----\n",
		"PKCS 8":        "-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n" + strings.ReplaceAll(body, "\n", "\r\n") + "-----END ENCRYPTED PRIVATE KEY-----\r\n",
		"ssh.com":       "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + body + "---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
		"cut":           "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body,
		"behind a key":  edKey + "\n-----BEGIN OPENSSH PRIVATE KEY-----\n" + body,
		"behind a mark": "\xef\xbb\xbf-----BEGIN OPENSSH PRIVATE KEY-----\n" + body,
		"UTF-16":        "\xff\xfe" + toUTF16("-----BEGIN OPENSSH PRIVATE KEY-----\n"+body, false),
	}
}

func TestPrivateKeyIsRefusedWithoutEcho(t *testing.T) {
	for name, text := range privateKeys() {
		key, warnings, err := ParsePublicKey([]byte(text))
		if !errors.Is(err, ErrPrivateKey) || key != nil {
			t.Errorf("%s: got %v, %v, want ErrPrivateKey", name, key, err)
		}
		if strings.Contains(fmt.Sprint(err, warnings), "c2Vj") {
			t.Errorf("%s: content in %v %q", name, err, warnings)
		}
	}
}

func TestPrivateKeyInAFileIsOneProblem(t *testing.T) {
	for name, text := range privateKeys() {
		if strings.Contains(name, "UTF-16") {
			continue
		}
		f := Parse([]byte("# c\n"+text+edKey+"\n"), testRules(bookworm))
		var private []Line
		for _, l := range f.Lines {
			if l.Kind == KindBroken {
				private = append(private, l)
			}
		}
		if len(private) != 1 || private[0].Cause != CausePrivateKey || private[0].Key != nil || private[0].Last != f.Count-1 {
			t.Errorf("%s: %+v of %d lines, want one problem up to the line before the key", name, private, f.Count)
		}
		if last := f.Lines[len(f.Lines)-1]; last.Kind != KindKey || last.Number != f.Count {
			t.Errorf("%s: the key behind it is %+v", name, last)
		}
	}
}

func TestTextWithoutKeyIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "comment": "# x\n", "words": "hello world, this is secret\n", "cut": edKey[:40] + "\n",
		"RFC 4716 damaged":                    "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n",
		"PPK damaged":                         "PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nc2VjcmV0\nPrivate-MAC: 00\n",
		"PEM public":                          "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"PPK of a type that is not its key's": strings.Replace(toPPK(newSubject(edKey), 2), "ssh-ed25519", "ssh-rsa", 1),
	} {
		key, _, err := ParsePublicKey([]byte(text))
		if err == nil || key != nil {
			t.Errorf("%s: got %+v", name, key)
			continue
		}
		for _, word := range []string{"secret", "AAAA", "c2Vj"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%s: content in %v", name, err)
			}
		}
	}
}

func TestFingerprintIsReadStrictly(t *testing.T) {
	key, _, err := ParsePublicKey([]byte(edKey))
	if err != nil {
		t.Fatal(err)
	}
	want := key.Fingerprint()
	for _, s := range []string{string(want), string(want) + "="} {
		if got, err := ParseFingerprint(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	body := strings.TrimPrefix(string(want), "SHA256:")
	for _, s := range []string{"", "SHA256:", body, "sha256:" + body, "SHA256:" + body[1:], "SHA256:" + body + "A",
		"MD5:00:11", "SHA256:" + body[:42] + "-", "SHA256:" + body + "\n", "SHA256:" + body[:20] + "\n" + body[20:]} {
		if got, err := ParseFingerprint(s); err == nil {
			t.Errorf("%q: got %q, want an error", s, got)
		}
	}
}

// TestSizesAndFingerprintsEqualSshKeygen compares with ssh-keygen -l.
func TestSizesAndFingerprintsEqualSshKeygen(t *testing.T) {
	h := sshdtest.Open(t, sshdtest.Bookworm)
	ecdsaSK, edSK := skPairs(t)
	rsa := newRSA(t)
	lines := []string{
		newEd25519(t).public.Line, rsa.public.Line, h.Keygen("rsa", 1024).Public, h.Keygen("rsa", 3071).Public,
		newECDSA(t, elliptic.P256()).public.Line, newECDSA(t, elliptic.P384()).public.Line, newECDSA(t, elliptic.P521()).public.Line,
		ecdsaSK.public.Line, edSK.public.Line, dsaLine(), certify(t, rsa, newEd25519(t), nil).public.Line,
	}
	for _, f := range rsaForms(rsa.public) {
		if f.accepted == always {
			lines = append(lines, f.line)
		}
	}
	text := strings.Join(lines, "\n") + "\n"
	h.WriteFile("/root/keys.pub", []byte(text), 0o600, 0, 0)
	out, err := h.Command(context.Background(), "ssh-keygen", "-l", "-f", "/root/keys.pub").CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen -l: %v\n%s", err, out)
	}
	var got strings.Builder
	for _, l := range Parse([]byte(text), testRules(bookworm)).Lines {
		if l.Key == nil {
			t.Fatalf("line %d: %+v", l.Number, l)
		}
		fmt.Fprintf(&got, "%d %s\n", l.Key.Bits, l.Key.Fingerprint())
	}
	var want strings.Builder
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		fmt.Fprintln(&want, words[0], words[1])
	}
	if got.String() != want.String() {
		t.Errorf("got\n%s\nssh-keygen has\n%s", got.String(), out)
	}
	for _, line := range lines[:2] {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.String(), ssh.FingerprintSHA256(public)) {
			t.Errorf("x/crypto has %s", ssh.FingerprintSHA256(public))
		}
	}
}
