package pam

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit/accounts"
)

// Source gives the host's files by absolute path inside the audited root.
type Source struct {
	// Read returns a file's text, an error that is fs.ErrNotExist if it is not
	// there, and any other if it cannot be read.
	Read func(path string) ([]byte, error)
	// Mode returns the mode of what the path leads to, links followed; its errors are Read's.
	// It must be set: modules are looked for with it, and some look at modes.
	Mode func(path string) (fs.FileMode, error)
	// List returns the names in a directory, sorted by byte; its errors are Read's.
	List func(dir string) ([]string, error)
}

// Library is a release of Linux-PAM. The zero value stands for a release that
// is not known: then a verdict is definite only if releases agree.
type Library struct {
	Major, Minor, Patch int
	// Debian tells that it is Debian's or Ubuntu's build, with their @include.
	Debian bool
}

// ParseLibrary reads a package version such as "1.5.2-6+deb12u1" or "1.5.1-22.el9".
func ParseLibrary(version string, debian bool) (Library, error) {
	version = version[strings.IndexByte(version, ':')+1:] // without an epoch
	upstream, _, _ := strings.Cut(version, "-")
	upstream, _, _ = strings.Cut(upstream, "+")
	part := strings.Split(upstream, ".")
	var n [3]int
	for i := range n {
		if i >= len(part) {
			break
		}
		v, err := strconv.Atoi(part[i])
		if err != nil || v < 0 {
			return Library{Debian: debian}, fmt.Errorf("version of Linux-PAM %q: want numbers as in 1.5.2", version)
		}
		n[i] = v
	}
	return Library{n[0], n[1], n[2], debian}, nil
}

// Known tells whether the release is known.
func (l Library) Known() bool { return l.Major > 0 }

// AtLeast tells whether the release is this one or a later one.
func (l Library) AtLeast(major, minor int) bool {
	return l.Major > major || l.Major == major && l.Minor >= minor
}

// candidates are the releases that a verdict has to hold for.
func (l Library) candidates() []Library {
	switch {
	case !l.Known():
		return []Library{{1, 5, 2, l.Debian}, {1, 7, 0, l.Debian}}
	case l.Major == 1 && l.Minor == 6:
		// In the course of 1.6 lines, aging and user types changed.
		return []Library{{1, 5, 2, l.Debian}, {1, 7, 0, l.Debian}}
	default:
		return []Library{l}
	}
}

// Facts is what the modules look at beside their files.
type Facts struct {
	User     string
	UID, GID uint32
	// Groups are the names of all groups of the account, the primary one among
	// them; GIDs are their numbers.
	Groups      []string
	GIDs        []uint32
	Home, Shell string
	// Local tells that the account stands in /etc/passwd itself.
	Local bool
	// Password is the password field of passwd.
	Password accounts.PasswordState
	// Shadow is the shadow entry; nil if it could not be read.
	Shadow *accounts.Shadow
	// Now is the moment of the login, in the host's own time zone: pam_time
	// compares local time, aging counts days of UTC.
	Now time.Time
	// RemoteHost is what sshd gives as PAM_RHOST: the client's address, or its
	// name with UseDNS. Empty means that it is not known.
	RemoteHost string
	// Service is the name of the PAM service, "sshd" mostly.
	Service string
	// TTY is what the application gives as PAM_TTY, "ssh" if empty: sshd's own
	// (auth-pam.c sshpam_init). RemoteUser is its PAM_RUSER, which sshd does not set.
	TTY, RemoteUser string
	// Hostname is the host's own name, for user@host in access.conf; may be empty.
	Hostname string
	// PasswordGiven tells that the login is by password or keyboard-interactive,
	// so that the auth stack has run.
	PasswordGiven bool
	// EmptyPasswords is PermitEmptyPasswords: without it sshd forbids modules to
	// take an empty password.
	EmptyPasswords bool
	// Logins counts the account's sessions in utmp; nil if nobody counted.
	Logins *int
	// ModuleDirs are directories of modules beside the usual ones.
	ModuleDirs []string
}

// tty is PAM_TTY.
func (f *Facts) tty() string {
	if f.TTY == "" {
		return "ssh"
	}
	return f.TTY
}

// parseIP reads an address as inet_pton(3) does: without a zone.
func parseIP(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
