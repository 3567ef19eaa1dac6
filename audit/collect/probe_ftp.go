package collect

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/textproto"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshwire"
)

const (
	// maxFeatures bounds the lines of FEAT that are kept, maxNames the names of a certificate.
	maxFeatures, maxNames = 100, 100
	// ftpReady is the code of a greeting that lets one go on (RFC 959, 5.4),
	// ftpSecure that of an AUTH that is agreed to (RFC 4217, 12.1).
	ftpReady, ftpSecure = 220, 234
)

// probeFTP listens to an FTP server: greeting, features, and its certificate by
// AUTH TLS, or at once on the port of implicit TLS. Nobody logs in, so what it
// answers to PASV is not learnt: servers answer it only after a login.
func probeFTP(ctx context.Context, p *facts.Probe, names []string, now time.Time) {
	p.FTP = &facts.FTPProbe{}
	t, err := dial(ctx, p.To)
	if err != nil {
		p.Failure = facts.ProbeRefused
		return
	}
	defer func() { _ = t.Close() }()
	if p.Service == facts.ServiceFTPS {
		conn := tls.Client(t, tlsConfig(names))
		if p.FTP.TLS = secured(ctx, t, conn, names, now); p.FTP.TLS.Failure == "" {
			greeted(p, t, textproto.NewReader(bufio.NewReader(conn)))
		} else if len(t.heard) == 0 {
			p.Failure = t.failure()
		}
		p.FTP.Speaks = otherThanFTP(t.heard)
		return
	}
	replies := textproto.NewReader(bufio.NewReader(t))
	if !greeted(p, t, replies) {
		p.FTP.Speaks = otherThanFTP(t.heard)
		return
	}
	if code, text, err := command(t, replies, "FEAT"); err == nil && code == 211 {
		p.FTP.Features = features(text)
	}
	if p.FTP.AuthCode, _, err = command(t, replies, "AUTH TLS"); err == nil && p.FTP.AuthCode == ftpSecure {
		p.FTP.TLS = secured(ctx, t, tls.Client(t, tlsConfig(names)), names, now)
	}
}

// greeted reads the greeting; it is false where the server does not go on.
func greeted(p *facts.Probe, t *talk, replies *textproto.Reader) bool {
	code, text, err := replies.ReadResponse(0)
	if protocol := (*textproto.Error)(nil); err != nil && !errors.As(err, &protocol) {
		p.Failure = t.failure()
		return false
	}
	p.FTP.Code, p.FTP.Greeting = code, audit.Untrusted(text)
	return code == ftpReady
}

// command sends one command and reads the reply, whatever its code.
func command(t *talk, replies *textproto.Reader, line string) (code int, text string, err error) {
	if _, err := t.Write([]byte(line + "\r\n")); err != nil {
		return 0, "", err
	}
	code, text, err = replies.ReadResponse(0)
	if protocol := (*textproto.Error)(nil); errors.As(err, &protocol) {
		return protocol.Code, protocol.Msg, nil
	}
	return code, text, err
}

// features are the lines between the first and the last of an answer to FEAT.
func features(text string) []audit.Untrusted {
	var list []audit.Untrusted
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i > 0 && i < len(lines)-1 && len(list) < maxFeatures {
			list = append(list, audit.Untrusted(strings.TrimSpace(line)))
		}
	}
	return list
}

// otherThanFTP names another protocol by the first bytes that were heard.
func otherThanFTP(heard []byte) string {
	g := sshwire.ReadGreeting(heard)
	switch {
	case g.Banner != nil:
		return "SSH"
	case g.Speaks == "FTP":
		return ""
	}
	return g.Speaks
}

// tlsConfig takes every certificate, because a bad one is what is looked for, and
// every version that Go knows.
func tlsConfig(names []string) *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10} //nolint:gosec // nothing is entrusted to this connection
	if len(names) > 0 {
		c.ServerName = names[0]
	}
	return c
}

// secured makes the TLS connection and looks at the certificate.
func secured(ctx context.Context, t *talk, conn *tls.Conn, names []string, now time.Time) *facts.TLSProbe {
	if err := conn.HandshakeContext(ctx); err != nil {
		if t.failure() == facts.ProbeStalled && t.err != nil || t.failure() == facts.ProbeSilent {
			return &facts.TLSProbe{Failure: "the server does not go on with it"}
		}
		return &facts.TLSProbe{Failure: audit.Untrusted(err.Error()).String()}
	}
	state := conn.ConnectionState()
	p := &facts.TLSProbe{Version: tls.VersionName(state.Version)}
	if len(state.PeerCertificates) == 0 {
		p.Failure = "the server has no certificate"
		return p
	}
	leaf := state.PeerCertificates[0]
	p.Subject, p.Issuer = audit.Untrusted(leaf.Subject.String()), audit.Untrusted(leaf.Issuer.String())
	p.NotBefore, p.NotAfter = leaf.NotBefore, leaf.NotAfter
	for _, name := range leaf.DNSNames[:min(len(leaf.DNSNames), maxNames)] {
		p.Names = append(p.Names, audit.Untrusted(name))
	}
	for _, ip := range leaf.IPAddresses[:min(len(leaf.IPAddresses), maxNames)] {
		p.Names = append(p.Names, audit.Untrusted(ip.String()))
	}
	for _, name := range names {
		if leaf.VerifyHostname(name) != nil {
			p.Mismatched = append(p.Mismatched, name)
		}
	}
	p.SelfSigned = leaf.CheckSignatureFrom(leaf) == nil || string(leaf.RawIssuer) == string(leaf.RawSubject)
	p.Distrust = distrust(state.PeerCertificates, now)
	return p
}

// distrust says why a chain is not trusted, as if it were within its dates.
func distrust(chain []*x509.Certificate, now time.Time) string {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	at := now
	if leaf := chain[0]; at.Before(leaf.NotBefore) || at.After(leaf.NotAfter) {
		at = leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err == nil {
		return ""
	}
	return audit.Untrusted(strings.TrimPrefix(err.Error(), "x509: ")).String()
}
