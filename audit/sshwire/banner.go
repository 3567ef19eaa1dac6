package sshwire

import (
	"bytes"
	"strings"

	"sshaudit/audit"
)

const (
	// maxLine bounds a line before the key exchange, CR and LF included (RFC 4253, 4.2).
	maxLine = 255
	// maxPreamble bounds the lines that a server may send before its identification.
	maxPreamble = 50
)

// Banner is an identification line: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7".
type Banner struct {
	// Protocol is "2.0", or "1.99" of a server that speaks both (RFC 4253, 5.1).
	Protocol audit.Untrusted
	// Software is "OpenSSH_9.2p1"; Comment is what follows a blank.
	Software, Comment audit.Untrusted
}

// Speaks2 tells that the peer speaks version 2 of the protocol.
func (b *Banner) Speaks2() bool { return b.Protocol == "2.0" || b.Protocol == "1.99" }

// parseBanner reads one line without its end.
func parseBanner(line []byte) (Banner, bool) {
	rest, ok := strings.CutPrefix(string(line), "SSH-")
	if !ok {
		return Banner{}, false
	}
	protocol, rest, ok := strings.Cut(rest, "-")
	if !ok || protocol == "" {
		return Banner{}, false
	}
	software, comment, _ := strings.Cut(rest, " ")
	return Banner{Protocol: audit.Untrusted(protocol), Software: audit.Untrusted(software), Comment: audit.Untrusted(comment)}, true
}

// Greeting is what a listener sent to somebody who connected, as far as it was read.
type Greeting struct {
	// Preamble are the lines before the identification; the only ones of a
	// listener that never sent one.
	Preamble []audit.Untrusted
	// Banner is the identification; nil if none came.
	Banner *Banner
	// Offer is the peer's SSH_MSG_KEXINIT; nil if none came.
	Offer *Offer
	// Speaks names what else the peer seems to speak; empty if that is not known.
	Speaks string
	// Broken says in what the peer breaks the protocol; empty if it does not, or
	// if there is only too little of it.
	Broken string
}

// ReadGreeting reads the bytes that a listener sent, from the first one on. They
// may end anywhere.
func ReadGreeting(data []byte) Greeting {
	g := Greeting{}
	rest := data
	for len(g.Preamble) < maxPreamble {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		if len(line) >= maxLine {
			g.Broken = "a line before its identification is longer than 255 bytes"
			break
		}
		if banner, ok := parseBanner(bytes.TrimSuffix(line, []byte{'\r'})); ok && whole {
			g.Banner = &banner
			g.readOffer(after)
			return g
		}
		if len(line) > 0 || whole {
			g.Preamble = append(g.Preamble, audit.Untrusted(bytes.TrimSuffix(line, []byte{'\r'})))
		}
		if rest = after; !whole {
			break
		}
	}
	if len(g.Preamble) == maxPreamble && g.Broken == "" {
		g.Broken = "it sends line upon line and no identification"
	}
	g.Speaks = speaks(data)
	return g
}

// readOffer reads what follows the identification.
func (g *Greeting) readOffer(data []byte) {
	payload, err := firstPacket(data)
	if err == nil && payload != nil {
		g.Offer, err = ParseOffer(payload)
	}
	if err != nil {
		g.Broken = err.Error()
	}
}

// openings are how servers of other protocols begin.
var openings = []struct{ start, name string }{
	{"HTTP/", "HTTP"}, {"<!DOCTYPE", "HTTP"}, {"<html", "HTTP"}, {"\x15\x03", "TLS"}, {"\x16\x03", "TLS"},
	{"RFB ", "VNC"}, {"* OK", "IMAP"}, {"+OK", "POP3"}, {"\xff\xfb", "telnet"}, {"\xff\xfd", "telnet"}, {"\xff\xfe", "telnet"},
}

// speaks guesses a protocol by the first bytes; empty if it is none of the known.
func speaks(data []byte) string {
	for _, o := range openings {
		if bytes.HasPrefix(data, []byte(o.start)) {
			return o.name
		}
	}
	first, _, _ := bytes.Cut(data, []byte{'\n'})
	code, is220 := bytes.CutPrefix(first, []byte("220"))
	switch {
	case is220 && bytes.Contains(first, []byte("SMTP")):
		return "SMTP"
	case is220 && len(code) > 0 && (code[0] == ' ' || code[0] == '-'):
		return "FTP"
	}
	return ""
}
