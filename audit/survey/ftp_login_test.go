package survey_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdtest"
)

type fsMode = fs.FileMode

// ftpPAM are PAM files of an FTP service, the release's own first.
var ftpPAM = []string{
	"",
	"auth required pam_listfile.so item=user sense=deny file=/etc/ftpusers onerr=succeed\n@include common-auth\n@include common-account\n@include common-session\n",
	"@include common-auth\nauth required pam_shells.so\n@include common-account\n",
	"auth required pam_unix.so nullok\naccount required pam_unix.so\n",
	"auth required pam_listfile.so item=user sense=allow file=/etc/vsftpd.user_list onerr=fail\nauth required pam_unix.so\naccount required pam_unix.so\nsession required pam_deny.so\n",
	"auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n",
	"auth required pam_unix.so\naccount required pam_access.so accessfile=/etc/ftpaccess\n",
	"auth required pam_unix.so\naccount required pam_deny.so\n",
	"auth required pam_succeed_if.so uid >= 1000\nauth required pam_unix.so\naccount required pam_succeed_if.so shell in /bin/bash:/bin/sh\naccount required pam_unix.so\n",
	"GONE",
}

// ftpBox is a system with accounts, in which one server after the other is started.
type ftpBox struct {
	t      *testing.T
	h      *sshdtest.Host
	random *rand.Rand
	users  []ftpUser
	pam    map[string][]byte
	tally  map[string]int
	// seen tells which causes were met.
	seen map[string]int
}

func newFTPBox(t *testing.T, r sshdtest.Release, seed uint64) *ftpBox {
	t.Helper()
	b := &ftpBox{t: t, h: sshdtest.OpenFTP(t, r), random: rand.New(rand.NewPCG(seed, 7)), pam: make(map[string][]byte), tally: make(map[string]int), seen: make(map[string]int)}
	b.users = ftpUsers(b.random, 24)
	makeFTPUsers(t, b.h, b.users)
	b.h.Mkdir("/run/vsftpd/empty", 0o755, 0, 0)
	b.h.Mkdir("/srv/all", 0o777, 0, 0)
	b.h.Mkdir("/srv/root", 0o755, 0, 0)
	name, _ := os.Hostname()
	b.write("etc/hosts", "127.0.0.1 localhost "+name+"\n::1 localhost\n")
	b.write("etc/ftpaccess", "+:u1 u2 u3 u4 u5 u6:127.0.0.1\n+:ALL:::ffff:127.0.0.1\n-:ALL:ALL\n")
	if out, err := b.h.Command(t.Context(), "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=test",
		"-keyout", "/etc/ssl/t.key", "-out", "/etc/ssl/t.pem").CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	cert, _ := b.h.FS().ReadFile("etc/ssl/t.pem")
	key, _ := b.h.FS().ReadFile("etc/ssl/t.key")
	b.write("etc/ssl/both.pem", string(key)+string(cert))
	for _, s := range []string{"vsftpd", "proftpd", "pure-ftpd"} {
		text, err := b.h.FS().ReadFile("etc/pam.d/" + s)
		if err != nil {
			t.Fatal(err)
		}
		b.pam[s] = text
	}
	return b
}

func (b *ftpBox) write(name, text string) { b.h.WriteFile(name, []byte(text), 0o644, 0, 0) }

func (b *ftpBox) pick(words ...string) string { return words[b.random.IntN(len(words))] }

// service puts a random PAM file in place.
func (b *ftpBox) service(name string) {
	text := string(b.pam[name])
	if b.random.IntN(2) == 0 {
		// Pure-FTPd tells PAM no address, so what pam_access makes of it is not known.
		if other := ftpPAM[b.random.IntN(len(ftpPAM))]; other != "" && (name != "pure-ftpd" || !strings.Contains(other, "pam_access")) {
			text = other
		}
	}
	_ = b.h.FS().Remove("etc/pam.d/" + name)
	if text != "GONE" {
		b.write("etc/pam.d/"+name, text)
	}
}

