package factstest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdconf"
)

// Account is an account of the host as a collector would have read it: a home
// of mode 0755, .ssh 0700 and authorized_keys 0600 with the line of one key, all
// of them its own. Every sshd of the host reads that file.
func Account(tb testing.TB, h *facts.Host, name string) *facts.Account {
	tb.Helper()
	entry := h.Accounts.Lookup(name)
	if entry == nil {
		tb.Fatalf("the host has no account %s", name)
	}
	a := &facts.Account{Account: *entry, GIDs: h.Accounts.Groups(entry)}
	a.Shadow, a.ShadowKnown = h.Accounts.Shadow(entry)
	a.Login = &facts.SystemFile{Node: File(a.Shell, 0o755, 0, 0)}
	a.Home.Node = Dir(entry.Home, 0o755, a.UID, a.GID)
	a.SSHDir.Node = Dir(entry.Home+"/.ssh", 0o700, a.UID, a.GID)
	file := KeyFile(h, a, entry.Home+"/.ssh/authorized_keys", Ed25519(1))
	file.Dirs = []facts.Node{a.SSHDir.Node, a.Home.Node, Dir("/home", 0o755, 0, 0), Dir("/", 0o755, 0, 0)}
	if a.UID == 0 {
		file.Dirs = []facts.Node{a.SSHDir.Node, a.Home.Node, Dir("/", 0o755, 0, 0)}
	}
	a.SSHDir.Entries = []facts.Entry{{Node: file.Node, Name: "authorized_keys", Content: facts.ContentPublicKeys}}
	for _, s := range h.Servers {
		via := facts.Via{Server: s, KeyFiles: []*facts.KeyFile{file}}
		if s.Config != nil {
			settings, err := s.Config.Effective(sshdconf.Conn{User: a.Name, LocalPort: s.Port})
			if err != nil {
				tb.Fatal(err)
			}
			via.Settings, via.Policy = settings, facts.NewPolicy(settings)
		}
		a.Via = append(a.Via, via)
	}
	return a
}

// KeyFile is a key file of the account's own, mode 0600, with this content and
// no directories above it.
func KeyFile(h *facts.Host, a *facts.Account, path, content string) *facts.KeyFile {
	f := &facts.KeyFile{
		Setting: ".ssh/authorized_keys", Path: audit.Untrusted(path), Node: File(path, 0o600, a.UID, a.GID), Release: Debian,
	}
	f.Size = int64(len(content))
	Write(h, f, content)
	return f
}

// Write gives a key file another content.
func Write(h *facts.Host, f *facts.KeyFile, content string) {
	f.Keys = authkeys.Parse([]byte(content), authkeys.Rules{Version: f.Release, Now: h.Now, Zone: h.Zone})
}

// Dir is a directory.
func Dir(path string, mode, uid, gid uint32) facts.Node {
	return facts.Node{Path: audit.Untrusted(path), Type: facts.Directory, Mode: mode, UID: uid, GID: gid, Links: 2}
}

// File is a regular file.
func File(path string, mode, uid, gid uint32) facts.Node {
	return facts.Node{Path: audit.Untrusted(path), Type: facts.Regular, Mode: mode, UID: uid, GID: gid, Links: 1}
}

// Ed25519 is the line of a key in authorized_keys, another one for each number.
func Ed25519(number byte) string {
	return line("ssh-ed25519", bytes.Repeat([]byte{number}, 32))
}

// RSA is the line of an RSA key of so many bits.
func RSA(bits int) string {
	modulus := bytes.Repeat([]byte{0xa5}, bits/8)
	return line("ssh-rsa", []byte{1, 0, 1}, append([]byte{0}, modulus...))
}

// line builds a key in its wire form (RFC 4253 section 6.6) and its line.
func line(kind string, fields ...[]byte) string {
	var blob []byte
	for _, field := range append([][]byte{[]byte(kind)}, fields...) {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(field)))
		blob = append(blob, field...)
	}
	return kind + " " + base64.StdEncoding.EncodeToString(blob) + " somebody@example\n"
}
