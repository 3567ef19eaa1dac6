package checks

import (
	"fmt"
	"strconv"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/keyfiles"
)

// keyFileCheck builds the check of one cause that sshd has for passing over a
// whole key file. say fills in what is particular to a finding; it may be nil.
func keyFileCheck(doc audit.Doc, say func(*facts.Account, *judged, *audit.Finding)) *Check {
	doc.Layer, doc.Effect = audit.LayerKey, audit.Blocks
	return &Check{Doc: doc, Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		var found []audit.Finding
		for i := range s.files {
			file := &s.files[i]
			if file.answer.Cause != c.ID {
				continue
			}
			fd := c.about(a, file.answer.Object.Path, "sshd does not read the keys in %s: %s", file.file.Path, file.answer.Why)
			if say != nil {
				say(a, file, &fd)
			}
			if !told(found, fd.Path) {
				found = append(found, fd)
			}
		}
		return found
	}}
}

// told reports whether a finding about this path is in the list: a directory
// above two key files is one fault.
func told(found []audit.Finding, path audit.Untrusted) bool {
	for i := range found {
		if found[i].Path == path {
			return true
		}
	}
	return false
}

var akfStrictFile = keyFileCheck(audit.Doc{
	ID: "akf-strict-file", Title: "Key file that others could write",
	Why: "With StrictModes on, sshd does not trust a key file that belongs to somebody other than the account or root, " +
		"or that others may write: anybody who can write it could add a key of their own. Every key in it is refused, and the " +
		"client says only that the server refused the key. Reading rights (0644) do not matter to sshd.",
	Repair:   "sshaudit fix --user NAME, or chmod 600 the file and give it back to the account.",
	Severity: audit.Critical, Automatic: true,
	References: []string{"sshd_config(5) StrictModes", "OpenSSH misc.c safe_path"},
}, sayStrict)

var akfStrictDir = keyFileCheck(audit.Doc{
	ID: "akf-strict-dir", Title: "Directory above a key file that others could write",
	Why: "With StrictModes on, sshd looks at every directory from the key file up to the home (up to / for a file outside the " +
		"home). If one of them belongs to somebody other than the account or root, or others may write it, somebody else could " +
		"put another key file there, and every key is refused.",
	Repair:   "sshaudit fix --user NAME, or chmod go-w the directory and give it back to the account.",
	Severity: audit.Critical, Automatic: true,
	References: []string{"sshd_config(5) StrictModes", "OpenSSH misc.c safe_path"},
}, sayStrict)

// sayStrict words what StrictModes minds in an object.
func sayStrict(a *facts.Account, file *judged, f *audit.Finding) {
	answer := &file.answer
	n := &answer.Object
	target := targetMode(a, n)
	f.Fix = repair(a)
	what := "file"
	if n.Type == facts.Directory {
		what = "directory"
	}
	switch answer.Fault {
	case decide.FaultOwner:
		f.Observed, f.Expected = fmt.Sprintf("owner %d", n.UID), fmt.Sprintf("owner %d or 0", a.UID)
		f.Message = fmt.Sprintf("sshd refuses the keys of this account: the %s belongs to uid %d, not to the account or root", what, n.UID)
	case decide.FaultWorldWrite:
		f.Observed, f.Expected = octal(n.Mode), octal(target)
		f.Message = fmt.Sprintf("sshd refuses the keys of this account: everybody may write the %s", what)
	case decide.FaultGroupWrite:
		f.Observed, f.Expected = octal(n.Mode), octal(target)
		f.Message = fmt.Sprintf("sshd refuses the keys of this account: the group (gid %d) may write the %s", n.GID, what)
		if answer.Verdict == audit.Unknown {
			f.Message += "; not always: " + answer.Why
		}
	default:
		f.Severity, f.Effect = audit.Warning, audit.Hardening
		f.Observed, f.Expected = octal(n.Mode), octal(target)
		f.Message = fmt.Sprintf("the account's private group may write the %s: %s", what, answer.Why)
	}
	if len(n.ACL) > 0 && answer.Fault >= decide.FaultGroupWrite {
		f.Message += "; the group bits are the mask of an access list (getfacl shows it), so somebody named there loses writing by the repair"
	}
	switch {
	case outsideHome(a, n.Path) && answer.Fault == decide.FaultOwner:
		f.Fix = "chown root the path shown: it lies outside the account's home"
	case outsideHome(a, n.Path):
		f.Fix = "chmod go-w the path shown: it lies outside the account's home"
	case answer.Fault == decide.FaultOwner:
		f.Fix = "find out why it belongs to uid " + strconv.FormatUint(uint64(n.UID), 10) + ", then chown it to the account"
	case n.UID != a.UID:
		f.Fix = "chmod go-w the path shown: it belongs to root"
	}
}

