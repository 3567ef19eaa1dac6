// Package settings reads sshaudit.yaml, the one configuration file of sshaudit.
//
// The file is strict: a key that is not known, a key written twice and a value
// of the wrong form are errors that name file, line, key and remedy. Every key
// is optional, an empty file is valid, and a key without a value keeps its
// default. The package is pure: it is handed a reader and touches no file.
package settings

import (
	"fmt"
	"slices"
	"time"

	"sshaudit/audit"
)

// DefaultFile is where sshaudit looks for its configuration when no other file is named.
const DefaultFile = "/etc/sshaudit/sshaudit.yaml"

// DefaultPort is the TCP port that the daemon listens on.
const DefaultPort = 10069

// Settings are the choices of the administrator of one host.
type Settings struct {
	Accounts    Accounts
	Checks      Checks
	Accept      []Accepted
	SSHD        SSHD
	Filesystems Filesystems
	// Vantages are the addresses from which the packet filter is asked whether the
	// services can be reached; empty means a public address of each family that no rule names.
	Vantages []string
	// Closed are the addresses from which nobody is to reach a service: that the
	// packet filter lets them in is a finding.
	Closed []string
	// Names are the public names by which clients connect; they are looked up in DNS
	// and compared with the host's addresses and PublicAddresses, those that a
	// router before the host translates. Resolvers are the name servers to ask, those
	// of resolv.conf if there are none.
	Names, PublicAddresses, Resolvers []string
	// HomeMode is the mode, permission bits only, that the administrator wants
	// home directories to have; nil means no advice on it.
	HomeMode *uint32
	// StateDir is the directory for undo records.
	StateDir string
	Daemon   Daemon
	Web      Web

	// named remembers where the file names checks, for KnownChecks.
	named []namedCheck
}

// Accounts chooses the accounts that are audited. Root always is, by uid 0.
type Accounts struct {
	// Include and Exclude are shell patterns as path.Match takes them. An empty
	// Include includes every name; Exclude wins over Include.
	Include, Exclude []string
	// UIDMin and UIDMax bound the uid, both inclusive. A nil UIDMin means
	// UID_MIN of /etc/login.defs, 1000 without it; a nil UIDMax means no bound.
	UIDMin, UIDMax *uint32
}

// Checks chooses the checks that are run. An empty Only runs them all; Skip wins over Only.
type Checks struct {
	Only, Skip []string
}

// Accepted is a kind of finding that somebody looked at and accepted.
type Accepted struct {
	// Check is the id in the catalogue.
	Check string
	// User and Path narrow it to one account or one file; an empty one matches all.
	User, Path string
	// Reason says why; it is required.
	Reason string
	// Line is where the entry stands in the file, so that one which matches
	// nothing any more can be pointed at.
	Line int
}

// SSHD says which sshd is audited.
type SSHD struct {
	// Config is the main configuration file; empty means that of the running instances.
	Config string
}

// Filesystems says where the auditor may go.
type Filesystems struct {
	// Allow names file system types, as /proc/self/mountinfo spells them, that
	// may be entered in addition to the local ones.
	Allow []string
}

// Daemon is what `sshaudit daemon` does.
type Daemon struct {
	// Interval is the time in which every account is looked at once more, even if
	// nothing told of a change. What cannot be watched is looked at every minute.
	Interval time.Duration
	// Listen holds "address:port", the address as digits ("127.0.0.1:10069",
	// "[::1]:10069") or left out for all addresses (":10069").
	Listen []string
	// WebConfig is the path of the web configuration file that Prometheus
	// exporters share; empty means plain HTTP without authentication.
	WebConfig string
}

// Web is who may see what.
type Web struct {
	// Users are the local accounts, besides root and the daemon's own, that may
	// see account names over loopback.
	Users []string
}

// Default returns the settings of an empty file.
func Default() Settings {
	return Settings{
		StateDir: "/var/lib/sshaudit",
		Daemon: Daemon{
			Interval: 30 * time.Minute,
			Listen:   []string{fmt.Sprintf("127.0.0.1:%d", DefaultPort)},
		},
	}
}

// Covers reports whether the entry accepts a finding: same check, and the same
// account and file where the entry names one.
func (a Accepted) Covers(f audit.Finding) bool {
	return a.Check == f.Check &&
		(a.User == "" || a.User == string(f.User)) &&
		(a.Path == "" || a.Path == string(f.Path))
}

// namedCheck is one place where the file names a check.
type namedCheck struct {
	id, key string
	at      position
}

// KnownChecks returns an error, with file and line, for the first check that
// the file names and known denies: a misspelt id would otherwise skip or accept
// nothing, unnoticed.
func (s Settings) KnownChecks(known func(id string) bool) error {
	i := slices.IndexFunc(s.named, func(n namedCheck) bool { return !known(n.id) })
	if i < 0 {
		return nil
	}
	n := s.named[i]
	return n.at.errorf("%s: there is no check %q; `sshaudit checks` lists them", n.key, n.id)
}