// compare starts a server with the configuration that was written, lets a few
// accounts log in and compares with the prediction.
func (b *ftpBox) compare(kind facts.FTPKind, port int, config string, program string, args ...string) {
	b.t.Helper()
	c, err := collect.Open(b.t.Context(), collect.Options{Root: b.h.Root(), Now: time.Now()})
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	var server *facts.FTPServer
	for _, s := range c.Host().FTPServers {
		if s.Kind == kind {
			server = s
		}
	}
	if server == nil {
		b.t.Fatalf("no %s was found", kind)
	}
	running, said := b.h.StartFTP(port, program, args...)
	if running == nil {
		said = "did not start: " + said
	} else {
		defer running.Stop()
	}
	names := []string{"root", "ftp", "anonymous", "nosuch"}
	if kind != facts.Vsftpd {
		names = append(names, fmt.Sprintf("v%d", 1+b.random.IntN(4)))
	}
	for range 8 {
		names = append(names, fmt.Sprintf("u%d", b.random.IntN(len(b.users))))
	}
	var wait sync.WaitGroup
	var mutex sync.Mutex
	for _, name := range names {
		req := decide.Request{User: name, From: netip.MustParseAddr("127.0.0.1"), To: netip.MustParseAddr("127.0.0.1"), Port: port, Service: decide.FTP, Method: decide.Password}
		if tls := server.TLS.Offered; b.random.IntN(8) == 0 || tls && b.random.IntN(4) > 0 {
			req.Service = decide.FTPS
		}
		wait.Go(func() {
			var got decide.FTPAnswer
			if err := c.Work(func(w *collect.Worker) error {
				got = decide.FTPLogin(c.Host(), w.FTPLogin(server, name), req)
				return nil
			}); err != nil {
				b.t.Error(err)
			}
			real := sshdtest.FTPResult{Dialogue: said}
			if running != nil {
				real = running.Login(name, b.password(name), req.Service == decide.FTPS)
			}
			mutex.Lock()
			defer mutex.Unlock()
			b.judge(kind, config, &req, &got, &real)
		})
	}
	wait.Wait()
}

func (b *ftpBox) password(name string) string {
	for _, u := range b.users {
		if u.name == name {
			return u.password
		}
	}
	return ftpPassword
}

func (b *ftpBox) judge(kind facts.FTPKind, config string, req *decide.Request, got *decide.FTPAnswer, real *sshdtest.FTPResult) {
	b.tally["all"]++
	tell := func(what string) {
		var about string
		for _, u := range b.users {
			if u.name == req.User {
				about = fmt.Sprintf("%+v", u)
			}
		}
		b.t.Errorf("%s: %s %s: predicted %s (%v; reply %q; steps %v), really accepted = %v:\n%s%s\n%s\nPAM: %s", what, req.Service, req.User, got.Verdict, got.Causes, got.Reply, got.Steps,
			real.Accepted, real.Dialogue, about, config, b.pamText(kind))
	}
	switch {
	case got.Verdict == audit.Unknown:
		b.tally["unknown"]++
		for _, s := range got.Steps {
			if s.Verdict == audit.Unknown {
				b.seen["? "+s.Message]++
			}
		}
	case (got.Verdict == audit.Accept) != real.Accepted:
		b.tally["wrong"]++
		tell("WRONG")
	case got.Verdict == audit.Accept:
		b.tally["accept"]++
	default:
		b.tally["refuse"]++
		b.seen[got.Causes[0].ID]++
		if got.Reply != "" && !sameReply(got.Reply, real.Reply) {
			b.tally["reply"]++
			if b.tally["reply"] < 5 {
				tell("REPLY")
			}
		}
	}
}

// sameReply compares the code and the text of a first line, "530-" and "530 " alike.
func sameReply(predicted, real string) bool {
	if len(real) < 4 {
		return real == "" && strings.HasPrefix(predicted, "421")
	}
	return strings.HasPrefix(strings.TrimSpace(real[4:]), predicted[4:min(len(predicted), 30)]) && real[:3] == predicted[:3]
}

func (b *ftpBox) pamText(kind facts.FTPKind) string {
	text, _ := b.h.FS().ReadFile("etc/pam.d/" + string(kind))
	return string(text)
}

func (b *ftpBox) report() {
	b.t.Logf("%v %v", b.tally, b.seen)
	if n := b.tally["all"]; b.tally["unknown"]*50 > n {
		b.t.Errorf("%d of %d answers are unknown", b.tally["unknown"], n)
	}
	if b.tally["accept"] == 0 || b.tally["refuse"] == 0 {
		b.t.Error("every answer is the same: nothing was compared")
	}
}

