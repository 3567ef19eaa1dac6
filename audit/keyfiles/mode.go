package keyfiles

const (
	othersWrite = 0o022
	permission  = 0o777
	special     = 0o7000
)

// MaxMode returns the permission bits that a file of this kind may have at
// most. A home is bounded in writing only: who may read or enter it is the
// host's own affair.
func (k Kind) MaxMode() uint32 {
	switch k {
	case AuthorizedKeys, PrivateKey:
		return 0o600
	case SSHDir:
		return 0o700
	case PublicKey, KnownHosts, Config, Environment, Rhosts:
		return 0o644
	default:
		// Home, and files that may have to stay executable.
		return permission &^ othersWrite
	}
}

// needed returns the owner's bits without which sshd, acting as the account,
// cannot reach or read the object (auth2-pubkeyfile.c, auth_openfile).
func (k Kind) needed() uint32 {
	switch k {
	case Home:
		return 0o100
	case SSHDir:
		return 0o500
	case AuthorizedKeys:
		return 0o400
	default:
		return 0
	}
}

// Target returns the mode (07777 bits) that an object of kind k with this mode
// should have. It only takes bits away, except for the owner's own bits that
// sshd needs. Set-id and sticky bits of directories stay, those of files go.
// Target is idempotent, and equal to mode when nothing is wrong.
func Target(k Kind, mode uint32) uint32 {
	keep := k.MaxMode()
	if k.Directory() {
		keep |= special
	}
	return mode&keep | k.needed()
}

// OthersWrite reports whether group or others may write: the bits that
// StrictModes minds (misc.c, safe_path).
func OthersWrite(mode uint32) bool { return mode&othersWrite != 0 }
