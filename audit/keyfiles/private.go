package keyfiles

import "bytes"

// PrivateProbe is how many leading bytes of a file LooksPrivate wants to see.
// Keys written by openssl may have a few lines of attributes before the block.
const PrivateProbe = 4096

var (
	utf8Mark   = []byte("\xef\xbb\xbf")
	ssh1Header = []byte("SSH PRIVATE KEY FILE FORMAT 1.1\n")
	ppkHeader  = []byte("PuTTY-User-Key-File-")
	pemBegin   = []byte("-----BEGIN ")
	ssh2Begin  = []byte("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----")
	privateKey = []byte("PRIVATE KEY")
)

// LooksPrivate reports whether content, the first PrivateProbe bytes of a file,
// begins a private key in a form that ssh, PuTTY, openssl or ssh.com write.
// Text in UTF-16 is recognised as well: editors save keys that way.
func LooksPrivate(content []byte) bool {
	if len(content) > PrivateProbe {
		content = content[:PrivateProbe]
	}
	content = bytes.TrimPrefix(narrow(content), utf8Mark)
	if bytes.HasPrefix(content, ssh1Header) {
		return true
	}
	for line := range bytes.Lines(content) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, ppkHeader) || bytes.HasPrefix(line, ssh2Begin) ||
			bytes.HasPrefix(line, pemBegin) && bytes.Contains(line, privateKey) {
			return true
		}
	}
	return false
}

// narrow returns UTF-16 text with a byte-order mark as its low bytes, which is
// all that the ASCII headers need; other content comes back as it is.
func narrow(b []byte) []byte {
	var low int
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		low = 0
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		low = 1
	default:
		return b
	}
	b = b[2:]
	out := make([]byte, 0, len(b)/2)
	for i := low; i < len(b); i += 2 {
		out = append(out, b[i])
	}
	return out
}
