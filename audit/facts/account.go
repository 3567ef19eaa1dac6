package facts

import (
	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/sshdconf"
)

// Account is what was read of one account.
type Account struct {
	accounts.Account
	// Shadow is the shadow entry; ShadowKnown is false if shadow could not be read.
	Shadow      accounts.Shadow
	ShadowKnown bool
	// GIDs are the groups of the account, the primary one first.
	GIDs []uint32
	// System tells an account of the system: uid below UID_MIN and not 0, or nobody.
	System bool
	// Unswitched says that the files were not read with the account's own rights,
	// and why; empty if they were.
	Unswitched string
	// Login is the login shell's file, links followed, as root sees it; nil if
	// nobody looked.
	Login *SystemFile

	Home Home
	// SSHDir is ~/.ssh.
	SSHDir Dir
	// Trust holds the .rhosts and .shosts files that exist.
	Trust []Node
	// Via holds the account as each sshd of the host sees it, in the order of Host.Servers.
	Via []Via
}

// Home is an account's home directory.
type Home struct {
	// Node is the directory itself, links resolved; its Path is realpath(3) of the home.
	Node
	// Problem tells why it could not be resolved; nil if it was.
	Problem *Problem
	// Filesystem is the one that holds it, where one login is asked about.
	Filesystem *Filesystem
}

// Dir is a listed directory.
type Dir struct {
	Node
	// Problem tells why it could not be opened; nil if it was. Link is set if
	// the name is a symbolic link.
	Problem *Problem
	Link    bool
	// Target is where the link leads.
	Target audit.Untrusted
	// Entries are its entries, links not followed. Truncated tells that there are more.
	Entries   []Entry
	Truncated bool
}

// Entry is one object in ~/.ssh.
type Entry struct {
	Node
	// Name is the last part of its path.
	Name audit.Untrusted
	// Private tells that the content is a private key, Encrypted that a
	// passphrase protects it, PublicKey that it is a public key (a line, RFC 4716 or PPK).
	Private, Encrypted bool
	Content            Content
}

// Content tells what a file in ~/.ssh holds, as far as its first bytes show.
type Content uint8

// Contents of a file.
const (
	// ContentUnread: nobody looked.
	ContentUnread Content = iota
	// ContentOther: nothing that is known here.
	ContentOther
	// ContentPrivateKey: a private key of any form, PuTTY's included.
	ContentPrivateKey
	// ContentPublicKeys: lines of public keys.
	ContentPublicKeys
)

// Via is an account as one sshd of the host sees it.
type Via struct {
	Server *Server
	// Settings are the effective settings for the account from an unnamed
	// address; nil if the configuration is refused or unreadable.
	Settings *sshdconf.Settings
	// Dies is what sshd ends this connection for while it evaluates its settings;
	// nil if it does not.
	Dies *sshdconf.ConfigError
	// Policy is what they say about keys; nil without Settings.
	Policy *Policy
	// KeyFiles are the files of AuthorizedKeysFile in sshd's order.
	KeyFiles []*KeyFile
	// Principals is the account's principals file; nil if nobody looked or none is set.
	Principals *Principals
	// Session is what comes after the login; nil if nobody looked.
	Session *Session
	// Elsewhere are places where the wanted key lies though sshd does not look there.
	Elsewhere []Elsewhere
	// Unsearched is how many other accounts were not searched for it.
	Unsearched int
}

// KeyFile is one file that sshd would open for an account's keys.
type KeyFile struct {
	// Setting is the entry of AuthorizedKeysFile as configured; Path what it expands to.
	Setting string
	Path    audit.Untrusted
	// Release is the sshd by whose grammar the content was read.
	Release audit.OpenSSH
	// BadToken is the unknown percent token that makes sshd give up; 0 if none.
	BadToken byte
	// Problem tells why the file could not be opened as the account; nil if it could.
	Problem *Problem
	// Node is the opened object; its Path is realpath(3) of the file.
	Node
	// Dirs are the directories above it, from its own directory up to "/".
	Dirs []Node
	// Keys is the content; nil if it was not read.
	Keys *authkeys.File
	// Unread says why the content was not read, or not to its end.
	Unread string
}
