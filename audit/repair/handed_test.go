//go:build linux

package repair

import (
	"bytes"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/keyfiles"
)

func TestWhatPassesForKnownHosts(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5cWPLsJHqgSQiSFZv7bUn/x/aXYeN5UfHb2OvXsdvr"
	for text, want := range map[string]bool{
		"":                                       true,
		"host " + key + "\n":                     true,
		"host " + key:                            true,
		"|1|c2FsdA==|aGFzaA== " + key + " c\n":   true,
		"@cert-authority *.org " + key + "\n":    true,
		"@revoked * " + key + "\n# note\n\n":     true,
		"# only a note\n":                        false,
		"host ssh-rsa AAAAC3NzaC1lZDI1NTE5\n":    false, // the key is of another type
		"host ssh-ed25519 !!!\n":                 false,
		"host ssh-ed25519\n":                     false,
		"@cert-authority " + key + "\n":          false,
		"host " + key + "\npassword hunter2 x\n": false,
		"host " + key + "\x00\n":                 false,
		"host ssh-ed25519 AAAAC3Nz\n":            false,
		"host ssh-ed25519 ////\n":                false,
	} {
		if got := validKnownHosts([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestWhatPassesForAClientConfiguration(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                         true,
		"Host *\n  IdentityFile ~/.ssh/id\n":       true,
		"ProxyJump=bastion\n":                      true,
		"host db\nuser root\n":                     false, // nothing that only ssh has
		"Host *\n":                                 false,
		"# note\n":                                 false,
		"IdentityFile\n":                           false,
		"Host a\nIdentityFile x\nSecret 123\n":     false,
		"[client]\nuser=root\npassword=x\n":        false,
		"Host a\nIdentityFile x\x00\n":             false,
		"machine example.org login a password b\n": false,
	} {
		if got := validClientConfig([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestSubordinateRanges(t *testing.T) {
	got := parseSubUID([]byte("alice:100000:65536\n# note\nbob:x:1\nbroken\ncarol:165536:10"))
	want := []idRange{{100000, 65536}, {165536, 10}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(idRange{})); diff != "" {
		t.Error(diff)
	}
}

func FuzzHandedText(f *testing.F) {
	f.Add([]byte(goodHost))
	f.Add([]byte("Host *\n  IdentityFile ~/.ssh/id\n"))
	f.Add([]byte("@cert-authority * ssh-ed25519 AAAA\n"))
	f.Add([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		parseSubUID(text)
		for name, valid := range map[string]func([]byte) bool{"known_hosts": validKnownHosts, "config": validClientConfig} {
			if !valid(text) {
				continue
			}
			if keyfiles.LooksPrivate(text) {
				t.Errorf("a private key passes for %s: %q", name, text)
			}
			// A secret behind a good text is noticed.
			more := append(append(bytes.Clone(text), '\n'), "root:$6$salt$hash:19000:0:99999:7:::\n"...)
			if valid(more) {
				t.Errorf("a line of shadow passes for %s: %q", name, more)
			}
		}
	})
}

func FuzzHomeName(f *testing.F) {
	for _, home := range []string{"/home/a", "/", "", "home", "/home/../etc", "/home//a", "/proc/1/root", "/home/a\x00", "/home/\n", "/root"} {
		f.Add(home)
	}
	f.Fuzz(func(t *testing.T, home string) {
		refused := checkHomeName(home, alice)
		if refused != nil {
			if refused.reason != reasonHomeSystem || strings.ContainsAny(refused.message, "\n\x1b\x00") {
				t.Errorf("%q: %s, %q", home, refused.reason, refused.message)
			}
			return
		}
		if !path.IsAbs(home) || path.Clean(home) != home || len(home) > maxHomePath || strings.Contains(home, "\x00") ||
			strings.HasPrefix(home, "/proc/") || home == "/root" || path.Dir(home) == home {
			t.Errorf("%q is taken for a home", home)
		}
	})
}
