package checks

import (
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// ftpServers makes the evaluation of a host that looks at each FTP server.
func ftpServers(look func(*Check, *facts.Host, *facts.FTPServer) []audit.Finding) func(*Check, *facts.Host) []audit.Finding {
	return func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.FTPServers {
			found = append(found, look(c, h, s)...)
		}
		return found
	}
}

// expiring is how long before its end a certificate is told of.
const expiring = 14 * 24 * time.Hour

// ftpChecks look at the configurations of vsftpd, ProFTPD and Pure-FTPd.
var ftpChecks = []*Check{{
	Doc: audit.Doc{
		ID: "ftpd-config-invalid", Title: "FTP server that refuses its configuration",
		Why:      "The program does not start with this line in its configuration; one that runs goes on with what it read before, until it is restarted.",
		Repair:   "Correct the line that is shown, and restart the server.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
	},
	Host: ftpServers(func(c *Check, _ *facts.Host, s *facts.FTPServer) []audit.Finding {
		if s.Refused == nil {
			return nil
		}
		f := c.finding(audit.Untrusted(s.Refused.File), "%s does not start: %s", s.Kind, s.Refused)
		f.Line, f.Fix = s.Refused.Line, "correct the line, and restart "+string(s.Kind)
		return []audit.Finding{f}
	}),
}, {
	Doc: audit.Doc{
		ID: "ftpd-certificate-broken", Title: "Certificate that the FTP server cannot use",
		Why:      "The certificate or its key is missing, damaged, encrypted, or they do not belong together. vsftpd and Pure-FTPd do not start then.",
		Repair:   "Name the right files in the server's configuration, and restart it.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerTransport,
	},
	Host: ftpServers(func(c *Check, _ *facts.Host, s *facts.FTPServer) []audit.Finding {
		if s.TLS.Certificate == nil || s.TLS.Certificate.Broken == "" {
			return nil
		}
		f := c.finding(s.TLS.Certificate.Cert.Path, "%s cannot use its certificate: %s", s.Kind, s.TLS.Certificate.Broken)
		f.Fix = c.Repair
		return []audit.Finding{f}
	}),
}, {
	Doc: audit.Doc{
		ID: "ftpd-certificate-expires", Title: "Certificate of the FTP server that has expired or soon will",
		Why:      "Clients warn of an expired certificate or refuse the connection, and people learn to click warnings away.",
		Repair:   "Renew the certificate, and restart or reload the server, which reads it at the start only.",
		Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerTransport,
	},
	Host: ftpServers(func(c *Check, h *facts.Host, s *facts.FTPServer) []audit.Finding {
		cert := s.TLS.Certificate
		if cert == nil || cert.NotAfter.IsZero() || h.Now.Add(expiring).Before(cert.NotAfter) {
			return nil
		}
		f := c.finding(cert.Cert.Path, "the certificate of %s is valid until %s", s.Kind, cert.NotAfter.Format("2006-01-02"))
		f.Observed, f.Fix = cert.NotAfter.Format("2006-01-02"), c.Repair
		return []audit.Finding{f}
	}),
}, {
	Doc: audit.Doc{
		ID: "ftpd-cleartext", Title: "FTP server without TLS",
		Why:      "Names and passwords cross the network in the clear, for everybody on the way to read.",
		Repair:   "Switch TLS on with a certificate, or let people use SFTP and take the FTP server away.",
		Severity: audit.Warning, Effect: audit.Exposes, Layer: audit.LayerTransport,
	},
	Host: ftpServers(func(c *Check, _ *facts.Host, s *facts.FTPServer) []audit.Finding {
		if !s.Running || s.TLS.Offered || s.Refused != nil || s.Unread != "" {
			return nil
		}
		f := c.finding(audit.Untrusted(s.ConfigFile), "%s offers no TLS", s.Kind)
		f.Fix = c.Repair
		return []audit.Finding{f}
	}),
}, {
	Doc: audit.Doc{
		ID: "ftpd-anonymous", Title: "FTP server that lets anybody in",
		Why:      "Anonymous users are let in without an account. That is meant on a public archive, and seldom elsewhere.",
		Repair:   "Switch anonymous users off (anonymous_enable=NO, NoAnonymous yes, no <Anonymous> section), and restart the server.",
		Severity: audit.Notice, Effect: audit.Exposes, Layer: audit.LayerAccount,
	},
	Host: ftpServers(func(c *Check, _ *facts.Host, s *facts.FTPServer) []audit.Finding {
		on := false
		switch {
		case !s.Running:
		case s.Vsftpd != nil:
			on = s.Vsftpd.Bool("anonymous_enable")
		case s.Proftpd != nil:
			on = len(s.Proftpd.Servers[0].Sections("anonymous")) > 0
		case s.Pure != nil:
			on = !s.Pure.Has('E')
		}
		if !on {
			return nil
		}
		f := c.finding(audit.Untrusted(s.ConfigFile), "%s lets anonymous users in", s.Kind)
		f.Fix = c.Repair
		return []audit.Finding{f}
	}),
}}
