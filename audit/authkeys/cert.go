package authkeys

import "sshaudit/audit"

// Certificate is what an OpenSSH certificate says (PROTOCOL.certkeys).
type Certificate struct {
	Serial uint64
	// Host tells that it certifies a host, not a user.
	Host       bool
	KeyID      audit.Untrusted
	Principals []audit.Untrusted
	// ValidAfter and ValidBefore bound the validity: seconds since 1970 in UTC,
	// the first good one and the first bad one; 1<<64-1 is for ever.
	ValidAfter, ValidBefore uint64
	Critical, Extensions    []CertOption
	// CA is the key that signed it.
	CA *Key
	// SignatureType is the algorithm of the signature, such as "rsa-sha2-512".
	SignatureType audit.Untrusted

	signed, signature []byte
}

// CertOption is a critical option or an extension.
type CertOption struct {
	Name audit.Untrusted
	// Data is the option's value in wire form.
	Data []byte
}

// Types of certificates and the most principals (sshkey.h).
const (
	certUser      = 1
	certHost      = 2
	maxPrincipals = 256
)

// readCertificate reads the part of a certificate behind its key (sshkey.c
// cert_parse), nil if it is malformed. The signature is not verified: see
// [Certificate.CheckSignature].
func readCertificate(blob []byte, w *wire, r *Rules) *Certificate {
	c := &Certificate{Serial: w.uint64()}
	kind := w.uint32()
	c.KeyID = audit.Untrusted(w.cstring())
	principals := wire{rest: w.bytes()}
	c.ValidAfter, c.ValidBefore = w.uint64(), w.uint64()
	critical, extensions := wire{rest: w.bytes()}, wire{rest: w.bytes()}
	w.bytes() // reserved
	ca := w.bytes()
	c.signed = blob[:len(blob)-len(w.rest)]
	c.signature = w.bytes()
	if w.bad || len(w.rest) != 0 || kind != certUser && kind != certHost {
		return nil
	}
	c.Host = kind == certHost
	for len(principals.rest) > 0 && len(c.Principals) < maxPrincipals {
		c.Principals = append(c.Principals, audit.Untrusted(principals.cstring()))
		if principals.bad {
			return nil
		}
	}
	c.Critical, c.Extensions = critical.options(), extensions.options()
	if len(principals.rest) > 0 || critical.bad || extensions.bad {
		return nil
	}
	key, _, f := decodeKey(ca, r, false)
	if f != faultNone {
		return nil
	}
	c.CA = key
	signature := wire{rest: c.signature}
	c.SignatureType = audit.Untrusted(signature.cstring())
	if signature.bad {
		return nil
	}
	return c
}

// options reads pairs of a name and a value.
func (w *wire) options() (list []CertOption) {
	for len(w.rest) > 0 && !w.bad {
		list = append(list, CertOption{Name: audit.Untrusted(w.bytes()), Data: w.bytes()})
	}
	return list
}
