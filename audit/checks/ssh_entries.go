package checks

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/keyfiles"
)

// entryCheck builds a check that looks at each entry of ~/.ssh by itself.
// judge returns a finding's words and true for an entry that is at fault.
func entryCheck(doc audit.Doc, judge func(h *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool) *Check {
	doc.Layer = audit.LayerKey
	return &Check{Doc: doc, Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		var found []audit.Finding
		for i := range a.SSHDir.Entries {
			e := &a.SSHDir.Entries[i]
			s.finding = c.about(a, e.Path, "")
			if judge(s.host, a, e, &s.finding) && !s.refused(e.Path) {
				found = append(found, s.finding)
			}
		}
		return found
	}}
}

// entryKind tells what kind of file an entry is, by content where the name does not say it.
func entryKind(a *facts.Account, e *facts.Entry) keyfiles.Kind {
	if e.Private {
		return keyfiles.PrivateKey
	}
	return kindOf(a, &e.Node)
}

var authorizedKeysWritable = entryCheck(audit.Doc{
	ID: "authorized-keys-writable-by-others", Title: "Key file that others can write, and sshd takes it",
	Why: "Whoever may write the key file can add a key of their own and log in as this account. sshd would refuse the file, but " +
		"StrictModes is off, or sshd does not read a file of this name today.",
	Repair:   "sshaudit fix --user NAME makes it 0600.",
	Severity: audit.Critical, Effect: audit.Exposes, Automatic: true,
}, func(h *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	fault := decide.Secure(&e.Node, a.UID, strictRules(a), h.Accounts)
	if e.Type != facts.Regular || entryKind(a, e) != keyfiles.AuthorizedKeys ||
		fault != decide.FaultWorldWrite && fault != decide.FaultGroupWrite {
		return false
	}
	f.Observed, f.Expected, f.Fix = octal(e.Mode), octal(targetMode(a, &e.Node)), repair(a)
	f.Message = "others may write the key file and could add a key of their own"
	return true
})

var authorizedKeysModeLoose = entryCheck(audit.Doc{
	ID: "authorized-keys-mode-loose", Title: "Key file that others can read",
	Why:      "sshd does not mind (0644 works). Public keys are no secret, but who may log in here, and from where, need not be shown.",
	Repair:   "sshaudit fix --user NAME makes it 0600.",
	Severity: audit.Notice, Effect: audit.Hardening, Automatic: true,
}, func(h *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	if e.Type != facts.Regular || e.UID != a.UID || entryKind(a, e) != keyfiles.AuthorizedKeys ||
		decide.Secure(&e.Node, a.UID, strictRules(a), h.Accounts) != 0 || e.Mode&0o077 == 0 {
		return false
	}
	f.Observed, f.Expected, f.Fix = octal(e.Mode), octal(targetMode(a, &e.Node)), repair(a)
	f.Message = "others can read the key file; sshd does not mind"
	return true
})

var privateKeyModeLoose = entryCheck(audit.Doc{
	ID: "private-key-mode-loose", Title: "Private key that others can read",
	Why: "Whoever can read a private key can log in wherever it is accepted. ssh itself refuses to use such a key (UNPROTECTED " +
		"PRIVATE KEY FILE). It does not matter to logins into this host.",
	Repair:   "sshaudit fix --user NAME makes it 0600. If others may have read it, replace the key pair.",
	Severity: audit.Warning, Effect: audit.Exposes, Automatic: true,
}, func(_ *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	if e.Type != facts.Regular || entryKind(a, e) != keyfiles.PrivateKey || e.Mode&0o077 == 0 {
		return false
	}
	f.Observed, f.Expected, f.Fix = octal(e.Mode), octal(keyfiles.Target(keyfiles.PrivateKey, e.Mode)), repair(a)
	f.Message = "others may read or write a private key"
	return true
})

var privateKeyUnencrypted = entryCheck(audit.Doc{
	ID: "private-key-unencrypted", Title: "Private key without a passphrase",
	Why: "Whoever copies the file, from a backup for example, can use it at once. Automatic jobs need such keys; let the key be " +
		"accepted elsewhere only for what the job does (command=, from=).",
	Repair:   "ssh-keygen -p -f FILE sets a passphrase.",
	Severity: audit.Notice, Effect: audit.Hardening,
}, func(_ *facts.Host, _ *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	if !e.Private || e.Encrypted {
		return false
	}
	f.Observed, f.Expected = "no passphrase", "passphrase"
	f.Message = "the private key has no passphrase"
	f.Fix = "ssh-keygen -p sets a passphrase"
	return true
})

var sshFileWritable = entryCheck(audit.Doc{
	ID: "ssh-file-writable-by-others", Title: "File in .ssh that others can write",
	Why: "Others can change what ssh or sshd does for this account: config may run programs, rc and environment are used at " +
		"login, known_hosts decides which hosts are trusted. ssh refuses to work with a config that others may write.",
	Repair:   "sshaudit fix --user NAME takes away writing for group and others.",
	Severity: audit.Warning, Effect: audit.Exposes, Automatic: true,
}, func(_ *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	kind := entryKind(a, e)
	if e.Type != facts.Regular || e.Mode&0o022 == 0 || kind == keyfiles.AuthorizedKeys || kind == keyfiles.PrivateKey {
		return false
	}
	f.Observed, f.Expected, f.Fix = octal(e.Mode), octal(keyfiles.Target(kind, e.Mode)), repair(a)
	f.Message = "others may write this file"
	return true
})

