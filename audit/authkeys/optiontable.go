package authkeys

import (
	"strconv"
	"strings"
	"time"

	"sshaudit/audit"
)

// flag is an option without a value.
type flag struct {
	name      string
	negatable bool
	// since is the release that brought it, as major*100+minor.
	since int
	set   func(o *Options, on bool)
}

// flags are in the order of sshauthopt_parse; none is a prefix of another.
var flags = [...]flag{
	{name: "restrict", since: 702, set: func(o *Options, _ bool) {
		o.Restrict = true
		o.PortForwarding, o.AgentForwarding, o.X11Forwarding, o.PTY, o.UserRC = false, false, false, false, false
	}},
	{name: "cert-authority", set: func(o *Options, _ bool) { o.CertAuthority = true }},
	{name: "port-forwarding", negatable: true, set: func(o *Options, on bool) { o.PortForwarding = on }},
	{name: "agent-forwarding", negatable: true, set: func(o *Options, on bool) { o.AgentForwarding = on }},
	{name: "x11-forwarding", negatable: true, set: func(o *Options, on bool) { o.X11Forwarding = on }},
	{name: "touch-required", negatable: true, since: 802, set: func(o *Options, on bool) { o.NoTouchRequired = !on }},
	{name: "verify-required", negatable: true, since: 804, set: func(o *Options, on bool) { o.VerifyRequired = on }},
	{name: "pty", negatable: true, set: func(o *Options, on bool) { o.PTY = on }},
	{name: "user-rc", negatable: true, set: func(o *Options, on bool) { o.UserRC = on }},
}

// valueOption is an option with a value. allowed is asked before the value is
// read; set gets the value. Both return a reason to refuse the line.
type valueOption struct {
	name    string
	allowed func(p *optionReader) string
	set     func(p *optionReader, value string) string
}

// values are in the order of sshauthopt_parse.
var values = [...]valueOption{
	{"command", func(p *optionReader) string { return once(p.o.Command, reasonCommand) },
		func(p *optionReader, v string) string { return keep(&p.o.Command, v) }},
	{"principals", func(p *optionReader) string { return once(p.o.Principals, reasonPrincipals) },
		func(p *optionReader, v string) string { return keep(&p.o.Principals, v) }},
	{"from", func(p *optionReader) string { return once(p.o.From, reasonFrom) },
		func(p *optionReader, v string) string { return keep(&p.o.From, v) }},
	{"expiry-time", func(*optionReader) string { return "" }, (*optionReader).expiry},
	{"environment", (*optionReader).environmentAllowed, (*optionReader).environment},
	{"permitopen", func(p *optionReader) string { return p.permitAllowed(p.o.permitOpen) },
		func(p *optionReader, v string) string { p.o.permitOpen++; return p.permit(v) }},
	{"permitlisten", func(p *optionReader) string { return p.permitAllowed(p.o.permitBind) },
		func(p *optionReader, v string) string {
			p.o.permitBind++
			if !strings.Contains(v, ":") { // a port alone listens everywhere
				v = "*:" + v
			}
			return p.permit(v)
		}},
	{"tunnel", func(*optionReader) string { return "" }, func(_ *optionReader, v string) string {
		// misc.c a2tun: up to SSH_TUNID_MAX.
		if _, ok := strtonum(v, 0x7fffffff-2); !ok && !strings.EqualFold(v, "any") {
			return reasonTunnel
		}
		return ""
	}},
}

// once refuses an option that was given before.
func once(given *audit.Untrusted, reason string) string {
	if given != nil {
		return reason
	}
	return ""
}

// keep stores the value of an option.
func keep(to **audit.Untrusted, value string) string {
	v := audit.Untrusted(value)
	*to = &v
	return ""
}

// expiry reads expiry-time; the earliest of several counts.
func (p *optionReader) expiry(value string) string {
	t, utc, unsure, ok := parseExpiry(value, p.r)
	if !ok {
		return reasonExpires
	}
	if unsure != "" {
		p.o.unsure = unsure
	}
	if p.o.Expires.IsZero() || t.Before(p.o.Expires) {
		p.o.Expires = t
	}
	p.o.floating = p.o.floating || !utc && p.r.Zone == nil
	return ""
}

