package survey

import (
	"fmt"

	"sshaudit/audit/sshdtest"
)

// loginCases are the states that are compared one by one.
func loginCases() []loginCase {
	user := func(u sshdtest.User) loginCase { return loginCase{user: u} }
	shell := func(path string) sshdtest.User { return sshdtest.User{Shell: path} }
	with := func(lines ...string) loginCase { return loginCase{match: lines} }
	named := func(name string, c loginCase) loginCase { c.name = name; return c }
	return []loginCase{
		named("in order", loginCase{}),
		named("bash", user(shell("/bin/bash"))),
		named("home 0777", both("akf-strict-dir", loginCase{make: func(b *loginBox, u *sshdtest.User) { b.Mkdir(u.Home, 0o777, u.UID, u.GID) }})),
		named("key file 0666", both("akf-strict-file", loginCase{make: func(b *loginBox, u *sshdtest.User) {
			b.WriteFile(u.Home+"/.ssh/authorized_keys", []byte(b.keys["ed"].Public+"\n"), 0o666, u.UID, u.GID)
		}})),
		named("key not listed", both("ak-not-listed", loginCase{key: "other"})),
		named("no key file", both("akf-missing", loginCase{noKeys: true})),
		named("no home", both("akf-missing", loginCase{user: sshdtest.User{NoHome: true}})),
		named("unknown option", both("ak-unknown-option", loginCase{make: authorized("ed", "no-such-option")})),
		named("from elsewhere", both("ak-from", loginCase{make: authorized("ed", `from="192.0.2.0/24"`)})),
		named("from here", loginCase{make: authorized("ed", `from="127.0.0.0/8"`)}),
		named("expired line", both("ak-expired", loginCase{make: authorized("ed", `expiry-time="20200101"`)})),
		named("expired line, then a good one", loginCase{make: authorized("ed", `expiry-time="20200101"`, "")}),
		named("commented", both("ak-commented", loginCase{make: authorized("ed", "#")})),
		named("AuthorizedKeysFile none", both("akf-none", with("AuthorizedKeysFile none"))),

		// account
		named("locked", both("user-locked", user(sshdtest.User{Password: "!"}))),
		named("locked hash", both("user-locked", user(sshdtest.User{Password: "!$6$abc$def"}))),
		named("star", user(sshdtest.User{Password: "*"})),
		named("LK", user(sshdtest.User{Password: "*LK*"})),
		named("shell missing", both("user-shell-missing", user(shell("/nonexistent")))),
		named("shell is a file", both("user-shell-not-executable", user(shell("/etc/passwd")))),
		named("shell is a directory", both("user-shell-not-executable", user(shell("/etc")))),
		named("shell missing, chroot", loginCase{user: shell("/nonexistent"), match: []string{"ChrootDirectory /srv/jail"}, ssh: "shell-exec-failed"}),
		named("denied", both("user-denied", with("DenyUsers NAME"))),
		named("denied from here", both("user-denied", with("DenyUsers NAME@127.0.0.1"))),
		named("denied elsewhere", with("DenyUsers NAME@192.0.2.0/24")),
		named("denied by comma list", with("DenyUsers bob,NAME")),
		named("allowed from here", with("AllowUsers NAME@127.0.0.0/8")),
		named("allowed elsewhere", both("user-not-allowed", with("AllowUsers NAME@192.0.2.1"))),
		named("not allowed", both("user-not-allowed", with("AllowUsers bob"))),
		named("allowed by wildcard", with("AllowUsers c*")),
		named("allow negated", both("user-not-allowed", with("AllowUsers !bob"))),
		named("group denied", both("group-denied", with("DenyGroups NAME"))),
		named("group not allowed", both("group-not-allowed", with("AllowGroups web"))),
		named("group allowed", with("AllowGroups nobody NAME")),
		named("group by gid", both("group-not-allowed", with("AllowGroups 20??"))),
		named("no named group", both("user-no-groups", loginCase{user: sshdtest.User{GID: 60777}, match: []string{"AllowGroups *"}})),
		named("refused connection", both("refuse-connection", loginCase{since: 909, match: []string{"RefuseConnection yes"}})),
		named("denied and locked", both("user-locked", loginCase{user: sshdtest.User{Password: "!"}, match: []string{"DenyUsers NAME"}})),

		// methods
		named("keys off", both("method-disabled", with("PubkeyAuthentication no"))),
		named("password first", both("method-disabled", with("AuthenticationMethods password,publickey"))),
		named("two factors", both("method-partial", with("AuthenticationMethods publickey,password"))),
		named("either", with("AuthenticationMethods publickey,password publickey")),
		named("none left", both("methods-none-left", with("AuthenticationMethods publickey", "PubkeyAuthentication no"))),
		named("no tries", both("auth-tries-exceeded", with("MaxAuthTries 0"))),
		named("one try", with("MaxAuthTries 1")),

		// algorithms, size, revocation
		named("rsa", loginCase{key: "rsa", make: authorized("rsa", "")}),
		named("ecdsa", loginCase{key: "ecdsa", make: authorized("ecdsa", "")}),
		named("ed25519 not accepted", both("key-alg-not-accepted", loginCase{since: 805, match: []string{"PubkeyAcceptedAlgorithms rsa-sha2-512"}})),
		named("rsa too small", both("key-rsa-too-small", loginCase{since: 901, key: "rsa", make: authorized("rsa", ""), match: []string{"RequiredRSASize 3072"}})),
		named("revoked", both("key-revoked", loginCase{key: "revoked", make: authorized("revoked", ""), match: []string{"RevokedKeys /etc/ssh/revoked"}})),
		named("others revoked", with("RevokedKeys /etc/ssh/revoked")),
		named("revoked by KRL", both("key-revoked", loginCase{key: "revoked", make: authorized("revoked", ""), match: []string{"RevokedKeys /etc/ssh/krl"}})),
		named("KRL of others", with("RevokedKeys /etc/ssh/krl")),
		named("revoked list missing", both("revoked-file-error", with("RevokedKeys /etc/ssh/no-such-file"))),
		named("revoked list broken", both("revoked-file-error", with("RevokedKeys /etc/ssh/garbage"))),
		named("revoked list empty", with("RevokedKeys /etc/ssh/empty")),
		named("revoked list with a CRLF blank line", both("revoked-file-error", with("RevokedKeys /etc/ssh/crlf"))),
		named("RevokedKeys none in Match", both("revoked-file-error", with("RevokedKeys none"))),

		// the command
		named("command user missing", both("akc-user-missing", loginCase{key: "other", match: []string{"AuthorizedKeysCommand /bin/true", "AuthorizedKeysCommandUser nosuchuser"}})),
		named("command missing", both("akc-missing", loginCase{key: "other", match: []string{"AuthorizedKeysCommand /no/such", "AuthorizedKeysCommandUser nobody"}})),
		named("command unsafe", both("akc-unsafe", loginCase{key: "other", match: []string{"AuthorizedKeysCommand /etc/ssh/unsafe", "AuthorizedKeysCommandUser nobody"}})),
		named("command not needed", with("AuthorizedKeysCommand /etc/ssh/unsafe", "AuthorizedKeysCommandUser nobody")),

		// session
		named("chroot", loginCase{match: []string{"ChrootDirectory /srv/jail"}, ssh: "shell-exec-failed"}),
		named("chroot writable", both("chroot-target", with("ChrootDirectory /srv/open"))),
		named("chroot below writable", both("chroot-component", with("ChrootDirectory /srv/open/jail"))),
		named("chroot missing", both("chroot-missing", with("ChrootDirectory /srv/none"))),
		named("chroot is a file", both("chroot-not-dir", with("ChrootDirectory /etc/hostname"))),
		named("chroot home", both("chroot-target", with("ChrootDirectory %h"))),
		named("chroot ~", both("chroot-component", with("ChrootDirectory ~"))),
		named("chroot by name", loginCase{match: []string{"ChrootDirectory /srv/%u"}, ssh: "shell-exec-failed", make: func(b *loginBox, u *sshdtest.User) { b.Mkdir("/srv/"+u.Name, 0o755, 0, 0) }}),
		named("chroot with trailing slash", both("chroot-component", with("ChrootDirectory /srv/open/"))),
		named("chroot /", with("ChrootDirectory /")),
		named("sftp only", loginCase{match: []string{"ForceCommand internal-sftp"}, ssh: "sftp-only"}),
		named("sftp only in a chroot", loginCase{match: []string{"ForceCommand internal-sftp -l INFO", "ChrootDirectory /srv/jail"}, ssh: "sftp-only"}),
		named("quoted internal-sftp", loginCase{match: []string{`ForceCommand "internal-sftp"`}, ssh: "shell-exec-failed", sftp: "forced-command-replaces-sftp"}),
		named("bad argument", loginCase{match: []string{"ForceCommand internal-sftp -Z"}, ssh: "sftp-only", sftp: "internal-sftp-args"}),
		named("bad umask", loginCase{match: []string{"ForceCommand internal-sftp -u 9999"}, ssh: "sftp-only", sftp: "internal-sftp-args"}),
		named("forced echo", loginCase{match: []string{"ForceCommand echo forced"}, sftp: "forced-command-replaces-sftp"}),
		named("key forces echo", loginCase{make: authorized("ed", `command="echo forced"`), sftp: "forced-command-replaces-sftp"}),
		named("key forces nothing", loginCase{make: authorized("ed", `command=""`), forced: true, sftp: "forced-command-replaces-sftp"}),
		named("forced name that no program has", loginCase{match: []string{"ForceCommand INTERNAL-SFTP"}, ssh: "shell-exec-failed", sftp: "forced-command-replaces-sftp"}),
		named("requests without realpath", loginCase{match: []string{"ForceCommand internal-sftp -p open,read"}, ssh: "sftp-only", sftp: "internal-sftp-args"}),
		named("key forces internal-sftp", loginCase{make: authorized("ed", `command="internal-sftp"`), ssh: "sftp-only"}),
		named("key forces sftp-server", loginCase{make: authorized("ed", `command="/usr/lib/openssh/sftp-server"`), forced: true}),
		named("restrict", loginCase{make: authorized("ed", "restrict")}),
		named("nologin", loginCase{user: shell("/usr/sbin/nologin"), ssh: "shell-restricted"}),
		named("false", loginCase{user: shell("/bin/false"), ssh: "shell-restricted"}),
		named("no sessions", both("max-sessions", with("MaxSessions 0"))),

		// certificates
		named("certificate", loginCase{key: "cert-name", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}}),
		named("certificate for another name", both("cert-name-not-principal", loginCase{key: "cert-other", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}})),
		named("certificate of another CA", both("ca-not-trusted", loginCase{key: "cert-otherca", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}})),
		named("certificate without CA", both("ca-not-trusted", loginCase{key: "cert-name", noKeys: true})),
		named("certificate expired", both("cert-expired", loginCase{key: "cert-expired", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}})),
		named("certificate to come", both("cert-not-yet-valid", loginCase{key: "cert-future", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}})),
		named("certificate without principals", both("cert-no-principals", loginCase{key: "cert-none", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}})),
		named("certificate from elsewhere", both("cert-source-address", loginCase{key: "cert-source", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}})),
		named("certificate that forces sftp", loginCase{key: "cert-force", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub"}, ssh: "sftp-only"}),
		named("CA file broken before", both("ca-file-error", loginCase{key: "cert-name", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca-broken"}})),
		named("CA file missing", both("ca-file-error", loginCase{key: "cert-name", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/no-such-ca"}})),
		named("principals file", loginCase{key: "cert-other", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "AuthorizedPrincipalsFile /etc/ssh/principals"}}),
		named("principals file without the name", both("principal-not-authorized", loginCase{key: "cert-name", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "AuthorizedPrincipalsFile /etc/ssh/principals"}})),
		named("principals file missing", both("principals-file-missing", loginCase{key: "cert-other", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "AuthorizedPrincipalsFile /etc/ssh/no-such"}})),
		named("principals from elsewhere", both("principals-options", loginCase{key: "cert-other", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "AuthorizedPrincipalsFile /etc/ssh/principals-from"}})),
		named("principals CRLF", both("principal-not-authorized", loginCase{key: "cert-other", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "AuthorizedPrincipalsFile /etc/ssh/principals-crlf"}})),
		named("cert-authority line", loginCase{key: "cert-name", noKeys: true, make: authorized("ca", "cert-authority")}),
		named("cert-authority line, principals", loginCase{key: "cert-other", noKeys: true, make: authorized("ca", `cert-authority,principals="someone,else"`)}),
		named("cert-authority line, other principals", both("principal-not-authorized", loginCase{key: "cert-other", noKeys: true, make: authorized("ca", `cert-authority,principals="nobody"`)})),
		named("certificate of a revoked CA", both("key-revoked", loginCase{key: "cert-name", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "RevokedKeys /etc/ssh/ca.pub"}})),
		named("certificate of a revoked serial", both("key-revoked", loginCase{key: "cert-serial", noKeys: true, match: []string{"TrustedUserCAKeys /etc/ssh/ca.pub", "RevokedKeys /etc/ssh/krl"}})),
	}
}

