package authkeys

import (
	"crypto/ecdh"
	"math/bits"
)

// fault is why a text or a blob is no key to sshd.
type fault uint8

const (
	faultNone fault = iota
	// faultNoBlob: nothing follows the type word.
	faultNoBlob
	// faultTypeWord: the first word names no key type.
	faultTypeWord
	// faultRelease: it names a type that this release does not have.
	faultRelease
	// faultBase64: the blob is not base64.
	faultBase64
	// faultForm: the fields of the blob are not those of its type.
	faultForm
	// faultInner: the blob is of another type than the type word says.
	faultInner
	// faultInnerUnknown: the blob names no type.
	faultInnerUnknown
	// faultTinyRSA: the modulus is shorter than 1024 bits.
	faultTinyRSA
)

// String returns the fault in words that tell nothing of the content.
func (f fault) String() string {
	return [...]string{
		"", "nothing follows the key type", "the first word is no key type",
		"this release of sshd does not know the key type", "the key's base64 text is damaged",
		"the key's data is damaged", "the key's data is of another type than the word before it",
		"the key's data names no known type", "the RSA key has fewer than 1024 bits",
	}[f]
}

// minRSA is the least size of a modulus in bits (sshkey.h
// SSH_RSA_MINIMUM_MODULUS_SIZE). RequiredRSASize is applied elsewhere.
const minRSA = 1024

// ed25519Size and mldsaSize are sizes of public keys in bytes.
const (
	ed25519Size = 32
	mldsaSize   = 1312 + ed25519Size
)

// material is a decoded public key.
type material struct {
	typ    *keyType
	bits   int
	unsure string
	// fields are what follows the type in wire form, numbers without padding.
	fields [4][]byte
	// numbers tells that fields are numbers, not strings.
	numbers bool
}

// decodeKey reads a key or a certificate from its wire form (sshkey.c
// sshkey_from_blob_internal). The blob is kept, not copied, where possible.
// A certificate is refused where certs is false.
func decodeKey(blob []byte, r *Rules, certs bool) (*Key, string, fault) {
	w := wire{rest: blob}
	name := w.cstring()
	if w.bad {
		return nil, "", faultForm
	}
	m := material{}
	if m.typ, m.unsure = innerType(name, r); m.typ == nil {
		return nil, "", faultInnerUnknown
	}
	if m.typ.cert {
		if !certs {
			return nil, "", faultForm
		}
		w.bytes() // the nonce
	}
	if f := m.read(&w); f != faultNone {
		return nil, "", f
	}
	if m.unsure == "" && m.typ.unsure != nil && !r.anyType {
		m.unsure = m.typ.unsure(r)
	}
	key := &Key{Type: m.typ.plain, Bits: m.bits}
	if m.typ.cert {
		key.Type = certName(m.typ.plain)
		key.Blob = m.blob()
		if key.Cert = readCertificate(blob, &w, r); key.Cert == nil {
			return nil, "", faultForm
		}
		return key, m.unsure, faultNone
	}
	if len(w.rest) != 0 {
		return nil, "", faultForm
	}
	if key.Blob = blob; w.loose || string(name) != m.typ.plain {
		key.Blob = m.blob()
	}
	return key, m.unsure, faultNone
}

// read reads the fields of the key.
func (m *material) read(w *wire) fault {
	switch m.typ.alg {
	case algRSA:
		m.numbers = true
		m.fields[0], m.fields[1] = w.bignum(), w.bignum()
		if m.bits = bitLen(m.fields[1]); !w.bad && m.bits < minRSA {
			return faultTinyRSA
		}
	case algDSA:
		m.numbers = true
		for i := range m.fields {
			m.fields[i] = w.bignum()
		}
		m.bits = bitLen(m.fields[0])
	case algECDSA, algECDSASK:
		m.bits = m.typ.bits
		m.fields[0], m.fields[1] = w.cstring(), w.bytes()
		curve, name := curveOf(m.bits)
		if w.bad || string(m.fields[0]) != name {
			return faultForm
		}
		// OpenSSH up to some 9.x also refused points whose coordinates are
		// improbably small; nobody can know the private half of such a key.
		if _, err := curve.NewPublicKey(m.fields[1]); err != nil {
			return faultForm
		}
		if m.typ.alg == algECDSASK {
			m.fields[2] = w.cstring()
		}
	case algEd25519, algEd25519SK:
		m.bits = m.typ.bits
		if m.fields[0] = w.bytes(); len(m.fields[0]) != ed25519Size {
			return faultForm
		}
		if m.typ.alg == algEd25519SK {
			m.fields[1] = w.cstring()
		}
	case algMLDSA:
		if m.fields[0] = w.bytes(); len(m.fields[0]) != mldsaSize {
			return faultForm
		}
	case algNone:
		return faultForm
	}
	if w.bad {
		return faultForm
	}
	return faultNone
}

// fieldCount returns how many fields follow the type in a key of the algorithm.
func (a algorithm) fieldCount() int {
	return [...]int{algNone: 0, algRSA: 2, algDSA: 4, algECDSA: 2, algEd25519: 1,
		algECDSASK: 3, algEd25519SK: 2, algMLDSA: 1}[a]
}

// blob returns the plain key in the wire form that sshd writes.
func (m *material) blob() []byte {
	fields := m.fields[:m.typ.alg.fieldCount()]
	size := 4 + len(m.typ.plain)
	for _, f := range fields {
		size += 4 + len(f) + 1
	}
	b := appendString(make([]byte, 0, size), m.typ.plain)
	for _, f := range fields {
		if m.numbers {
			b = appendBignum(b, f)
		} else {
			b = appendString(b, f)
		}
	}
	return b
}

// curveOf returns the NIST curve of a size and its name in RFC 5656.
func curveOf(size int) (ecdh.Curve, string) {
	switch size {
	case 384:
		return ecdh.P384(), "nistp384"
	case 521:
		return ecdh.P521(), "nistp521"
	default:
		return ecdh.P256(), "nistp256"
	}
}

// bitLen returns the size in bits of a number without leading zeros.
func bitLen(number []byte) int {
	if len(number) == 0 {
		return 0
	}
	return 8*(len(number)-1) + bits.Len8(number[0])
}

// ParseBlob reads a public key in wire form (RFC 4253 section 6.6), of any type
// that a release knows; false if it is none.
func ParseBlob(blob []byte) (*Key, bool) {
	key, _, fault := decodeKey(blob, &Rules{anyType: true}, false)
	return key, fault == faultNone
}
