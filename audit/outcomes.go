package audit

// KeyEntry is one authorised key in the inventory.
type KeyEntry struct {
	User Untrusted
	// File is the authorized_keys file's path; Line counts from 1.
	File Untrusted
	Line int
	// Type is the key's type word, such as "ssh-ed25519"; Bits its size.
	Type string
	Bits int
	// Fingerprint is "SHA256:…" as ssh-keygen -l prints it.
	Fingerprint string
	Comment     Untrusted
	// Options are the options as written, one an element.
	Options []Untrusted
	// Accepted tells whether sshd would take this line for this account, from=
	// left aside. Unknown is shown as not accepted with the cause saying why.
	Accepted Verdict
	// Cause is the id of what refuses the key; empty when it is accepted.
	Cause string
	// Also lists the other accounts that hold the same key.
	Also []Untrusted
}

// Setting is one line of sshd's effective configuration.
type Setting struct {
	// Keyword is in sshd -T's spelling; Value as sshd -T prints it.
	Keyword string
	Value   Untrusted
	// File and Line say where the value was set; a default has no file.
	File Untrusted
	Line int
}

// ConfigReport is sshd's effective configuration for one connection.
type ConfigReport struct {
	Version  string
	Files    []Untrusted
	Settings []Setting
}

// Change is one repair that was made, planned or attempted.
type Change struct {
	User, Path Untrusted
	// What is "mode", "group", "owner" or "content".
	What string
	// From and To are the values before and after ("0666", "0600").
	From, To string
	// Result is "done", "planned" (dry run), "undone" or "failed".
	Result string
	// Note says what else the change means, such as who loses access by an
	// ACL mask, or where the old file is kept; already escaped.
	Note string
}

// Refusal is one repair that was not made, and why.
type Refusal struct {
	User, Path Untrusted
	// Reason is one of the refusal words of the manual ("hard-link", "symlink", …).
	Reason string
	// Message is a sentence with what to do; already escaped.
	Message string
}

// FixReport is the outcome of a fix or an undo.
type FixReport struct {
	// ID names the record that undo takes; empty for a dry run that changed nothing.
	ID      string
	DryRun  bool
	Changes []Change
	Refused []Refusal
}
