package authkeys

import (
	"net/netip"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/sshpattern"
)

// Answer is what sshd makes of an offered key.
type Answer struct {
	// Match tells that the line, or one of the file's, is about the offered key.
	Match   bool
	Verdict audit.Verdict
	// Cause is the id of what refuses it, or of what it hangs on if the verdict
	// is unknown; empty if it is accepted.
	Cause string
	// Detail says more, without content of the file.
	Detail string
	// Line is the number of the line that decides; 0 if none does.
	Line int
}

// Authorises answers whether the file lets an offered key, or certificate, in:
// the first line that accepts it decides, a line that refuses it does not end
// the search (auth2-pubkeyfile.c auth_check_authkeys_file). The verdict is
// unknown where it hangs on something that is not known.
func (f *File) Authorises(offer *Key, from Source) Answer {
	var refusal, doubt Answer
	var refused Kind
	for i := range f.Lines {
		a, kind := f.Lines[i].Authorises(offer, from), f.Lines[i].Kind
		switch {
		case !a.Match:
		case a.Verdict == audit.Accept && !doubt.Match:
			return a
		case a.Verdict == audit.Accept:
			// Two lines may let it in: with which options is uncertain.
			a.Detail = "an earlier line may decide: " + doubt.Detail
			return a
		case a.Verdict == audit.Unknown && !doubt.Match:
			doubt = a
		case a.Verdict == audit.Refuse && (!refusal.Match || kind < refused):
			// What sshd itself refuses tells more than a broken copy, and that
			// more than one in a comment.
			refusal, refused = a, kind
		}
	}
	switch {
	case doubt.Match:
		return doubt
	case f.Unread:
		return Answer{Verdict: audit.Unknown, Cause: CauseNotListed, Detail: "the file has too many lines to be read to its end"}
	case refusal.Match:
		return refusal
	default:
		return Answer{Verdict: audit.Refuse, Cause: CauseNotListed, Detail: "no line of the file holds the key"}
	}
}

// Authorises answers whether the line lets an offered key in, as
// auth_check_authkey_line does. An offered certificate matches a line with
// cert-authority and its CA's key.
func (l *Line) Authorises(offer *Key, from Source) Answer {
	subject := offer
	if offer.Cert != nil {
		subject = offer.Cert.CA
	}
	if l.Key == nil || !l.Key.Equal(subject) || offer.Cert != nil && !l.authority() {
		return Answer{}
	}
	a := Answer{Match: true, Line: l.Number, Verdict: audit.Refuse, Cause: l.Cause, Detail: l.Detail}
	if l.Kind == KindKey && offer.Cert == nil && l.authority() {
		a.Cause, a.Detail = CauseCAFlag, "the line is marked cert-authority: it admits certificates that the key signed, not the key"
		return a
	}
	if l.Cause != "" {
		return a
	}
	a.Verdict, a.Cause, a.Detail = l.permits(from)
	if offer.Cert != nil && a.Verdict != audit.Refuse {
		if v, cause, detail := l.certificate(offer.Cert, from); v != audit.Accept {
			a.Verdict, a.Cause, a.Detail = v, cause, detail
		}
	}
	if a.Verdict == audit.Accept && l.Unsure != "" {
		a.Verdict, a.Detail = audit.Unknown, l.Unsure
	}
	return a
}

// Accepted answers whether sshd would take the line for some client: from=
// and, on a certificate authority's line, the certificates are left aside. The
// cause of a refusal is the line's.
func (l *Line) Accepted() audit.Verdict {
	switch {
	case l.Kind != KindKey || l.Cause != "":
		return audit.Refuse
	case l.Unsure != "" || l.Options.expiredAt(l.rules.Now) == audit.Unknown:
		return audit.Unknown
	default:
		return audit.Accept
	}
}

// authority reports whether the line is one of a certificate authority.
func (l *Line) authority() bool { return l.Options != nil && l.Options.CertAuthority }

// permits applies the options of a line to a client (auth2-pubkeyfile.c
// auth_authorise_keyopts).
func (l *Line) permits(from Source) (v audit.Verdict, cause, detail string) {
	o := l.Options
	if o == nil {
		return audit.Accept, "", ""
	}
	if o.expiredAt(l.rules.Now) == audit.Unknown {
		return audit.Unknown, CauseExpired, "the expiry-time is near, and the time zone of sshd or the time is not known"
	}
	if o.From == nil {
		return audit.Accept, "", ""
	}
	return matchFrom(string(*o.From), from, l.rules)
}

// matchFrom matches a client with the list of from= (match.c match_host_and_ip).
func matchFrom(list string, from Source, r *Rules) (v audit.Verdict, cause, detail string) {
	if !from.Addr.IsValid() {
		return audit.Unknown, CauseFrom, "from= decides by the client's address, which is not known"
	}
	addr := from.Addr.Unmap().String()
	m := sshpattern.New(r.Version)
	host := addr
	if r.UseDNS && from.Host != "" {
		host = from.Host
	}
	ok, err := m.HostAndIP(host, addr, list)
	if r.UseDNS && from.Host == "" && err == nil {
		byAddr, _ := m.AddrList(addr, list)
		if byAddr != sshpattern.Negated && namesDecide(list, byAddr == sshpattern.Match) {
			return audit.Unknown, CauseFrom, "UseDNS is on and from= has names: the verdict hangs on the client's host name"
		}
	}
	if !ok {
		return audit.Refuse, CauseFrom, "from= does not admit the client's address"
	}
	return audit.Accept, "", ""
}

// namesDecide reports whether a host name, which is not known, could change
// what the addresses of a list decide: a name or pattern could admit where no
// address did, a negated one could refuse where an address admitted.
func namesDecide(list string, admitted bool) bool {
	for entry := range strings.SplitSeq(list, ",") {
		pattern, negated := strings.CutPrefix(entry, "!")
		if _, err := netip.ParseAddr(pattern); err == nil || strings.Contains(pattern, "/") {
			continue
		}
		if negated || !admitted {
			return true
		}
	}
	return false
}
