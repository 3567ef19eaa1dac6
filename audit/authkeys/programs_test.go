package authkeys

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

// TestTextsOfOtherProgramsAreRead takes keys as ssh-keygen -e and PuTTY write
// them, as texts handed over and as files to be repaired.
func TestTextsOfOtherProgramsAreRead(t *testing.T) {
	puttygen := sshdtest.NeedProgram(t, "puttygen", "putty-tools")
	h := sshdtest.Open(t, sshdtest.Bookworm)
	dir := t.TempDir()
	for _, kind := range []struct {
		typ  string
		bits int
	}{{"ed25519", 0}, {"rsa", 2048}, {"ecdsa", 256}, {"ecdsa", 521}} {
		own := h.Keygen(kind.typ, kind.bits, "-C", "alice at work")
		want, _, err := ParsePublicKey([]byte(own.Public))
		if err != nil {
			t.Fatal(err)
		}
		private, err := h.FS().ReadFile(strings.TrimPrefix(own.Path, "/"))
		if err != nil {
			t.Fatal(err)
		}
		pem := filepath.Join(dir, "key")
		if err := os.WriteFile(pem, private, 0o600); err != nil {
			t.Fatal(err)
		}
		texts := map[string][]byte{}
		out, err := h.Command(context.Background(), "ssh-keygen", "-e", "-f", own.Path+".pub").Output()
		if err != nil {
			t.Fatal(err)
		}
		texts["ssh-keygen -e"] = out
		for name, args := range map[string][]string{
			"PPK 2":                   {"-O", "private", "--ppk-param", "version=2"},
			"PPK 3":                   {"-O", "private", "--ppk-param", "version=3,kdf=argon2i,time=10"},
			"puttygen -O public":      {"-O", "public"},
			"puttygen public-openssh": {"-O", "public-openssh"},
		} {
			file := filepath.Join(dir, "out")
			args = append([]string{pem, "-o", file}, args...)
			if out, err := exec.CommandContext(t.Context(), puttygen, args...).CombinedOutput(); err != nil {
				t.Fatalf("puttygen %v: %v\n%s", args, err, out)
			}
			if texts[name], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range texts {
			got, _, err := ParsePublicKey(text)
			if err != nil || !got.Equal(want) {
				t.Errorf("%s of %s: %v, %v", name, want.Type, got, err)
				continue
			}
			fixed, _, err := Repair(text)
			if err != nil {
				t.Fatal(err)
			}
			lines := Parse(fixed, testRules(bookworm)).Lines
			if len(lines) != 1 || lines[0].Kind != KindKey || !lines[0].Key.Equal(want) {
				t.Errorf("%s of %s becomes %+v", name, want.Type, lines)
			}
			if strings.HasPrefix(name, "P") && got.Comment != want.Comment {
				t.Errorf("%s: comment %q, want %q", name, got.Comment, want.Comment)
			}
		}
		if _, _, err := ParsePublicKey(private); err == nil {
			t.Errorf("private key of %s was taken", want.Type)
		}
	}
}

// TestDSAKeyEqualsRealSshd: 8.4 and 9.2 know the type on a line, 10.0 does not;
// none accepts it without being told to.
func TestDSAKeyEqualsRealSshd(t *testing.T) {
	for _, r := range []sshdtest.Release{sshdtest.Bullseye, sshdtest.Bookworm} {
		t.Run(string(r), func(t *testing.T) {
			h := sshdtest.Open(t, r)
			h.AddUser(sshdtest.User{Name: "alice"})
			own := h.Keygen("dsa", 0)
			h.WriteFile(keyFile, []byte("restrict "+own.Public+"\n"), 0o644, 0, 0)
			s := h.StartSshd("AuthorizedKeysFile " + keyFile + "\nPubkeyAcceptedKeyTypes +ssh-dss\n")
			if got := s.Login("alice", own.Path, "-o", "PubkeyAcceptedKeyTypes=+ssh-dss"); !got.Accepted {
				t.Errorf("sshd refuses:\n%s", got.Log)
			}
			l := Parse([]byte("restrict "+own.Public+"\n"), testRules(bookworm)).Lines[0]
			if l.Accepted().String() != "accept" || l.Key.Bits != 1024 {
				t.Errorf("predicted %v, %+v", l.Accepted(), l.Key)
			}
		})
	}
}

// TestDamagedKeysEqualSshKeygen reads thousands of keys of which bytes were
// changed, cut or doubled: ssh-keygen -l reads a line by the same sshkey_read
// as sshd, skips what is no key, and tells a comment by which to find it.
func TestDamagedKeysEqualSshKeygen(t *testing.T) {
	ecdsaSK, edSK := skPairs(t)
	bases := []pair{newEd25519(t), newRSA(t), newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P521()), ecdsaSK, edSK}
	r := mathrand.New(mathrand.NewPCG(3, 4)) //nolint:gosec // repeatable
	var text strings.Builder
	for i := range 6000 {
		k := bases[r.IntN(len(bases))].public
		word, blob := k.Type, base64.StdEncoding.EncodeToString(damage(r, k.Raw))
		switch r.IntN(20) {
		case 0:
			blob = mutate(r, blob)
		case 1:
			word = bases[r.IntN(len(bases))].public.Type
		}
		line := word + " " + blob
		if strings.ContainsAny(line, "\n\r\x00") { // newer ssh-keygen cuts at CR, sshd does not
			continue
		}
		fmt.Fprintf(&text, "%s id%d\n", line, i)
	}
	for _, release := range sshdtest.Releases() {
		t.Run(string(release), func(t *testing.T) {
			h := sshdtest.Open(t, release)
			h.WriteFile("/root/keys.pub", []byte(text.String()), 0o600, 0, 0)
			out, err := h.Command(context.Background(), "ssh-keygen", "-l", "-f", "/root/keys.pub").Output()
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for line := range strings.Lines(string(out)) {
				words := strings.Fields(line)
				want[words[2]] = words[0] + " " + words[1]
			}
			version, err := audit.ParseOpenSSH(h.Version())
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, l := range Parse([]byte(text.String()), testRules(version)).Lines {
				if l.Kind == KindKey {
					id := l.Key.Comment[strings.LastIndexByte(string(l.Key.Comment), ' ')+1:]
					got[string(id)] = fmt.Sprintf("%d %s", l.Key.Bits, l.Key.Fingerprint())
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("ssh-keygen -, parsed +:\n%s", diff)
			}
			if len(want) < 500 || len(want) > 5500 {
				t.Errorf("%d keys of 6000 were good: the damage is not what it should be", len(want))
			}
		})
	}
}

// damage changes a blob a little, or not at all.
func damage(r *mathrand.Rand, raw []byte) []byte {
	raw = bytes.Clone(raw)
	for range r.IntN(3) {
		at := r.IntN(len(raw))
		if r.IntN(2) == 0 { // the type and the lengths are at the start
			at = r.IntN(min(len(raw), 48))
		}
		switch r.IntN(5) {
		case 0:
			raw[at] ^= 1 << r.IntN(8)
		case 1:
			raw[at] = byte(r.IntN(256))
		case 2:
			raw = append(raw[:at], raw[at+1:]...)
		case 3:
			raw = append(raw[:at+1], raw[at:]...)
		default:
			raw[at]++
		}
	}
	return raw
}
