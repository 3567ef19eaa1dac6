package survey

import "sshaudit/audit/sshdtest"

// pamCases are compared with UsePAM yes, the stack that Debian ships, and an
// SFTP server that the login shell starts.
func pamCases() []loginCase {
	named := func(name string, c loginCase) loginCase { c.name = name; return c }
	bash := sshdtest.User{Shell: "/bin/bash"}
	const guarded = "# ~/.bashrc\ncase $- in\n    *i*) ;;\n      *) return;;\nesac\necho welcome\n"
	return []loginCase{
		named("in order", loginCase{}),
		named("bash", loginCase{user: bash}),
		named("bash with the usual bashrc", loginCase{user: bash, make: homeFile(".bashrc", guarded)}),
		named("bash that greets", loginCase{user: bash, make: homeFile(".bashrc", "echo welcome\n"), sftp: "shell-output"}),
		named("bash that sets variables", loginCase{user: bash, make: homeFile(".bashrc", "export A=b\nPATH=$PATH:/opt\nalias ll='ls -l'\numask 022\n")}),
		named("bash that greets interactive shells", loginCase{user: bash, make: homeFile(".bashrc", "[ -z \"$PS1\" ] && return\necho welcome\n")}),
		named("bash that greets on standard error", loginCase{user: bash, make: homeFile(".bashrc", "echo welcome >&2\n")}),
		named("sh with a bashrc", loginCase{make: homeFile(".bashrc", "echo welcome\n")}),
		named("nologin", both("shell-restricted", loginCase{user: sshdtest.User{Shell: "/usr/sbin/nologin"}})),
		named("rbash", loginCase{user: sshdtest.User{Shell: "/bin/rbash"}, sftp: "shell-restricted"}),
		named("true", both("shell-restricted", loginCase{user: sshdtest.User{Shell: "/bin/true"}})),
		named("a shell that is a link", loginCase{user: sshdtest.User{Shell: "/usr/bin/sh"}}),
		named("false", both("shell-restricted", loginCase{user: sshdtest.User{Shell: "/bin/false"}})),
		named("internal-sftp forced with nologin", loginCase{user: sshdtest.User{Shell: "/usr/sbin/nologin"}, match: []string{"ForceCommand internal-sftp"}, ssh: "sftp-only"}),
		named("locked, by key", loginCase{user: sshdtest.User{Password: "!"}}),
		named("expired", both("pam-account-denied", loginCase{make: shadow("*:19000:0:99999:7::18000:")})),
		named("expires one day", loginCase{make: shadow("*:19000:0:99999:7::40000:")}),
		named("password to be changed", both("password-expired-pam", loginCase{user: sshdtest.User{Password: "$6$abc$def"}, make: shadow("$6$abc$def:0:0:99999:7:::")})),
		named("chroot with an external server", loginCase{match: []string{"ChrootDirectory /srv/jail"}, ssh: "shell-exec-failed", sftp: "sftp-binary-missing"}),
		named("root", loginCase{make: superuser(), match: []string{"PermitRootLogin prohibit-password"}}),
		named("root refused", both("root-refused", loginCase{make: superuser(), match: []string{"PermitRootLogin no"}})),
		named("root without a forced command", both("root-forced-only", loginCase{make: superuser(), match: []string{"PermitRootLogin forced-commands-only"}})),
		named("root with a forced command", loginCase{make: superuser(`command="echo forced"`), match: []string{"PermitRootLogin forced-commands-only"}, sftp: "forced-command-replaces-sftp"}),
		named("root by ForceCommand", both("root-forced-only", loginCase{make: superuser(), match: []string{"PermitRootLogin forced-commands-only", "ForceCommand internal-sftp"}})),
		named("home 0775 of a private group", loginCase{make: func(b *loginBox, u *sshdtest.User) { b.Mkdir(u.Home, 0o775, u.UID, u.GID) }}),
		named("key not listed", both("ak-not-listed", loginCase{key: "other"})),
		named("denied", both("user-denied", loginCase{match: []string{"DenyUsers NAME"}})),
	}
}

// systemState is a state that concerns every account.
type systemState struct {
	name, config string
	make         func(*loginBox)
	cases        []loginCase
}

