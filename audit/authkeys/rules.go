package authkeys

import (
	"net/netip"
	"time"

	"sshaudit/audit"
)

// MaxLines is the number of physical lines that Parse reads of one file.
// sshd has no such bound; a file beyond it is marked as not read to its end.
const MaxLines = 200_000

// Rules say what cannot be known from the text.
type Rules struct {
	// Version is the release of the sshd in question; one that is not known is
	// taken for the newest.
	Version audit.OpenSSH
	// Now is the moment that expiry-time is compared with; the zero value makes
	// every expiry-time uncertain.
	Now time.Time
	// Zone is the time zone of the sshd process; nil if it is not known.
	Zone *time.Location
	// UseDNS is sshd's setting of that name: from= may then match host names.
	UseDNS bool
	// Service reports whether the host's services database has a TCP service of
	// that name, as permitopen="host:http" wants it. Without it such an option
	// makes the line uncertain.
	Service func(name string) bool

	// anyType lets every key type be known, for texts of no particular server.
	anyType bool
}

// Source is who logs in, and from where.
type Source struct {
	// User is the account; only certificates need it.
	User string
	// Addr is the client's address; the zero value if it is not known.
	Addr netip.Addr
	// Host is the client's verified host name, where UseDNS is on and the name
	// is known; the address's text if it is known that there is none.
	Host string
}

// atLeast reports whether the release is major.minor or later; one that is not
// known counts as the newest.
func (r *Rules) atLeast(major, minor int) bool {
	return !r.Version.Known() || r.Version.AtLeast(major, minor)
}