// ftpRounds is how many configurations are tried; more by hand.
func ftpRounds(t *testing.T) (rounds int, seed uint64) {
	t.Helper()
	rounds, seed = 6, 1
	for name, into := range map[string]any{"SSHAUDIT_FTP_ROUNDS": &rounds, "SSHAUDIT_FTP_SEED": &seed} {
		if text := os.Getenv(name); text != "" {
			if _, err := fmt.Sscan(text, into); err != nil {
				t.Fatal(err)
			}
		}
	}
	return rounds, seed
}

func ftpRelease() sshdtest.Release {
	if r := os.Getenv("SSHAUDIT_FTP_RELEASE"); r != "" {
		return sshdtest.Release(r)
	}
	return sshdtest.Bookworm
}

func TestPredictsVsftpd(t *testing.T) {
	t.Parallel()
	rounds, seed := ftpRounds(t)
	b := newFTPBox(t, ftpRelease(), seed)
	for range rounds {
		port := sshdtest.FreePort(t)
		lines := []string{"local_enable=YES", "anonymous_enable=NO", "delay_failed_login=0", "secure_chroot_dir=/var/run/vsftpd/empty", fmt.Sprintf("listen_port=%d", port)}
		lines = append(lines, b.pick("listen=YES", "listen=YES", "listen_ipv6=YES"))
		for range b.random.IntN(6) {
			lines = append(lines, b.pick(
				"anonymous_enable=YES", "userlist_enable=YES", "userlist_enable=YES\nuserlist_deny=NO", "chroot_local_user=YES", "chroot_local_user=YES\nallow_writeable_chroot=YES",
				"chroot_list_enable=YES", "chroot_local_user=YES\nchroot_list_enable=YES", "ssl_enable=YES\nrsa_cert_file=/etc/ssl/t.pem\nrsa_private_key_file=/etc/ssl/t.key",
				"ssl_enable=YES\nforce_local_logins_ssl=NO\nrsa_cert_file=/etc/ssl/both.pem", "xferlog_enable=YES", "local_root=/srv/root", "local_root=/srv/all\nchroot_local_user=YES",
				"local_root=/nope", "local_root=/home/$USER\nuser_sub_token=$USER", "user_sub_token=$USER", "passwd_chroot_enable=YES", "passwd_chroot_enable=YES\nchroot_local_user=YES",
				"guest_enable=YES", "guest_enable=YES\nguest_username=u1\nvirtual_use_local_privs=YES", "user_config_dir=/etc/ftpuserconf", "session_support=YES", "allow_anon_ssl=YES",
				"force_anon_logins_ssl=YES", "check_shell=NO", "write_enable=YES", "anon_root=/srv/all\nanonymous_enable=YES", "anon_root=/srv/root\nanonymous_enable=YES", "no_anon_password=YES"))
		}
		if b.random.IntN(6) == 0 {
			lines = append(lines, b.pick("local_enable=NO", "userlist_file=/etc/nope\nuserlist_enable=YES", "chroot_list_enable=YES\nchroot_list_file=/nope", "ssl_enable=YES\nrsa_cert_file=/nope",
				"xferlog_enable=YES\nxferlog_std_format=YES\nxferlog_file=/nope/x", "local_root=/nope\nchroot_local_user=YES", "nopriv_user=nosuch", "secure_chroot_dir=/nope",
				"pam_service_name=nosuch", "banner_file=/nope", "local_enable =YES", "chown_uploads=YES\nchown_username=nosuch", "ftp_username=nosuch\nanonymous_enable=YES", "deny_email_enable=YES"))
		}
		for _, u := range b.users[:4] {
			b.h.WriteFile("etc/ftpuserconf/"+u.name, []byte(b.pick("local_root=/srv/root\n", "chroot_local_user=YES\n", "bogus=1\n", "guest_enable=YES\n", "allow_writeable_chroot=YES\n")), 0o644, b.random.IntN(4)/3, 0)
		}
		conf := strings.Join(lines, "\n") + "\n"
		b.write("etc/vsftpd.conf", conf)
		b.service("vsftpd")
		b.compare(facts.Vsftpd, port, conf, "/usr/sbin/vsftpd", "/etc/vsftpd.conf")
	}
	b.report()
}

