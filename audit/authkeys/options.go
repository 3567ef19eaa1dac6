package authkeys

import (
	"strings"
	"time"

	"sshaudit/audit"
)

// Option is one option of a line.
type Option struct {
	// Name is the option's name in lower case, with "no-" where it was negated.
	Name string
	// Value is what the quotes held, with \" resolved; empty for a flag.
	Value audit.Untrusted
	// Raw is the option as it was written.
	Raw audit.Untrusted
}

// Options are the options of a line, and what they come to.
type Options struct {
	// List holds them in the order of the line, without empty elements; at
	// most 256 of them, each cut at 1024 bytes.
	List []Option

	CertAuthority bool
	// Restrict tells that the option stands on the line; flags after it may
	// have switched single permissions on again.
	Restrict bool
	// The permissions that remain: forwarding of ports, agent and X11, a
	// terminal, ~/.ssh/rc.
	PortForwarding, AgentForwarding, X11Forwarding, PTY, UserRC bool
	// NoTouchRequired and VerifyRequired concern FIDO keys only.
	NoTouchRequired, VerifyRequired bool

	// Command, From and Principals are nil where the option is not given.
	Command, From, Principals *audit.Untrusted
	// Expires is the earliest expiry-time, the last second that is still good;
	// the zero value is none.
	Expires time.Time

	// floating tells that Expires is local time of a zone that nobody knows.
	floating bool
	// unsure says why it cannot be told whether sshd takes the options.
	unsure string

	environment map[string]struct{}
	permitOpen  int
	permitBind  int
}

// Limits of repeated options (auth-options.c SSH_AUTHOPT_ENV_MAX and
// SSH_AUTHOPT_PERMIT_MAX). Both are compared before the next one is added, so
// one more than the limit passes.
const (
	maxEnvironment = 1024
	maxPermit      = 4096
)

// Bounds of what is kept of a list of options. sshd has none; everything is
// evaluated all the same.
const (
	maxListed = 256
	maxOption = 1024
)

// add lists an option.
func (o *Options) add(name, value, raw string) {
	if len(o.List) < maxListed {
		o.List = append(o.List, Option{Name: name, Value: audit.Untrusted(cut(value)), Raw: audit.Untrusted(cut(raw))})
	}
}

// cut bounds a text to be listed.
func cut(s string) string { return s[:min(len(s), maxOption)] }

// release gives up the text of the line where the options are only a small
// part of it: strings share the memory of the text that they were cut from.
func (o *Options) release() {
	for i := range o.List {
		l := &o.List[i]
		l.Value, l.Raw = audit.Untrusted(strings.Clone(string(l.Value))), audit.Untrusted(strings.Clone(string(l.Raw)))
	}
	for _, value := range [...]*audit.Untrusted{o.Command, o.From, o.Principals} {
		if value != nil {
			*value = audit.Untrusted(strings.Clone(string(*value)))
		}
	}
}

// The reasons sshauthopt_parse gives for refusing a list of options.
const (
	reasonUnknown    = "unknown key option"
	reasonStartQuote = "missing start quote"
	reasonEndQuote   = "missing end quote"
	reasonCommand    = `multiple "command" clauses`
	reasonPrincipals = `multiple "principals" clauses`
	reasonFrom       = `multiple "from" clauses`
	reasonExpires    = "invalid expires time"
	reasonEnv        = "invalid environment string"
	reasonManyEnv    = "too many environment strings"
	reasonPermitHost = "invalid permission hostname"
	reasonPermitPort = "invalid permission port"
	reasonManyPermit = "too many permission directives"
	reasonTunnel     = "invalid tun device"
	reasonEnd        = "unexpected end-of-options"
)

// optionReader reads a list of options (auth-options.c sshauthopt_parse).
type optionReader struct {
	text string
	pos  int
	r    *Rules
	o    *Options
}

