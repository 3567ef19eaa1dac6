package serverlog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/sshdtest"
)

// stage is a system with an account and a key, in which one thing goes wrong.
type stage struct {
	t     testing.TB
	h     *sshdtest.Host
	user  string
	uid   int
	key   sshdtest.Key
	home  string
	d     *daemon
	level string
}

// allow writes the account's key file.
func (s *stage) allow(line string) {
	s.h.Mkdir(s.home+"/.ssh", 0o700, s.uid, s.uid)
	s.h.WriteFile(s.home+"/.ssh/authorized_keys", []byte(line+"\n"), 0o600, s.uid, s.uid)
}

// run is a command in the system that must succeed.
func (s *stage) run(name string, args ...string) {
	s.t.Helper()
	if out, err := s.h.Command(s.t.Context(), name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (s *stage) pam(lines string) {
	s.h.WriteFile("/etc/pam.d/sshd", []byte(lines), 0o644, 0, 0)
}

// shadow replaces the account's line.
func (s *stage) shadow(fields string) {
	data, err := s.h.FS().ReadFile("etc/shadow")
	if err != nil {
		s.t.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, s.user+":") {
			kept.WriteString(line)
		}
	}
	kept.WriteString(s.user + ":" + fields + "\n")
	s.h.WriteFile("/etc/shadow", []byte(kept.String()), 0o640, 0, 0)
}

// scenario provokes one cause.
type scenario struct {
	name string
	// cause is what a line of the log proves; empty where it can prove none.
	cause string
	// silent are the releases that log nothing of it at INFO, and hushed those
	// that log nothing at VERBOSE either: "8.4", "9.2", "10.0".
	silent, hushed string
	// also are causes that other lines prove beside it, host tells of a line that
	// is about the service as a whole, and stays that processes outlive the client.
	also        string
	host, stays bool
	// nameless tells that at INFO no line says whose login it was; user is the
	// account, alice if empty.
	nameless bool
	user     string
	config   string
	prepare  func(*stage)
	// act does what the client does; nil for a login by key.
	act func(*stage)
}

// login is the ordinary login by key.
func login(s *stage) { s.d.ssh(s.user, s.key.Path) }

// password is a login by password alone.
func password(s *stage) { s.d.ssh(s.user, "", "-o", "PreferredAuthentications=password") }

const (
	usePAM  = "UsePAM yes\n"
	pamRest = "auth required pam_unix.so\nsession required pam_unix.so\n"
)

var scenarios = []scenario{
	{name: "accepted", cause: ""},

	// The service.
	{name: "config-invalid", cause: "config-invalid", config: "Bogus yes\n", host: true, act: func(*stage) {}},
	{name: "config-invalid-value", cause: "config-invalid", config: "PermitRootLogin perhaps\n", host: true, act: func(*stage) {}},
	{name: "config-invalid-match", cause: "config-invalid", config: "Match User x\nUsePAM yes\n", host: true, act: func(*stage) {}},
	{name: "no-hostkeys", cause: "no-hostkeys", config: "HostKey /etc/ssh/none\n", host: true, act: func(*stage) {}},
	{name: "hostkey-modes", cause: "hostkey-unusable", config: "HostKey /etc/ssh/bad_key\nHostKey /etc/ssh/ssh_host_ed25519_key\n", prepare: func(s *stage) {
		s.run("cp", "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/bad_key")
		s.run("chmod", "644", "/etc/ssh/bad_key")
	}, host: true, act: func(*stage) {}},
	{name: "privsep-dir", cause: "privsep-dir", prepare: func(s *stage) { s.run("rm", "-rf", "/run/sshd") }, host: true, act: func(*stage) {}},
	{name: "privsep-dir-modes", cause: "privsep-dir", prepare: func(s *stage) { s.run("chmod", "777", "/run/sshd") }, host: true, act: func(*stage) {}},
	{name: "privsep-user-missing", cause: "privsep-user-missing", prepare: func(s *stage) { s.run("sed", "-i", "/^sshd:/d", "/etc/passwd") }, host: true, act: func(*stage) {}},
	{name: "methods-unsatisfiable", cause: "methods-unsatisfiable", config: "PasswordAuthentication no\nAuthenticationMethods password\n", host: true, act: func(*stage) {}},
	{name: "akc-user-unset", cause: "akc-user-unset", config: "AuthorizedKeysCommand /bin/true\n", host: true, act: func(*stage) {}},
	{name: "bind-failed", cause: "bind-failed", config: "ListenAddress 192.0.2.1\n", host: true, act: func(*stage) {}},
	{name: "session-binary-missing", cause: "session-binary-missing", silent: "8.4 9.2", hushed: "8.4 9.2", prepare: func(s *stage) {
		s.run("rm", "-f", "/usr/lib/openssh/sshd-session")
	}, host: true, act: func(*stage) {}},

	// Before the login.
	{name: "maxstartups", cause: "maxstartups", config: "MaxStartups 1:100:1\n", act: func(s *stage) {
		c := s.d.dial()
		defer c.Close()
		time.Sleep(50 * time.Millisecond)
		s.d.say("")
		s.d.say("")
	}},
	{name: "persource-maxstartups", cause: "maxstartups", silent: "8.4", hushed: "8.4", config: "#>=9.2 PerSourceMaxStartups 1\n", act: func(s *stage) {
		c := s.d.dial()
		defer c.Close()
		time.Sleep(50 * time.Millisecond)
		if s.h.Release() != sshdtest.Bullseye {
			s.d.say("")
		}
	}},
	{name: "penalty-active", cause: "penalty-active", silent: "8.4 9.2", hushed: "8.4 9.2", config: "#>=10.0 PerSourcePenalties authfail:20 min:5\n", act: func(s *stage) {
		s.d.ssh(s.user, s.h.Keygen("ed25519", 0).Path, "-o", "PreferredAuthentications=publickey")
		s.d.idle()
		_ = s.d.dial().Close()
		time.Sleep(50 * time.Millisecond)
	}},
	{name: "tcpwrappers-deny", cause: "tcpwrappers-deny", prepare: func(s *stage) {
		s.h.WriteFile("/etc/hosts.deny", []byte("sshd: ALL\n"), 0o644, 0, 0)
	}, stays: true, act: func(s *stage) {
		_ = s.d.dial().Close()
		eventually(s.t, "the refusal is logged", func() bool { return strings.Contains(s.d.log.text(), "refused connect") })
	}},
	{name: "login-grace-timeout", cause: "login-grace-timeout", silent: "8.4 9.2", hushed: "8.4 9.2", config: "LoginGraceTime 1\n", act: func(s *stage) { s.d.say("SSH-2.0-x\r\n") }},
	{name: "ident-closed", cause: "ident-closed", silent: "10.0", act: func(s *stage) { _ = s.d.dial().Close(); time.Sleep(50 * time.Millisecond) }},
	{name: "ident-invalid", cause: "ident-invalid", act: func(s *stage) { s.d.say("hello\r\n") }},
	{name: "ident-version", cause: "ident-version", act: func(s *stage) { s.d.say("SSH-1.5-x\r\n") }},
	{name: "proto-http", cause: "proto-http-to-ssh", silent: "10.0", act: func(s *stage) { s.d.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }},
	{name: "proto-tls", cause: "proto-tls-to-ssh", silent: "10.0", act: func(s *stage) { s.d.say("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abc\r\n") }},
	{name: "proto-ftp", cause: "proto-ftp-to-ssh", silent: "10.0", act: func(s *stage) { s.d.say("USER alice\r\n") }},
	{name: "proto-ftp-auth-tls", cause: "proto-ftp-to-ssh", silent: "10.0", act: func(s *stage) { s.d.say("AUTH TLS\r\n") }},
	{name: "kex-no-match", cause: "kex-no-match", config: "KexAlgorithms ecdh-sha2-nistp256\n"},
	{name: "hostkey-no-match", cause: "hostkey-no-match", config: "HostKey /etc/ssh/ssh_host_rsa_key\n"},
	{name: "cipher-no-match", cause: "cipher-no-match", act: func(s *stage) { s.d.ssh(s.user, s.key.Path, "-c", "3des-cbc") }},
	{name: "mac-no-match", cause: "mac-no-match", act: func(s *stage) { s.d.ssh(s.user, s.key.Path, "-c", "aes128-ctr", "-m", "hmac-md5") }},
	{name: "transport-error", cause: "transport-error", act: func(s *stage) { s.d.say("SSH-2.0-x\r\n" + strings.Repeat("\xff", 64)) }},
	{name: "client-closed", cause: "client-closed-preauth", act: func(s *stage) {
		s.d.ssh(s.user, s.key.Path, "-o", "StrictHostKeyChecking=yes")
	}},

	// The account.
	{name: "user-unknown", cause: "user-unknown", act: func(s *stage) { s.d.ssh("nobody-here", s.key.Path) }},
	{name: "user-locked", cause: "user-locked", prepare: func(s *stage) { s.shadow("!$6$x:19000:0:99999:7:::") }},
	{name: "user-expired", cause: "user-expired", also: "user-locked", prepare: func(s *stage) { s.shadow("*:19000:0:99999:7::19001:") }},
	{name: "user-shell-missing", cause: "user-shell-missing", prepare: func(s *stage) {
		s.run("sed", "-i", "s,^\\("+s.user+":.*\\):/bin/sh$,\\1:/bin/none,", "/etc/passwd")
	}},
	{name: "user-shell-not-executable", cause: "user-shell-not-executable", prepare: func(s *stage) {
		s.run("sed", "-i", "s,^\\("+s.user+":.*\\):/bin/sh$,\\1:/etc/passwd,", "/etc/passwd")
	}},
	{name: "user-denied", cause: "user-denied", config: "DenyUsers USER\n"},
	{name: "user-not-allowed", cause: "user-not-allowed", config: "AllowUsers nobody\n"},
	{name: "group-denied", cause: "group-denied", config: "DenyGroups USER\n"},
	{name: "group-not-allowed", cause: "group-not-allowed", config: "AllowGroups nogroup\n"},
	{name: "refuse-connection", cause: "refuse-connection", silent: "8.4 9.2", hushed: "8.4 9.2", config: "#>=10.0 RefuseConnection yes\n"},
	{name: "root-refused", cause: "root-refused", user: "root", config: "PermitRootLogin no\n", prepare: func(s *stage) {
		s.h.Mkdir("/root/.ssh", 0o700, 0, 0)
		s.h.WriteFile("/root/.ssh/authorized_keys", []byte(s.key.Public+"\n"), 0o600, 0, 0)
	}, act: func(s *stage) { s.d.ssh("root", s.key.Path) }},
	{name: "root-forced-only", cause: "root-refused", user: "root", config: "PermitRootLogin forced-commands-only\n", prepare: func(s *stage) {
		s.h.Mkdir("/root/.ssh", 0o700, 0, 0)
		s.h.WriteFile("/root/.ssh/authorized_keys", []byte(s.key.Public+"\n"), 0o600, 0, 0)
	}, act: func(s *stage) { s.d.ssh("root", s.key.Path) }},
	{name: "auth-tries-exceeded", cause: "auth-tries-exceeded", config: "MaxAuthTries 1\n", prepare: func(s *stage) { s.allow("") }, act: func(s *stage) {
		other := s.h.Keygen("ed25519", 0)
		s.d.ssh(s.user, s.key.Path, "-i", other.Path)
	}},
	{name: "methods-none-left", cause: "methods-none-left", config: "AuthenticationMethods publickey\nMatch User USER\nPubkeyAuthentication no\n"},
	{name: "method-partial", cause: "method-partial", silent: "8.4 9.2 10.0", config: "AuthenticationMethods publickey,password\n", act: func(s *stage) {
		s.d.ssh(s.user, s.key.Path, "-o", "PreferredAuthentications=publickey")
	}},
	{name: "password-wrong", cause: "", act: password},

	// Keys and their files.
	{name: "key-alg-not-accepted", cause: "key-alg-not-accepted", config: "#<9.2 PubkeyAcceptedKeyTypes ssh-rsa\n#>=9.2 PubkeyAcceptedAlgorithms rsa-sha2-256\n"},
	{name: "key-rsa-too-small", cause: "key-rsa-too-small", also: "hostkey-unusable", silent: "8.4", hushed: "8.4", config: "#>=9.2 RequiredRSASize 4096\n", prepare: func(s *stage) {
		s.key = s.h.Keygen("rsa", 2048)
		s.allow(s.key.Public)
	}},
	{name: "akf-strict-file", cause: "akf-strict-file", prepare: func(s *stage) { s.run("chmod", "666", s.home+"/.ssh/authorized_keys") }},
	{name: "akf-strict-dir", cause: "akf-strict-dir", prepare: func(s *stage) { s.run("chmod", "777", s.home) }},
	{name: "akf-not-regular", cause: "akf-not-regular", prepare: func(s *stage) {
		s.run("sh", "-c", "rm "+s.home+"/.ssh/authorized_keys; mkdir "+s.home+"/.ssh/authorized_keys")
	}},
	{name: "akf-unreadable", cause: "akf-unreadable", silent: "8.4", hushed: "8.4", prepare: func(s *stage) {
		s.run("sh", "-c", "chown root:root "+s.home+"/.ssh/authorized_keys; chmod 600 "+s.home+"/.ssh/authorized_keys")
	}},
	{name: "akf-missing", cause: "", prepare: func(s *stage) { s.run("rm", s.home+"/.ssh/authorized_keys") }},
	{name: "akf-bad-token", cause: "akf-bad-token", nameless: true, config: "AuthorizedKeysFile /etc/%x\n"},
	{name: "ak-not-listed", cause: "", prepare: func(s *stage) { s.allow("") }},
	{name: "ak-from", cause: "ak-from", prepare: func(s *stage) { s.allow(`from="192.0.2.1" ` + s.key.Public) }},
	{name: "ak-expired", prepare: func(s *stage) { s.allow(`expiry-time="20200101" ` + s.key.Public) }},
	{name: "key-revoked", cause: "key-revoked", config: "RevokedKeys /etc/ssh/revoked\n", prepare: func(s *stage) {
		s.h.WriteFile("/etc/ssh/revoked", []byte(s.key.Public+"\n"), 0o644, 0, 0)
	}},
	{name: "revoked-file-error", cause: "revoked-file-error", config: "RevokedKeys /etc/ssh/none\n"},
	{name: "akc-failed", cause: "akc-failed", config: "AuthorizedKeysCommand /usr/bin/false\nAuthorizedKeysCommandUser nobody\n", prepare: func(s *stage) { s.allow("") }},
	{name: "akc-unsafe", cause: "akc-unsafe", config: "AuthorizedKeysCommand /etc/cmd\nAuthorizedKeysCommandUser nobody\n", prepare: func(s *stage) {
		s.allow("")
		s.h.WriteFile("/etc/cmd", []byte("#!/bin/sh\n"), 0o777, 0, 0)
	}},
	{name: "akc-missing", cause: "akc-missing", config: "AuthorizedKeysCommand /etc/none\nAuthorizedKeysCommandUser nobody\n", prepare: func(s *stage) { s.allow("") }},
	{name: "cert-expired", cause: "cert-expired", config: "TrustedUserCAKeys /etc/ssh/ca.pub\n", prepare: func(s *stage) { s.certify("-n", s.user, "-V", "20200101:20200201") }},
	{name: "cert-not-yet-valid", cause: "cert-not-yet-valid", config: "TrustedUserCAKeys /etc/ssh/ca.pub\n", prepare: func(s *stage) { s.certify("-n", s.user, "-V", "+1d:+2d") }},
	{name: "cert-name", cause: "cert-name-not-principal", config: "TrustedUserCAKeys /etc/ssh/ca.pub\n", prepare: func(s *stage) { s.certify("-n", "other") }},
	{name: "cert-no-principals", cause: "cert-no-principals", config: "TrustedUserCAKeys /etc/ssh/ca.pub\n", prepare: func(s *stage) { s.certify() }},
	{name: "cert-principals-file", cause: "principal-not-authorized", config: "TrustedUserCAKeys /etc/ssh/ca.pub\nAuthorizedPrincipalsFile /etc/ssh/principals\n", prepare: func(s *stage) {
		s.certify("-n", s.user)
		s.h.WriteFile("/etc/ssh/principals", []byte("other\n"), 0o644, 0, 0)
	}},
	{name: "cert-source-address", cause: "cert-source-address", config: "TrustedUserCAKeys /etc/ssh/ca.pub\n", prepare: func(s *stage) {
		s.certify("-n", s.user, "-O", "source-address=192.0.2.0/24")
	}},
	{name: "cert-critical-option", cause: "cert-critical-option", config: "TrustedUserCAKeys /etc/ssh/ca.pub\n", prepare: func(s *stage) {
		s.certify("-n", s.user, "-O", "critical:x@example.org=1")
	}},
	{name: "hostbased", cause: "", config: "HostbasedAuthentication yes\nIgnoreRhosts no\n", act: func(s *stage) {
		s.h.WriteFile("/etc/ssh/ssh_config", []byte("EnableSSHKeysign yes\nHostbasedAuthentication yes\n"), 0o644, 0, 0)
		s.d.ssh(s.user, "", "-o", "HostbasedAuthentication=yes", "-o", "PreferredAuthentications=hostbased", "-o", "EnableSSHKeysign=yes")
	}},

	// PAM.
	{name: "pam-account-denied", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_deny.so\n")
	}},
	{name: "pam-nologin", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_nologin.so\n")
		s.h.WriteFile("/etc/nologin", []byte("closed\n"), 0o644, 0, 0)
	}},
	{name: "pam-access", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_access.so\n")
		s.h.WriteFile("/etc/security/access.conf", []byte("-:ALL:ALL\n"), 0o644, 0, 0)
	}},
	{name: "pam-time", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_time.so\n")
		s.h.WriteFile("/etc/security/time.conf", []byte("sshd;*;*;!Al0000-2400\n"), 0o644, 0, 0)
	}},
	{name: "pam-listfile", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_listfile.so item=user sense=deny file=/etc/denied onerr=fail\n")
		s.h.WriteFile("/etc/denied", []byte(s.user+"\n"), 0o644, 0, 0)
	}},
	{name: "pam-succeed-if", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_succeed_if.so user = nobody\n")
	}},
	{name: "pam-expired", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_unix.so\n")
		s.shadow("*:19000:0:99999:7::19001:")
	}},
	{name: "pam-password-expired", cause: "password-expired-pam", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_unix.so\n")
		s.shadow("*:0:0:99999:7:::")
	}},
	{name: "pam-faillock", cause: "pam-faillock-active", config: usePAM, prepare: func(s *stage) {
		s.pam("auth required pam_faillock.so preauth deny=1\nauth [success=1 default=ignore] pam_unix.so\nauth [default=die] pam_faillock.so authfail deny=1\nauth required pam_permit.so\naccount required pam_permit.so\n")
		s.run("mkdir", "-p", "/var/run/faillock")
	}, act: func(s *stage) { password(s); password(s) }},
	{name: "pam-module-missing", cause: "pam-account-denied", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_none.so\n")
	}},
	{name: "pam-wrong-password", cause: "", config: usePAM + "KbdInteractiveAuthentication yes\n", prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_permit.so\n")
	}, act: func(s *stage) { s.d.ssh(s.user, "", "-o", "PreferredAuthentications=keyboard-interactive") }},
	{name: "pam-unknown-user", cause: "user-unknown", config: usePAM, prepare: func(s *stage) {
		s.pam(pamRest + "account required pam_permit.so\n")
	}, act: func(s *stage) { s.d.ssh("nobody-here", "", "-o", "PreferredAuthentications=password") }},
	{name: "pam-session-failed", cause: "pam-session-failed", config: usePAM, prepare: func(s *stage) {
		s.pam("auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_deny.so\n")
	}},
	{name: "pam-limits", cause: "pam-session-failed", config: usePAM, prepare: func(s *stage) {
		s.pam("auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_limits.so\n")
		s.h.WriteFile("/etc/security/limits.conf", []byte(s.user+" - maxlogins 0\n"), 0o644, 0, 0)
	}},

	// The session.
	{name: "nologin-file", cause: "nologin-file", prepare: func(s *stage) {
		s.h.WriteFile("/etc/nologin", []byte("closed\n"), 0o644, 0, 0)
	}},
	{name: "chroot-component", cause: "chroot-component", config: "ChrootDirectory /srv/a/b\n", prepare: func(s *stage) {
		s.h.Mkdir("/srv/a/b", 0o755, 0, 0)
		s.run("chmod", "777", "/srv/a")
	}},
	{name: "chroot-target", cause: "chroot-target", config: "ChrootDirectory %h\n"},
	{name: "chroot-missing", cause: "chroot-missing", config: "ChrootDirectory /srv/none\n"},
	{name: "chroot-not-dir", cause: "chroot-not-dir", config: "ChrootDirectory /etc/passwd\n"},
	{name: "chroot-relative", cause: "chroot-relative", config: "ChrootDirectory none%u\n"},
	{name: "subsystem-not-configured", cause: "subsystem-not-configured", config: "#nosftp\n", act: func(s *stage) { s.d.sftp(s.user, s.key.Path) }},
	{name: "sftp-only", cause: "sftp-only", config: "ForceCommand internal-sftp\n"},
	{name: "max-sessions", cause: "max-sessions", config: "MaxSessions 0\n"},
	{name: "sftp", cause: "", act: func(s *stage) { s.d.sftp(s.user, s.key.Path) }},
	{name: "nproc", cause: "limits-nproc", config: usePAM, prepare: func(s *stage) {
		s.pam("auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_limits.so\n")
		s.h.WriteFile("/etc/security/limits.conf", []byte(s.user+" - nproc 0\n"), 0o644, 0, 0)
	}},
	{name: "injected-name", cause: "user-unknown", act: func(s *stage) {
		for _, name := range []string{
			"alice from 10.0.0.1 port 1 ssh2", "x\nAccepted password for alice from 10.0.0.1 port 1 ssh2",
			"authenticating user alice 10.0.0.1 port 1", "alice from 10.0.0.1 port 1\r\nNov 24 18:00:00 web1 sshd[1]: Invalid user b",
			"\x1b[2Jalice", strings.Repeat("alice from 10.0.0.1 port 1 ssh2 ", 60), "\u202ealice", "",
		} {
			s.d.attempt(name)
		}
	}},
}

