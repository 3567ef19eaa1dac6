package checks

import (
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdconf"
)

func is(words ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(words, value) }
}

// above judges a number; what is not a number is not bad.
func above(limit int) func(string) bool {
	return func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && n > limit
	}
}

// holdsWeak judges a list of algorithms by the names that nobody should use any more.
func holdsWeak(weak ...string) func(string) bool {
	return func(value string) bool {
		for name := range strings.SplitSeq(value, ",") {
			for _, w := range weak {
				if name == w || strings.HasSuffix(w, "*") && strings.HasPrefix(name, strings.TrimSuffix(w, "*")) {
					return true
				}
			}
		}
		return false
	}
}

// sshdAdvice is the hardening advice on single settings. None of it blocks a login.
var sshdAdvice = []advice{
	{
		id: "sshd-strictmodes-off", title: "StrictModes is off", keyword: "StrictModes", bad: is("no"), wanted: "yes",
		why: "sshd then takes keys from files that others may write: whoever can write such a file can log in as its account. Problems " +
			"with modes are repaired at their place, not by this switch.",
		severity: audit.Warning, effect: audit.Exposes,
		refs: []string{"STIG RHEL-09-255160", "dev-sec sshd-11", "Lynis SSH-7408"},
	}, {
		id: "sshd-permit-root-login", title: "Root may log in by password", keyword: "PermitRootLogin", bad: is("yes"),
		wanted:   "prohibit-password",
		why:      "Everybody knows the name root, and robots guess its password day and night.",
		severity: audit.Warning, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.20", "STIG RHEL-09-255045", "dev-sec sshd-06"},
	}, {
		id: "sshd-empty-passwords", title: "Empty passwords are accepted", keyword: "PermitEmptyPasswords", bad: is("yes"), wanted: "no",
		why:      "An account without a password lets anybody in who knows its name.",
		severity: audit.Critical, effect: audit.Exposes,
		refs: []string{"CIS Ubuntu 24.04 5.1.19", "STIG RHEL-09-255040", "dev-sec sshd-28"},
	}, {
		id: "sshd-password-auth", title: "Passwords are accepted", keyword: "PasswordAuthentication", bad: is("yes"), wanted: "no",
		why:      "Where everybody has a key, passwords are only something to be guessed. Many hosting customers have no key: then it must stay.",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"dev-sec sshd-27"},
	}, {
		id: "sshd-pubkey-auth-off", title: "Keys are switched off", keyword: "PubkeyAuthentication", bad: is("no"), wanted: "yes",
		why:      "No key is accepted from anybody, whatever the key files say.",
		severity: audit.Critical, effect: audit.Blocks,
		refs: []string{"STIG RHEL-09-255035", "dev-sec sshd-22"},
	}, {
		id: "sshd-use-pam-off", title: "PAM is not used", keyword: "UsePAM", bad: is("no"), wanted: "yes",
		why: "Account rules of PAM (expiry, access by time and place, limits) do not hold, and an account whose password is locked with " +
			"passwd -l is refused with its keys too.",
		severity: audit.Warning, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.22", "STIG RHEL-09-255050"},
	}, {
		id: "sshd-permit-user-environment", title: "Users may set their environment", keyword: "PermitUserEnvironment",
		bad: func(v string) bool { return v != "no" }, wanted: "no",
		why:      "Variables such as LD_PRELOAD in ~/.ssh/environment can get around forced commands and restricted shells.",
		severity: audit.Warning, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.21", "STIG RHEL-09-255085", "dev-sec sshd-17"},
	}, {
		id: "sshd-ignore-rhosts", title: ".rhosts files are read", keyword: "IgnoreRhosts", bad: is("no"), wanted: "yes",
		why:      "Users can let people from other hosts in without a password where host-based logins are on.",
		severity: audit.Warning, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.11", "STIG RHEL-09-255145", "dev-sec sshd-23"},
	}, {
		id: "sshd-hostbased", title: "Host-based logins are on", keyword: "HostbasedAuthentication", bad: is("yes"), wanted: "no",
		why:      "Another host's word is taken for who somebody is; whoever is root there is everybody here.",
		severity: audit.Warning, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.10", "STIG RHEL-09-255080", "dev-sec sshd-25"},
	}, {
		id: "sshd-max-auth-tries", title: "Many attempts in one connection", keyword: "MaxAuthTries", bad: above(6), wanted: "6",
		why: "A guesser gets more tries for each connection. Do not go below the number of keys that people's agents offer: each offered " +
			"key counts (the CIS value 4 makes agents with five keys fail).",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.16", "dev-sec sshd-19"},
	}, {
		id: "sshd-login-grace", title: "Unlimited time to log in", keyword: "LoginGraceTime",
		bad: func(v string) bool { return v == "0" || above(120)(v) }, wanted: "60",
		why:      "Connections that never log in keep a place in MaxStartups and can shut everybody else out.",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.13", "dev-sec sshd-18"},
	}, {
		id: "sshd-loglevel", title: "The log is switched down", keyword: "LogLevel", bad: is("quiet", "fatal", "error", "silent"),
		wanted:   "VERBOSE",
		why:      "Refused logins leave no trace, so nobody can tell afterwards why somebody was refused. VERBOSE also logs which key was used.",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.14", "STIG RHEL-09-255030", "dev-sec sshd-13"},
	}, {
		id: "sshd-forwarding", title: "Users may forward ports", keyword: "AllowTcpForwarding", bad: is("yes"), wanted: "no",
		why: "Every account, one for uploads only included, can open connections from this host to others, and to services on " +
			"loopback that are meant for the host itself.",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.8", "dev-sec sshd-39"},
	}, {
		id: "sshd-x11-forwarding", title: "X11 is forwarded", keyword: "X11Forwarding", bad: is("yes"), wanted: "no",
		why:      "A server without screen needs no X11; whoever is root here can watch the screen of those who forward it.",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"STIG RHEL-09-255155", "dev-sec sshd-42"},
	}, {
		id: "sshd-idle", title: "Dead connections stay", keyword: "ClientAliveInterval", bad: is("0"), wanted: "300",
		why: "Without a probe a connection whose client vanished stays for hours and counts against limits. It does not end idle " +
			"sessions of clients that answer.",
		severity: audit.Notice, effect: audit.Hardening,
		refs: []string{"CIS Ubuntu 24.04 5.1.7", "STIG RHEL-09-255095", "dev-sec sshd-36"},
	},
}