// parseOptions reads the options at the start of a line, up to the first blank
// outside quotes. A list that sshd refuses gives its reason and the offset of
// the option at fault.
func parseOptions(text string, r *Rules) (o *Options, reason string, at int) {
	p := optionReader{text: text, r: r, o: &Options{
		PortForwarding: true, AgentForwarding: true, X11Forwarding: true, PTY: true, UserRC: true,
	}}
	reason, at = p.read()
	p.o.environment = nil
	if len(text) > 4*maxOption {
		p.o.release()
	}
	return p.o, reason, at
}

// read reads the whole list.
func (p *optionReader) read() (reason string, at int) {
	for p.pos < len(p.text) && !blank(p.text[p.pos]) {
		start := p.pos
		if reason := p.option(); reason != "" {
			return reason, start
		}
		if p.pos == len(p.text) || blank(p.text[p.pos]) {
			break
		}
		if p.text[p.pos] != ',' {
			return reasonUnknown, start
		}
		if p.pos++; p.pos == len(p.text) {
			return reasonEnd, start
		}
	}
	return "", 0
}

// blank reports whether c separates words.
func blank(c byte) bool { return c == ' ' || c == '\t' }

// option reads one option. What is none is left where it is, for the caller to
// find that no comma follows.
func (p *optionReader) option() (reason string) {
	start := p.pos
	for i := range flags {
		if p.flag(&flags[i], start) {
			return ""
		}
	}
	for i := range values {
		name := values[i].name
		if !p.hasFold(name) || p.pos+len(name) >= len(p.text) || p.text[p.pos+len(name)] != '=' {
			continue
		}
		p.pos += len(name) + 1
		if reason := values[i].allowed(p); reason != "" {
			return reason
		}
		value, reason := p.dequote()
		if reason != "" {
			return reason
		}
		p.o.add(name, value, p.text[start:p.pos])
		return values[i].set(p, value)
	}
	return ""
}

// flag reads a flag, which is matched as a prefix (misc.c opt_flag).
func (p *optionReader) flag(f *flag, start int) bool {
	negated := f.negatable && p.hasFold("no-")
	if negated {
		p.pos += len("no-")
	}
	if !p.hasFold(f.name) || f.since != 0 && !p.r.atLeast(f.since/100, f.since%100) {
		p.pos = start
		return false
	}
	p.pos += len(f.name)
	name := f.name
	if negated {
		name = "no-" + name
	}
	p.o.add(name, "", p.text[start:p.pos])
	f.set(p.o, !negated)
	return true
}

// hasFold reports whether the text goes on with a word, in any case.
func (p *optionReader) hasFold(word string) bool {
	// All words are of lower case letters and signs that |0x20 leaves alone.
	return len(p.text)-p.pos >= len(word) && p.text[p.pos]|0x20 == word[0] &&
		strings.EqualFold(p.text[p.pos:p.pos+len(word)], word)
}

// dequote reads a quoted value; \" is the only escape (misc.c opt_dequote).
func (p *optionReader) dequote() (value, reason string) {
	if p.pos == len(p.text) || p.text[p.pos] != '"' {
		return "", reasonStartQuote
	}
	rest := p.text[p.pos+1:]
	end, escaped := 0, false
	for ; end < len(rest) && rest[end] != '"'; end++ {
		if rest[end] == '\\' && end+1 < len(rest) && rest[end+1] == '"' {
			end, escaped = end+1, true
		}
	}
	if end == len(rest) {
		return "", reasonEndQuote
	}
	p.pos += 1 + end + 1
	if value = rest[:end]; escaped {
		value = strings.ReplaceAll(value, `\"`, `"`)
	}
	return value, ""
}

// optionsEnd returns the offset of the first blank outside double quotes, and
// that of the quote that is not closed, -1 if none is (authfile.c
// sshkey_advance_past_options).
func optionsEnd(text []byte) (end, open int) {
	open = -1
	for end < len(text) && (open >= 0 || !blank(text[end])) {
		switch {
		case text[end] == '\\' && end+1 < len(text) && text[end+1] == '"':
			end++
		case text[end] == '"' && open < 0:
			open = end
		case text[end] == '"':
			open = -1
		}
		end++
	}
	return end, open
}
