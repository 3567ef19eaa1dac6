package sshdconf

import "sshaudit/audit"

// rel is a release as major*100+minor, so that 9.2 is 902.
type rel int

// newest is the last release whose rules are known; later ones are read by it.
const newest rel = 1005

// Build tells what the sshd binary was compiled with: it decides which keywords
// work and which lines sshd -T prints.
type Build struct {
	// PAM: UsePAM is honoured and printed.
	PAM bool
	// Kerberos: KerberosAuthentication and its companions.
	Kerberos bool
	// GSSAPI: GSSAPIAuthentication and its companions.
	GSSAPI bool
	// KeyExchange: the GSSAPI key exchange patch of Debian, Ubuntu and Fedora.
	KeyExchange bool
	// Debian: the keywords of Debian's own patches, such as DebianBanner.
	Debian bool
}

// DefaultBuild is what a release is usually compiled with: everything but
// Debian's own patches, which its vendor string tells.
func DefaultBuild(v audit.OpenSSH) Build {
	return Build{PAM: true, Kerberos: true, GSSAPI: true, KeyExchange: v.Debian(), Debian: v.Debian()}
}

// feature is a part of Build that a keyword needs.
type feature uint8

const (
	anyBuild feature = iota
	needsPAM
	needsKerberos
	needsGSSAPI
	needsKeyExchange
	needsDebian
)

func (b Build) has(f feature) bool {
	switch f {
	case needsPAM:
		return b.PAM
	case needsKerberos:
		return b.Kerberos
	case needsGSSAPI:
		return b.GSSAPI
	case needsKeyExchange:
		return b.KeyExchange
	case needsDebian:
		return b.Debian
	case anyBuild:
	}
	return true
}

// relOf orders a release; an unknown one, or one from the future, is the newest.
func relOf(v audit.OpenSSH) rel {
	if !v.Known() {
		return newest
	}
	return min(rel(v.Major*100+min(v.Minor, 99)), newest)
}