// weakAlgorithms are names that no client of the last ten years needs, by keyword.
var weakAlgorithms = []struct {
	keyword string
	weak    func(string) bool
}{
	{"Ciphers", holdsWeak("3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "blowfish-cbc", "cast128-cbc", "arcfour*", "rijndael-cbc*")},
	{"MACs", holdsWeak("hmac-md5*", "hmac-sha1-96*", "hmac-ripemd160*")},
	{"KexAlgorithms", holdsWeak("diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1")},
	{"HostKeyAlgorithms", holdsWeak("ssh-dss*", "ssh-rsa", "ssh-rsa-cert-v01@openssh.com")},
}

var sshdCryptoWeak = &Check{
	Doc: audit.Doc{
		ID: "sshd-crypto-weak", Title: "Weak algorithms are offered",
		Why: "CBC ciphers, MD5 and cut-off SHA-1, key exchanges with SHA-1 or a 1024-bit group have known weaknesses. Clients of the " +
			"last ten years do not need them; the releases' own defaults have been without them for long.",
		Repair:   "Remove the line so that the release's default holds, check with sshd -t and reload sshd.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerTransport,
		References: []string{"CIS Ubuntu 24.04 5.1.6, 5.1.12, 5.1.15", "dev-sec sshd-01, sshd-02, sshd-03"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			for _, row := range weakAlgorithms {
				set, ok := setting(s, row.keyword)
				// ssh-rsa is a default up to 8.7: no line to remove, nothing to advise.
				if !ok || set.File == "" || !row.weak(set.Value) {
					continue
				}
				f := c.finding(audit.Untrusted(set.File), "%s offers weak algorithms", row.keyword)
				f.Line, f.Observed, f.Fix = set.Line, audit.Untrusted(set.Value).String(), c.Repair
				found = append(found, f)
			}
		}
		return found
	},
}

var sshdAccessUnrestricted = &Check{
	Doc: audit.Doc{
		ID: "sshd-access-unrestricted", Title: "Every account may log in by SSH",
		Why: "Neither AllowUsers nor AllowGroups says who may use SSH, so an account made for another service (a database, mail) can log " +
			"in as well as soon as it has a password or a key.",
		Repair:   "Set AllowGroups to the groups that use SSH or SFTP, check with sshd -t and reload sshd.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerAccount,
		References: []string{"CIS Ubuntu 24.04 5.1.4", "Lynis SSH-7440"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			if s.Settings == nil || slices.ContainsFunc(
				[]string{"AllowUsers", "AllowGroups", "DenyUsers", "DenyGroups"},
				func(keyword string) bool { _, ok := setting(s, keyword); return ok }) {
				continue
			}
			f := c.finding(audit.Untrusted(s.ConfigFile), "neither AllowUsers, AllowGroups nor a Deny list is set")
			f.Fix = "set AllowGroups to the groups that use SSH or SFTP"
			found = append(found, f)
		}
		return found
	},
}

// setting returns one value of a server's settings.
func setting(s *facts.Server, keyword string) (sshdconf.Setting, bool) {
	if s.Settings == nil {
		return sshdconf.Setting{}, false
	}
	return s.Settings.Get(strings.ToLower(keyword))
}
