package keyfiles

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// generate makes a key pair with the real ssh-keygen and returns both files.
func generate(t testing.TB, args ...string) (private, public []byte) {
	t.Helper()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("needs ssh-keygen (CI is set, so this may not be skipped)")
		}
		t.Skip("needs ssh-keygen")
	}
	file := filepath.Join(t.TempDir(), "key")
	if out, err := exec.CommandContext(t.Context(), program, append(args, "-q", "-N", "", "-f", file)...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
	}
	if private, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	if public, err = os.ReadFile(file + ".pub"); err != nil {
		t.Fatal(err)
	}
	return private, public
}

func TestPublicHalfIsTheOneThatSshKeygenWrote(t *testing.T) {
	for _, args := range [][]string{
		{"-t", "ed25519"}, {"-t", "rsa", "-b", "2048"}, {"-t", "ecdsa", "-b", "521"},
		{"-t", "rsa", "-b", "1024", "-m", "PEM"}, {"-t", "ecdsa", "-b", "256", "-m", "PEM"}, {"-t", "ecdsa", "-b", "384", "-m", "PEM"},
		{"-t", "rsa", "-b", "2048", "-m", "PKCS8"}, {"-t", "ecdsa", "-b", "256", "-m", "PKCS8"},
	} {
		private, public := generate(t, args...)
		want, err := base64.StdEncoding.DecodeString(string(bytes.Fields(public)[1]))
		if err != nil {
			t.Fatal(err)
		}
		if got := PublicHalf(private); !bytes.Equal(got, want) {
			t.Errorf("ssh-keygen %v: got %x, want %x", args, got, want)
		}
		if got := PublicHalf(private[:len(private)/2]); got != nil {
			t.Errorf("ssh-keygen %v: half of the file gives %x", args, got)
		}
	}
}

func FuzzPublicHalf(f *testing.F) {
	for _, args := range [][]string{{"-t", "ed25519"}, {"-t", "ecdsa", "-b", "256", "-m", "PEM"}, {"-t", "rsa", "-b", "1024", "-m", "PKCS8"}} {
		private, _ := generate(f, args...)
		f.Add(private)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if got := PublicHalf(content); len(got) > len(content)+64 {
			t.Errorf("%d bytes out of %d", len(got), len(content))
		}
	})
}
