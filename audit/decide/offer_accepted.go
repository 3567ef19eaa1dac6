package decide

import (
	"fmt"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// accepted applies what sshd asks of a key before it looks into any file
// (auth2-pubkey.c userauth_pubkey).
func (o *offer) accepted() {
	via, key := o.l.via, o.key
	cause, why := KeyAccepted(via, key)
	switch {
	case key.Type == "ssh-dss" && via.Server.Version.AtLeast(10, 0):
		o.first = append(o.first, audit.Cause{ID: "key-alg-unknown", Message: "sshd does not know DSA keys any more", Fix: "let the customer make a new key: ssh-keygen -t ed25519"})
	case cause == "key-alg-not-accepted":
		if key.Type == "ssh-rsa" && via.Server.Version.AtLeast(9, 6) {
			// Clients are told what is accepted, and do not offer the key then.
			o.first = append(o.first, o.l.set("client-no-sigalg", "pubkeyacceptedalgorithms",
				why+"; clients are told so and do not offer the key", "let the customer make a new key: ssh-keygen -t ed25519"))
			return
		}
		o.first = append(o.first, o.l.set(cause, "pubkeyacceptedalgorithms", why, "let the customer make a new key: ssh-keygen -t ed25519"))
	case cause != "":
		o.first = append(o.first, o.l.set(cause, "requiredrsasize", why, "let the customer make a new key: ssh-keygen -t ed25519"))
	case onlySHA1(via, key):
		o.doubts = append(o.doubts, "PubkeyAcceptedAlgorithms takes RSA keys by SHA-1 signatures only, which newer clients do not make")
		o.first = nil
	}
	if key.Cert == nil {
		return
	}
	signed := string(key.Cert.SignatureType)
	if list, ok := via.Settings.Get("casignaturealgorithms"); ok && !contains(list.Value, signed) {
		o.first = append(o.first, o.l.set("cert-sigalg", "casignaturealgorithms",
			"the certificate is signed with "+audit.Untrusted(signed).String()+", which CASignatureAlgorithms does not name",
			"sign it anew with ssh-keygen -t rsa-sha2-512, or by an ed25519 CA"))
	}
	if key.Cert.CheckSignature() == audit.Unknown {
		o.doubts = append(o.doubts, "the certificate's signature could not be checked")
	}
}

func contains(list, word string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		if entry == word {
			return true
		}
	}
	return false
}

// revoked applies RevokedKeys: what cannot be read revokes every key
// (auth.c auth_key_is_revoked).
func (o *offer) revoked() {
	for _, f := range o.l.via.Policy.RevokedFiles {
		switch {
		case f.Problem != nil && f.Problem.Failure != facts.Uncertain, f.Problem == nil && f.Type == facts.Directory:
			o.unreadable(f, "it cannot be read")
		case f.List == nil:
			o.doubts = append(o.doubts, fmt.Sprintf("RevokedKeys %s could not be read here", f.Path))
		default:
			switch v, broken := f.List.Revokes(o.key); {
			case broken && f.List.BadLine > 0:
				o.unreadable(f, fmt.Sprintf("line %d is no key", f.List.BadLine))
			case broken:
				o.unreadable(f, "it is damaged")
			case v == audit.Accept:
				c := o.l.set("key-revoked", "revokedkeys", fmt.Sprintf("the key is revoked by %s", f.Path), "let the customer make a new key")
				c.Path, c.Line = f.Path, 0
				o.first = append(o.first, c)
			case v == audit.Unknown:
				o.doubts = append(o.doubts, fmt.Sprintf("RevokedKeys %s: %s", f.Path, f.List.Unsure))
			}
		}
	}
}

func (o *offer) unreadable(f *facts.KeyList, why string) {
	c := audit.Cause{ID: "revoked-file-error", Path: f.Path, Message: fmt.Sprintf("sshd refuses every key, because it cannot evaluate RevokedKeys %s: %s", f.Path, why)}
	c.Fix = "repair the file, or take RevokedKeys out of sshd_config and reload sshd"
	if f.List != nil {
		c.Line = f.List.BadLine
	}
	o.first = append(o.first, c)
}
