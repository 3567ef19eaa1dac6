// Package keyfiles knows the files of a home that sshd and ssh read: what kind
// of file a name is, and which permission bits that kind may have. The checks
// that report a loose mode and the repair that tightens it use this one table,
// so that a finding and its repair can never disagree.
//
// Everything here is pure: names, modes and content go in, words and modes
// come out.
package keyfiles

import "strings"

// Kind says what a file of a home is to sshd or ssh.
type Kind uint8

// The kinds. The zero value is Other: a file that neither program reads.
const (
	// Other is a file in ~/.ssh that neither sshd nor ssh reads by itself, for
	// example a script named by command=. Only writing by others matters.
	Other Kind = iota
	// Home is the home directory.
	Home
	// SSHDir is ~/.ssh.
	SSHDir
	// AuthorizedKeys is authorized_keys, authorized_keys2 and any file that
	// AuthorizedKeysFile names: sshd reads it as the account.
	AuthorizedKeys
	// PrivateKey is a private key; ssh refuses one that others can read
	// (authfile.c, sshkey_perm_ok).
	PrivateKey
	// PublicKey is the public half, a certificate or an old list of keys.
	PublicKey
	// KnownHosts is known_hosts, known_hosts2 and the copies ssh-keygen leaves.
	KnownHosts
	// Config is the client's configuration; ssh ends when others can write it
	// (readconf.c, read_config_file_depth).
	Config
	// RC is ~/.ssh/rc, run by sshd after login (session.c, do_rc_files).
	RC
	// Environment is ~/.ssh/environment (session.c, read_environment_file).
	Environment
	// Rhosts is ~/.shosts or ~/.rhosts, read for host-based logins
	// (auth-rhosts.c, auth_rhosts2).
	Rhosts
)

var kindNames = [...]string{
	Other: "other", Home: "home", SSHDir: "ssh-dir", AuthorizedKeys: "authorized-keys",
	PrivateKey: "private-key", PublicKey: "public-key", KnownHosts: "known-hosts",
	Config: "config", RC: "rc", Environment: "environment", Rhosts: "rhosts",
}

// String returns the kind's name in reports and records.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return kindNames[Other]
	}
	return kindNames[k]
}

// Directory reports whether the kind is a directory; every other kind is a
// regular file.
func (k Kind) Directory() bool { return k == Home || k == SSHDir }

// BackupMark stands in the name of the old file that `sshaudit fix --keys`
// keeps: NAME.sshaudit-RANDOM.
const BackupMark = ".sshaudit-"

// KindOf tells the kind of an entry of ~/.ssh by its name alone. A private key
// may have any name: LooksPrivate tells it by content.
func KindOf(name string) Kind {
	switch name {
	case "authorized_keys", "authorized_keys2":
		return AuthorizedKeys
	case "config":
		return Config
	case "rc":
		return RC
	case "environment":
		return Environment
	case "identity":
		return PrivateKey
	}
	lower := strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "known_hosts"):
		return KnownHosts
	case strings.HasSuffix(lower, ".pub"):
		return PublicKey
	case strings.HasPrefix(name, "authorized_keys"):
		// A copy such as authorized_keys.bak: sshd does not read it, and what
		// it holds is public.
		return PublicKey
	case strings.HasPrefix(lower, "id_"), strings.HasSuffix(lower, ".pem"),
		strings.HasSuffix(lower, ".key"), strings.HasSuffix(lower, ".ppk"):
		return PrivateKey
	}
	return Other
}
