// Package sshdtest gives tests the real sshd of three Debian releases, each in
// a private and writable copy of a small installed system. Only tests import it.
//
// A tree is made once by debootstrap below $SSHAUDIT_TEST_CACHE, by default
// /var/cache/sshaudit-test; every [Open] then mounts an overlay over it, so a
// test may break its copy as it likes. It needs root and a Debian-like machine:
// elsewhere the test is skipped with the reason, and with CI set it fails.
package sshdtest

import (
	"os"
	"testing"
)

// Release is a Debian release by its code name.
type Release string

// The releases whose sshd the project is compared with.
const (
	Bullseye Release = "bullseye" // Debian 11, OpenSSH 8.4: before the split options of 8.5 and 8.7
	Bookworm Release = "bookworm" // Debian 12, OpenSSH 9.2: the last common one without sshd-session
	Trixie   Release = "trixie"   // Debian 13, OpenSSH 10.0: sshd-session, sshd-auth, penalties
)

// Releases lists all releases, oldest first.
func Releases() []Release { return []Release{Bullseye, Bookworm, Trixie} }

// NeedRoot ends the test unless it runs as root: skipped, or failed where CI is set.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		unavailable(t, "needs root: accounts, owners and chroot cannot be made without it")
	}
}

// unavailable ends a test whose surroundings are missing. A CI machine must
// have them all: there a skipped test would look like a passed one.
func unavailable(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s (CI is set, so this may not be skipped)", reason)
	}
	t.Skip(reason)
}
