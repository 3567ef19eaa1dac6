package checks

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/keyfiles"
)

// strongRSA is the shortest RSA key that is not called weak, in bits (BSI
// TR-02102-1 and NIST SP 800-57 ask for more than 2048 in the long run).
const strongRSA = 2048

var keyWeak = &Check{
	Doc: audit.Doc{
		ID: "key-weak", Title: "Weak key",
		Why: "DSA keys and RSA keys under 2048 bits can be broken with effort, and newer releases of OpenSSH refuse them " +
			"(RequiredRSASize, no DSA from 10.0 on).",
		Repair:   "Ask for a new key: ssh-keygen -t ed25519.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		var found []audit.Finding
		for _, l := range s.good {
			if l.Key.Type != "ssh-dss" && (l.Key.Type != "ssh-rsa" || l.Key.Bits >= strongRSA) {
				continue
			}
			fd := c.about(a, l.file.Node.Path, "line %d: %s key of %d bits, %s", l.Number, l.Key.Type, l.Key.Bits, l.Key.Fingerprint())
			fd.Line = l.Number
			fd.Observed, fd.Expected = fmt.Sprintf("%s, %d bits", l.Key.Type, l.Key.Bits), "ssh-ed25519, or RSA of 3072 bits"
			fd.Fix = "ask the owner for a new key (ssh-keygen -t ed25519)"
			found = append(found, fd)
		}
		return found
	},
}

var keyDuplicate = &Check{
	Doc: audit.Doc{
		ID: "key-duplicate", Title: "Key that stands twice for one account",
		Why: "Whoever removes one of the lines believes that the key is gone. Where the options differ, the first line that lets the " +
			"key in decides.",
		Repair:   "Remove all lines of the key but one.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if len(s.good) < 2 {
			return nil
		}
		var found []audit.Finding
		// Files that different sshds read are no repetition of each other.
		type held struct {
			server *facts.Server
			key    uint64
		}
		first := make(map[held]judgedLine, len(s.good))
		for _, l := range s.good {
			hash := held{l.via.Server, facts.KeyHash(l.Key)}
			earlier, again := first[hash]
			if !again {
				first[hash] = l
				continue
			}
			fd := c.about(a, l.file.Node.Path, "line %d holds the same key as line %d of %s: %s",
				l.Number, earlier.Number, earlier.file.Node.Path, l.Key.Fingerprint())
			fd.Line, fd.Fix = l.Number, "remove all lines of the key but one"
			found = append(found, fd)
		}
		return found
	},
}

// maxSharedKeys bounds the shared keys that are told one by one.
const maxSharedKeys = 100

var keyShared = &Check{
	Doc: audit.Doc{
		ID: "key-shared-between-users", Title: "Key that several accounts hold",
		Why: "Whoever has the private half can enter all of these accounts. That is meant for a provider's own key; between customers " +
			"it ties accounts together that should not know of each other.",
		Repair:   "sshaudit keys --fingerprint shows who holds it; remove it where it is not meant.",
		Severity: audit.Notice, Effect: audit.Exposes, Layer: audit.LayerKey,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		shared := h.Keys.Shared()
		for _, s := range shared[:min(len(shared), maxSharedKeys)] {
			first := h.Accounts.At(int(s.Accounts[0]))
			list := names(accountsAt(h, s.Accounts[1:]))
			fd := c.finding("", "%s is also a key of %s", s.Label, list)
			fd.User = audit.Untrusted(first.Name)
			fd.Observed, fd.Expected = fmt.Sprintf("%d accounts", len(s.Accounts)), "1 account"
			fd.Fix = "sshaudit keys --fingerprint " + s.Label
			found = append(found, fd)
		}
		if more := len(shared) - maxSharedKeys; more > 0 {
			found = append(found, c.finding("", "%d more keys are held by several accounts: sshaudit keys lists them", more))
		}
		return found
	},
}

var keyAlgorithm = &Check{
	Doc: audit.Doc{
		ID: "key-alg-not-accepted", Title: "Key of a type that sshd does not accept",
		Why: "PubkeyAcceptedAlgorithms names no algorithm that a key of this type can sign with, so the key is refused although it is " +
			"listed.",
		Repair:   "Ask the owner for a key of an accepted type (ssh-keygen -t ed25519), or extend PubkeyAcceptedAlgorithms.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
		References: []string{"sshd_config(5) PubkeyAcceptedAlgorithms"},
	},
	Account: refusedKeys,
}

