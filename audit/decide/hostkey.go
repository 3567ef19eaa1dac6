package decide

import (
	"fmt"

	"sshaudit/audit/facts"
)

// HostKey says why sshd, started as root, does not use a private host key; empty
// if it does, or if nobody could look (authfile.c sshkey_perm_ok: the mode
// counts only for a file of the uid that sshd runs as; sshkey_load_private).
func HostKey(k *facts.HostKey) string {
	switch {
	case k.Problem != nil && k.Problem.Failure == facts.Missing:
		return "the file does not exist"
	case k.Problem != nil:
		return ""
	case k.Type != facts.Regular:
		return "it is a " + k.Type.String()
	case k.UID == 0 && k.Mode&0o077 != 0:
		return fmt.Sprintf("its mode %04o lets others at it", k.Mode)
	case k.Encrypted:
		return "it has a passphrase"
	case k.Malformed:
		return "it holds no private key"
	}
	return ""
}