func TestPredictsProFTPD(t *testing.T) {
	t.Parallel()
	rounds, seed := ftpRounds(t)
	b := newFTPBox(t, ftpRelease(), seed)
	b.h.WriteFile("etc/ftpd.passwd", []byte("v1:"+ftpHash+":3001:3001::/home/v1:/bin/bash\nv2:"+ftpHash+":3002:3002::/nope:/bin/bash\nv3:!:3003:3003::/home/v1:/bin/bash\nv4:"+ftpHash+":3004:3004::/home/v1:/bin/odd\n"), 0o640, 0, 0)
	b.h.Mkdir("/home/v1", 0o755, 3001, 3001)
	for range rounds {
		port := sshdtest.FreePort(t)
		lines := []string{"ServerName test", fmt.Sprintf("Port %d", port), "User proftpd", "Group nogroup", "UseIPv6 off", "ServerType standalone", "DelayEngine off"}
		if ftpRelease() == sshdtest.Trixie {
			lines = append([]string{"LoadModule mod_delay.c", "LoadModule mod_ls.c", "LoadModule mod_xfer.c"}, lines...)
		}
		for range b.random.IntN(6) {
			lines = append(lines, b.pick(
				"RequireValidShell off", "RequireValidShell on", "UseFtpUsers off", "RootLogin on", "DefaultRoot ~", "DefaultRoot ~ !ftpmates", "DefaultRoot ~ ftpmates",
				"DefaultRoot /srv/root", "DefaultRoot /nope", "DefaultRoot /srv/%u", "AuthPAM off", "AuthOrder mod_auth_pam.c* mod_auth_unix.c", "AuthOrder mod_auth_unix.c",
				"AuthUserFile /etc/ftpd.passwd", "AuthUserFile /etc/ftpd.passwd\nAuthOrder mod_auth_file.c", "<Limit LOGIN>\nDenyAll\n</Limit>",
				"<Limit LOGIN>\nAllowUser u1,u2\nAllowUser u3\nDenyAll\n</Limit>", "<Limit LOGIN>\nDenyUser u1,u4\n</Limit>", "<Limit LOGIN>\nAllowGroup ftpmates\nDenyAll\n</Limit>",
				"<Limit LOGIN>\nDenyGroup ftpmates\n</Limit>", "<Limit LOGIN>\nOrder deny,allow\nAllowUser !u5\n</Limit>", "<Limit LOGIN>\nAllow from 127.0.0.1\nDenyAll\n</Limit>",
				"<Limit LOGIN>\nDeny from 127.\n</Limit>", "<Limit LOGIN>\nOrder deny,allow\nDeny from 10.0.0.0/8\nAllow from all\n</Limit>",
				"<Limit LOGIN>\nOrder allow,deny\nAllow from 10.0.0.0/8,192.168.0.1\nDeny from all\n</Limit>", "<Global>\nRequireValidShell off\n</Global>",
				"LoadModule mod_tls.c\nTLSEngine on\nTLSRSACertificateFile /etc/ssl/t.pem\nTLSRSACertificateKeyFile /etc/ssl/t.key",
				"LoadModule mod_tls.c\nTLSEngine on\nTLSRSACertificateFile /etc/ssl/t.pem\nTLSRSACertificateKeyFile /etc/ssl/t.key\nTLSRequired on",
				"LoadModule mod_tls.c\nTLSEngine on\nTLSRSACertificateFile /etc/ssl/t.pem\nTLSRSACertificateKeyFile /etc/ssl/t.key\nTLSRequired data",
				"AllowEmptyPasswords off", "PersistentPasswd off", "UseReverseDNS off", "MaxClients 50", "AuthPAMConfig vsftpd", "ShowSymlinks on",
				"<Anonymous ~ftp>\nUser ftp\nGroup nogroup\nUserAlias anonymous ftp\nRequireValidShell off\n</Anonymous>", "<Anonymous ~ftp>\nUser ftp\nUserAlias anonymous ftp\n</Anonymous>",
				"<Anonymous /srv/root>\nUser ftp\nRequireValidShell off\n<Limit LOGIN>\nDenyAll\n</Limit>\n</Anonymous>", "TimeoutLogin 60", "AllowOverwrite on"))
		}
		if b.random.IntN(12) == 0 {
			lines = append(lines, b.pick("Bogus on", "RequireValidShell perhaps", "</Limit>", "Include /etc/proftpd/conf.d/", "Include /nope", "AuthUserFile /etc/passwd"))
		}
		conf := strings.Join(lines, "\n") + "\n"
		b.write("etc/proftpd/proftpd.conf", conf)
		b.service("proftpd")
		b.compare(facts.Proftpd, port, conf, "/usr/sbin/proftpd", "-n", "-c", "/etc/proftpd/proftpd.conf")
	}
	b.report()
}

