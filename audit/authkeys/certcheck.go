package authkeys

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/sshpattern"
)

// Causes that a certificate is refused for; the ids of the decision path.
const (
	CauseCertWrongType    = "cert-wrong-type"
	CauseCertNotYetValid  = "cert-not-yet-valid"
	CauseCertExpired      = "cert-expired"
	CauseCertNoPrincipals = "cert-no-principals"
	CauseCertName         = "cert-name-not-principal"
	CauseCertCritical     = "cert-critical-option"
	CauseCertSource       = "cert-source-address"
	CauseCertCommand      = "cert-forced-command-conflict"
	CausePrincipal        = "principal-not-authorized"
)

// certificate applies the rest of auth_check_authkey_line to a certificate
// whose CA's line admits the client.
func (l *Line) certificate(c *Certificate, from Source) (v audit.Verdict, cause, detail string) {
	v, cause, detail = c.Permits(from)
	if v == audit.Refuse {
		return v, cause, detail
	}
	if command, ok := c.ForceCommand(); ok && l.Options.Command != nil && *l.Options.Command != command {
		return audit.Refuse, CauseCertCommand, "the certificate and the CA's line force different commands"
	}
	name := from.User
	if list := l.Options.Principals; list != nil {
		name = ""
		if hit := c.namedBy(string(*list), l.rules); hit != audit.Accept {
			return hit, CausePrincipal, "no principal of the certificate is in the line's principals="
		}
	}
	if v2, cause2, detail2 := c.Check(l.rules.Now, name); v2 != audit.Accept {
		return v2, cause2, detail2
	}
	if len(c.Principals) == 0 && l.rules.atLeast(10, 3) {
		return audit.Refuse, CauseCertNoPrincipals, "the certificate names no principal"
	}
	return v, cause, detail
}

// namedBy reports whether one of the certificate's principals is in the list
// of principals= (auth2-pubkeyfile.c match_principals_option). From 10.3 on,
// and in older packages with the fix, the search ends at the first empty
// element and a principal with a comma is not taken for two.
func (c *Certificate) namedBy(list string, r *Rules) audit.Verdict {
	entries := strings.Split(list, ",")
	strict := entries
	if i := slices.Index(entries, ""); i >= 0 {
		strict = entries[:i]
	}
	hits := func(p audit.Untrusted) bool { return slices.Contains(strict, string(p)) }
	if slices.ContainsFunc(c.Principals, hits) {
		return audit.Accept
	}
	if r.atLeast(10, 3) {
		return audit.Refuse
	}
	for _, p := range c.Principals {
		for part := range strings.SplitSeq(string(p), ",") {
			if part != "" && slices.Contains(entries, part) {
				return audit.Unknown // admitted where the fix is missing
			}
		}
	}
	return audit.Refuse
}

// Check applies the kind, the validity and, if name is not empty, the
// principals of a certificate (sshkey.c sshkey_cert_check_authority). An empty
// list of principals is left to the caller: what it means depends on where the
// CA is trusted and on the release.
func (c *Certificate) Check(now time.Time, name string) (v audit.Verdict, cause, detail string) {
	switch at := uint64(max(now.Unix(), 0)); { //nolint:gosec // not negative
	case c.Host:
		return audit.Refuse, CauseCertWrongType, "the certificate is one for a host"
	case now.IsZero():
		return audit.Unknown, CauseCertExpired, "the time is not known"
	case at < c.ValidAfter:
		return audit.Refuse, CauseCertNotYetValid, "the certificate is not yet valid"
	case at >= c.ValidBefore:
		return audit.Refuse, CauseCertExpired, "the certificate has expired"
	case name != "" && len(c.Principals) > 0 && !slices.Contains(c.Principals, audit.Untrusted(name)):
		return audit.Refuse, CauseCertName, "the account is none of the certificate's principals"
	}
	return audit.Accept, "", ""
}

// Permits applies the critical options and extensions of a certificate to a
// client (auth-options.c cert_option_list, auth2-pubkeyfile.c
// auth_authorise_keyopts).
func (c *Certificate) Permits(from Source) (v audit.Verdict, cause, detail string) {
	if c.Host { // sshauthopt_from_cert takes user certificates only
		return audit.Refuse, CauseCertWrongType, "the certificate is one for a host"
	}
	v = audit.Accept
	seen := map[audit.Untrusted]bool{}
	for _, o := range c.Critical {
		value, known := o.text(), true
		switch o.Name {
		case "verify-required":
			known = len(o.Data) == 0
		case "force-command":
			known = value != nil && !seen[o.Name]
		case "source-address":
			if value == nil || seen[o.Name] {
				known = false
				break
			}
			switch match, ok := cidrList(*value, from.Addr); {
			case !ok:
				v, cause, detail = audit.Unknown, CauseCertSource, "the certificate's source-address cannot be read"
			case !from.Addr.IsValid():
				v, cause, detail = audit.Unknown, CauseCertSource, "source-address decides by the client's address, which is not known"
			case !match:
				v, cause, detail = audit.Refuse, CauseCertSource, "the certificate's source-address does not admit the client's address"
			}
		default:
			known = false
		}
		if !known {
			return audit.Refuse, CauseCertCritical, "a critical option of the certificate is malformed or not known to sshd"
		}
		seen[o.Name] = true
	}
	for _, o := range c.Extensions {
		if extensions[o.Name] && len(o.Data) != 0 {
			return audit.Refuse, CauseCertCritical, "an extension of the certificate is malformed"
		}
	}
	return v, cause, detail
}

// extensions are those that sshd knows; it passes over others.
var extensions = map[audit.Untrusted]bool{
	"no-touch-required": true, "permit-X11-forwarding": true, "permit-agent-forwarding": true,
	"permit-port-forwarding": true, "permit-pty": true, "permit-user-rc": true,
}

// ForceCommand returns the command that the certificate forces.
func (c *Certificate) ForceCommand() (command audit.Untrusted, ok bool) {
	for _, o := range c.Critical {
		if value := o.text(); o.Name == "force-command" && value != nil {
			return audit.Untrusted(*value), true
		}
	}
	return "", false
}

// text returns the option's value, nil if it is not one string.
func (o *CertOption) text() *string {
	w := wire{rest: o.Data}
	value := string(w.cstring())
	if w.bad || len(w.rest) != 0 {
		return nil
	}
	return &value
}

// cidrList matches an address with a list of addresses and blocks (addrmatch.c
// addr_match_cidr_list); ok is false if the list holds anything else.
func cidrList(list string, addr netip.Addr) (match, ok bool) {
	for entry := range strings.SplitSeq(list, ",") {
		head, _, _ := strings.Cut(entry, "/")
		if _, err := netip.ParseAddr(head); err != nil || strings.Contains(head, "%") {
			return false, false
		}
	}
	if sshpattern.CheckAddrList(list) != nil {
		return false, false
	}
	if !addr.IsValid() {
		return false, true
	}
	result, err := sshpattern.Matcher{}.AddrList(addr.Unmap().String(), list)
	return result == sshpattern.Match, err == nil
}
