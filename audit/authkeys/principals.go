package authkeys

import (
	"bytes"
	"slices"
	"strings"

	"sshaudit/audit"
)

// Causes of principals files.
const CausePrincipalsOptions = "principals-options"

// Principals is a text of AuthorizedPrincipalsFile.
type Principals struct {
	lines []principalLine
	rules *Rules
}

type principalLine struct {
	number    int
	principal string
	options   *Options
	// bad tells that the options cannot be read: the line names nobody.
	bad    bool
	unsure string
}

// ParsePrincipals reads a principals file (auth2-pubkeyfile.c
// auth_process_principals, auth_check_principals_line): "#" begins a comment
// anywhere, blanks at the end are cut and CR is not, the principal is the last
// word and everything before it options.
func ParsePrincipals(data []byte, r Rules) *Principals {
	p := &Principals{rules: &r}
	for number := 1; len(data) > 0; number++ {
		raw, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		text, _, _ := bytes.Cut(raw, []byte{0})
		text, _, _ = bytes.Cut(text, []byte("#"))
		line := strings.TrimLeft(strings.TrimRight(string(text), " \t"), " \t")
		if line == "" {
			continue
		}
		l := principalLine{number: number, principal: line}
		at := strings.LastIndexByte(line, ' ')
		if at < 0 {
			at = strings.LastIndexByte(line, '\t')
		}
		if at >= 0 {
			l.principal = line[at+1:]
			options, reason, _ := parseOptions(line[:at]+" ", &r)
			l.options, l.bad = options, reason != ""
			if !l.bad {
				l.unsure = options.unsure
			}
		}
		p.lines = append(p.lines, l)
	}
	return p
}

// Authorises answers whether the file lets a certificate's holder in: the first
// line that names one of its principals decides. command is the forced command
// of that line.
func (p *Principals) Authorises(c *Certificate, from Source) (a Answer, command *audit.Untrusted) {
	for i := range p.lines {
		l := &p.lines[i]
		if l.bad || !slices.Contains(c.Principals, audit.Untrusted(l.principal)) {
			continue
		}
		a = Answer{Match: true, Verdict: audit.Accept, Line: l.number}
		if l.options == nil {
			return a, nil
		}
		switch {
		case l.unsure != "":
			a.Verdict, a.Detail = audit.Unknown, l.unsure
		case l.options.CertAuthority || l.options.Principals != nil:
			a.Verdict, a.Cause, a.Detail = audit.Refuse, CausePrincipalsOptions, "the line has an option that belongs to keys"
		case l.options.expiredAt(p.rules.Now) != audit.Accept:
			a.Verdict, a.Cause, a.Detail = l.options.expiredAt(p.rules.Now), CausePrincipalsOptions, "the line's expiry-time has passed"
		case l.options.From != nil:
			a.Verdict, a.Cause, a.Detail = matchFrom(string(*l.options.From), from, p.rules)
			if a.Verdict == audit.Refuse {
				a.Cause = CausePrincipalsOptions
			}
		}
		return a, l.options.Command
	}
	return Answer{Verdict: audit.Refuse, Cause: CausePrincipal, Detail: "no line of the file names a principal of the certificate"}, nil
}
