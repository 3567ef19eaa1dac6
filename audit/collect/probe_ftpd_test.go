package collect

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshaudit/audit/facts"
	"sshaudit/audit/sshdtest"
)

// freeAddress is a port of 127.0.0.1 that nobody has at the moment.
func freeAddress(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// serve starts a daemon of the system in the foreground and waits until somebody listens.
func serve(t *testing.T, h *sshdtest.Host, to netip.AddrPort, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := h.Command(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was told to end
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", to.String(), time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(end) {
			cancel()
			_ = cmd.Wait()
			t.Fatalf("%s does not listen: %s", name, said.String())
		}
	}
}

// TestFTPServersAreMetAsTheyAre asks the real servers, with TLS and without.
func TestFTPServersAreMetAsTheyAre(t *testing.T) {
	h := sshdtest.OpenFTP(t, sshdtest.Bookworm)
	make := h.Command(t.Context(), "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "5", "-subj", "/CN=ftp.example.com",
		"-addext", "subjectAltName=DNS:ftp.example.com", "-keyout", "/etc/ssl/private/ftp.key", "-out", "/etc/ssl/ftp.pem")
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	const vsftpd = "background=NO\nlisten=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port=%d\nanonymous_enable=NO\nlocal_enable=YES\n" +
		"secure_chroot_dir=/run\nseccomp_sandbox=NO\n"
	const certificate = "ssl_enable=YES\nrsa_cert_file=/etc/ssl/ftp.pem\nrsa_private_key_file=/etc/ssl/private/ftp.key\n"
	const proftpd = "ServerType standalone\nDefaultAddress 127.0.0.1\nPort %d\nUser nobody\nGroup nogroup\nUseIPv6 off\n" +
		"ModulePath /usr/lib/proftpd\nWtmpLog off\n"
	const modTLS = "LoadModule mod_tls.c\nTLSEngine on\nTLSRSACertificateFile /etc/ssl/ftp.pem\nTLSRSACertificateKeyFile /etc/ssl/private/ftp.key\n"
	for _, tc := range []struct {
		name, program, config, service string
		tls                            bool
		greeting                       string
	}{
		{"vsftpd", "/usr/sbin/vsftpd", vsftpd, facts.ServiceFTP, false, "vsFTPd"},
		{"vsftpd with TLS", "/usr/sbin/vsftpd", vsftpd + certificate, facts.ServiceFTP, true, "vsFTPd"},
		{"vsftpd with implicit TLS", "/usr/sbin/vsftpd", vsftpd + certificate + "implicit_ssl=YES\n", facts.ServiceFTPS, true, "vsFTPd"},
		{"ProFTPD", "/usr/sbin/proftpd", proftpd, facts.ServiceFTP, false, "ProFTPD"},
		{"ProFTPD with TLS", "/usr/sbin/proftpd", proftpd + modTLS, facts.ServiceFTP, true, "ProFTPD"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to := freeAddress(t)
			h.WriteFile("/etc/met.conf", []byte(fmt.Sprintf(tc.config, to.Port())), 0o644, 0, 0)
			args := []string{"/etc/met.conf"}
			if strings.Contains(tc.program, "proftpd") {
				args = []string{"-n", "-q", "-c", "/etc/met.conf"}
			}
			serve(t, h, to, tc.program, args...)
			judgeFTP(t, asked(t, tc.service, to, "ftp.example.com", "www.example.com"), tc.service, tc.tls, tc.greeting)
		})
	}
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("Pure-FTPd with TLS %v", tls), func(t *testing.T) {
			to := freeAddress(t)
			args := []string{"-4", "-S", fmt.Sprintf("127.0.0.1,%d", to.Port()), "-Y", "0"}
			if tls {
				args[len(args)-1] = "1"
				pair := h.Command(t.Context(), "/bin/sh", "-c", "cat /etc/ssl/private/ftp.key /etc/ssl/ftp.pem >/etc/ssl/private/pure-ftpd.pem")
				if out, err := pair.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			serve(t, h, to, "/usr/sbin/pure-ftpd", args...)
			judgeFTP(t, asked(t, facts.ServiceFTP, to, "ftp.example.com", "www.example.com"), facts.ServiceFTP, tls, "Pure-FTPd")
		})
	}
}

func judgeFTP(t *testing.T, p facts.Probe, service string, tls bool, greeting string) {
	t.Helper()
	f := p.FTP
	if p.Failure != "" || f.Code != 220 || !strings.Contains(string(f.Greeting), greeting) {
		t.Fatalf("%q %+v", p.Failure, f)
	}
	if service == facts.ServiceFTP && (len(f.Features) == 0 || (f.AuthCode == 234) != tls || f.AuthCode == 0) {
		t.Errorf("features %v, AUTH TLS is answered by %d", f.Features, f.AuthCode)
	}
	if !tls {
		if f.TLS != nil {
			t.Errorf("%+v", f.TLS)
		}
		return
	}
	if f.TLS == nil || f.TLS.Failure != "" || !f.TLS.SelfSigned || len(f.TLS.Names) != 1 || f.TLS.Names[0] != "ftp.example.com" ||
		len(f.TLS.Mismatched) != 1 || f.TLS.Mismatched[0] != "www.example.com" || time.Until(f.TLS.NotAfter) > 6*24*time.Hour {
		t.Errorf("%+v", f.TLS)
	}
}
