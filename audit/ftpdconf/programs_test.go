package ftpdconf_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/sshdtest"
)

// attempts is how many configurations each real program is asked about; more by hand.
func attempts(t *testing.T) int {
	n := 20
	if text := os.Getenv("SSHAUDIT_FTP_ATTEMPTS"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// program is the text of a program of the system.
func program(t *testing.T, h *sshdtest.Host, name string) []byte {
	t.Helper()
	text, err := h.FS().ReadFile("usr/sbin/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// said runs a program in the system and returns what it says, also what it writes
// to its standard input, which vsftpd takes for the client.
func said(t *testing.T, h *sshdtest.Host, name string, args ...string) string {
	t.Helper()
	out, _ := ended(t, h, name, args...)
	return out
}

// ended is said with whether the program ended well.
func ended(t *testing.T, h *sshdtest.Host, name string, args ...string) (string, bool) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := h.Command(t.Context(), name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = w, w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), cmd.Wait() == nil
}

var vsftpdLines = []string{
	"local_enable=YES", "local_enable=yes", "local_enable=Yes", "local_enable=TRUE", "local_enable=1", "local_enable=2",
	"local_enable =YES", "local_enable= YES", "local_enable=YES ", " local_enable=YES", "\tlocal_enable=NO", "local_enable=",
	"local_enable", "LOCAL_ENABLE=YES", "#local_enable=YES", " #local_enable=YES", "   ", "\t", "", "=YES", "pasv_min_port=50000",
	"pasv_min_port= 50000", "pasv_min_port=abc", "pasv_max_port=", "pasv_max_port=051000", "local_umask=022", "local_umask=-1",
	"ftpd_banner=hello world ", "ftpd_banner=", "ftpd_banner", "banner=x", "ssl_enable=YES\r", "userlist_file= /etc/list \r",
	"ssl_tlsv12=YES", "ssl_tlsv1_1=YES", "ssl_sni_hostname=x", "utf8_filesystem=YES", "allow_writeable_chroot=YES",
	"upload_file=x", "listen=NO\x00", "local_root=/a=b", "max_clients=10 # ten", "nopriv_user=x", "chroot_local_user=on",
}

// TestVsftpdRefusesTheSameLines asks the real vsftpd: after a configuration that it
// takes, an argument that it does not know makes it say so and end.
func TestVsftpdRefusesTheSameLines(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		h := sshdtest.OpenFTP(t, r)
		text := program(t, h, "vsftpd")
		src := in(h.FS())
		ask := func(conf string) {
			h.WriteFile("etc/v.conf", []byte(conf), 0o644, 0, 0)
			out := said(t, h, "/usr/sbin/vsftpd", "/etc/v.conf", "-x")
			_, err := ftpdconf.LoadVsftpd(src, text, []string{"/etc/v.conf"})
			var fault *ftpdconf.Error
			refused := errors.As(err, &fault)
			if err != nil && !refused {
				t.Errorf("%s: %q: %v", r, conf, err)
				return
			}
			if really := !strings.Contains(out, "unrecognise option: -x"); really != refused {
				t.Errorf("%s: %q: refused = %v (%v), vsftpd says %q", r, conf, refused, err, out)
			} else if refused && !strings.Contains(out, strings.TrimRight(fault.Message, "\r\n")) {
				t.Errorf("%s: %q: message %q, vsftpd says %q", r, conf, fault.Message, out)
			}
		}
		for _, line := range vsftpdLines {
			ask(line + "\n")
		}
		random := rand.New(rand.NewPCG(1, uint64(len(r))))
		for range attempts(t) {
			var b strings.Builder
			for range 1 + random.IntN(4) {
				b.WriteString(vsftpdLines[random.IntN(len(vsftpdLines))])
				b.WriteByte("\n\n\n\n\r"[random.IntN(5)])
			}
			ask(b.String())
		}
		h.WriteFile("etc/v.conf", []byte("local_enable=YES\n"), 0o644, 1000, 0)
		if _, err := ftpdconf.LoadVsftpd(src, text, []string{"/etc/v.conf"}); err == nil {
			t.Errorf("%s: a file of another owner: accepted, vsftpd says %q", r, said(t, h, "/usr/sbin/vsftpd", "/etc/v.conf", "-x"))
		}
	}
}

var wrapperValues = []string{
	"yes", "no", "Yes", "ON", "off", "1", "0", "true", "maybe", "", "#yes", "\n\nyes\n", "no\nyes\n", " yes ", "5", "1000", "-1", "0x10",
	"1000 2000", "50000 50100", "50100 50000", "50000:50100", "5 6 7", "-1 -1", "10000 8", "022 022", "133:022", "10.0.0.1", "1.2.3.400",
	"ftp", "a b", "HIGH:!SSLv3", "2", "4", ",2121", "2121", "/etc/passwd", "/nope", "clf:/var/log/x.log", "1.5", "3",
}

var wrapperNames = []string{
	"AllowAnonymousFXP", "AltLog", "AnonymousBandwidth", "AnonymousOnly", "Bind", "ChrootEveryone", "CreateHomeDir", "FSCharset",
	"ForcePassiveIP", "LimitRecursion", "MaxClientsNumber", "MaxClientsPerIP", "MaxLoad", "MinUID", "NoAnonymous", "PassivePortRange",
	"PerUserLimits", "SyslogFacility", "TLS", "TLSCipherSuite", "TrustedGID", "TrustedIP", "Umask", "UserRatio", "Quota", "Bogus",
	"bogus.dpkg-old", "X", "FortunesFile", "DontResolve", "MaxIdleTime", "MaxDiskUsage",
}

var wrapperAuths = []string{"PAMAuthentication", "UnixAuthentication", "PureDB", "ExtAuth", "LDAPConfigFile", "Nothing"}

// TestPureFTPdRefusesTheSameFiles compares the wrapper's own words, and then what
// Pure-FTPd says to its arguments when the last one asks for help.
func TestPureFTPdRefusesTheSameFiles(t *testing.T) {
	h := sshdtest.OpenFTP(t, sshdtest.Bookworm)
	src, text := in(h.FS()), program(t, h, "pure-ftpd")
	random := rand.New(rand.NewPCG(2, 2))
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	for range attempts(t) * 2 {
		for _, dir := range []string{"conf", "auth"} {
			if err := h.FS().RemoveAll("etc/pure-ftpd/" + dir); err != nil {
				t.Fatal(err)
			}
			h.Mkdir("etc/pure-ftpd/"+dir, 0o755, 0, 0)
		}
		for range random.IntN(3) {
			h.WriteFile("etc/pure-ftpd/conf/"+pick(wrapperNames), []byte(pick(wrapperValues)), 0o644, 0, 0)
		}
		for i := range random.IntN(3) {
			name := pick(wrapperAuths)
			h.WriteFile("etc/pure-ftpd/conf/"+name, []byte(pick([]string{"yes", "no", "/etc/passwd", "/nope", "yes\n"})), 0o644, 0, 0)
			if err := h.FS().Symlink("../conf/"+name, fmt.Sprintf("etc/pure-ftpd/auth/%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		conf, err := ftpdconf.LoadPureWrapper(src, text)
		out := said(t, h, "/usr/sbin/pure-ftpd-wrapper", "--show-options")
		started := strings.HasPrefix(out, "-")
		if started {
			args := strings.Fields(out)
			out = said(t, h, "/usr/sbin/pure-ftpd", append(args, "--help")...)
			started = strings.Contains(out, "--notruncate")
			if direct, err := ftpdconf.LoadPureArgs(src, text, args); (err == nil) != started {
				t.Errorf("arguments %q: %v %v, Pure-FTPd says %.300q", args, direct, err, out)
			}
		}
		var fault *ftpdconf.Error
		if (err == nil) != started || err != nil && !errors.As(err, &fault) {
			t.Errorf("%s: %v %v, started = %v: %.300q", listing(t, h, "etc/pure-ftpd"), conf, err, started, out)
		}
	}
}

// listing writes the small files below a directory for a message.
func listing(t *testing.T, h *sshdtest.Host, dir string) string {
	t.Helper()
	var b strings.Builder
	files, err := filepath.Glob(filepath.Join(h.Root(), dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil {
			fmt.Fprintf(&b, "%s=%q ", filepath.Base(f), text)
		}
	}
	return b.String()
}

var proLines = []string{
	"RequireValidShell off", "requirevalidshell on", "RequireValidShell", "RequireValidShell maybe", "RequireValidShell off on",
	"DefaultRoot ~", "DefaultRoot ~ ftp,!adm", "DefaultRoot", "UseFtpUsers on # no", "UseFtpUsers \"off\"", "RootLogin true", "Bogus on",
	"PassivePorts 50000 51000", "PassivePorts 51000 50000", "PassivePorts 10 20", "PassivePorts 50000", "Port 2121", "Port 99999", "Port x",
	"<Limit LOGIN>\nDenyAll\n</Limit>", "<Limit LOGIN>\nAllowUser root\nDenyAll\n</Limit>", "<Limit>\n</Limit>", "<Limit LOGIN>\nDenyAll",
	"</Limit>", "<Global>\nUseFtpUsers off\n</Global>", "<Global>\nPort 2122\n</Global>", "<Global>\n<Global>\n</Global>\n</Global>",
	"<VirtualHost 127.0.0.2>\nPort 2123\nDefaultRoot ~\n</VirtualHost>", "<VirtualHost 127.0.0.2>\n</Global>", "<VirtualHost>\n</VirtualHost>",
	"<Anonymous ~ftp>\nUser ftp\nGroup nogroup\nUserAlias anonymous ftp\nRequireValidShell off\n</Anonymous>", "<Anonymous ftp>\n</Anonymous>",
	"<Anonymous ~ftp>\nDefaultRoot ~\n</Anonymous>", "<IfModule mod_tls.c>\nTLSEngine on\n</IfModule>", "<IfModule !mod_tls.c>\nUmask 077\n</IfModule>",
	"<IfModule mod_nope.c>\nBogus\n", "  <IfModule mod_nope.c>\n Bogus\n <IfModule x.c>\n </IfModule>\n  </IfModule>", "<IfModule mod_auth.c>\nBogus\n</IfModule>",
	"LoadModule mod_tls.c", "LoadModule mod_nope.c", "LoadModule tls", "LoadModule mod_tls.c\nTLSEngine on\nTLSRequired auth", "TLSEngine on",
	"LoadModule mod_tls.c\nTLSRequired sometimes", "LoadModule mod_tls.c\nTLSRSACertificateFile /etc/passwd", "AllowUser x", "DenyAll", "Order allow,deny",
	"User nobody", "User nosuch", "Group nosuch", "MaxClients 3", "MaxClients none", "MaxClients 0", "MaxClients ten \"no %m\"", "AuthUserFile /etc/shadow",
	"AuthUserFile /etc/passwd", "AuthUserFile /nope", "AuthUserFile nope", "AuthOrder mod_auth_unix.c", "AuthPAM off", "AuthPAM", "AuthPAMConfig ftp",
	"Include /etc/proftpd/sub.d", "Include /etc/proftpd/sub.d/*.conf", "Include /etc/proftpd/none", "Include none", "Include /etc/proftpd/none/*.conf",
	"ServerType \\\nstandalone", "# comment \\", "Umask 022 \\", "CreateHome on", "DefaultServer off", "MasqueradeAddress 192.0.2.1",
	"<Directory /x>\nAllowOverwrite off\n</Directory>", "<Directory /x>\nPort 1\n</Directory>", "TimesGMT off", "TransferLog none", "ListOptions \"-l\"",
}

var proIncluded = []string{"UseFtpUsers off\n", "Bogus\nPort 2124\n", "<Limit LOGIN>\n", "<Global>\nRequireValidShell off\n</Global>\n", "Bogus", "", "</Limit>\nUmask 077\n"}

// TestProFTPDRefusesTheSameConfigurations asks proftpd --configtest.
func TestProFTPDRefusesTheSameConfigurations(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		h := sshdtest.OpenFTP(t, r)
		h.WriteFile("etc/hosts", []byte("127.0.0.1 localhost "+hostname(t)+"\n"), 0o644, 0, 0)
		text, src := program(t, h, "proftpd"), in(h.FS())
		known := func(file string) func(string) bool {
			return func(name string) bool {
				data, err := h.FS().ReadFile(file)
				return err == nil && strings.Contains("\n"+string(data), "\n"+name+":")
			}
		}
		o := ftpdconf.ProOptions{File: "/etc/proftpd/t.conf", Program: text, User: known("etc/passwd"), Group: known("etc/group")}
		ask := func(conf string) {
			h.WriteFile("etc/proftpd/t.conf", []byte(conf), 0o644, 0, 0)
			out, good := ended(t, h, "/usr/sbin/proftpd", "--configtest", "-c", "/etc/proftpd/t.conf")
			c, err := ftpdconf.LoadProftpd(src, o)
			var fault *ftpdconf.Error
			refused := errors.As(err, &fault)
			if err != nil && !refused {
				t.Errorf("%s: %q: %v", r, conf, err)
				return
			}
			if good == refused {
				t.Errorf("%s: %q: refused = %v (%v, %+v), proftpd says %s", r, conf, refused, err, c, out)
			} else if refused && fault.Line > 0 && !strings.Contains(out, fmt.Sprintf("on line %d of '%s'", fault.Line, fault.File)) {
				t.Errorf("%s: %q: fault %v, proftpd says %s", r, conf, err, out)
			}
		}
		random := rand.New(rand.NewPCG(3, uint64(len(r))))
		head := "ServerName x\nUser proftpd\nGroup nogroup\n"
		for i, l := range proLines {
			if r == sshdtest.Bookworm || i%4 == 0 {
				ask(head + l + "\n")
			}
		}
		for range attempts(t) {
			if err := h.FS().RemoveAll("etc/proftpd/sub.d"); err != nil {
				t.Fatal(err)
			}
			for i := range 1 + random.IntN(2) {
				h.WriteFile(fmt.Sprintf("etc/proftpd/sub.d/%d.conf", i), []byte(proIncluded[random.IntN(len(proIncluded))]), 0o644, 0, 0)
			}
			conf := head
			for range 1 + random.IntN(4) {
				conf += proLines[random.IntN(len(proLines))] + "\n"
			}
			ask(conf)
		}
	}
}

func hostname(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return name
}
