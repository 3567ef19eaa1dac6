package checks

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

var hostkeyUnusable = &Check{
	Doc: audit.Doc{
		ID: "hostkey-unusable", Title: "Host key that sshd does not use",
		Why: "sshd passes over a private host key that others can read (when it belongs to root), that has a passphrase or is damaged. " +
			"Clients that know only this key type cannot connect any more; with no key left sshd does not start.",
		Repair:   "chmod 600 the file shown; ssh-keygen -A makes missing keys (clients will then see a new key).",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerTransport,
		References: []string{"OpenSSH authfile.c sshkey_perm_ok", "CIS Ubuntu 24.04 5.1.2", "STIG RHEL-09-255120"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		eachHostKey(h, func(_ *facts.Server, k *facts.HostKey) {
			fault := decide.HostKey(k)
			if fault == "" || told(found, k.Path) || k.Problem != nil && k.Problem.Failure == facts.Missing && !k.Configured {
				return
			}
			f := c.finding(k.Path, "sshd does not use this host key: %s", fault)
			f.Fix = "chmod 600 the file and chown it to root"
			if k.Problem == nil && k.Mode&0o077 != 0 {
				f.Observed, f.Expected = octal(k.Mode), "0600"
			}
			found = append(found, f)
		})
		return found
	},
}

func eachHostKey(h *facts.Host, do func(*facts.Server, *facts.HostKey)) {
	for _, s := range h.Servers {
		for i := range s.HostKeys {
			do(s, &s.HostKeys[i])
		}
	}
}

var noHostkeys = &Check{
	Doc: audit.Doc{
		ID: "no-hostkeys", Title: "sshd has no host key",
		Why:      "Without a single usable host key sshd does not start (up to 9.7 it also drops every connection).",
		Repair:   "ssh-keygen -A makes the missing host keys; then restart sshd.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerTransport,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			if !decide.NoHostKeys(h, s) {
				continue
			}
			f := c.finding(audit.Untrusted(s.ConfigFile), "none of the %d host keys can be used", len(s.HostKeys))
			f.Fix = "ssh-keygen -A, then restart sshd"
			found = append(found, f)
		}
		return found
	},
}

var hostkeyExposed = &Check{
	Doc: audit.Doc{
		ID: "sshd-hostkey-perms", Title: "Host key that others can read",
		Why: "Whoever has the private host key can pretend to be this host. sshd checks the mode only of a file that belongs to root, so " +
			"one that belongs to somebody else is used although they can read it.",
		Repair:   "chown root and chmod 600 the file; replace the key if somebody may have copied it.",
		Severity: audit.Critical, Effect: audit.Exposes, Layer: audit.LayerTransport,
		References: []string{"CIS Ubuntu 24.04 5.1.2", "STIG RHEL-09-255120"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		eachHostKey(h, func(_ *facts.Server, k *facts.HostKey) {
			if k.Problem != nil || k.Type != facts.Regular || k.UID == 0 || told(found, k.Path) {
				return
			}
			f := c.finding(k.Path, "it belongs to uid %d, not to root", k.UID)
			f.Observed, f.Expected, f.Fix = fmt.Sprintf("owner %d", k.UID), "owner 0", "chown root and chmod 600 the file"
			found = append(found, f)
		})
		return found
	},
}

// rootFileCheck builds a check of system files: of each path that pick takes,
// judge words what is wrong and returns true.
func rootFileCheck(doc audit.Doc, pick func(*facts.Host) []string, judge func(n *facts.Node, f *audit.Finding) bool) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, path := range pick(h) {
			file, ok := h.Files[path]
			if !ok || file.Problem != nil {
				continue
			}
			f := c.finding(file.Path, "")
			if judge(&file.Node, &f) {
				found = append(found, f)
			}
		}
		return found
	}}
}

// systemPaths returns the looked-at system files in order.
func systemPaths(h *facts.Host, keep func(path string) bool) []string {
	var list []string
	for path := range h.Files {
		if keep(path) {
			list = append(list, path)
		}
	}
	slices.Sort(list)
	return list
}

