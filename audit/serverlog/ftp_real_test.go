package serverlog_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/serverlog"
	"sshaudit/audit/sshdtest"
)

// ftpServers are the servers that say that a client spoke SSH: how each is
// started on a port, and where it logs.
var ftpServers = []struct {
	name, config, log string
	args              []string
}{
	{"vsftpd", "listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port=PORT\nbackground=NO\nlocal_enable=YES\nxferlog_enable=YES\n" +
		"log_ftp_protocol=YES\nuse_localtime=YES\nsecure_chroot_dir=/run/vsftpd/empty\n", "var/log/vsftpd.log", []string{"/etc/ftpd.conf"}},
	{"proftpd", "ServerName x\nServerType standalone\nUseIPv6 off\nDefaultAddress 127.0.0.1\nPort PORT\nUser nobody\nGroup nogroup\n" +
		"SystemLog /var/log/proftpd/proftpd.log\n", "var/log/proftpd/proftpd.log", []string{"-c", "/etc/ftpd.conf"}},
}

// TestRealFTPServersTellOfSSHClients: OpenSSH's own client on the port of an FTP server.
func TestRealFTPServersTellOfSSHClients(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.OpenFTP(t, r)
			h.Mkdir("/run/vsftpd/empty", 0o755, 0, 0)
			h.Mkdir("/var/log/proftpd", 0o755, 0, 0)
			for _, server := range ftpServers {
				t.Run(server.name, func(t *testing.T) {
					l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
					if err != nil {
						t.Fatal(err)
					}
					port := l.Addr().(*net.TCPAddr).Port
					_ = l.Close()
					h.WriteFile("/etc/ftpd.conf", []byte(strings.ReplaceAll(server.config, "PORT", strconv.Itoa(port))), 0o644, 0, 0)
					daemon := h.Command(context.Background(), "/usr/sbin/"+server.name, server.args...)
					if err := daemon.Start(); err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
					address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
					eventually(t, server.name+" listens", func() bool {
						c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", address)
						if err != nil {
							return false
						}
						_ = c.Close()
						return true
					})
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // vsftpd waits for more
					defer cancel()
					_ = h.Command(ctx, "/usr/bin/ssh", "-F", "none", "-o", "BatchMode=yes", "-p", strconv.Itoa(port), "127.0.0.1").Run()
					var text []byte
					eventually(t, server.name+" logs", func() bool {
						text, _ = h.FS().ReadFile(server.log)
						return strings.Contains(string(text), "SSH-")
					})
					n := 0
					for e := range serverlog.FTP(string(text), time.UTC) {
						if n++; e.Cause != "proto-ssh-to-ftp" || e.Addr.String() != "127.0.0.1" || e.Program != server.name || e.PID == 0 ||
							time.Since(e.Time).Abs() > time.Minute {
							t.Errorf("%+v", e)
						}
					}
					if n != 1 {
						t.Errorf("%d entries of\n%s", n, text)
					}
				})
			}
		})
	}
}
