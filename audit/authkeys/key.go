package authkeys

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"sshaudit/audit"
)

// Key is a public key, or a certificate for one.
type Key struct {
	// Type is the key's own type, such as "ssh-rsa"; of a certificate its
	// certificate type.
	Type string
	// Bits is the size as ssh-keygen -l counts it; 0 for ML-DSA.
	Bits int
	// Blob is the public key in wire form (RFC 4253 section 6.6), as sshd
	// writes it: equal keys have equal blobs. A certificate's is that of the
	// key it certifies.
	Blob []byte
	// Comment is what follows the key, cut at 1024 bytes.
	Comment audit.Untrusted
	// Cert is what a certificate says; nil for a plain key.
	Cert *Certificate
}

// Fingerprint is a SHA-256 fingerprint as ssh-keygen -l prints it, "SHA256:…".
type Fingerprint string

// fingerprintPrefix starts a SHA-256 fingerprint.
const fingerprintPrefix = "SHA256:"

// Fingerprint returns the fingerprint of the public key (sshkey.c
// sshkey_fingerprint); a certificate has that of its key.
func (k *Key) Fingerprint() Fingerprint {
	sum := sha256.Sum256(k.Blob)
	text := [len(fingerprintPrefix) + 43]byte{}
	copy(text[:], fingerprintPrefix)
	base64.RawStdEncoding.Encode(text[len(fingerprintPrefix):], sum[:])
	return Fingerprint(text[:])
}

// Equal reports whether two keys are the same public key (sshkey.c
// sshkey_equal_public), whatever certificates and comments say.
func (k *Key) Equal(other *Key) bool { return bytes.Equal(k.Blob, other.Blob) }

// ParseFingerprint reads "SHA256:" and 43 characters of base64, padded or not.
func ParseFingerprint(s string) (Fingerprint, error) {
	text, ok := strings.CutPrefix(s, fingerprintPrefix)
	if strings.HasPrefix(s, "MD5:") {
		return "", errors.New("an MD5 fingerprint: use ssh-keygen -l -E sha256 to get the one that sshd logs")
	}
	text = strings.TrimSuffix(text, "=")
	sum, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(sum) != sha256.Size || len(text) != 43 {
		return "", errors.New("not a fingerprint: want SHA256: and 43 characters, as ssh-keygen -l prints it")
	}
	return Fingerprint(fingerprintPrefix + text), nil
}
