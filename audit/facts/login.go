package facts

import (
	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/pam"
)

// KeyList is a file of keys that sshd reads as root: one of RevokedKeys, or
// TrustedUserCAKeys.
type KeyList struct {
	SystemFile
	// List is the content; nil if Problem or Unread says why there is none.
	List   *authkeys.List
	Unread string
}

// Principals is the file of AuthorizedPrincipalsFile for an account.
type Principals struct {
	// KeyFile is how sshd gets at it: opened as the account, judged by StrictModes.
	KeyFile
	// List is its content; nil if there is none.
	List *authkeys.Principals
}

// Session is what was read for what comes after a login was let in. Nobody
// collects it for an audit of all accounts.
type Session struct {
	// Chroot is the directory of ChrootDirectory; nil if none is set.
	Chroot *Chroot
	// NoLogin is /etc/nologin as the session sees it, and so are the programs:
	// inside the chroot if there is one.
	NoLogin SystemFile
	// Programs are the programs that could run, by the word that names them: a
	// path in the session, or a name that the shell looks for in the usual
	// directories.
	Programs map[string]SystemFile
	// Heads tell what those of the programs are that were read, by the same words.
	Heads map[string]Head
	// RC is the text of /etc/ssh/sshrc, UserRC tells that ~/.ssh/rc exists.
	RC     Text
	UserRC bool
	// PAM is the stack that UsePAM asks; nil without.
	PAM *pam.Stack
	// Startup are the files that the login shell reads in every session, with
	// their content.
	Startup []Text
}

// Head is what the first bytes of a program tell the kernel (execve(2)).
type Head struct {
	// Format is what kind of program it is.
	Format Format
	// Interpreter is the program that the first line of a script names.
	Interpreter SystemFile
	// Target is where the name leads, if it is a symbolic link.
	Target audit.Untrusted
}

// Format is how the kernel starts a file.
type Format uint8

// Formats.
const (
	// FormatUnknown: nobody looked, or it is a kind that is not known here.
	FormatUnknown Format = iota
	// FormatELF: a binary.
	FormatELF
	// FormatScript: it begins with #! and the interpreter.
	FormatScript
	// FormatText: neither, so that execve(2) fails; only a shell takes it for a script.
	FormatText
)

// Chroot is an expanded ChrootDirectory.
type Chroot struct {
	// Path is the expanded path; BadToken the percent token that sshd does not
	// know and dies of, 0 if there is none.
	Path     audit.Untrusted
	BadToken byte
	// Elements are the directories from "/" down to the last one, each with its
	// links followed, as sshd looks at them; the walk ends at the first that has
	// a Problem or is no directory.
	Elements []SystemFile
}

// Text is a small text file.
type Text struct {
	Path audit.Untrusted
	// Content is what it holds; empty with a Problem.
	Content string
	Problem *Problem
}

// Elsewhere is a place where a wanted key was found that is none of the files
// in which sshd looks for the account.
type Elsewhere struct {
	// User is the account whose file it is.
	User audit.Untrusted
	Path audit.Untrusted
	Line int
}
