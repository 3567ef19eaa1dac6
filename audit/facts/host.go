package facts

import (
	"time"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/sshdconf"
)

// Host is what was read of the host itself. It is not changed after collection.
type Host struct {
	// Name is the host's name; Root the audited root directory, "/" for the live host.
	Name string
	Root audit.Untrusted
	// Live tells that this is the running host, so that processes count.
	Live bool
	// Privileged tells that files were read with root's rights.
	Privileged bool
	// Now is the moment of the audit, Zone the zone of the host's sshd.
	Now  time.Time
	Zone *time.Location

	Accounts *accounts.DB
	// OtherAccounts tells that there may be accounts that were not seen: a name
	// service other than the files, which could not be asked. It says why.
	OtherAccounts string
	// Services is what runs for clients and what listens; nil if nobody looked.
	Services *Services
	// FTPServers are the FTP servers of the host, running or installed.
	FTPServers []*FTPServer
	// HostsAllow and HostsDeny are the files of TCP wrappers.
	HostsAllow, HostsDeny Text
	// Shells are the lines of /etc/shells.
	Shells []string
	// UIDMin is the lowest uid of people (login.defs).
	UIDMin uint32

	// Servers are the sshds of the host: each running listener, or the one that
	// would start. Never empty unless no configuration exists.
	Servers []*Server
	// PrivsepDir is the privilege separation directory that the sshd was built
	// with; empty if it is not known.
	PrivsepDir string
	// Files are the system files that were looked at, by path.
	Files map[string]SystemFile
	// Homes and Keys tell what accounts have in common, by (device, inode) and by
	// a hash of the key's blob. They are complete when every account was collected.
	Homes Index[[2]uint64]
	Keys  Index[uint64]
	// SELinux tells that an SELinux policy is enforced.
	SELinux bool
	// Reach is what the packet filter does with connections to the sshds; nil if
	// nobody asked.
	Reach []Reach
	// Names is what DNS says of the host's public names; nil if nobody asked.
	Names *Names
	// Probes are what the listeners said; nil if nobody asked them.
	Probes []Probe
	// Filesystems are those that hold homes; nil if nobody looked.
	Filesystems []Filesystem
	// Clock is the running host's; nil if nobody looked.
	Clock *Clock
	// Notable is what the log of the last day says of many; nil if nobody asked it.
	Notable []Notable
	// Problems are the things that could not be looked at.
	Problems []audit.Problem
}

// SystemFile is a file of the system, read with root's rights.
type SystemFile struct {
	Node
	Problem *Problem
}

// Server is one sshd of the host.
type Server struct {
	// Installed tells that the program was found.
	Installed bool
	// Binary is the program; Version its release, zero if unknown.
	Binary  string
	Version audit.OpenSSH
	// VersionFrom says how the release was found.
	VersionFrom string
	// Rules is the StrictModes variant; RulesFrom says how it was found.
	Rules     StrictRules
	RulesFrom string
	// ConfigFile is the main configuration file; Args the listener's arguments.
	ConfigFile string
	Args       []string
	// Port is the port that it listens on, the first if there are several.
	Port int
	// Wrapped tells that the program is linked with TCP wrappers (libwrap).
	Wrapped bool
	// Globs tells that AuthorizedKeysFile holds patterns of glob(3) (10.0 and later).
	Globs bool
	// Named tells that the caller named the configuration, so that whether such
	// an sshd runs was not looked at.
	Named bool
	// Running tells that a listener process was seen; PID is its own.
	Running bool
	PID     int
	// Started is when it last read its configuration; zero if that is not known.
	Started time.Time
	// Config is the configuration; nil if Refused or Unread says why not.
	Config *sshdconf.Config
	// Settings are the effective settings for nobody in particular: the global
	// ones; nil without Config.
	Settings *sshdconf.Settings
	// Refused is why sshd would not start with this configuration.
	Refused *sshdconf.ConfigError
	// Unread says why the configuration could not be evaluated here.
	Unread string
	// Newest is the newest modification of the configuration's files.
	Newest     time.Time
	NewestFile string
	// KeysCommand is the program of AuthorizedKeysCommand; nil if none is set.
	KeysCommand *Program
	// HostKeys are the host key files that the configuration names.
	HostKeys []HostKey
}

// Program is a program that sshd runs and whose path it does not trust blindly.
type Program struct {
	SystemFile
	// Setting is the path as configured.
	Setting string
	// Dirs are the directories above it, from its own directory up to "/".
	Dirs []Node
}

// HostKey is one private host key file.
type HostKey struct {
	SystemFile
	// Configured tells a HostKey line from a built-in default, which may be missing.
	Configured bool
	// Encrypted or Malformed tell that sshd cannot use the content.
	Encrypted, Malformed bool
	// Public is the public key that belongs to it; nil if it was not read.
	Public *authkeys.Key
	// Modified is when the file's content last changed; zero if it could not be told.
	Modified time.Time
}

// StrictRules is the variant of the StrictModes test that a build of sshd applies.
type StrictRules uint8

// Variants.
const (
	// RulesUnknown: it is not known which build decides.
	RulesUnknown StrictRules = iota
	// RulesUpstream: mode & 022 must be clear (misc.c safe_path).
	RulesUpstream
	// RulesDebian: a private group may write (Debian's user-group-modes patch,
	// misc.c secure_permissions).
	RulesDebian
)

// String names the variant for a report.
func (r StrictRules) String() string {
	switch r {
	case RulesUpstream:
		return "upstream (nobody else may write)"
	case RulesDebian:
		return "Debian and Ubuntu (a private group may write)"
	default:
		return "unknown"
	}
}
