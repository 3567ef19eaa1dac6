package authkeys

import (
	"bytes"
	"strings"

	"sshaudit/audit"
)

// block is a key in another format than a line of authorized_keys.
type block struct {
	cause string
	// size is its length in bytes, with the last line feed; lines its number of
	// physical lines.
	size, lines int
	// key is its public key, nil where it has none or it cannot be read.
	key *Key
	// detail says in words what it is.
	detail string
}

// The first lines of blocks.
const (
	beginRFC4716 = "---- BEGIN SSH2 PUBLIC KEY"
	beginSSH2    = "---- BEGIN SSH2 "
	beginPPK     = "PuTTY-User-Key-File-"
	beginPEM     = "-----BEGIN "
)

// readBlock reads the block that begins with the first line of data; lines is 0
// if none begins there.
func readBlock(data []byte, r *Rules) block {
	first, _ := cutLine(data)
	head := string(first[:min(len(first), 80)])
	var b block
	switch {
	case strings.HasPrefix(head, beginRFC4716):
		b = block{cause: CauseRFC4716, detail: "a public key in RFC 4716 format: sshd wants it on one line, as ssh-keygen -i prints it"}
	case strings.HasPrefix(head, beginPPK):
		b = block{cause: CausePPK, detail: "the text of a PuTTY private key file: sshd wants the public key on one line, and the private half should be on no server"}
	case strings.HasPrefix(head, beginSSH2), strings.HasPrefix(head, beginPEM) && strings.Contains(head, "PRIVATE KEY"):
		b = block{cause: CausePrivateKey, detail: "a private key: it should be on no server, take it as known to others and replace the pair"}
	case strings.HasPrefix(head, beginPEM):
		b = block{cause: CauseNoType, detail: "a PEM block: sshd wants the public key on one line, beginning with its type"}
	default:
		return block{}
	}
	text := b.measure(data, r)
	switch b.cause {
	case CauseRFC4716:
		b.key = readRFC4716(text, r)
	case CausePPK:
		b.key = readPPK(text, r)
	}
	return b
}

// measure finds how far the block goes: to its end mark, or as long as lines
// look like its own.
func (b *block) measure(data []byte, r *Rules) (text []byte) {
	continued := false
	for rest := data; len(rest) > 0; {
		line, after := cutLine(rest)
		if b.lines > 0 && !continued && !b.owns(line, r) {
			break
		}
		rest = after
		b.size = len(data) - len(rest)
		b.lines++
		continued = bytes.HasSuffix(line, []byte(`\`))
		if bytes.HasPrefix(line, []byte("---- END")) || bytes.HasPrefix(line, []byte("-----END")) ||
			b.cause == CausePPK && (bytes.HasPrefix(line, []byte("Private-MAC:")) || bytes.HasPrefix(line, []byte("Private-Hash:"))) {
			break
		}
	}
	return data[:b.size]
}

// owns reports whether a line after the first can belong to the block.
func (b *block) owns(line []byte, r *Rules) bool {
	if len(line) == 0 {
		return b.cause == CausePrivateKey
	}
	if bytes.HasPrefix(line, []byte("---- END")) || bytes.HasPrefix(line, []byte("-----END")) || isBase64(line) {
		return true
	}
	if bytes.HasPrefix(line, []byte("----")) || bytes.HasPrefix(line, []byte(beginPPK)) || line[0] == '#' {
		return false
	}
	name, _, ok := bytes.Cut(line, []byte(":"))
	return ok && !bytes.ContainsAny(name, " \t\"=") && !(&scan{text: line, r: r}).isKey()
}

// isKey reports whether sshd would read a key from the text.
func (s *scan) isKey() bool {
	var line Line
	return s.read(&line, skipBlanks(s.text, 0))
}

// cutLine returns the first line without blanks and CR around it, and the rest.
func cutLine(data []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(data, []byte("\n"))
	return bytes.Trim(line, " \t\r"), rest
}

// readRFC4716 reads the public key of a block as RFC 4716 section 3 has it.
func readRFC4716(text []byte, r *Rules) *Key {
	var body []byte
	var remark string
	_, rest := cutLine(text)
	for len(rest) > 0 {
		var line []byte
		line, rest = cutLine(rest)
		if bytes.HasPrefix(line, []byte("---- ")) {
			break
		}
		name, value, header := bytes.Cut(line, []byte(":"))
		if !header {
			body = append(body, line...)
			continue
		}
		whole := append([]byte(nil), value...)
		for bytes.HasSuffix(whole, []byte(`\`)) && len(rest) > 0 {
			line, rest = cutLine(rest)
			whole = append(whole[:len(whole)-1], line...)
		}
		if bytes.EqualFold(name, []byte("comment")) {
			remark = strings.Trim(strings.TrimSpace(string(whole)), `"`)
		}
	}
	return bodyKey(body, remark, r)
}

// readPPK reads the public half of a PuTTY private key file, version 2 or 3
// (PuTTY's manual, appendix C). The private half is not looked at.
func readPPK(text []byte, r *Rules) *Key {
	first, rest := cutLine(text)
	_, algorithm, _ := bytes.Cut(first, []byte(": "))
	var body []byte
	var remark string
	for left := 0; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		name, value, header := bytes.Cut(line, []byte(": "))
		switch {
		case left > 0 && !header:
			body = append(body, line...)
			left--
		case string(name) == "Comment":
			remark = string(value)
		case string(name) == "Public-Lines":
			n, _ := strtonum(string(value), 1000)
			left = int(n)
		}
	}
	key := bodyKey(body, remark, r)
	if key == nil || key.Type != string(algorithm) {
		return nil
	}
	return key
}

// bodyKey decodes the base64 body of a block.
func bodyKey(body []byte, remark string, r *Rules) *Key {
	blob, ok := decode64(body)
	if !ok {
		return nil
	}
	key, _, f := decodeKey(blob, r, false)
	if f != faultNone {
		return nil
	}
	key.Comment = audit.Untrusted(cleanComment(remark))
	return key
}

// cleanComment makes a text fit for the end of a line: without control bytes,
// and no longer than the comments that are kept.
func cleanComment(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), maxComment)])
}
