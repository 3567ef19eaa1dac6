package keyfiles

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// sshKeygen makes a key and returns its private and public file.
func sshKeygen(t *testing.T, args ...string) (private, public []byte) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("ssh-keygen is missing: install openssh-client")
		}
		t.Skip("ssh-keygen is missing: install openssh-client")
	}
	file := filepath.Join(t.TempDir(), "k")
	out, err := exec.Command("ssh-keygen", append([]string{"-q", "-f", file, "-C", "c"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	if private, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	if public, err = os.ReadFile(file + ".pub"); err != nil {
		t.Fatal(err)
	}
	return private, public
}

func TestPassphraseIsSeenInEveryFormThatSSHKeygenWrites(t *testing.T) {
	for name, args := range map[string][]string{
		"ed25519":       {"-t", "ed25519"},
		"rsa":           {"-t", "rsa", "-b", "2048"},
		"rsa PEM":       {"-t", "rsa", "-b", "2048", "-m", "PEM"},
		"ecdsa PKCS #8": {"-t", "ecdsa", "-m", "PKCS8"},
	} {
		for passphrase, want := range map[string]bool{"": false, "secret words": true} {
			private, public := sshKeygen(t, append(args, "-N", passphrase)...)
			if !LooksPrivate(private) {
				t.Errorf("%s: not seen as a private key", name)
			}
			if got := Encrypted(private); got != want {
				t.Errorf("%s with passphrase %q: encrypted = %v", name, passphrase, got)
			}
			if LooksPublic(private) || !LooksPublic(public) {
				t.Errorf("%s: the halves are taken for each other", name)
			}
		}
	}
}

func TestPublicListsAreSeen(t *testing.T) {
	for text, want := range map[string]bool{
		"# comment\n\nssh-ed25519 AAAA c\n":         true,
		"from=\"10.0.0.0/8\",no-pty ssh-rsa AAAA\n": true,
		"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n":   true,
		"\xef\xbb\xbfecdsa-sha2-nistp256 AAAA\n":    true,
		"Host *\n  ssh-rsa":                         false,
		"":                                          false,
		"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n": false,
	} {
		if got := LooksPublic([]byte(text)); got != want {
			t.Errorf("LooksPublic(%q) = %v", text, got)
		}
	}
}

// FuzzContent: no content panics.
func FuzzContent(f *testing.F) {
	f.Add([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n"))
	f.Add([]byte("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: aes256-cbc\n"))
	f.Add([]byte("\xff\xfes\x00s\x00h\x00-\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if Encrypted(content) && len(content) == 0 {
			t.Error("nothing is encrypted")
		}
		LooksPrivate(content)
		LooksPublic(content)
	})
}
