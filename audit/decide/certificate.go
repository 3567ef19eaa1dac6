package decide

import (
	"fmt"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// authority judges a certificate by TrustedUserCAKeys (auth2-pubkey.c
// user_cert_trusted_ca).
func (o *offer) authority() {
	l, cert := o.l, o.key.Cert
	list := l.via.Policy.Authorities
	c := l.set("ca-not-trusted", "trustedusercakeys", "the certificate's CA is not in TrustedUserCAKeys", "add the CA's public key to the file of TrustedUserCAKeys")
	switch {
	case list == nil:
		if !o.listed {
			c.Message = "TrustedUserCAKeys is not set, and no line with cert-authority names the certificate's CA"
			o.rest = append(o.rest, c)
		}
		return
	case list.List == nil:
		if list.Problem == nil || list.Problem.Failure == facts.Uncertain {
			o.doubts = append(o.doubts, fmt.Sprintf("TrustedUserCAKeys %s could not be read here", list.Path))
			return
		}
		c.ID, c.Path, c.Line = "ca-file-error", list.Path, 0
		c.Message = fmt.Sprintf("sshd cannot read TrustedUserCAKeys %s", list.Path)
		o.rest = append(o.rest, c)
		return
	}
	switch v, line, broken := list.List.Holds(cert.CA); {
	case v == audit.Unknown:
		o.doubts = append(o.doubts, fmt.Sprintf("TrustedUserCAKeys %s: %s", list.Path, list.List.Unsure))
	case broken:
		c.ID, c.Path, c.Line = "ca-file-error", list.Path, line
		c.Message = fmt.Sprintf("sshd stops reading TrustedUserCAKeys %s at line %d, which is no key, before it finds the certificate's CA", list.Path, line)
		c.Fix = "remove or correct the line"
		o.rest = append(o.rest, c)
	case v == audit.Refuse:
		if !o.listed {
			o.rest = append(o.rest, c)
		}
	default:
		o.listed = true
		o.trusted(list)
	}
}

// trusted judges a certificate whose CA is trusted.
func (o *offer) trusted(list *facts.KeyList) {
	cert := o.key.Cert
	fail := func(cause, detail string) {
		o.rest = append(o.rest, audit.Cause{ID: cause, Message: "the certificate does not let the account in: " + detail,
			Fix: "ask the CA for a new certificate"})
	}
	name := o.l.a.Name
	var command *audit.Untrusted
	var held authkeys.Answer
	file := o.l.via.Principals
	commandText, byCommand := o.l.via.Settings.Text("authorizedprincipalscommand")
	if _, set := o.l.via.Settings.Text("authorizedprincipalsfile"); set || byCommand {
		name = ""
		found := false
		if set {
			var ok bool
			if held, command, ok = o.principals(file); !ok {
				return
			}
			found = held.Match
		}
		if !found {
			if byCommand && !strings.EqualFold(commandText, "none") {
				o.doubts = append(o.doubts, "AuthorizedPrincipalsCommand may name a principal of the certificate")
				return
			}
			fail(authkeys.CausePrincipal, "no line of AuthorizedPrincipalsFile names a principal of it")
			return
		}
	}
	// In sshd's order: kind and validity, then the list of principals, the name.
	v, cause, detail := cert.Check(o.l.h.Now, "")
	if v == audit.Accept && len(cert.Principals) == 0 {
		v, cause, detail = audit.Refuse, authkeys.CauseCertNoPrincipals, "it names no principal"
	}
	if v == audit.Accept {
		v, cause, detail = cert.Check(o.l.h.Now, name)
	}
	if v == audit.Accept {
		v, cause, detail = cert.Permits(o.from)
	}
	if v == audit.Accept && held.Match && held.Verdict != audit.Accept {
		v, cause, detail = held.Verdict, held.Cause, held.Detail
	}
	if forced, ok := cert.ForceCommand(); v == audit.Accept && ok {
		if command != nil && *command != forced {
			v, cause, detail = audit.Refuse, authkeys.CauseCertCommand, "it and the principals file force different commands"
		}
		command = &forced
	}
	switch v {
	case audit.Accept:
		o.admitted, o.granted.command = true, command
		o.where = fmt.Sprintf("the certificate is let in by its CA in %s", list.Path)
	case audit.Unknown:
		o.doubts = append(o.doubts, detail)
	default:
		fail(cause, detail)
	}
}

// principals asks the account's principals file; ok is false if it cannot be told.
func (o *offer) principals(p *facts.Principals) (held authkeys.Answer, command *audit.Untrusted, ok bool) {
	if p == nil {
		o.doubts = append(o.doubts, "the principals file was not looked at")
		return held, nil, false
	}
	// One file, judged as a key file is; StrictModes counts.
	via := *o.l.via
	via.KeyFiles = []*facts.KeyFile{&p.KeyFile}
	answer := KeyFile(o.l.h, o.l.a, &via, &p.KeyFile)
	switch {
	case answer.Verdict == audit.Unknown, answer.Verdict == audit.Accept && p.List == nil:
		o.doubts = append(o.doubts, fmt.Sprintf("the principals file %s: %s", p.Path, answer.Why+p.Unread))
		return held, nil, false
	case answer.Verdict == audit.Refuse:
		c := fileCause(o.l.a, &p.KeyFile, &answer)
		if answer.Cause == "akf-missing" {
			c.Message, c.Fix = fmt.Sprintf("there is no principals file %s", p.Path), "list the principals that may enter the account in this file"
		}
		c.ID = "principals-file-missing"
		o.rest = append(o.rest, c)
		return held, nil, false
	}
	held, command = p.List.Authorises(o.key.Cert, o.from)
	return held, command, true
}