var akfUnreadable = keyFileCheck(audit.Doc{
	ID: "akf-unreadable", Title: "Key file that the account cannot open",
	Why: "sshd opens the key file with the rights of the account, not with root's. A file of mode 0600 that belongs to root, a " +
		"directory on the way that the account may not enter, or a loop of links makes it unreadable, and every key in it is refused.",
	Repair: "sshaudit fix --user NAME gives the account its own file back; a directory above the home must let the account " +
		"pass (chmod o+x, or the right group).",
	Severity: audit.Critical, Automatic: true,
	References: []string{"OpenSSH auth2-pubkeyfile.c auth_openfile"},
}, func(a *facts.Account, file *judged, f *audit.Finding) {
	f.Message = "sshd cannot open the key file as this account: " + file.answer.Why
	f.Fix = repair(a)
	if p := file.file.Problem; p != nil && p.Dir != "" {
		f.Path = p.Dir
		f.Message = fmt.Sprintf("the account may not enter this directory, so sshd cannot open %s", p.At)
	}
	if n := ownNode(a, f.Path); n != nil {
		f.Observed = fmt.Sprintf("%s, owner %d", octal(n.Mode), n.UID)
		f.Expected = fmt.Sprintf("%s, owner %d", octal(keyfiles.Target(kindOf(a, n), n.Mode)), a.UID)
	}
	if outsideHome(a, f.Path) {
		f.Fix = "let the account pass the directory shown (chmod o+x, or a group it belongs to)"
	}
})

// ownNode returns what was seen of the home, of .ssh or of an entry in it.
func ownNode(a *facts.Account, path audit.Untrusted) *facts.Node {
	switch path {
	case "":
		return nil
	case a.Home.Path:
		return &a.Home.Node
	case a.SSHDir.Path:
		return &a.SSHDir.Node
	}
	for i := range a.SSHDir.Entries {
		if a.SSHDir.Entries[i].Path == path {
			return &a.SSHDir.Entries[i].Node
		}
	}
	return nil
}

var akfNotRegular = keyFileCheck(audit.Doc{
	ID: "akf-not-regular", Title: "Key file that is not a file",
	Why: "sshd reads keys from regular files only. A directory, FIFO, socket or device of that name is passed over, and every key " +
		"login is refused.",
	Repair:   "Move the object away and put the public keys into a plain file of that name.",
	Severity: audit.Critical,
}, func(_ *facts.Account, file *judged, f *audit.Finding) {
	answer := &file.answer
	f.Observed, f.Expected = answer.Object.Type.String(), facts.Regular.String()
	f.Message = "sshd does not read keys from a " + answer.Object.Type.String()
	f.Fix = "move it away and put the public keys into a plain file of that name"
})

var akfBadToken = keyFileCheck(audit.Doc{
	ID: "akf-bad-token", Title: "AuthorizedKeysFile with an unknown % token",
	Why:      "AuthorizedKeysFile knows %h, %u, %U and %%. Any other token ends the connection at the first key that a client offers.",
	Repair:   "Correct AuthorizedKeysFile in sshd_config and reload sshd.",
	Severity: audit.Critical,
}, func(_ *facts.Account, _ *judged, f *audit.Finding) {
	f.Message = fmt.Sprintf("AuthorizedKeysFile %s holds an unknown %% token: sshd ends the connection", f.Path)
	f.Fix = "correct AuthorizedKeysFile in sshd_config and reload sshd"
})

var akfPathTooLong = keyFileCheck(audit.Doc{
	ID: "akf-path-too-long", Title: "Key file whose path is too long",
	Why:      "A path of 4096 bytes or more cannot be opened; sshd ends the connection.",
	Repair:   "Shorten AuthorizedKeysFile or the home's path.",
	Severity: audit.Critical,
}, nil)
