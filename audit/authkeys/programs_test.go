package authkeys

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