// expiredAt reports whether the options' expiry-time has passed.
func (o *Options) expiredAt(now time.Time) audit.Verdict {
	// Zones lie within 26 hours of each other.
	const anyZone = 26 * time.Hour
	switch {
	case o == nil || o.Expires.IsZero():
		return audit.Accept
	case now.IsZero():
		return audit.Unknown
	case !o.floating:
		if now.Unix() > o.Expires.Unix() {
			return audit.Refuse
		}
		return audit.Accept
	case now.Sub(o.Expires) > anyZone:
		return audit.Refuse
	case o.Expires.Sub(now) > anyZone:
		return audit.Accept
	default:
		return audit.Unknown
	}
}

// environmentAllowed: up to 8.4 there was no limit and repetitions counted,
// in 9.2 there is one; which release between brought it is not known.
func (p *optionReader) environmentAllowed() string {
	if len(p.o.environment) <= maxEnvironment || !p.r.atLeast(8, 5) {
		return ""
	}
	if p.r.atLeast(9, 2) {
		return reasonManyEnv
	}
	p.o.unsure = "whether this release takes so many environment options is not known"
	return ""
}

// environment reads NAME=value; the name is of letters, digits and underscores
// (misc.c valid_env_name).
func (p *optionReader) environment(value string) string {
	name, _, ok := strings.Cut(value, "=")
	if !ok || name == "" {
		return reasonEnv
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return reasonEnv
		}
	}
	if p.o.environment == nil {
		p.o.environment = make(map[string]struct{})
	}
	if len(p.o.environment) <= maxEnvironment {
		p.o.environment[name] = struct{}{}
	}
	return ""
}

// permitAllowed refuses too many permitopen or permitlisten options.
func (p *optionReader) permitAllowed(count int) string {
	if count > maxPermit {
		return reasonManyPermit
	}
	return ""
}

// permit checks HOST:PORT (auth-options.c handle_permit, misc.c hpdelim2 and
// a2port): the host may be empty or in brackets, the port is a number, "*" or
// a service's name.
func (p *optionReader) permit(value string) string {
	const maxHost = 1025 // NI_MAXHOST
	end := strings.IndexAny(value, ":/")
	if strings.HasPrefix(value, "[") {
		if end = strings.IndexByte(value, ']') + 1; end == 0 {
			return reasonPermitHost
		}
		if end < len(value) && value[end] != ':' && value[end] != '/' {
			return reasonPermitHost
		}
	}
	if end < 0 || end == len(value) {
		if len(value) >= maxHost {
			return reasonPermitHost
		}
		return reasonPermitPort
	}
	if end >= maxHost {
		return reasonPermitHost
	}
	port := value[end+1:]
	if port == "*" {
		return ""
	}
	if n, ok := strtonum(port, 65535); ok {
		if n == 0 {
			return reasonPermitPort
		}
		return ""
	}
	switch {
	case !serviceName(port):
		return reasonPermitPort
	case p.r.Service == nil:
		p.o.unsure = "the port of a permitopen or permitlisten option is a service's name, and whether the host knows it is not known"
		return ""
	case !p.r.Service(port):
		return reasonPermitPort
	default:
		return ""
	}
}

// serviceName reports whether a services database could hold the name (RFC 6335
// section 5.1, and the few signs that older names have).
func serviceName(s string) bool {
	letter := false
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z':
			letter = true
		case (s[i] < '0' || s[i] > '9') && !strings.ContainsRune("-_+.", rune(s[i])):
			return false
		}
	}
	return letter
}

// strtonum reads a number from 0 to limit as strtonum(3) does: white space and
// a sign may lead, nothing may follow.
func strtonum(s string, limit int64) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 64)
	return n, err == nil && n >= 0 && n <= limit
}
