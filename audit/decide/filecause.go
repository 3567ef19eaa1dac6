package decide

import (
	"fmt"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// fileCause words why sshd passes over a key file.
func fileCause(a *facts.Account, f *facts.KeyFile, answer *KeyFileAnswer) audit.Cause {
	n := &answer.Object
	c := audit.Cause{ID: answer.Cause, Path: n.Path}
	if c.Path == "" {
		c.Path = f.Path
	}
	switch answer.Cause {
	case "akf-strict-file", "akf-strict-dir":
		strictCause(a, n, answer.Fault, &c)
	case "akf-unreadable":
		c.Message = "sshd cannot open the key file as this account: " + answer.Why
		c.Fix, c.Automatic = "sshaudit fix --user "+UserArgument(a), true
		if !within(a, n.Path) {
			c.Fix, c.Automatic = "let the account pass the directory shown (chmod o+x, or a group it belongs to)", false
		}
	case "akf-not-regular":
		c.Observed, c.Expected = n.Type.String(), facts.Regular.String()
		c.Message = "sshd does not read keys from a " + n.Type.String()
		c.Fix = "move it away and put the public keys into a plain file of that name"
	case "akf-bad-token":
		c.Message = "AuthorizedKeysFile holds an unknown % token: sshd ends the connection at the first key"
		c.Fix = "correct AuthorizedKeysFile in sshd_config and reload sshd"
	default:
		c.Message = "sshd does not read the key file: " + answer.Why
		c.Fix = "shorten AuthorizedKeysFile or the home's path"
	}
	return c
}

// strictCause words what StrictModes minds in an object.
func strictCause(a *facts.Account, n *facts.Node, fault Fault, c *audit.Cause) {
	what, mode := "file", uint32(0o600)
	if n.Type == facts.Directory {
		what, mode = "directory", n.Mode&^0o022
	}
	c.Fix, c.Automatic = "sshaudit fix --user "+UserArgument(a), true
	c.Observed, c.Expected = fmt.Sprintf("%04o", n.Mode), fmt.Sprintf("%04o", mode)
	switch fault {
	case FaultOwner:
		c.Observed, c.Expected = fmt.Sprintf("owner %d", n.UID), fmt.Sprintf("owner %d or 0", a.UID)
		c.Message = fmt.Sprintf("sshd refuses the keys: the %s belongs to uid %d, not to the account or root", what, n.UID)
		c.Fix, c.Automatic = fmt.Sprintf("find out why it belongs to uid %d, then chown it to the account", n.UID), false
	case FaultWorldWrite:
		c.Message = fmt.Sprintf("sshd refuses the keys: everybody may write the %s", what)
	default:
		c.Message = fmt.Sprintf("sshd refuses the keys: the group (gid %d) may write the %s", n.GID, what)
	}
	if fault != FaultOwner && (!within(a, n.Path) || n.UID != a.UID) {
		c.Fix, c.Automatic = "chmod go-w the path shown", false
	}
}

// within reports whether a path is the account's home or lies in it.
func within(a *facts.Account, path audit.Untrusted) bool {
	home := strings.TrimSuffix(string(a.Home.Path), "/")
	return a.Home.Problem == nil && home != "" && (string(path) == home || strings.HasPrefix(string(path), home+"/"))
}

// contentRepair are the causes of a line that `sshaudit fix --keys` repairs.
var contentRepair = map[string]bool{
	authkeys.CauseBOM: true, authkeys.CauseUTF16: true, authkeys.CauseWrapped: true, authkeys.CauseRFC4716: true, authkeys.CausePPK: true,
}

// lineCause words why a line does not let the key in.
func lineCause(a *facts.Account, f *facts.KeyFile, held *authkeys.Answer) audit.Cause {
	c := audit.Cause{ID: held.Cause, Path: f.Path, Line: held.Line}
	c.Message = fmt.Sprintf("line %d of %s does not let the key in: %s", held.Line, f.Path, held.Detail)
	c.Fix = "correct the line"
	if contentRepair[held.Cause] {
		c.Fix, c.Automatic = "sshaudit fix --keys --user "+UserArgument(a), true
	}
	switch held.Cause {
	case authkeys.CauseCommented:
		c.Fix = "remove the # before the line, if the key is to be let in"
	case authkeys.CauseFrom:
		c.Fix = "add the client's address to from= in the line"
	case authkeys.CauseExpired:
		c.Fix = "move expiry-time on, or remove it"
	case authkeys.CauseUnknownOption, authkeys.CauseOptionSpace, authkeys.CauseOptionSyntax, authkeys.CauseOptionQuote:
		c.Fix = "correct the options before the key in this line, or remove them"
	case authkeys.CausePrivateKey:
		c.Fix = "put the public key in its place, and let the customer make a new pair: this one is no longer secret"
	}
	return c
}
