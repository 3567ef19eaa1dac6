package collect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// hostile lets a function talk to everybody who connects, until the test ends.
func hostile(t *testing.T, talk func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// says writes a text and then does nothing.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Write([]byte(text))
		wait(conn)
	}
}

// wait reads until the other side has gone.
func wait(conn net.Conn) {
	for b := make([]byte, 4096); ; {
		if _, err := conn.Read(b); err != nil {
			return
		}
	}
}

// forever writes a text without end.
func forever(text string) func(net.Conn) {
	return func(conn net.Conn) {
		for {
			if _, err := conn.Write([]byte(text)); err != nil {
				return
			}
		}
	}
}

// dripping writes a byte at a time, so that no single wait is long.
func dripping(conn net.Conn) {
	for {
		if _, err := conn.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// longest is how long one listener may hold a probe up.
const longest = probeDial + probeTalk + 4*time.Second

// asked probes one address and fails if that takes too long.
func asked(t *testing.T, service string, to netip.AddrPort, names ...string) facts.Probe {
	t.Helper()
	p := facts.Probe{Service: service, To: to}
	begin := time.Now()
	if service == facts.ServiceSSH {
		probeSSH(t.Context(), &p)
	} else {
		probeFTP(t.Context(), &p, names, time.Now())
	}
	if took := time.Since(begin); took > longest {
		t.Errorf("it took %v", took)
	}
	return p
}

func TestHostileListenersAreBoundedAndNamed(t *testing.T) {
	closing := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = conn.Write([]byte(text)) }
	}
	t.Parallel()
	var all sync.WaitGroup
	defer all.Wait()
	for _, tc := range []struct {
		name, service string
		talk          func(net.Conn)
		failure       facts.ProbeFailure
		speaks        string
	}{
		{"silent", facts.ServiceSSH, says(""), facts.ProbeSilent, ""},
		{"closed", facts.ServiceSSH, closing(""), facts.ProbeClosed, ""},
		{"a word and closed", facts.ServiceSSH, closing("Exceeded MaxStartups\r\n"), facts.ProbeClosed, ""},
		{"endless", facts.ServiceSSH, forever("SSH"), facts.ProbeStalled, ""},
		{"endless lines", facts.ServiceSSH, forever("welcome\r\n"), facts.ProbeStalled, ""},
		{"dripping", facts.ServiceSSH, dripping, facts.ProbeStalled, ""},
		{"stalled after its name", facts.ServiceSSH, says("SSH-2.0-x\r\n"), facts.ProbeStalled, ""},
		{"HTTP", facts.ServiceSSH, closing("HTTP/1.1 400 Bad Request\r\n\r\n"), facts.ProbeClosed, "HTTP"},
		{"FTP", facts.ServiceSSH, says("220 ready\r\n"), facts.ProbeStalled, "FTP"},
		{"garbage packet", facts.ServiceSSH, says("SSH-2.0-x\r\n\xff\xff\xff\xff" + strings.Repeat("x", 50)), facts.ProbeStalled, ""},
		{"silent", facts.ServiceFTP, says(""), facts.ProbeSilent, ""},
		{"closed", facts.ServiceFTP, closing(""), facts.ProbeClosed, ""},
		{"endless greeting", facts.ServiceFTP, forever("220-more\r\n"), facts.ProbeStalled, ""},
		{"endless line", facts.ServiceFTP, forever("220"), facts.ProbeStalled, ""},
		{"dripping", facts.ServiceFTP, dripping, facts.ProbeStalled, ""},
		{"SSH", facts.ServiceFTP, says("SSH-2.0-OpenSSH_9.2\r\n"), facts.ProbeStalled, "SSH"},
		{"silent", facts.ServiceFTPS, says(""), facts.ProbeSilent, ""},
		{"no TLS", facts.ServiceFTPS, says("220 ready\r\n"), "", ""},
	} {
		// Not as parallel tests, which wait for a processor: these wait for the clock.
		all.Go(func() {
			p := asked(t, tc.service, hostile(t, tc.talk))
			speaks := ""
			if p.SSH != nil {
				speaks = p.SSH.Speaks
			} else {
				speaks = p.FTP.Speaks
			}
			if p.Failure != tc.failure || speaks != tc.speaks {
				t.Errorf("%s on %s: failure %q, speaks %q: %+v %+v", tc.name, tc.service, p.Failure, speaks, p.SSH, p.FTP)
			}
		})
	}
	if p := asked(t, facts.ServiceSSH, netip.MustParseAddrPort("127.0.0.1:1")); p.Failure != facts.ProbeRefused {
		t.Errorf("nobody: %+v", p)
	}
}