var keyRSASize = &Check{
	Doc: audit.Doc{
		ID: "key-rsa-too-small", Title: "RSA key shorter than sshd wants",
		Why:      "RequiredRSASize is larger than the key, so the key is refused although it is listed.",
		Repair:   "Ask the owner for a new key (ssh-keygen -t ed25519), or lower RequiredRSASize.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
		References: []string{"sshd_config(5) RequiredRSASize"},
	},
	Account: refusedKeys,
}

// refusedKeys reports the keys that sshd reads from a line and refuses for the
// cause of the check.
func refusedKeys(c *Check, s *subject) []audit.Finding {
	var found []audit.Finding
	for _, l := range s.good {
		if l.Options != nil && l.Options.CertAuthority {
			continue // a CA's key is offered by nobody
		}
		if cause, why := decide.KeyAccepted(l.via, l.Key); cause == c.ID {
			fd := c.about(s.Account, l.file.Node.Path, "line %d: %s (%s)", l.Number, why, l.Key.Fingerprint())
			fd.Line, fd.Observed, fd.Fix = l.Number, fmt.Sprintf("%s, %d bits", l.Key.Type, l.Key.Bits), c.Repair
			found = append(found, fd)
		}
	}
	return found
}

var keyUnrestrictedRoot = &Check{
	Doc: audit.Doc{
		ID: "key-unrestricted-root", Title: "Root's key that works from everywhere",
		Why: "A key that lets in as root without from= or command= is worth stealing: it works from every address and for every " +
			"command.",
		Repair:   "Add from=\"NETWORK\" or command=\"…\" to the line, or log in as a person and use sudo.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if a.UID != 0 {
			return nil
		}
		var found []audit.Finding
		for _, l := range s.good {
			if l.Options != nil && (l.Options.From != nil || l.Options.Command != nil) {
				continue
			}
			fd := c.about(a, l.file.Node.Path, "line %d: %s has neither from= nor command=", l.Number, l.Key.Fingerprint())
			fd.Line, fd.Fix = l.Number, "add from= or command= to the line"
			found = append(found, fd)
		}
		return found
	},
}

var keysWrongLocation = &Check{
	Doc: audit.Doc{
		ID: "authorized-keys-wrong-location", Title: "Public keys in a file that sshd does not read",
		Why: "Keys lie in ~/.ssh under a name that sshd does not look at: a misspelt one, authorized_keys2 where it is switched off, or " +
			"authorized_keys where AuthorizedKeysFile names another place. They let nobody in, or are a leftover that comes to life " +
			"when the setting changes.",
		Repair:   "Move the keys into the file that sshd reads (sshaudit config shows AuthorizedKeysFile), or remove the leftover.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		if len(a.Via) == 0 || a.Via[0].Settings == nil {
			return nil
		}
		var found []audit.Finding
		for i := range a.SSHDir.Entries {
			e := &a.SSHDir.Entries[i]
			if e.Type != facts.Regular || isKeyFile(a, e.Path) || !holdsKeys(e) {
				continue
			}
			f := c.about(a, e.Path, "sshd does not read this file; it reads %s", keyFileNames(a))
			f.Fix = "move the keys into the file that sshd reads, or remove this one"
			if len(s.good) > 0 {
				f.Severity, f.Effect = audit.Notice, audit.Hardening
				f.Message = fmt.Sprintf("a leftover: sshd does not read this file, it reads %s", keyFileNames(a))
			}
			found = append(found, f)
		}
		return found
	},
}

// holdsKeys tells whether an entry is a list of keys that somebody may take for the key file.
func holdsKeys(e *facts.Entry) bool {
	if strings.Contains(string(e.Name), keyfiles.BackupMark) {
		return false // kept by a repair, so that it can be undone
	}
	kind := keyfiles.KindOf(string(e.Name))
	return e.Content == facts.ContentPublicKeys && kind != keyfiles.PrivateKey && !isPublicHalf(string(e.Name)) ||
		kind == keyfiles.AuthorizedKeys && e.Size > 0
}

func isKeyFile(a *facts.Account, path audit.Untrusted) bool {
	return slices.ContainsFunc(a.Via, func(v facts.Via) bool {
		return slices.ContainsFunc(v.KeyFiles, func(f *facts.KeyFile) bool {
			return f.Path == path || f.Node.Path == path
		})
	})
}
