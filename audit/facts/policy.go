package facts

import (
	"strings"

	"sshaudit/audit/sshdconf"
)

// Policy is what the settings of one connection say about keys, taken out once
// for all the accounts that share these settings.
type Policy struct {
	// StrictModes and PubkeyAuthentication are the settings of these names.
	StrictModes, PubkeyAuthentication bool
	// KeyFiles are the entries of AuthorizedKeysFile, none left out.
	KeyFiles []string
	// Accepted are the names of PubkeyAcceptedAlgorithms.
	Accepted []string
	// RequiredRSASize is in bits; 0 before 9.1, which has no such setting.
	RequiredRSASize int
	// Revoked tells that RevokedKeys names a file.
	Revoked bool
	// UseDNS tells that from= may hold host names.
	UseDNS bool
	// RevokedFiles are the files of RevokedKeys, Authorities that of
	// TrustedUserCAKeys; nil if none is set, or nobody looked.
	RevokedFiles []*KeyList
	Authorities  *KeyList
	// Command is the program of AuthorizedKeysCommand; nil if none is set.
	Command *Program
}

// NewPolicy takes the policy out of settings.
func NewPolicy(s *sshdconf.Settings) *Policy {
	p := &Policy{
		StrictModes: s.Bool("strictmodes"), PubkeyAuthentication: s.Bool("pubkeyauthentication"),
		KeyFiles: s.Strings("authorizedkeysfile"), RequiredRSASize: s.Int("requiredrsasize"), UseDNS: s.Bool("usedns"),
	}
	if accepted, ok := s.Get("pubkeyacceptedalgorithms"); ok {
		p.Accepted = strings.Split(accepted.Value, ",")
	}
	// In a Match block "none" is the name of a file: nothing clears it there.
	_, p.Revoked = s.Text("revokedkeys")
	return p
}