func systemStates() []systemState {
	write := func(name, text string) func(*loginBox) {
		return func(b *loginBox) { b.WriteFile(name, []byte(text), 0o644, 0, 0) }
	}
	const plain, internal = "UsePAM no\n", "UsePAM no\nSubsystem sftp internal-sftp\n"
	one := func(ssh, sftp string) []loginCase { return []loginCase{{name: "anybody", ssh: ssh, sftp: sftp}} }
	super := func(c loginCase) loginCase { c.name, c.make = "root", superuser(); return c }
	return []systemState{
		{"no subsystem", plain, nil, append(one("", "subsystem-not-configured"),
			loginCase{name: "forced", match: []string{"ForceCommand internal-sftp"}, ssh: "sftp-only", sftp: "subsystem-not-configured"})},
		{"subsystem in capitals", "UsePAM no\nSubsystem SFTP internal-sftp\n", nil, one("", "subsystem-not-configured")},
		{"no such server", "UsePAM no\nSubsystem sftp /nonexistent\n", nil, one("", "sftp-binary-missing")},
		{"server that is no program", "UsePAM no\nSubsystem sftp /etc/passwd\n", nil, one("", "sftp-binary-missing")},
		{"bad argument", "UsePAM no\nSubsystem sftp internal-sftp -Z\n", nil, one("", "internal-sftp-args")},
		{"nologin", internal, write("/etc/nologin", "later\n"), append(one("nologin-file", "nologin-file"), super(loginCase{match: []string{"PermitRootLogin yes"}}))},
		{"nologin by PAM", "UsePAM yes\nSubsystem sftp internal-sftp\n", write("/etc/nologin", "later\n"), one("pam-account-denied", "pam-account-denied")},
		{"no PAM files", "UsePAM yes\nSubsystem sftp internal-sftp\n", func(b *loginBox) {
			for _, name := range []string{"etc/pam.d/sshd", "etc/pam.d/other"} {
				must(b.t, b.FS().Remove(name))
			}
		}, one("pam-init-failed", "pam-init-failed")},
		{"PAM denies", "UsePAM yes\nSubsystem sftp internal-sftp\n", write("/etc/pam.d/sshd", "auth required pam_permit.so\naccount required pam_deny.so\nsession required pam_permit.so\n"), one("pam-account-denied", "pam-account-denied")},
		{"PAM session fails", "UsePAM yes\nSubsystem sftp internal-sftp\n", write("/etc/pam.d/sshd", "auth required pam_deny.so\naccount required pam_permit.so\nsession required pam_deny.so\n"), one("pam-session-failed", "pam-session-failed")},
		{"PAM auth denies", "UsePAM yes\nSubsystem sftp internal-sftp\n", write("/etc/pam.d/sshd", "auth required pam_deny.so\naccount required pam_permit.so\nsession required pam_permit.so\n"), one("", "")},
		{"hosts.deny", internal, write("/etc/hosts.deny", "# all\nsshd: ALL EXCEPT 192.0.2.\n"), one("tcpwrappers-deny", "tcpwrappers-deny")},
		{"hosts.deny elsewhere", internal, write("/etc/hosts.deny", "sshd: 192.0.2.0/255.255.255.0\nvsftpd: ALL\n"), one("", "")},
		{"hosts.allow before hosts.deny", internal, func(b *loginBox) {
			write("/etc/hosts.deny", "ALL: ALL\n")(b)
			write("/etc/hosts.allow", "sshd: 127.0.0.0/8\n")(b)
		}, one("", "")},
		{"sshrc that prints", internal, write("/etc/ssh/sshrc", "echo welcome\n"), one("", "sshrc-output")},
		{"sshrc that is silent", internal, write("/etc/ssh/sshrc", "# nothing\numask 022\n"), one("", "")},
		{"expired", internal, nil, []loginCase{
			{name: "long ago", make: shadow("*:19000:0:99999:7::18000:"), ssh: "user-expired", sftp: "user-expired"},
			{name: "to come", make: shadow("*:19000:0:99999:7::40000:")},
			{name: "password to be changed, by key", make: shadow("*:0:0:99999:7:::")},
		}},
		{"only some users", internal + "AllowUsers root@127.0.0.1 c0*\nDenyUsers c001\nAllowGroups c000 c001 c002\n", nil, []loginCase{
			{name: "allowed"}, {name: "denied", ssh: "user-denied", sftp: "user-denied"}, {name: "allowed too"},
			{name: "no group", ssh: "group-not-allowed", sftp: "group-not-allowed"},
		}},
	}
}
