package checks

import (
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/keyfiles"
)

// outsideHome reports whether a path is neither the account's home nor below it:
// `sshaudit fix` leaves it alone.
func outsideHome(a *facts.Account, path audit.Untrusted) bool {
	home := string(a.Home.Path)
	if a.Home.Problem != nil || home == "" {
		home = a.Account.Home
	}
	return string(path) != home && !strings.HasPrefix(string(path), strings.TrimSuffix(home, "/")+"/")
}

// kindOf tells what kind of file an object of an account is.
func kindOf(a *facts.Account, n *facts.Node) keyfiles.Kind {
	switch {
	case n.Path == a.Home.Path:
		return keyfiles.Home
	case n.Type == facts.Directory && lastPart(n.Path) == ".ssh":
		return keyfiles.SSHDir
	default:
		for i := range a.Via {
			for _, f := range a.Via[i].KeyFiles {
				if f.Node.Path == n.Path {
					return keyfiles.AuthorizedKeys
				}
			}
		}
		return keyfiles.KindOf(lastPart(n.Path))
	}
}

// targetMode is the mode that the object should have. Of what belongs to root
// only writing is taken away: the account must still be able to read it.
func targetMode(a *facts.Account, n *facts.Node) uint32 {
	if n.UID != a.UID || outsideHome(a, n.Path) || n.Type == facts.Directory && kindOf(a, n) == keyfiles.Other {
		return n.Mode &^ 0o022
	}
	return keyfiles.Target(kindOf(a, n), n.Mode)
}

func lastPart(path audit.Untrusted) string {
	return string(path[strings.LastIndexByte(string(path), '/')+1:])
}

// isPublicHalf tells a file that ssh-keygen writes beside a private key.
func isPublicHalf(name string) bool {
	return strings.HasSuffix(name, ".pub") && !strings.HasPrefix(strings.ToLower(name), "auth")
}

// keyFileNames lists the key files that sshd reads for the account.
func keyFileNames(a *facts.Account) string {
	var names []string
	for _, f := range a.Via[0].KeyFiles {
		names = append(names, f.Path.String())
	}
	if len(names) == 0 {
		return "no key file at all (AuthorizedKeysFile none)"
	}
	return strings.Join(names, " and ")
}

// accountsAt returns the accounts with these indexes.
func accountsAt(h *facts.Host, indexes []int32) []*accounts.Account {
	list := make([]*accounts.Account, len(indexes))
	for k, i := range indexes {
		list[k] = h.Accounts.At(int(i))
	}
	return list
}
