package decide

import (
	"fmt"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// signatures lists the signature algorithms that a key of a type can use beside
// the one with the type's own name (sshkey.c, RFC 8332).
var signatures = map[string][]string{
	"ssh-rsa":                            {"rsa-sha2-256", "rsa-sha2-512"},
	"sk-ecdsa-sha2-nistp256@openssh.com": {"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"},
	rsaCertificate:                       {"rsa-sha2-256-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com"},
}

// rsaCertificate is the type of a certificate for an RSA key.
const rsaCertificate = "ssh-rsa-cert-v01@openssh.com"

// onlySHA1 tells that an RSA key or certificate is accepted with SHA-1
// signatures alone, which clients have not made by themselves since 8.8.
func onlySHA1(via *facts.Via, key *authkeys.Key) bool {
	return (key.Type == "ssh-rsa" || key.Type == rsaCertificate) && via.Policy != nil &&
		!slices.ContainsFunc(signatures[key.Type], func(name string) bool { return slices.Contains(via.Policy.Accepted, name) })
}

// KeyAccepted decides whether sshd takes a plain key that is listed: some
// algorithm that it can sign with is in PubkeyAcceptedAlgorithms, and an RSA key
// has RequiredRSASize (auth2-pubkey.c userauth_pubkey). cause is empty if so.
func KeyAccepted(via *facts.Via, key *authkeys.Key) (cause, why string) {
	if via.Policy == nil {
		return "", ""
	}
	signs := func(name string) bool { return slices.Contains(via.Policy.Accepted, name) }
	if !signs(key.Type) && !slices.ContainsFunc(signatures[key.Type], signs) {
		return "key-alg-not-accepted", fmt.Sprintf("PubkeyAcceptedAlgorithms names nothing that a key of type %s can sign with", key.Type)
	}
	if required := via.Policy.RequiredRSASize; (key.Type == "ssh-rsa" || key.Type == rsaCertificate) && key.Bits < required {
		return "key-rsa-too-small", fmt.Sprintf("the RSA key has %d bits, RequiredRSASize wants %d", key.Bits, required)
	}
	return "", ""
}

// Line decides whether a line would let its key's holder in, from= left aside:
// the file is read, the line is good, and sshd takes keys of this kind. cause
// is the first thing that refuses it.
func Line(via *facts.Via, l *authkeys.Line, file KeyFileAnswer) (audit.Verdict, string) {
	switch {
	case file.Verdict != audit.Accept:
		return file.Verdict, file.Cause
	case l.Cause != "":
		return audit.Refuse, l.Cause
	case l.Unsure != "":
		return audit.Unknown, ""
	}
	if via.Policy == nil {
		return audit.Unknown, ""
	}
	if !via.Policy.PubkeyAuthentication {
		return audit.Refuse, "method-disabled"
	}
	if via.Policy.Revoked {
		return audit.Unknown, "" // the list of revoked keys is not evaluated here
	}
	if l.Options == nil || !l.Options.CertAuthority {
		if cause, _ := KeyAccepted(via, l.Key); cause != "" {
			return audit.Refuse, cause
		}
	}
	return audit.Accept, ""
}
