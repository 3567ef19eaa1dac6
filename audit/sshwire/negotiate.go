package sshwire

import (
	"slices"
	"strings"
)

// Kind is one of the things that two peers have to agree on.
type Kind string

// Kinds, in the order in which sshd looks at them (kex.c kex_choose_conf).
const (
	Kex         Kind = "key exchange method"
	HostKey     Kind = "host key type"
	Cipher      Kind = "cipher"
	MAC         Kind = "MAC"
	Compression Kind = "compression method"
)

// Mismatch is something on which two peers do not agree.
type Mismatch struct {
	Kind Kind
	// Client and Server are what each of them offers.
	Client, Server []string
}

// Agreement is what two peers agree on.
type Agreement struct {
	Kex, HostKey                  string
	CipherIn, CipherOut           string
	MACIn, MACOut                 string // empty with a cipher that needs none
	CompressionIn, CompressionOut string
}

// Negotiate finds out what a client and a server agree on: of each list the
// client's first name that the server has as well (RFC 4253, 7.1). It returns the
// first thing on which they do not agree, or nil.
func Negotiate(client, server *Offer) (Agreement, *Mismatch) {
	var a Agreement
	steps := []struct {
		kind           Kind
		client, server []string
		to             *string
		cipher         *string // the cipher that may make the MAC needless
	}{
		{Kex, Methods(client.Kex), Methods(server.Kex), &a.Kex, nil},
		{HostKey, client.HostKey, server.HostKey, &a.HostKey, nil},
		{Cipher, client.CipherIn, server.CipherIn, &a.CipherIn, nil},
		{MAC, client.MACIn, server.MACIn, &a.MACIn, &a.CipherIn},
		{Compression, client.CompressionIn, server.CompressionIn, &a.CompressionIn, nil},
		{Cipher, client.CipherOut, server.CipherOut, &a.CipherOut, nil},
		{MAC, client.MACOut, server.MACOut, &a.MACOut, &a.CipherOut},
		{Compression, client.CompressionOut, server.CompressionOut, &a.CompressionOut, nil},
	}
	for _, s := range steps {
		if s.cipher != nil && authenticates(*s.cipher) {
			continue
		}
		i := slices.IndexFunc(s.client, func(name string) bool { return slices.Contains(s.server, name) })
		if i < 0 {
			return a, &Mismatch{Kind: s.kind, Client: s.client, Server: s.server}
		}
		*s.to = s.client[i]
	}
	return a, nil
}

// authenticates tells that a cipher brings its own authentication, so that the
// MAC is not looked at (cipher.c cipher_authlen).
func authenticates(cipher string) bool {
	switch cipher {
	case "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com":
		return true
	}
	return false
}

// Methods returns the key exchange methods of a list without the names that only
// signal an extension (RFC 8308, 2.1; OpenSSH's PROTOCOL, 1.9; Dropbear's kexguess2).
func Methods(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool {
		return name == "ext-info-c" || name == "ext-info-s" || strings.HasPrefix(name, "kex-strict-") || strings.HasPrefix(name, "kexguess2@")
	})
}
