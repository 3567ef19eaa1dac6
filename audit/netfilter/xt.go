package netfilter

// This file and its xt_ neighbours hold what x_tables extensions do, whether
// they come from ip_tables, from nf_tables' compatibility layer or as text.

// xtMatch is one match of an iptables rule.
type xtMatch interface {
	test(m *machine, s *state) tri
	// name is the extension's name, text its options as iptables writes them.
	name() string
	text() string
}

// opXT runs a match.
type opXT struct {
	match xtMatch
	// conntrack: the extension asks for connection tracking.
	conntrack bool
}

func (o opXT) exec(m *machine, s *state) step {
	return matched(o.match.test(m, s), o.match.name())
}

func xt(x xtMatch) op {
	switch x.name() {
	case "conntrack", "state", "connmark", "connlimit", "connbytes", "connlabel", "helper":
		return opXT{x, true}
	}
	return opXT{x, false}
}

// xtFixed is a match whose outcome a new TCP or UDP connection fixes, or that
// nobody can decide.
type xtFixed struct {
	ext, opts string
	comment   string
	is        tri
}

func (x xtFixed) test(*machine, *state) tri { return x.is }

func (x xtFixed) name() string { return x.ext }
func (x xtFixed) text() string {
	if x.ext == "" {
		return x.opts
	}
	if x.opts == "" {
		return "-m " + x.ext
	}
	return "-m " + x.ext + " " + x.opts
}

func inverted(t tri, invert bool) tri {
	if invert {
		return t.not()
	}
	return t
}

func bang(invert bool) string {
	if invert {
		return "! "
	}
	return ""
}

// plainMatches gives the outcome of extensions by name alone, where options
// cannot change it: those of other protocols and headers are false for a TCP or
// UDP packet without extension headers, since iptables makes them ask for the
// protocol first.
var plainMatches = map[string]tri{
	"comment": yes, "igmp": no, "sctp": no, "dccp": no,
	"ah": no, "esp": no, "ipcomp": no, "mh": no,
}

// asksNothing lists targets that let the packet go on to the next rule.
var asksNothing = map[string]bool{
	"LOG": true, "NFLOG": true, "ULOG": true, "TRACE": true, "AUDIT": true, "CLASSIFY": true, "TCPMSS": true,
	"DSCP": true, "TOS": true, "ECN": true, "TTL": true, "HL": true, "SECMARK": true, "CONNSECMARK": true,
	"TEE": true, "CHECKSUM": true, "IDLETIMER": true, "LED": true, "RATEEST": true, "TCPOPTSTRIP": true,
}
