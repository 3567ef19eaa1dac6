package authkeys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // ssh-rsa signatures are SHA-1
	"crypto/sha256"
	"crypto/sha512"
	"math/big"

	"sshaudit/audit"
)

// CheckSignature verifies the CA's signature, as sshd does whenever it reads a
// certificate (sshkey.c cert_parse): Accept if it holds, Refuse if not, Unknown
// for a CA whose algorithm is not supported here (DSA, ML-DSA).
func (c *Certificate) CheckSignature() audit.Verdict {
	outer := wire{rest: c.signature}
	name := string(outer.cstring())
	value := outer.bytes()
	key := wire{rest: c.CA.Blob}
	key.bytes()
	typ := keyTypes[c.CA.Type]
	var good bool
	switch typ.alg {
	case algRSA:
		good = len(outer.rest) == 0 && verifyRSA(name, &key, c.signed, value)
	case algECDSA:
		good = name == c.CA.Type && len(outer.rest) == 0 && verifyECDSA(typ.bits, &key, c.signed, value)
	case algEd25519:
		good = name == c.CA.Type && len(outer.rest) == 0 && verifyEd25519(&key, c.signed, value)
	case algECDSASK, algEd25519SK:
		good = name == c.CA.Type && verifySK(typ, &key, c.signed, value, outer.rest)
	default:
		return audit.Unknown
	}
	if outer.bad || !good {
		return audit.Refuse
	}
	return audit.Accept
}

// verifyRSA verifies a signature by one of the three algorithms of an RSA key.
func verifyRSA(name string, key *wire, signed, value []byte) bool {
	e, n := new(big.Int).SetBytes(key.bignum()), new(big.Int).SetBytes(key.bignum())
	if !e.IsInt64() || e.Int64() >= 1<<31 {
		return false
	}
	public := &rsa.PublicKey{N: n, E: int(e.Int64())}
	if size := public.Size(); len(value) < size { // ssh-rsa.c pads a short signature
		value = append(make([]byte, size-len(value)), value...)
	}
	switch name {
	case "ssh-rsa":
		sum := sha1.Sum(signed) //nolint:gosec // as above
		return rsa.VerifyPKCS1v15(public, crypto.SHA1, sum[:], value) == nil
	case "rsa-sha2-256":
		sum := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], value) == nil
	case "rsa-sha2-512":
		sum := sha512.Sum512(signed)
		return rsa.VerifyPKCS1v15(public, crypto.SHA512, sum[:], value) == nil
	default:
		return false
	}
}

// verifyECDSA verifies a signature of RFC 5656 section 3.1.2.
func verifyECDSA(size int, key *wire, signed, value []byte) bool {
	var curve elliptic.Curve
	var sum []byte
	switch size {
	case 384:
		h := sha512.Sum384(signed)
		curve, sum = elliptic.P384(), h[:]
	case 521:
		h := sha512.Sum512(signed)
		curve, sum = elliptic.P521(), h[:]
	default:
		h := sha256.Sum256(signed)
		curve, sum = elliptic.P256(), h[:]
	}
	key.bytes() // the curve's name
	public, err := ecdsa.ParseUncompressedPublicKey(curve, key.bytes())
	numbers := wire{rest: value}
	r, s := new(big.Int).SetBytes(numbers.bignum()), new(big.Int).SetBytes(numbers.bignum())
	return err == nil && !numbers.bad && len(numbers.rest) == 0 && ecdsa.Verify(public, sum, r, s)
}

// verifyEd25519 verifies a signature of RFC 8709.
func verifyEd25519(key *wire, signed, value []byte) bool {
	public := key.bytes()
	return len(public) == ed25519.PublicKeySize && ed25519.Verify(public, signed, value)
}

// verifySK verifies the signature of a FIDO authenticator (PROTOCOL.u2f):
// flags and a counter follow the value and are signed with the text's digest.
func verifySK(typ *keyType, key *wire, signed, value, rest []byte) bool {
	if len(rest) != 5 {
		return false
	}
	fields := wire{rest: key.rest}
	for range typ.alg.fieldCount() - 1 {
		fields.bytes()
	}
	application, text := sha256.Sum256(fields.bytes()), sha256.Sum256(signed)
	message := append(append(append([]byte(nil), application[:]...), rest...), text[:]...)
	if typ.alg == algEd25519SK {
		return verifyEd25519(key, message, value)
	}
	return verifyECDSA(256, key, message, value)
}