// certify makes a certificate for the key; the account's file lists no key.
func (s *stage) certify(options ...string) {
	ca := s.h.Keygen("ed25519", 0)
	s.h.WriteFile("/etc/ssh/ca.pub", []byte(ca.Public+"\n"), 0o644, 0, 0)
	s.run("ssh-keygen", append(append([]string{"-q", "-s", ca.Path, "-I", "an id from 10.0.0.1 port 1"}, options...), s.key.Path+".pub")...)
	s.allow("")
}

// releases are the numbers by which scenarios name them.
var releases = map[sshdtest.Release]string{sshdtest.Bullseye: "8.4", sshdtest.Bookworm: "9.2", sshdtest.Trixie: "10.0"}

// settings make the configuration of a scenario for a release.
func settings(sc *scenario, user, release, level string) string {
	text := strings.ReplaceAll(sc.config, "USER", user)
	for _, r := range []string{"9.2", "10.0"} {
		if release == "10.0" || release == r {
			text = strings.ReplaceAll(text, "#>="+r+" ", "")
		}
	}
	if release == "8.4" {
		text = strings.ReplaceAll(text, "#<9.2 ", "")
	}
	base := ""
	if !strings.Contains(text, "ListenAddress") {
		base += "ListenAddress 127.0.0.1\n"
	}
	if !strings.Contains(text, "#nosftp") {
		base += "Subsystem sftp internal-sftp -l INFO\n"
	}
	if release == "10.0" && !strings.Contains(text, "PerSourcePenalties") {
		base += "PerSourcePenalties no\n"
	}
	return fmt.Sprintf("LogLevel %s\nPidFile none\nUseDNS no\n%s%s", level, base, text)
}
