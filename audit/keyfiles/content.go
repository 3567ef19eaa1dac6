package keyfiles

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
)

var (
	opensshBegin = []byte("-----BEGIN OPENSSH PRIVATE KEY-----")
	opensshMagic = []byte("openssh-key-v1\x00")
)

// Encrypted reports whether the private key in content, the first PrivateProbe
// bytes of a file, is protected by a passphrase: by the cipher's name in
// OpenSSH's own form (PROTOCOL.key), by the headers of PEM and PPK files.
func Encrypted(content []byte) bool {
	content = narrow(content)
	if _, body, found := bytes.Cut(content, opensshBegin); found {
		return opensshEncrypted(body)
	}
	if _, rest, found := bytes.Cut(content, []byte("Encryption:")); found {
		value, _, _ := bytes.Cut(rest, []byte("\n"))
		return string(bytes.TrimSpace(value)) != "none"
	}
	return bytes.Contains(content, []byte("ENCRYPTED"))
}

// opensshEncrypted reads the cipher's name that follows the magic bytes.
func opensshEncrypted(body []byte) bool {
	text := make([]byte, 0, 128)
	for _, c := range body {
		if c > ' ' && len(text) < cap(text) {
			text = append(text, c)
		}
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, text[:len(text)/4*4])
	rest, ok := bytes.CutPrefix(raw[:n], opensshMagic)
	if err != nil || !ok || len(rest) < 4 {
		return false
	}
	size := binary.BigEndian.Uint32(rest)
	return uint32(len(rest)-4) >= size && string(rest[4:4+size]) != "none"
}

var publicTypes = [][]byte{
	[]byte("ssh-"), []byte("ecdsa-sha2-"), []byte("sk-ssh-"), []byte("sk-ecdsa-"),
}

// LooksPublic reports whether content, the first bytes of a file, begins a list
// of public keys: a line that starts with a key's type, options before it
// allowed, or an RFC 4716 block.
func LooksPublic(content []byte) bool {
	content = bytes.TrimPrefix(narrow(content), utf8Mark)
	for line := range bytes.Lines(content) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if bytes.HasPrefix(line, []byte("---- BEGIN SSH2 PUBLIC KEY ----")) {
			return true
		}
		if bytes.HasPrefix(line, ppkHeader) {
			return false
		}
		for _, t := range publicTypes {
			if bytes.HasPrefix(line, t) || bytes.Contains(line, append([]byte(" "), t...)) {
				return true
			}
		}
		return false
	}
	return false
}
