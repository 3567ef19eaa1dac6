package decide

import (
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshwire"
)

// Offer works out what a server offers its clients, from its settings and its
// host keys (sshd.c list_hostkey_types; servconf.c). It is nil where that cannot
// be told, and then missing says what would tell.
func Offer(s *facts.Server) (offer *sshwire.Offer, missing string) {
	if s.Settings == nil {
		return nil, "sshd's configuration was not evaluated"
	}
	hostKeys, missing := hostKeyTypes(s)
	if missing != "" {
		return nil, missing
	}
	compression := "none,zlib@openssh.com"
	if text, _ := s.Settings.Text("compression"); text == "no" {
		compression = "none"
	}
	return sshwire.Both(list(s, "kexalgorithms"), hostKeys, list(s, "ciphers"), list(s, "macs"), compression), ""
}

// list returns a list of algorithms as sshd holds it, modifiers applied.
func list(s *facts.Server, keyword string) string {
	set, _ := s.Settings.Get(keyword)
	return set.Value
}

// hostKeyTypes lists the signature algorithms for which the server has a key.
func hostKeyTypes(s *facts.Server) (types, missing string) {
	if agent, ok := s.Settings.Text("hostkeyagent"); ok && agent != "none" {
		return "", "an agent holds the host keys (HostKeyAgent)"
	}
	allowed := strings.Split(list(s, "hostkeyalgorithms"), ",")
	var names []string
	loaded := false
	for i := range s.HostKeys {
		k := &s.HostKeys[i]
		switch {
		case HostKey(k) != "" || tooShort(s, k):
			continue
		case k.Public == nil:
			return "", "the host key " + k.Path.String() + " was not read; run sshaudit as root"
		}
		loaded = true
		for _, name := range offered(k.Public.Type) {
			if slices.Contains(allowed, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if !loaded {
		return "", "there is no host key that sshd could use"
	}
	return strings.Join(names, ","), ""
}

// tooShort tells that sshd passes over an RSA key below RequiredRSASize (from 9.1 on).
func tooShort(s *facts.Server, k *facts.HostKey) bool {
	return k.Public != nil && k.Public.Type == "ssh-rsa" && s.Version.AtLeast(9, 1) && k.Public.Bits < s.Settings.Int("requiredrsasize")
}

// offered are the algorithms that sshd offers for a host key (sshd.c list_hostkey_types).
func offered(keyType string) []string {
	if keyType == "ssh-rsa" {
		return []string{"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"}
	}
	return []string{keyType}
}

// mismatchIDs are the causes of the decision path for what a client and a server
// do not agree on.
var mismatchIDs = map[sshwire.Kind]string{
	sshwire.Kex: "kex-no-match", sshwire.HostKey: "hostkey-no-match", sshwire.Cipher: "cipher-no-match",
	sshwire.MAC: "mac-no-match", sshwire.Compression: "compression-no-match",
}

// mismatchKeywords are the settings that hold the server's side.
var mismatchKeywords = map[sshwire.Kind]string{
	sshwire.Kex: "KexAlgorithms", sshwire.HostKey: "HostKeyAlgorithms", sshwire.Cipher: "Ciphers",
	sshwire.MAC: "MACs", sshwire.Compression: "Compression",
}

// MismatchKeyword returns the setting that holds the server's side of what two
// peers do not agree on.
func MismatchKeyword(kind sshwire.Kind) string { return mismatchKeywords[kind] }

// mismatch words what a client and a server do not agree on as a cause.
func mismatch(s *facts.Server, client string, m *sshwire.Mismatch) audit.Cause {
	c := audit.Cause{
		ID: mismatchIDs[m.Kind], Layer: audit.LayerTransport,
		Message: client + " and this sshd have no " + string(m.Kind) + " in common",
		Fix:     "a newer client, or one of its names more in " + mismatchKeywords[m.Kind],
	}
	c.Observed, c.Expected = names(m.Server), "one of "+names(m.Client)
	if s.Settings != nil {
		file, line := s.Settings.Origin(strings.ToLower(mismatchKeywords[m.Kind]))
		c.Path, c.Line = audit.Untrusted(file), line
	}
	if m.Kind == sshwire.HostKey {
		c.Fix = "a newer client, or a host key of another type (ssh-keygen -A, HostKeyAlgorithms)"
	}
	return c
}

// names writes a list for a person.
func names(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return audit.Untrusted(strings.Join(list, ",")).String()
}
