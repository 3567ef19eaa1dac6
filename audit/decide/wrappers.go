package decide

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// wrappers applies hosts.allow and hosts.deny where sshd is linked with TCP
// wrappers (hosts_access(5), tcp_wrappers hosts_access.c): the first line that
// matches decides, the allowing file before the denying one.
func (l *login) wrappers() {
	if !l.via.Server.Wrapped {
		return
	}
	for _, file := range []struct {
		text   *facts.Text
		denies bool
	}{{&l.h.HostsAllow, false}, {&l.h.HostsDeny, true}} {
		if p := file.text.Problem; p != nil {
			if p.Failure != facts.Missing {
				l.doubt(audit.LayerTransport, "%s could not be read: %s", file.text.Path, p.Why)
			}
			continue
		}
		rule := wrapperRule(file.text.Content, l.req.From, l.req.Host)
		switch {
		case rule.line == 0:
			continue
		case rule.unsure != "":
			l.doubt(audit.LayerTransport, "%s:%d hangs on %s", file.text.Path, rule.line, rule.unsure)
		case rule.option == "deny", rule.option == "" && file.denies:
			l.refuse(audit.LayerTransport, audit.Cause{
				ID: "tcpwrappers-deny", Path: file.text.Path, Line: rule.line,
				Message: fmt.Sprintf("TCP wrappers refuse the client's address: %s line %d", file.text.Path, rule.line),
				Fix:     "add \"sshd: " + l.address() + "\" to /etc/hosts.allow",
			})
		default:
			l.note(audit.LayerTransport, "%s:%d allows the address", file.text.Path, rule.line)
		}
		return
	}
}

// address is the client's as TCP wrappers want it written.
func (l *login) address() string {
	switch {
	case !l.req.From.IsValid():
		return "ADDRESS"
	case l.req.From.Is6():
		return "[" + l.req.From.String() + "]"
	}
	return l.req.From.String()
}

// rule is the first line that matches; line 0 is none.
type rule struct {
	line int
	// option is "allow" or "deny" where the line says so.
	option string
	unsure string
}

// wrapperRule finds the first line of a file that matches sshd and the address.
func wrapperRule(text string, from netip.Addr, host string) rule {
	number := 0
	joined, start := "", 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if start == 0 {
			start = number
		}
		if rest, ok := strings.CutSuffix(line, "\\"); ok {
			joined += rest
			continue
		}
		line, at := joined+line, start
		joined, start = "", 0
		if trimmed := strings.TrimLeft(line, " \t"); trimmed == "" || line[0] == '#' {
			continue
		}
		fields := splitRule(line)
		if len(fields) < 2 || matchList(fields[0], matchDaemon) == no {
			continue
		}
		switch matchList(fields[1], func(token string) ternary { return matchClient(token, from, host) }) {
		case no:
			continue
		case maybe:
			return rule{line: at, unsure: "something that is not known of the client, or a form that is not evaluated here"}
		case yes:
		}
		return ruleOptions(rule{line: at}, fields[2:])
	}
	return rule{}
}

// ruleOptions reads what follows the clients (hosts_options(5)).
func ruleOptions(r rule, options []string) rule {
	for _, o := range options {
		switch word := strings.ToLower(strings.Trim(o, " \t")); {
		case word == "allow" || word == "deny":
			r.option = word
			return r
		case strings.HasPrefix(word, "spawn") || strings.HasPrefix(word, "severity") || word == "":
		default:
			r.unsure = "an option that is not evaluated here"
			return r
		}
	}
	return r
}

// splitRule cuts a line at colons that are not within the brackets of an IPv6 address.
func splitRule(line string) (fields []string) {
	depth, from := 0, 0
	for i := range len(line) {
		switch line[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ':':
			if depth <= 0 {
				fields, from = append(fields, line[from:i]), i+1
			}
		}
	}
	return append(fields, line[from:])
}

// ternary is a match that may hang on something unknown.
type ternary uint8

const (
	no ternary = iota
	yes
	maybe
)

// matchList matches a list with EXCEPT (hosts_access.c list_match).
func matchList(list string, match func(string) ternary) ternary {
	tokens := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) })
	return matchTokens(tokens, match)
}

func matchTokens(tokens []string, match func(string) ternary) ternary {
	result := no
	for i, token := range tokens {
		if strings.EqualFold(token, "EXCEPT") {
			return result
		}
		m := match(token)
		if m == no {
			continue
		}
		if m == maybe {
			result = maybe
			continue
		}
		for k := i + 1; k < len(tokens); k++ {
			if !strings.EqualFold(tokens[k], "EXCEPT") {
				continue
			}
			switch matchTokens(tokens[k+1:], match) {
			case yes:
				return no
			case maybe:
				return maybe
			case no:
			}
			return yes
		}
		return yes
	}
	return result
}

func matchDaemon(token string) ternary {
	switch {
	case strings.EqualFold(token, "ALL"), strings.EqualFold(token, "sshd"):
		return yes
	case strings.ContainsAny(token, "@*?"), strings.HasPrefix(token, "/"):
		return maybe
	}
	return no
}

// matchClient matches one token with an address; names hang on the resolver,
// unless its answer is known.
func matchClient(token string, from netip.Addr, host string) ternary {
	from = from.Unmap()
	named := from.IsValid() && host != "" && !strings.ContainsAny(token, "@*?/")
	switch upper := strings.ToUpper(token); {
	case upper == "ALL":
		return yes
	case named && token[0] == '.':
		return when(len(host) > len(token) && strings.EqualFold(host[len(host)-len(token):], token))
	case named && upper == "LOCAL":
		return when(!strings.Contains(host, "."))
	case named && upper == "KNOWN":
		return yes
	case named && (upper == "UNKNOWN" || upper == "PARANOID"):
		return no
	case !from.IsValid(), strings.ContainsAny(token, "@*?"), token[0] == '/', token[0] == '.',
		upper == "LOCAL", upper == "KNOWN", upper == "UNKNOWN", upper == "PARANOID":
		return maybe
	}
	if strings.HasSuffix(token, ".") {
		return when(from.Is4() && strings.HasPrefix(from.String(), token))
	}
	plain := strings.NewReplacer("[", "", "]", "").Replace(token)
	network, mask, masked := strings.Cut(plain, "/")
	addr, err := netip.ParseAddr(network)
	switch {
	case err != nil && named:
		return when(strings.EqualFold(token, host))
	case err != nil:
		return maybe // a host's name
	case !masked:
		return when(addr == from)
	}
	bits, ok := maskBits(mask, addr)
	if !ok {
		return maybe
	}
	prefix := netip.PrefixFrom(addr, bits)
	return when(prefix.Masked().Addr() == addr && prefix.Contains(from))
}

func when(b bool) ternary {
	if b {
		return yes
	}
	return no
}

// maskBits reads a mask as a number of bits or, for IPv4, in dots.
func maskBits(mask string, addr netip.Addr) (int, bool) {
	if n, err := strconv.Atoi(mask); err == nil && n >= 0 && n <= addr.BitLen() {
		return n, true
	}
	dots, err := netip.ParseAddr(mask)
	if err != nil || !dots.Is4() || !addr.Is4() {
		return 0, false
	}
	for n := range 33 {
		if p, err := addr.Prefix(n); err == nil && p.IsValid() && netmask(n) == dots {
			return n, true
		}
	}
	return 0, false
}

func netmask(bits int) netip.Addr {
	m := ^uint32(0) << (32 - bits)
	if bits == 0 {
		m = 0
	}
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)})
}
