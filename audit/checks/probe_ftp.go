package checks

import (
	"fmt"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

var probeFTPGreeting = probeCheck(audit.Doc{
	ID: "probe-ftp-greeting", Title: "FTP server that does not let anybody in",
	Why: "Instead of a greeting with code 220 the server refuses (421: too many connections, shutting down, a fault in its " +
		"configuration), breaks off, or is no FTP server at all. Clients show the refusal, or a time-out.",
	Repair:   "Look at the text shown and at the server's log; ss -ltnp shows who has the port.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.FTP == nil || p.Failure == facts.ProbeSilent || p.Failure == facts.ProbeRefused || p.FTP.Code == ftpReady ||
		p.FTP.TLS != nil && p.FTP.TLS.Failure != "" && p.FTP.Speaks == "" {
		return nil
	}
	what := "the server greets with code " + fmt.Sprint(p.FTP.Code)
	switch {
	case p.FTP.Speaks != "":
		what = "what answers speaks " + p.FTP.Speaks
	case p.FTP.Code == 0:
		what = "the server sends no greeting"
	}
	f := c.met(p, "%s", what)
	f.Observed, f.Expected, f.Fix = said(p), "220", "look at the server's log"
	return []audit.Finding{f}
})

// ftpReady is the code of a greeting that lets one go on (RFC 959).
const ftpReady = 220

var probeFTPCleartext = probeCheck(audit.Doc{
	ID: "probe-ftp-cleartext", Title: "FTP server that offers no TLS",
	Why: "The server refuses AUTH TLS, so passwords and files go over the network in the clear, and clients that insist on TLS (FileZilla " +
		"and WinSCP set to explicit FTP over TLS) cannot connect.",
	Repair:   "Switch TLS on (vsftpd: ssl_enable=YES, ProFTPD: TLSEngine on, Pure-FTPd: TLS 1) with a certificate, or offer SFTP instead.",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerTransport,
	References: []string{"RFC 4217"},
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.FTP == nil || p.FTP.AuthCode == 0 || p.FTP.AuthCode == 234 {
		return nil
	}
	f := c.met(p, "AUTH TLS is answered by %d", p.FTP.AuthCode)
	f.Observed, f.Expected, f.Fix = fmt.Sprint(p.FTP.AuthCode), "234", c.Repair
	return []audit.Finding{f}
})

var probeTLS = probeCheck(audit.Doc{
	ID: "probe-ftp-tls", Title: "TLS of an FTP server that does not come about",
	Why: "The server offers TLS and then no connection comes about, so clients that ask for TLS cannot connect: no or a broken " +
		"certificate, versions or ciphers that nobody has, or plain FTP on the port of implicit TLS.",
	Repair:   "Look at the server's TLS log; check certificate and key with openssl s_client -starttls ftp -connect HOST:21.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerTransport,
}, func(c *Check, _ *facts.Host, p *facts.Probe) []audit.Finding {
	if p.FTP == nil || p.FTP.TLS == nil || p.FTP.TLS.Failure == "" || p.Failure == facts.ProbeSilent {
		return nil
	}
	f := c.met(p, "TLS does not come about: %s", p.FTP.TLS.Failure)
	f.Fix = "look at the server's TLS log, certificate and key"
	return []audit.Finding{f}
})

// certificateCheck builds a check of the certificates that were shown.
func certificateCheck(doc audit.Doc, judge func(h *facts.Host, t *facts.TLSProbe) (observed, expected string)) *Check {
	return probeCheck(doc, func(c *Check, h *facts.Host, p *facts.Probe) []audit.Finding {
		if p.FTP == nil || p.FTP.TLS == nil || p.FTP.TLS.NotAfter.IsZero() {
			return nil
		}
		t := p.FTP.TLS
		observed, expected := judge(h, t)
		if observed == "" {
			return nil
		}
		f := c.met(p, "certificate of %s", t.Subject)
		f.Observed, f.Expected, f.Fix = observed, expected, c.Repair
		return []audit.Finding{f}
	})
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }

var probeCertificateExpired = certificateCheck(audit.Doc{
	ID: "probe-certificate-expired", Title: "Certificate that is out of date",
	Why: "The FTP server shows a certificate that has expired or is not valid yet. People see a warning, scripts and backup jobs refuse to " +
		"connect.",
	Repair:   "Renew the certificate and reload the FTP server; check the clock if it is not valid yet.",
	Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerTransport,
}, func(h *facts.Host, t *facts.TLSProbe) (observed, expected string) {
	switch {
	case h.Now.After(t.NotAfter):
		return "valid until " + day(t.NotAfter), "later than " + day(h.Now)
	case h.Now.Before(t.NotBefore):
		return "valid from " + day(t.NotBefore), "before " + day(h.Now)
	}
	return "", ""
})

// soon is how long before its end a certificate is told of.
const soon = 14 * 24 * time.Hour

var probeCertificateExpires = certificateCheck(audit.Doc{
	ID: "probe-certificate-expires", Title: "Certificate that expires soon",
	Why:      "The FTP server's certificate ends within two weeks. Where it renews itself, that did not happen, or the server was not reloaded since.",
	Repair:   "Renew the certificate and reload the FTP server.",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerTransport,
}, func(h *facts.Host, t *facts.TLSProbe) (observed, expected string) {
	if !h.Now.After(t.NotAfter) && t.NotAfter.Sub(h.Now) < soon {
		return "valid until " + day(t.NotAfter), "later than " + day(h.Now.Add(soon))
	}
	return "", ""
})

var probeCertificateName = certificateCheck(audit.Doc{
	ID: "probe-certificate-name", Title: "Certificate for other names than this host's",
	Why:      "A name under names: in sshaudit.yaml, by which clients connect, is not among the names of the FTP server's certificate. People see a warning, scripts refuse to connect.",
	Repair:   "Have the name put into the certificate, or tell the users the name that is.",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerTransport,
}, func(_ *facts.Host, t *facts.TLSProbe) (observed, expected string) {
	if len(t.Mismatched) == 0 {
		return "", ""
	}
	names := make([]string, len(t.Names))
	for i, name := range t.Names {
		names[i] = string(name)
	}
	return "for " + audit.Untrusted(strings.Join(names, ", ")).String(), "for " + audit.Untrusted(strings.Join(t.Mismatched, ", ")).String()
})

var probeCertificateUntrusted = certificateCheck(audit.Doc{
	ID: "probe-certificate-untrusted", Title: "Certificate that clients do not trust",
	Why: "The FTP server's certificate vouches for itself, or its chain does not lead to an authority that this host knows; a missing " +
		"intermediate certificate is a common reason. People have to confirm it at the first connection, scripts refuse to connect.",
	Repair:   "Use a certificate of an authority, with its intermediate certificates in the file.",
	Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerTransport,
}, func(_ *facts.Host, t *facts.TLSProbe) (observed, expected string) {
	switch {
	case t.SelfSigned:
		return "signed by itself", "signed by an authority"
	case t.Distrust != "":
		return t.Distrust, "a chain to an authority"
	}
	return "", ""
})
