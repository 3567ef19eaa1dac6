package keyfiles

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"math/big"
)

// PublicHalf returns the public key that belongs to a whole private host key
// file, in wire form (RFC 4253, 6.6; RFC 5656, 3.1), without looking at the
// private numbers. It is nil where the form is not one that sshd loads, or where
// it is not one that says the public key in clear: ssh-keygen writes OpenSSH's
// own form since 7.8 (PROTOCOL.key), before that PEM for RSA, DSA and ECDSA.
func PublicHalf(content []byte) []byte {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil
	}
	switch block.Type {
	case "OPENSSH PRIVATE KEY":
		return opensshPublic(block.Bytes)
	case "RSA PRIVATE KEY":
		return rsaPublic(block.Bytes)
	case "DSA PRIVATE KEY":
		return dsaPublic(block.Bytes)
	case "EC PRIVATE KEY":
		return ecPublic(block.Bytes, nil)
	case "PRIVATE KEY":
		return pkcs8Public(block.Bytes)
	}
	return nil
}

// opensshPublic reads the first public key of PROTOCOL.key: magic, cipher, KDF,
// its options, number of keys, public key.
func opensshPublic(data []byte) []byte {
	rest, ok := bytes.CutPrefix(data, opensshMagic)
	if !ok {
		return nil
	}
	for range 3 {
		if _, rest, ok = field(rest); !ok {
			return nil
		}
	}
	if len(rest) < 4 || binary.BigEndian.Uint32(rest) != 1 {
		return nil
	}
	public, _, ok := field(rest[4:])
	if !ok {
		return nil
	}
	return public
}

// field cuts a string off (RFC 4251, 5).
func field(data []byte) (text, rest []byte, ok bool) {
	if len(data) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) {
		return nil, nil, false
	}
	return data[4 : 4+n], data[4+n:], true
}

// wireKey writes a key's type and numbers.
func wireKey(name string, fields ...[]byte) []byte {
	var b []byte
	for _, f := range append([][]byte{[]byte(name)}, fields...) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(f))) //nolint:gosec // cut out of a file of bounded size
		b = append(b, f...)
	}
	return b
}

// number writes a positive number (RFC 4251, 5, mpint).
func number(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) > 0 && b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return b
}

// rsaPublic reads PKCS #1 (RFC 8017, A.1.2).
func rsaPublic(data []byte) []byte {
	var key struct {
		Version                  int
		N, E, D, P, Q, DP, DQ, I *big.Int
	}
	if _, err := asn1.Unmarshal(data, &key); err != nil || key.N.Sign() <= 0 || key.E.Sign() <= 0 {
		return nil
	}
	return wireKey("ssh-rsa", number(key.E), number(key.N))
}

// dsaPublic reads what openssl writes: version, p, q, g, y, x.
func dsaPublic(data []byte) []byte {
	var key struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}
	if _, err := asn1.Unmarshal(data, &key); err != nil || key.P.Sign() <= 0 || key.Y.Sign() <= 0 {
		return nil
	}
	return wireKey("ssh-dss", number(key.P), number(key.Q), number(key.G), number(key.Y))
}

// curves are the curves that sshd knows, by their names in ASN.1 (RFC 5480, 2.1.1.1).
var curves = []struct {
	oid  asn1.ObjectIdentifier
	name string
}{
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, "nistp256"},
	{asn1.ObjectIdentifier{1, 3, 132, 0, 34}, "nistp384"},
	{asn1.ObjectIdentifier{1, 3, 132, 0, 35}, "nistp521"},
}

// ecPublic reads RFC 5915; in PKCS #8 the curve stands outside.
func ecPublic(data []byte, curve asn1.ObjectIdentifier) []byte {
	var key struct {
		Version int
		Private []byte
		Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	if _, err := asn1.Unmarshal(data, &key); err != nil || len(key.Public.Bytes) == 0 {
		return nil
	}
	if len(key.Curve) == 0 {
		key.Curve = curve
	}
	for _, c := range curves {
		if c.oid.Equal(key.Curve) {
			return wireKey("ecdsa-sha2-"+c.name, []byte(c.name), key.Public.Bytes)
		}
	}
	return nil
}

var (
	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidEC  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// pkcs8Public reads RFC 5958.
func pkcs8Public(data []byte) []byte {
	var key struct {
		Version   int
		Algorithm struct {
			Name       asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Private []byte
	}
	if _, err := asn1.Unmarshal(data, &key); err != nil {
		return nil
	}
	switch {
	case key.Algorithm.Name.Equal(oidRSA):
		return rsaPublic(key.Private)
	case key.Algorithm.Name.Equal(oidEC):
		var curve asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &curve); err != nil {
			return nil
		}
		return ecPublic(key.Private, curve)
	}
	return nil
}
