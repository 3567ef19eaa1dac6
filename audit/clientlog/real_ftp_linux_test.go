package clientlog

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/sshdtest"
)

// ftpServer starts an FTP server of the lab's system and gives its port.
func (l *lab) ftpServer(program string, args func(port int) []string) int {
	l.t.Helper()
	in, err := (&net.ListenConfig{}).Listen(l.t.Context(), "tcp4", "127.0.0.1:0")
	must(l.t, err)
	port := in.Addr().(*net.TCPAddr).Port
	must(l.t, in.Close())
	cmd := l.Command(context.Background(), "/usr/sbin/"+program, args(port)...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	must(l.t, cmd.Start())
	l.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 300 {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(l.t.Context(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = c.Close()
			return port
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.t.Fatalf("%s does not listen:\n%s", program, out.String())
	return 0
}

// vsftpd starts vsftpd with these settings.
func (l *lab) vsftpd(settings string) int {
	return l.ftpServer("vsftpd", func(port int) []string {
		config := fmt.Sprintf("/etc/vsftpd-%d.conf", port)
		l.WriteFile(config, []byte(fmt.Sprintf("listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port=%d\nlocal_enable=YES\nwrite_enable=YES\n"+
			"anonymous_enable=NO\nbackground=NO\nsecure_chroot_dir=/run/vsftpd/empty\npam_service_name=lab\nseccomp_sandbox=NO\nsession_support=NO\n%s\n", port, settings)), 0o600, 0, 0)
		return []string{config}
	})
}

// certificate makes a certificate that nobody vouches for.
func (l *lab) certificate() {
	l.t.Helper()
	out, err := l.Command(l.t.Context(), "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ftp.example.com", "-days", "2", "-keyout", "/etc/ftp.key", "-out", "/etc/ftp.crt").CombinedOutput()
	if err != nil {
		l.t.Fatalf("openssl: %v\n%s", err, out)
	}
	var pem []byte
	for _, name := range []string{"etc/ftp.key", "etc/ftp.crt"} {
		data, err := l.FS().ReadFile(name)
		must(l.t, err)
		pem = append(pem, data...)
	}
	l.WriteFile("/etc/ftp.pem", pem, 0o600, 0, 0)
}

// TestRealFTPClientsTellTheirFailingStep lets lftp and curl meet an FTP server and
// an sshd that refuse them for a reason that was made.
func TestRealFTPClientsTellTheirFailingStep(t *testing.T) {
	t.Parallel()
	lftp, curl := sshdtest.NeedProgram(t, "lftp", "lftp"), sshdtest.NeedProgram(t, "curl", "curl")
	l := labOf(t, sshdtest.OpenFTP(t, sshdtest.Bookworm), sshdtest.Bookworm)
	l.Mkdir("/run/vsftpd/empty", 0o755, 0, 0)
	l.WriteFile("/etc/pam.d/lab", []byte("auth required pam_unix.so\naccount required pam_unix.so\n"), 0o644, 0, 0)
	l.certificate()
	tls := "ssl_enable=YES\nrsa_cert_file=/etc/ftp.pem\nrsa_private_key_file=/etc/ftp.pem\n"
	home := t.TempDir()
	works, denied := l.vsftpd(""), l.vsftpd("userlist_enable=YES\nuserlist_deny=NO\nuserlist_file=/dev/null")
	passive, full := l.vsftpd("pasv_address=127.0.0.9"), listener(t, "421 Too many connections (8) from this IP\r\n", true)
	strict, reuse, jail := l.vsftpd(tls), l.vsftpd(tls+"require_ssl_reuse=YES\nforce_local_logins_ssl=NO\n"), l.vsftpd("chroot_local_user=YES")
	queue, refused, shut := fullQueue(t), closedPort(t), listener(t, "", true)
	silent := listener(t, "", false)
	for _, c := range []struct {
		name, user, password, step string
		port                       int
		curlStep                   string // where curl tells another
		tls                        bool
	}{
		{name: "works", user: "alice", password: labPassword, port: works},
		{name: "password", user: "alice", password: "wrong", port: works, step: StepFTPLogin},
		{name: "unknown-user", user: "bob", password: "wrong", port: works, step: StepFTPLogin},
		{name: "denied", user: "alice", password: labPassword, port: denied, step: StepFTPLogin},
		{name: "passive", user: "alice", password: labPassword, port: passive, step: StepFTPData},
		{name: "jail", user: "alice", password: labPassword, port: jail, step: StepFTPOops},
		{name: "tls-required", user: "alice", password: labPassword, port: strict, step: StepFTPTLSRequired},
		{name: "tls-certificate", user: "alice", password: labPassword, port: reuse, step: StepFTPCertificate, tls: true},
		{name: "tls-absent", user: "alice", password: labPassword, port: works, step: StepFTPTLS, tls: true},
		{name: "full", user: "alice", password: labPassword, port: full, step: StepFTPGreeting},
		{name: "sshd", user: "alice", password: labPassword, port: l.port, step: StepProtocolFTPToSSH},
		{name: "timeout", user: "alice", password: labPassword, port: queue, step: StepConnectTimeout},
		{name: "refused", user: "alice", password: labPassword, port: refused, step: StepConnectRefused},
		{name: "shut", user: "alice", password: labPassword, port: shut, step: StepFTPGreeting, curlStep: StepConnectReset},
		{name: "silent", user: "alice", password: labPassword, port: silent, step: StepBannerSilent},
	} {
		url := fmt.Sprintf("ftp://127.0.0.1:%d/", c.port)
		text := l.tool(home, lftp, "-d", "-c", "set net:max-retries 1; set net:timeout 2; set net:reconnect-interval-base 1; set ftp:prefer-epsv no; set ftp:fix-pasv-address no; "+
			map[bool]string{true: "set ftp:ssl-force yes", false: "set ftp:ssl-allow no"}[c.tls]+
			fmt.Sprintf("; open -u %s,'%s' %s; ls", c.user, c.password, strings.TrimSuffix(url, "/")))
		w := want{program: "lftp", protocol: "ftp", user: c.user, step: c.step, port: c.port}
		if c.step == StepFTPGreeting || c.step == StepProtocolFTPToSSH || c.step == StepConnectRefused || c.step == StepConnectTimeout || c.step == StepBannerSilent {
			w.user = "" // it is not sent before the greeting
		}
		if c.tls {
			w.protocol, w.user = "ftps", "" // neither is sent in the clear
		}
		switch c.name {
		case "tls-certificate":
			w.user = c.user // lftp writes the command before it has sent it
		case "silent":
			w.step = StepConnectTimeout // lftp does not tell one from the other
		}
		if c.name != "passive" { // lftp corrects an address of loopback by itself
			check(t, "lftp-"+c.name, text, w)
		}
		text = l.tool(home, curl, map[bool]string{true: "--ssl-reqd", false: "--ipv4"}[c.tls], "-sSv", "--connect-timeout", "1", "-m", "2", "--disable-epsv", "--no-ftp-skip-pasv-ip", "-u", c.user+":"+c.password, url)
		w.program, w.step, w.user = "curl", c.step, c.user
		if c.tls || c.step == StepFTPGreeting || c.step == StepProtocolFTPToSSH || c.step == StepConnectRefused || c.step == StepConnectTimeout || c.step == StepBannerSilent {
			w.user = ""
		}
		if c.step == StepConnectRefused || c.step == StepConnectTimeout || c.step == StepBannerSilent || c.curlStep == StepConnectReset {
			w.protocol = "" // nothing in the text tells it
		}
		if c.curlStep != "" {
			w.step = c.curlStep
		}
		check(t, "curl-"+c.name, text, w)
	}
}