// files writes what the cases name.
func (b *loginBox) files() {
	b.WriteFile("/etc/ssh/revoked", []byte("# revoked\n\n"+b.keys["revoked"].Public+"\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/garbage", []byte("garbage\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/crlf", []byte("\r\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/empty", nil, 0o644, 0, 0)
	b.WriteFile("/etc/ssh/unsafe", []byte("#!/bin/sh\n"), 0o777, 0, 0)
	b.WriteFile("/etc/ssh/ca.pub", []byte(b.keys["ca"].Public+"\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/ca-broken", []byte("cert-authority "+b.keys["other"].Public+"\n"+b.keys["ca"].Public+"\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/principals", []byte("# who\nsomeone\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/principals-from", []byte("from=\"192.0.2.1\" someone\n"), 0o644, 0, 0)
	b.WriteFile("/etc/ssh/principals-crlf", []byte("someone\r\n"), 0o644, 0, 0)
	b.Mkdir("/srv/jail", 0o755, 0, 0)
	b.Mkdir("/srv/open/jail", 0o755, 0, 0)
	b.Mkdir("/srv/open", 0o777, 0, 0)
	b.certify("cert-other", "ca", "-n", "someone")
	b.certify("cert-none", "ca")
	names := ""
	for i := range maxLogins {
		names += fmt.Sprintf(",c%03d", i)
	}
	names = names[1:]
	b.certify("cert-name", "ca", "-n", names)
	b.certify("cert-serial", "ca", "-n", names, "-z", "77")
	b.certify("cert-otherca", "otherca", "-n", names)
	b.certify("cert-expired", "ca", "-n", names, "-V", "20200101:20200201")
	b.certify("cert-future", "ca", "-n", names, "-V", "20400101:20410101")
	b.certify("cert-source", "ca", "-n", names, "-O", "source-address=192.0.2.0/24")
	b.certify("cert-force", "ca", "-n", names, "-O", "force-command=internal-sftp")
	b.WriteFile("/etc/ssh/spec", []byte("serial: 77\nkey: "+b.keys["revoked"].Public+"\n"), 0o644, 0, 0)
	b.run("ssh-keygen", "-q", "-k", "-f", "/etc/ssh/krl", "-s", "/etc/ssh/ca.pub", "/etc/ssh/spec")
}

// maxLogins bounds the accounts that a certificate names: it holds 256 principals.
const maxLogins = 250