var sshFileOwner = entryCheck(audit.Doc{
	ID: "ssh-file-owner-wrong", Title: "File in .ssh that belongs to somebody else",
	Why: "A file in ~/.ssh that belongs to neither the account nor root can be changed by its owner, whatever its mode. A " +
		"root-owned file that the account can read is an administrator's choice and is not reported.",
	Repair:   "Find out who put it there; then chown it to the account, or remove it.",
	Severity: audit.Warning, Effect: audit.Exposes,
}, func(_ *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	if e.Type == facts.Symlink || e.UID == a.UID || e.UID == 0 {
		return false
	}
	f.Observed, f.Expected = fmt.Sprintf("owner %d", e.UID), fmt.Sprintf("owner %d", a.UID)
	f.Message = fmt.Sprintf("it belongs to uid %d, who can change it at any time", e.UID)
	f.Fix = "find out who put it there, then chown it to the account or remove it"
	return true
})

var hardlinkedKeyFile = entryCheck(audit.Doc{
	ID: "hardlinked-key-file", Title: "Key file with a second name",
	Why: "The file has another name somewhere else on the file system. Changing it here changes it there too, so no repair touches " +
		"it; a second name in another place can also be a trap laid for a program that runs as root.",
	Repair:   "Find the other names (find / -xdev -samefile FILE), then replace the file by a copy.",
	Severity: audit.Warning, Effect: audit.Hardening,
}, func(_ *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	kind := entryKind(a, e)
	if e.Type != facts.Regular || e.Links < 2 || kind != keyfiles.AuthorizedKeys && kind != keyfiles.PrivateKey {
		return false
	}
	f.Observed, f.Expected = fmt.Sprintf("%d names", e.Links), "1 name"
	f.Message = fmt.Sprintf("the file has %d names; a repair would change all of them and is refused", e.Links)
	f.Fix = "replace the file by a copy"
	return true
})

var pathImmutable = entryCheck(audit.Doc{
	ID: "path-immutable", Title: "File that nobody can change",
	Why: "The file has the immutable or append-only attribute (chattr), so neither the user nor a repair can change it. If no " +
		"administrator set it, find out who did.",
	Repair:   "lsattr shows it; chattr -i -a takes it away.",
	Severity: audit.Notice, Effect: audit.Hardening,
}, func(_ *facts.Host, _ *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	f.Observed, f.Expected, f.Fix = "immutable or append-only", "changeable", "chattr -i -a, if it is not meant so"
	f.Message = "the immutable or append-only attribute is set"
	return e.Immutable
})

var pathSELinuxLabel = entryCheck(audit.Doc{
	ID: "path-selinux-label", Title: "Key file with a label that sshd may not read",
	Why: "SELinux is enforced and the file's label is not one that home directories get. Whether sshd may read it depends on the " +
		"loaded policy, which is not evaluated here; files copied from elsewhere (cp -a, a backup) keep a wrong label.",
	Repair:   "restorecon -Rv ~NAME/.ssh",
	Severity: audit.Warning, Effect: audit.Hardening,
}, func(h *facts.Host, a *facts.Account, e *facts.Entry, f *audit.Finding) bool {
	if !h.SELinux || e.Label == "" || entryKind(a, e) != keyfiles.AuthorizedKeys || decide.SELinuxReads(e.Label) {
		return false
	}
	f.Observed, f.Expected = audit.Untrusted(e.Label).String(), "…:ssh_home_t:…"
	f.Message = "the SELinux label is not that of a key file; sshd may be refused"
	f.Fix = "restorecon -Rv on the account's .ssh"
	return true
})

var userRhosts = &Check{
	Doc: audit.Doc{
		ID: "user-dotfile-loose", Title: "File that trusts other hosts",
		Why: "~/.rhosts and ~/.shosts let somebody on another host in without a password when host-based logins are on. sshd ignores " +
			"them by default (IgnoreRhosts), but they are seldom meant.",
		Repair:   "Remove the file unless host-based logins are wanted.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerMethod,
		References: []string{"CIS Ubuntu 24.04 7.2.10"},
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		var found []audit.Finding
		for i := range a.Trust {
			n := &a.Trust[i]
			f := c.about(a, n.Path, "the file lets people from other hosts in where host-based logins are on")
			f.Observed, f.Expected, f.Fix = "present", "absent", "remove it unless host-based logins are wanted"
			if n.Mode&0o022 != 0 {
				f.Severity, f.Effect = audit.Warning, audit.Exposes
				f.Observed, f.Expected = octal(n.Mode), octal(n.Mode&^0o022)
				f.Message += "; others may write it"
				f.Fix = repair(a)
			}
			found = append(found, f)
		}
		return found
	},
}
