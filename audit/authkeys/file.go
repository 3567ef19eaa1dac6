package authkeys

import (
	"bytes"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/sshpattern"
)

// File is an authorized_keys text as sshd reads it.
type File struct {
	// Lines are the keys, the broken lines and the comments that hold a key, in
	// the order of the file.
	Lines []Line
	// Count is the number of physical lines.
	Count int
	// BOM tells that the file starts with a UTF-8 byte order mark, UTF16 that
	// it looks like UTF-16.
	BOM, UTF16 bool
	// CRLF tells that some line ends in CR LF, which sshd does not mind.
	CRLF bool
	// NoFinalNewline tells that the last line is not ended: sshd reads it, but
	// whatever is appended next spoils it.
	NoFinalNewline bool
	// Unread tells that the file has more than MaxLines lines and the rest was
	// not looked at.
	Unread bool

	rules *Rules
}

// utf8BOM is the byte order mark in UTF-8.
var utf8BOM = []byte("\xef\xbb\xbf")

// Parse reads an authorized_keys text. It keeps nothing of data.
func Parse(data []byte, r Rules) *File { return ParseInto(new(File), data, r) }

// ParseInto is Parse into the memory of a file that nobody looks at any more.
func ParseInto(f *File, data []byte, r Rules) *File {
	*f = File{rules: &r, Lines: f.Lines[:0]}
	p := parser{data: data, file: f}
	p.file.BOM = bytes.HasPrefix(data, utf8BOM)
	p.file.UTF16 = looksUTF16(data)
	p.file.NoFinalNewline = len(data) > 0 && data[len(data)-1] != '\n'
	n := bytes.Count(data, []byte{'\n'})
	if p.file.NoFinalNewline {
		n++
	}
	p.file.Lines = slices.Grow(p.file.Lines, min(n, usualLines))
	for p.pos < len(data) {
		if p.file.Count == MaxLines {
			p.file.Unread = true
			break
		}
		raw := p.next()
		p.line(raw)
	}
	return p.file
}

// usualLines bounds the lines for which there is room before they are read.
const usualLines = 16

// parser walks the physical lines of a text.
type parser struct {
	data []byte
	pos  int
	file *File
	// keepJoined makes joined hold the whole text of a wrapped key.
	keepJoined bool
	joined     []byte
}

// next returns the next physical line without its line feed.
func (p *parser) next() []byte {
	raw := p.data[p.pos:]
	if lf := bytes.IndexByte(raw, '\n'); lf >= 0 {
		raw = raw[:lf]
		p.pos++
		if lf > 0 && raw[lf-1] == '\r' {
			p.file.CRLF = true
		}
	}
	p.pos += len(raw)
	p.file.Count++
	return raw
}

// line reads one physical line, and those after it that belong to it.
func (p *parser) line(raw []byte) {
	text, _, _ := bytes.Cut(raw, []byte{0})
	s := scan{text: text, r: p.file.rules}
	line := Line{Number: p.file.Count, Last: p.file.Count, rules: p.file.rules}
	at := skipBlanks(text, 0)
	switch {
	case at == len(text) && len(text) == len(raw), len(text)-at == 1 && text[at] == '\r':
		return
	case at == len(text): // NUL where the line should begin
		if !s.hidden(&line, raw) {
			return
		}
	case text[at] == '#':
		if !s.commented(&line, at) {
			return
		}
	case s.read(&line, at):
		s.judge(&line)
	default:
		s.classify(&line, at, raw, p)
	}
	p.file.Lines = append(p.file.Lines, line)
}

// judge finds what refuses a line that sshd reads, for every client.
func (s *scan) judge(line *Line) {
	if line.Kind == KindBroken {
		return
	}
	line.Kind = KindKey
	o := line.Options
	switch {
	case line.Key.Cert != nil:
		line.Kind, line.Cause, line.Detail = KindBroken, CauseCertificate, "a certificate on a line lets nobody in: its public key belongs here, or its CA with cert-authority"
	case o == nil:
		return
	case o.expiredAt(s.r.Now) == audit.Refuse:
		line.Cause, line.Detail = CauseExpired, "the expiry-time has passed"
	case o.Principals != nil && !o.CertAuthority:
		line.Cause, line.Detail = CausePrincipals, "principals= without cert-authority"
	case o.From != nil && sshpattern.CheckAddrList(string(*o.From)) != nil:
		line.Cause, line.Detail = CauseFrom, "the list of from= cannot be read: an empty element, or a network whose mask is too long or leaves host bits set"
	}
	if line.Cause != "" {
		line.Unsure = ""
	}
}