func TestPredictsPureFTPd(t *testing.T) {
	t.Parallel()
	rounds, seed := ftpRounds(t)
	b := newFTPBox(t, ftpRelease(), seed)
	b.h.Mkdir("/home/v1", 0o755, 3001, 3001)
	b.h.WriteFile("etc/pure-ftpd/pureftpd.passwd", []byte("v1:"+ftpHash+":3001:3001::/home/v1::::::::::::\nv2:"+ftpHash+":3002:3002::/nope::::::::::::\n"+
		"v3:*:3003:3003::/home/v1::::::::::::\nv4:"+ftpHash+":0:0::/home/v1::::::::::::\nu3:"+ftpHash+":3005:3005::/home/v1::::::::::::\n"), 0o600, 0, 0)
	if out, err := b.h.Command(t.Context(), "pure-pw", "mkdb", "/etc/pure-ftpd/pureftpd.pdb", "-f", "/etc/pure-ftpd/pureftpd.passwd").CombinedOutput(); err != nil {
		t.Fatalf("pure-pw: %v\n%s", err, out)
	}
	for range rounds {
		port := sshdtest.FreePort(t)
		for _, dir := range []string{"conf", "auth"} {
			if err := b.h.FS().RemoveAll("etc/pure-ftpd/" + dir); err != nil {
				t.Fatal(err)
			}
			b.h.Mkdir("etc/pure-ftpd/"+dir, 0o755, 0, 0)
		}
		conf := ""
		set := func(name, value string) {
			b.write("etc/pure-ftpd/conf/"+name, value+"\n")
			conf += name + "=" + value + "\n"
		}
		set("Bind", fmt.Sprintf("127.0.0.1,%d", port))
		set("PAMAuthentication", b.pick("yes", "yes", "yes", "no"))
		set("UnixAuthentication", b.pick("yes", "no", "no"))
		set("PureDB", b.pick("/etc/pure-ftpd/pureftpd.pdb", "/etc/pure-ftpd/pureftpd.pdb", "/etc/passwd"))
		set("MinUID", b.pick("1000", "0", "100", "2005"))
		for i, name := range []string{"PAMAuthentication", "UnixAuthentication", "PureDB"} {
			if b.random.IntN(3) > 0 {
				if err := b.h.FS().Symlink("../conf/"+name, fmt.Sprintf("etc/pure-ftpd/auth/%d%s", b.random.IntN(90)+10, name[:2])); err != nil {
					t.Fatal(i, err)
				}
				conf += "auth " + name + "\n"
			}
		}
		for range b.random.IntN(5) {
			row := strings.Fields(b.pick("NoAnonymous yes", "NoAnonymous yes", "ChrootEveryone yes", "CreateHomeDir yes", "TLS 1", "TLS 2", "AnonymousOnly yes",
				"TrustedGID 7777", "MaxClientsPerIP 20", "BrokenClientsCompatibility yes", "DontResolve yes", "ProhibitDotFilesRead yes"))
			set(row[0], row[1])
		}
		_ = b.h.FS().Remove("etc/ssl/private/pure-ftpd.pem")
		if b.random.IntN(8) > 0 {
			text, _ := b.h.FS().ReadFile("etc/ssl/both.pem")
			b.h.WriteFile("etc/ssl/private/pure-ftpd.pem", text, 0o600, 0, 0)
		} else {
			conf += "no certificate\n"
		}
		b.service("pure-ftpd")
		b.compare(facts.PureFTPd, port, conf, "/usr/sbin/pure-ftpd-wrapper")
	}
	b.report()
}
