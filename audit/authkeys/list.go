package authkeys

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // KRLs name keys by SHA-1 fingerprints too
	"crypto/sha256"

	"sshaudit/audit"
)

// List is a file of TrustedUserCAKeys or RevokedKeys: lines of bare keys, or
// for RevokedKeys a KRL.
type List struct {
	// BadLine is the first line that sshd cannot read, where it stops with an
	// error; 0 if there is none.
	BadLine int
	// Unsure says why it cannot be told what sshd makes of the file; empty if it can.
	Unsure string

	keys []listed
	krl  *krl
	// failed tells that a KRL is malformed.
	failed bool
}

// listed is one key of a plain list.
type listed struct {
	key  *Key
	line int
}

// ParseList reads a list of keys as authfile.c sshkey_in_file does: blank lines,
// comments and RSA keys that are too short are passed over, the first line that
// is no key ends it with an error. A line cannot have options.
func ParseList(data []byte, r Rules) *List {
	l := &List{}
	for number := 1; len(data) > 0; number++ {
		raw, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		text, _, _ := bytes.Cut(raw, []byte{0})
		at := skipBlanks(text, 0)
		if at == len(text) || text[at] == '#' {
			continue
		}
		s := scan{text: text, r: &r}
		found, f := s.readKey(at)
		switch {
		case f == faultTinyRSA:
		case f != faultNone:
			l.BadLine = number
			return l
		case found.unsure != "":
			l.Unsure = found.unsure
			return l
		default:
			l.keys = append(l.keys, listed{found.key, number})
		}
	}
	return l
}

// ParseRevoked reads a file of RevokedKeys: a KRL if it begins as one, else a
// list of keys (sshkey.c sshkey_check_revoked).
func ParseRevoked(data []byte, r Rules) *List {
	if !bytes.HasPrefix(data, []byte(krlMagic)) {
		return ParseList(data, r)
	}
	l := &List{}
	l.krl, l.Unsure, l.failed = parseKRL(data[len(krlMagic):])
	return l
}

// Holds answers whether a plain list holds the key itself: Accept if so, Refuse
// if not, with the line that tells; Unknown with Unsure. broken tells that sshd
// met a bad line before it found the key.
func (l *List) Holds(key *Key) (v audit.Verdict, line int, broken bool) {
	for _, k := range l.keys {
		if k.key.Equal(key) {
			return audit.Accept, k.line, false
		}
	}
	switch {
	case l.Unsure != "":
		return audit.Unknown, 0, false
	case l.BadLine != 0:
		return audit.Refuse, l.BadLine, true
	default:
		return audit.Refuse, 0, false
	}
}

// Revokes answers whether the file revokes an offered key or certificate, or the
// CA of one: Accept if it does. broken tells that the file cannot be read to
// that point, for which sshd refuses every key.
func (l *List) Revokes(key *Key) (v audit.Verdict, broken bool) {
	if l.failed {
		return audit.Refuse, true
	}
	subjects := []*Key{key}
	if key.Cert != nil {
		subjects = append(subjects, key.Cert.CA)
	}
	if l.krl != nil {
		return l.krl.revokes(key, l.Unsure), false
	}
	for _, k := range subjects {
		if v, _, _ := l.Holds(k); v == audit.Accept {
			return v, false
		}
	}
	v, _, broken = l.Holds(key)
	return v, broken
}

// revokes answers for a KRL (krl.c ssh_krl_check_key).
func (k *krl) revokes(key *Key, unsure string) audit.Verdict {
	subjects := []*Key{key}
	if key.Cert != nil {
		subjects = append(subjects, key.Cert.CA)
	}
	for _, s := range subjects {
		one, two := sha1.Sum(s.Blob), sha256.Sum256(s.Blob) //nolint:gosec // as above
		if k.blobs[string(s.Blob)] || k.prints[string(one[:])] || k.prints[string(two[:])] {
			return audit.Accept
		}
	}
	if key.Cert != nil && k.revokesCertificate(key.Cert) {
		return audit.Accept
	}
	if unsure != "" {
		return audit.Unknown
	}
	return audit.Refuse
}
