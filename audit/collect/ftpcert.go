package collect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

// ftpCertificate reads the certificate that a server offers, and whether its key
// fits. The key is looked at and not kept.
func (c *Collector) ftpCertificate(v *hostfs.View, s *facts.FTPServer) {
	var cert, key string
	switch {
	case s.Vsftpd != nil:
		cert, _ = s.Vsftpd.Text("rsa_cert_file")
		if key, _ = s.Vsftpd.Text("rsa_private_key_file"); key == "" {
			key = cert
		}
	case s.Proftpd != nil:
		main := &s.Proftpd.Servers[0].Section
		if d := main.Find("tlsrsacertificatefile"); d != nil {
			cert, key = d.Args[0], d.Args[0]
		}
		if d := main.Find("tlsrsacertificatekeyfile"); d != nil {
			key = d.Args[0]
		}
	case s.Pure != nil:
		cert, key = s.Pure.Certificate()
	}
	if cert == "" {
		return
	}
	s.TLS.Certificate = c.certificate(v, cert, key)
}

func (c *Collector) certificate(v *hostfs.View, cert, key string) *facts.Certificate {
	f := &facts.Certificate{Cert: c.systemFile(v, cert), Key: c.systemFile(v, key)}
	certPEM, _, err := v.ReadFile(cert, smallFile, nil)
	if err != nil {
		unusable(f, cert, err)
		return f
	}
	certPEM = slices.Clone(certPEM)
	keyPEM, _, err := v.ReadFile(key, smallFile, nil)
	if err != nil {
		unusable(f, key, err)
	}
	block := firstCertificate(certPEM)
	if block == nil {
		f.Broken = audit.Untrusted(cert).String() + " holds no certificate"
		return f
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		f.Broken = audit.Untrusted(cert).String() + " holds no certificate that can be read"
		return f
	}
	f.NotBefore, f.NotAfter = parsed.NotBefore, parsed.NotAfter
	f.SelfSigned = bytes.Equal(parsed.RawIssuer, parsed.RawSubject)
	for _, n := range parsed.DNSNames {
		f.Names = append(f.Names, audit.Untrusted(n))
	}
	for _, a := range parsed.IPAddresses {
		f.Names = append(f.Names, audit.Untrusted(a.String()))
	}
	if len(f.Names) == 0 && parsed.Subject.CommonName != "" {
		f.Names = []audit.Untrusted{audit.Untrusted(parsed.Subject.CommonName)}
	}
	if f.Broken == "" && f.Unread == "" {
		fits(f, certPEM, keyPEM, key)
	}
	return f
}

func firstCertificate(text []byte) *pem.Block {
	for {
		block, rest := pem.Decode(text)
		if block == nil || block.Type == "CERTIFICATE" {
			return block
		}
		text = rest
	}
}

// fits notes whether the key is the certificate's.
func fits(f *facts.Certificate, certPEM, keyPEM []byte, key string) {
	if bytes.Contains(keyPEM, []byte("ENCRYPTED")) {
		f.Broken = audit.Untrusted(key).String() + " is encrypted by a passphrase, which nobody types when the server starts"
		return
	}
	if _, err := tls.X509KeyPair(certPEM, keyPEM); err != nil {
		if !bytes.Contains(keyPEM, []byte("PRIVATE KEY-----")) {
			f.Broken = audit.Untrusted(key).String() + " holds no private key"
			return
		}
		f.Broken = audit.Untrusted(key).String() + " does not fit the certificate, or cannot be read as a key"
	}
}

// unusable notes a file that is missing or cannot be read.
func unusable(f *facts.Certificate, file string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		f.Broken = audit.Untrusted(file).String() + " does not exist"
		return
	}
	f.Unread = audit.Untrusted(file).String() + " could not be read here: " + audit.Untrusted(err.Error()).String()
}
