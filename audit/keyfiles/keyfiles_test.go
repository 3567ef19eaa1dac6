package keyfiles

import (
	"testing"
	"unicode/utf16"
)

func TestNameTellsTheKind(t *testing.T) {
	for name, want := range map[string]Kind{
		"authorized_keys":     AuthorizedKeys,
		"authorized_keys2":    AuthorizedKeys,
		"authorized_keys.bak": PublicKey,
		"id_rsa":              PrivateKey,
		"id_ed25519_sk":       PrivateKey,
		"id_rsa.old":          PrivateKey,
		"identity":            PrivateKey,
		"aws.pem":             PrivateKey,
		"Putty.PPK":           PrivateKey,
		"id_rsa.pub":          PublicKey,
		"id_rsa-cert.pub":     PublicKey,
		"known_hosts":         KnownHosts,
		"known_hosts.old":     KnownHosts,
		"known_hosts2":        KnownHosts,
		"config":              Config,
		"config.d":            Other,
		"rc":                  RC,
		"environment":         Environment,
		"validate-rsync":      Other,
		"":                    Other,
	} {
		if got := KindOf(name); got != want {
			t.Errorf("KindOf(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestTargetMode(t *testing.T) {
	for _, tc := range []struct {
		kind       Kind
		mode, want uint32
	}{
		{Home, 0o777, 0o755},
		{Home, 0o2775, 0o2755},
		{Home, 0o711, 0o711},
		{Home, 0o600, 0o700},
		{SSHDir, 0o755, 0o700},
		{SSHDir, 0o600, 0o700},
		{SSHDir, 0o2770, 0o2700},
		{SSHDir, 0o500, 0o500},
		{AuthorizedKeys, 0o666, 0o600},
		{AuthorizedKeys, 0o000, 0o400},
		{AuthorizedKeys, 0o200, 0o600},
		{AuthorizedKeys, 0o7777, 0o600},
		{AuthorizedKeys, 0o400, 0o400},
		{PrivateKey, 0o644, 0o600},
		{PrivateKey, 0o000, 0o000},
		{PublicKey, 0o666, 0o644},
		{PublicKey, 0o600, 0o600},
		{KnownHosts, 0o4777, 0o644},
		{Config, 0o664, 0o644},
		{RC, 0o777, 0o755},
		{Environment, 0o622, 0o600},
		{Rhosts, 0o666, 0o644},
		{Other, 0o777, 0o755},
		{Other, 0o4755, 0o755},
	} {
		if got := Target(tc.kind, tc.mode); got != tc.want {
			t.Errorf("Target(%v, %04o) = %04o, want %04o", tc.kind, tc.mode, got, tc.want)
		}
	}
}

// TestTargetOnlyTakesAway walks every mode of every kind: no bit appears for
// group or others, no special bit appears, and a second repair has no work.
func TestTargetOnlyTakesAway(t *testing.T) {
	for k := Other; k <= Rhosts; k++ {
		for mode := uint32(0); mode <= 0o7777; mode++ {
			got := Target(k, mode)
			if added := got &^ mode; added&^0o500 != 0 {
				t.Fatalf("Target(%v, %04o) = %04o adds %04o", k, mode, got, added)
			}
			if OthersWrite(got) {
				t.Fatalf("Target(%v, %04o) = %04o lets others write", k, mode, got)
			}
			if again := Target(k, got); again != got {
				t.Fatalf("Target(%v, %04o) = %04o, then %04o", k, mode, got, again)
			}
		}
	}
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := Other; k <= Rhosts; k++ {
		if seen[k.String()] || k.String() == "" {
			t.Errorf("kind %d is named %q", k, k)
		}
		seen[k.String()] = true
	}
	if Kind(200).String() != "other" {
		t.Errorf("Kind(200) = %v", Kind(200))
	}
}

func utf16Text(s string, bigEndian bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		if bigEndian {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestPrivateKeyIsKnownByContent(t *testing.T) {
	const openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
	for name, tc := range map[string]struct {
		content []byte
		want    bool
	}{
		"openssh":          {[]byte(openssh), true},
		"rsa pem":          {[]byte("-----BEGIN RSA PRIVATE KEY-----\n"), true},
		"pkcs8 encrypted":  {[]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), true},
		"after attributes": {[]byte("Bag Attributes\n  localKeyID: 01\n" + openssh), true},
		"ppk":              {[]byte("PuTTY-User-Key-File-3: ssh-ed25519\r\n"), true},
		"ssh.com":          {[]byte("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n"), true},
		"protocol 1":       {[]byte("SSH PRIVATE KEY FILE FORMAT 1.1\n\x00"), true},
		"byte-order mark":  {[]byte("\xef\xbb\xbf" + openssh), true},
		"utf-16 le":        {utf16Text(openssh, false), true},
		"utf-16 be":        {utf16Text(openssh, true), true},
		"public key":       {[]byte("ssh-ed25519 AAAA alice\n"), false},
		"rfc 4716":         {[]byte("---- BEGIN SSH2 PUBLIC KEY ----\n"), false},
		"certificate":      {[]byte("-----BEGIN CERTIFICATE-----\n"), false},
		"prose":            {[]byte("# my PRIVATE KEY is elsewhere\n"), false},
		"empty":            {nil, false},
		"odd utf-16":       {[]byte{0xff, 0xfe, 'a'}, false},
		"beyond the probe": {append(make([]byte, PrivateProbe), openssh...), false},
	} {
		if got := LooksPrivate(tc.content); got != tc.want {
			t.Errorf("%s: LooksPrivate = %v, want %v", name, got, tc.want)
		}
	}
}

func FuzzLooksPrivate(f *testing.F) {
	f.Add([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\n"))
	f.Add([]byte{0xff, 0xfe, '-', 0})
	f.Add([]byte{0xfe, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		got := LooksPrivate(b)
		if again := LooksPrivate(append([]byte("x\n"), b...)); got && !again && len(b) < PrivateProbe-2 &&
			b[0] != 0xff && b[0] != 0xfe && b[0] != 0xef && b[0] != 'S' {
			t.Errorf("a line before the block hides it: %q", b)
		}
	})
}
