package authkeys

import "bytes"

// krlMagic begins a key revocation list (PROTOCOL.krl).
const krlMagic = "SSHKRL\n\x00"

// Sections of a KRL.
const (
	krlCertificates = 1
	krlKeys         = 2
	krlSHA1         = 3
	krlSignature    = 4
	krlSHA256       = 5

	krlSerials     = 0x20
	krlSerialRange = 0x21
	krlSerialBits  = 0x22
	krlKeyID       = 0x23
)

// krl is a key revocation list.
type krl struct {
	// blobs are keys in wire form, prints SHA-1 and SHA-256 digests of such.
	blobs, prints map[string]bool
	authorities   []krlAuthority
}

// krlAuthority lists certificates of one CA.
type krlAuthority struct {
	// blob is the CA's key; empty means any CA.
	blob    []byte
	ranges  []serialRange
	bitmaps []serialBits
	keyIDs  map[string]bool
}

type serialRange struct{ from, to uint64 }

// serialBits are serial numbers from an offset on, a bit each, the last byte first.
type serialBits struct {
	offset uint64
	bits   []byte
}

// parseKRL reads a KRL behind its magic (krl.c ssh_krl_from_blob). unsure tells
// of a section whose handling differs between releases.
func parseKRL(data []byte) (k *krl, unsure string, failed bool) {
	w := wire{rest: data}
	if format := w.uint32(); w.bad || format != 1 {
		return nil, "", true
	}
	w.uint64() // version
	w.uint64() // date
	w.uint64() // flags
	w.bytes()  // reserved
	w.bytes()  // comment
	k = &krl{blobs: map[string]bool{}, prints: map[string]bool{}}
	for len(w.rest) > 0 && !w.bad {
		kind := w.rest[0]
		w.rest = w.rest[1:]
		section := wire{rest: w.bytes()}
		if w.bad {
			break
		}
		switch kind {
		case krlCertificates:
			unsure = orFirst(unsure, k.readAuthority(&section))
		case krlKeys:
			for len(section.rest) > 0 && !section.bad {
				k.blobs[string(section.bytes())] = true
			}
		case krlSHA1, krlSHA256:
			for len(section.rest) > 0 && !section.bad {
				k.prints[string(section.bytes())] = true
			}
		case krlSignature:
			unsure = "the KRL is signed, which releases treat differently"
			section.rest = nil
		default:
			unsure = "the KRL has a section that not every release knows"
			section.rest = nil
		}
		if section.bad || len(section.rest) > 0 {
			return nil, "", true
		}
	}
	return k, unsure, w.bad
}

func orFirst(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readAuthority reads the section about one CA's certificates.
func (k *krl) readAuthority(w *wire) (unsure string) {
	a := krlAuthority{blob: w.bytes(), keyIDs: map[string]bool{}}
	w.bytes() // reserved
	for len(w.rest) > 0 && !w.bad {
		kind := w.rest[0]
		w.rest = w.rest[1:]
		s := wire{rest: w.bytes()}
		for !w.bad && !s.bad && len(s.rest) > 0 {
			switch kind {
			case krlSerials:
				n := s.uint64()
				a.ranges = append(a.ranges, serialRange{n, n})
			case krlSerialRange:
				a.ranges = append(a.ranges, serialRange{s.uint64(), s.uint64()})
			case krlSerialBits:
				a.bitmaps = append(a.bitmaps, serialBits{s.uint64(), s.bignum()})
			case krlKeyID:
				a.keyIDs[string(s.cstring())] = true
			default:
				unsure, s.rest = "the KRL has a section that not every release knows", nil
			}
		}
		w.bad = w.bad || s.bad
	}
	k.authorities = append(k.authorities, a)
	return unsure
}

// revokesCertificate looks up a certificate's serial number and key id (krl.c
// is_cert_revoked). Serial 0 means that the CA gave none, and never matches.
func (k *krl) revokesCertificate(c *Certificate) bool {
	for i := range k.authorities {
		a := &k.authorities[i]
		if len(a.blob) > 0 && !bytes.Equal(a.blob, c.CA.Blob) {
			continue
		}
		if a.keyIDs[string(c.KeyID)] || c.Serial != 0 && a.hasSerial(c.Serial) {
			return true
		}
	}
	return false
}

func (a *krlAuthority) hasSerial(n uint64) bool {
	for _, r := range a.ranges {
		if r.from <= n && n <= r.to {
			return true
		}
	}
	for _, b := range a.bitmaps {
		if n < b.offset {
			continue
		}
		bit := n - b.offset
		if at := uint64(len(b.bits)); bit/8 < at && b.bits[at-1-bit/8]&(1<<(bit%8)) != 0 {
			return true
		}
	}
	return false
}