// certificate makes one that vouches for itself.
func certificate(t *testing.T, until time.Time, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ftp \x1b[2J"}, DNSNames: names,
		NotBefore: until.Add(-90 * 24 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveFTP is an FTP server as far as a probe goes.
func serveFTP(conn net.Conn, cert *tls.Certificate, stall bool) {
	_, _ = conn.Write([]byte("220-hello\r\n220 ready\r\n"))
	for b := make([]byte, 512); ; {
		n, err := conn.Read(b)
		if err != nil {
			return
		}
		switch line := strings.TrimSpace(string(b[:n])); {
		case line == "FEAT":
			_, _ = conn.Write([]byte("211-Features:\r\n UTF8\r\n AUTH TLS\r\n211 End\r\n"))
		case line == "AUTH TLS" && cert != nil:
			_, _ = conn.Write([]byte("234 go on\r\n"))
			if stall {
				wait(conn)
				return
			}
			secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*cert}})
			if secure.HandshakeContext(context.Background()) != nil {
				return
			}
			wait(secure)
			return
		default:
			_, _ = conn.Write([]byte("530 log in first\r\n"))
		}
	}
}

func TestFTPTellsItsFeaturesAndItsCertificate(t *testing.T) {
	t.Parallel()
	until := time.Now().Add(-time.Hour).Truncate(time.Second)
	cert := certificate(t, until, "ftp.example.com")
	p := asked(t, facts.ServiceFTP, hostile(t, func(conn net.Conn) { serveFTP(conn, &cert, false) }), "ftp.example.com", "other.example.com")
	f := p.FTP
	if p.Failure != "" || f.Code != 220 || f.Greeting != "hello\nready" || len(f.Features) != 2 || f.Features[1] != "AUTH TLS" || f.AuthCode != 234 || f.TLS == nil {
		t.Fatalf("%q %+v", p.Failure, f)
	}
	if got := f.TLS; got.Failure != "" || !got.NotAfter.Equal(until) || !got.SelfSigned || got.Distrust == "" || got.Version != "TLS 1.3" ||
		len(got.Names) != 1 || got.Names[0] != "ftp.example.com" || len(got.Mismatched) != 1 || got.Mismatched[0] != "other.example.com" {
		t.Errorf("%+v", got)
	}
	if !audit.Untrusted("x").Plain() || strings.ContainsRune(f.TLS.Distrust, '\x1b') || f.TLS.Subject.Plain() {
		t.Errorf("%s %s", f.TLS.Distrust, f.TLS.Subject)
	}
}

func TestFTPWithoutOrWithBrokenTLSIsTold(t *testing.T) {
	t.Parallel()
	p := asked(t, facts.ServiceFTP, hostile(t, func(conn net.Conn) { serveFTP(conn, nil, false) }))
	if p.FTP.AuthCode != 530 || p.FTP.TLS != nil {
		t.Errorf("without: %+v", p.FTP)
	}
	cert := certificate(t, time.Now().Add(time.Hour))
	p = asked(t, facts.ServiceFTP, hostile(t, func(conn net.Conn) { serveFTP(conn, &cert, true) }))
	if p.FTP.AuthCode != 234 || p.FTP.TLS == nil || p.FTP.TLS.Failure == "" {
		t.Errorf("stalling: %+v", p.FTP)
	}
}