var sshdConfigPerms = rootFileCheck(audit.Doc{
	ID: "sshd-config-perms", Title: "sshd's configuration that others can write",
	Why: "Whoever can write sshd_config, a file that it includes, or their directory decides who logs in, as root too. sshd itself does " +
		"not look at these modes.",
	Repair:   "chown root and chmod go-w the path shown.",
	Severity: audit.Critical, Effect: audit.Exposes, Layer: audit.LayerService,
	References: []string{"CIS Ubuntu 24.04 5.1.1", "STIG RHEL-09-255105", "dev-sec sshd-04, sshd-05"},
}, func(h *facts.Host) []string {
	return systemPaths(h, func(path string) bool { return !strings.HasSuffix(path, ".pub") && path != h.PrivsepDir })
}, func(n *facts.Node, f *audit.Finding) bool {
	if n.UID == 0 && n.Mode&0o022 == 0 {
		return false
	}
	f.Fix = "chown root and chmod go-w the path shown"
	if n.UID != 0 {
		f.Message = fmt.Sprintf("it belongs to uid %d, who can change sshd's settings", n.UID)
		f.Observed, f.Expected = fmt.Sprintf("owner %d", n.UID), "owner 0"
		return true
	}
	f.Message = "others may write it and so change sshd's settings"
	f.Observed, f.Expected = octal(n.Mode), octal(n.Mode&^0o022)
	return true
})

var hostkeyPubPerms = rootFileCheck(audit.Doc{
	ID: "sshd-hostkey-pub-perms", Title: "Public host key that others can write",
	Why:      "The public half is what administrators copy into known_hosts and DNS. Whoever can write it can have another key believed.",
	Repair:   "chmod 644 the file shown.",
	Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerTransport,
	References: []string{"CIS Ubuntu 24.04 5.1.3", "STIG RHEL-09-255125"},
}, func(h *facts.Host) []string {
	return systemPaths(h, func(path string) bool { return strings.HasSuffix(path, ".pub") })
}, func(n *facts.Node, f *audit.Finding) bool {
	f.Message = "others may write the public host key"
	f.Observed, f.Expected, f.Fix = octal(n.Mode), octal(n.Mode&0o644), "chmod 644 the file"
	return n.Mode&0o022 != 0
})

var privsepDir = &Check{
	Doc: audit.Doc{
		ID: "privsep-dir", Title: "Privilege separation directory missing or unsafe",
		Why: "sshd keeps its unprivileged half in an empty directory (/run/sshd on Debian, /usr/share/empty.sshd on Fedora). If it is " +
			"missing, does not belong to root or others may write it, sshd does not start, and up to 9.7 drops every connection.",
		Repair:   "systemd-tmpfiles --create, or: install -d -m 755 -o root -g root and the path shown.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerService,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		message, observed := decide.PrivsepFault(h)
		if message == "" {
			return nil
		}
		f := c.finding(audit.Untrusted(h.PrivsepDir), "%s", message)
		f.Observed, f.Expected = observed, "directory of root, 0755"
		f.Fix = "install -d -m 755 -o root -g root " + h.PrivsepDir
		return []audit.Finding{f}
	},
}

var akcUnsafe = &Check{
	Doc: audit.Doc{
		ID: "akc-unsafe", Title: "AuthorizedKeysCommand that sshd does not run",
		Why: "The program and every directory above it must belong to root and must not be writable by others; otherwise sshd does not " +
			"run it and the keys that it would print let nobody in.",
		Repair:   "chown root and chmod go-w the path shown.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
		References: []string{"OpenSSH misc.c safe_path", "sshd_config(5) AuthorizedKeysCommand"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			p := s.KeysCommand
			if p == nil || p.Problem != nil {
				continue
			}
			n, fault := decide.UnsafeProgram(p, s.Rules, h.Accounts)
			if fault == 0 || fault == decide.FaultGroupUncertain {
				continue
			}
			f := c.finding(n.Path, "sshd does not run %s because of this path", audit.Untrusted(p.Setting))
			f.Observed, f.Expected = fmt.Sprintf("owner %d, %s", n.UID, octal(n.Mode)), "owner 0, "+octal(n.Mode&^0o022)
			f.Fix = "chown root and chmod go-w the path shown"
			found = append(found, f)
		}
		return found
	},
}

var akcMissing = &Check{
	Doc: audit.Doc{
		ID: "akc-missing", Title: "AuthorizedKeysCommand that does not exist",
		Why:      "sshd_config names a program for keys that is not there, so the keys that it would print let nobody in.",
		Repair:   "Install the program or remove AuthorizedKeysCommand.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for _, s := range h.Servers {
			if p := s.KeysCommand; p != nil && p.Problem != nil && p.Problem.Failure == facts.Missing {
				f := c.finding(audit.Untrusted(p.Setting), "the program does not exist")
				f.Observed, f.Expected, f.Fix = "missing", "program of root", "install the program or remove AuthorizedKeysCommand"
				found = append(found, f)
			}
		}
		return found
	},
}
