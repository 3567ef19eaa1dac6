package checks

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// lineCheck builds the check of one cause that keeps a line from letting anybody in.
func lineCheck(id, title, why, repairText string) *Check {
	return &Check{
		Doc: audit.Doc{
			ID: id, Title: title, Why: why, Repair: repairText,
			Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerKey,
			References: []string{"sshd(8) AUTHORIZED_KEYS FILE FORMAT"},
		},
		Account: func(c *Check, s *subject) []audit.Finding {
			a := s.Account
			var found []audit.Finding
			for _, l := range s.bad {
				if l.Cause != c.ID {
					continue
				}
				fd := c.about(a, l.file.Node.Path, "%s", lineMessage(l.Line))
				fd.Line, fd.Fix = l.Number, lineFix(c, a)
				if l.Cause == authkeys.CauseTypeWord && l.Key == nil {
					// No key can be made out: a stray line, by which nobody was to get in.
					fd.Severity, fd.Effect = audit.Warning, audit.Hardening
					fd.Message = fmt.Sprintf("line %d: sshd passes over it: neither a key nor a comment", l.Number)
					fd.Fix = "remove the line, or paste the whole line of the .pub file again"
				}
				found = append(found, fd)
			}
			return found
		},
	}
}

// lineMessage words what is wrong with a line, without any of its content.
func lineMessage(l *authkeys.Line) string {
	where := fmt.Sprintf("line %d", l.Number)
	if l.Last > l.Number {
		where = fmt.Sprintf("lines %d to %d", l.Number, l.Last)
	}
	if l.Column > 0 {
		where += fmt.Sprintf(", column %d", l.Column)
	}
	s := where + ": sshd takes no key from it"
	if l.Detail != "" {
		s += ": " + l.Detail
	}
	if l.Key != nil {
		s += "; the key meant is " + string(l.Key.Fingerprint())
	}
	return s
}

// lineFix is the command or instruction that repairs a line.
func lineFix(c *Check, a *facts.Account) string {
	if c.Automatic {
		return "sshaudit fix --keys --user " + userArgument(a)
	}
	return c.Repair
}

// automatic marks a check whose findings `sshaudit fix --keys` repairs.
func automatic(c *Check) *Check {
	c.Automatic = true
	return c
}

const silent = " sshd passes over the line without a word in its log, and the client says that the server refused the key."

// keyLines are the checks of single lines, one for each reason for which sshd
// takes no key from one (openssh-decision-path, file content).
var keyLines = []*Check{
	automatic(lineCheck("ak-bom", "Byte-order mark before the first key",
		"An editor put a byte-order mark (three invisible bytes) at the start of the file, so the first line does not begin with a "+
			"key type."+silent,
		"Save the file without BOM, or let sshaudit fix --keys --user NAME take it away.")),
	automatic(lineCheck("ak-utf16", "Key file in UTF-16",
		"The file was saved as UTF-16 (\"Unicode\" in Windows editors), of which sshd understands nothing."+silent,
		"Save it as UTF-8 or ASCII, or let sshaudit fix --keys --user NAME convert it.")),
	lineCheck("ak-nul", "Zero byte at the start of a line",
		"The line begins with a zero byte and so is empty for sshd."+silent,
		"Remove the zero bytes; paste the key again."),
	automatic(lineCheck("ak-wrapped", "Key broken over several lines",
		"A key must stand on one line. A terminal or mail program broke it."+silent,
		"Join the lines, or let sshaudit fix --keys --user NAME do it.")),
	automatic(lineCheck("ak-rfc4716", "Public key in the SSH2 format (RFC 4716)",
		"The key was saved by PuTTYgen's \"Save public key\" or by another program as a block with BEGIN SSH2 PUBLIC KEY. sshd wants "+
			"one line."+silent,
		"ssh-keygen -i -f FILE converts it, and so does sshaudit fix --keys --user NAME.")),
	automatic(lineCheck("ak-ppk", "PuTTY key file pasted",
		"A PuTTY key file (.ppk) is in the key file. It also holds the private half, which must not lie here."+silent,
		"sshaudit fix --keys --user NAME turns its public half into a line. Replace the key pair if others can have read the file.")),
	lineCheck("ak-private-key", "Private key pasted into the key file",
		"The private half of a key pair is in the key file, where it has no use and can be stolen."+silent,
		"Remove it, put the line of the .pub file there instead, and replace the key pair."),
	lineCheck("ak-certificate", "Certificate pasted as a key",
		"A certificate (-cert.pub) in a key file lets nobody in: sshd wants the plain key, or the CA's key after cert-authority."+silent,
		"Put the line of the plain .pub file there."),
	lineCheck("ak-no-type", "Key without its type",
		"The line holds only the long text of a key; the type before it (ssh-ed25519 …) is missing."+silent,
		"Paste the whole line of the .pub file."),
	lineCheck("ak-type-word", "Key with a wrong type word",
		"The word before the key names another type than the key has, is misspelt, or is a type that this sshd does not know."+silent,
		"Paste the whole line of the .pub file again."),
	lineCheck("ak-blob-corrupt", "Key damaged in copying",
		"Characters of the key are missing, added or changed, so it cannot be decoded."+silent,
		"Paste the whole line of the .pub file again."),
	lineCheck("ak-unknown-option", "Option that sshd does not know",
		"sshd refuses the whole line for one option that it does not know: a misspelt one, or one of a newer release."+silent,
		"Correct or remove the option; sshd(8) lists those that this release knows."),
	lineCheck("ak-option-space", "Blank inside the options",
		"The list of options ends at the first blank outside double quotes, so what follows is not read as a key."+silent,
		"Remove the blank after the comma, or put the value in double quotes."),
	lineCheck("ak-option-syntax", "Option with a wrong value",
		"An option's value is not quoted, stands twice, or is not of its form, and sshd refuses the line."+silent,
		"Correct the option as sshd(8) describes it."),
	lineCheck("ak-option-quote", "Quote that is not closed",
		"A double quote in the options is never closed, so the rest of the line belongs to the option.",
		"Close the quote."),
	lineCheck("ak-from", "from= that no address can match",
		"The list of addresses cannot be read (bits set beyond the network's length, an empty element, a wrong mask), so sshd refuses "+
			"the key from everywhere.",
		"Correct the list in from=."),
	lineCheck("ak-expired", "Key that has expired",
		"The key's expiry-time has passed. A date without a time ends at the first second of that day, in the server's time zone. The "+
			"log says only: Refused by key options.",
		"Set a later expiry-time, or remove the line."),
	lineCheck("ak-ca-flag", "Plain key marked cert-authority",
		"cert-authority makes the line the key of a certificate authority: it lets in whom that key signed, not the key itself.",
		"Remove cert-authority if the key is meant to log in."),
	lineCheck("ak-principals-no-ca", "principals= without cert-authority",
		"principals= has a meaning for certificate authorities only; sshd refuses a plain key with it.",
		"Remove principals=, or add cert-authority if the key is a CA's."),
	lineCheck("ak-rsa-tiny", "RSA key shorter than 1024 bits",
		"sshd does not take RSA keys under 1024 bits."+silent,
		"Make a new key: ssh-keygen -t ed25519."),
}
