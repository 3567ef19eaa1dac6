package authkeys

import "strings"

// algorithm is what a key is made of, whatever its name.
type algorithm uint8

const (
	algNone algorithm = iota
	algRSA
	algDSA
	algECDSA
	algEd25519
	algECDSASK
	algEd25519SK
	algMLDSA
)

// keyType is one name of a key type (sshkey.c, the tables keytypes and
// keyimpls).
type keyType struct {
	name string
	alg  algorithm
	// bits is the size of the curve; 0 where the key tells.
	bits int
	cert bool
	// plain is the type whose name a key of this type is serialised with.
	plain string
	// since is the first release that has the type, until the first without
	// it; numbers are major*100+minor, 0 is no bound.
	since, until int
	// unsure says why a release within the bounds may lack it all the same.
	unsure func(r *Rules) string
}

// certSuffix ends the name of every certificate type.
const certSuffix = "-cert-v01@openssh.com"

// keyTypes are the types by name.
var keyTypes = makeKeyTypes()

func makeKeyTypes() map[string]*keyType {
	const webauthn = "webauthn-sk-ecdsa-sha2-nistp256"
	types := []keyType{
		{name: "ssh-ed25519", alg: algEd25519, bits: 256},
		{name: "ssh-rsa", alg: algRSA},
		{name: "ssh-dss", alg: algDSA, until: 1000, unsure: dsaBuild},
		{name: "ecdsa-sha2-nistp256", alg: algECDSA, bits: 256},
		{name: "ecdsa-sha2-nistp384", alg: algECDSA, bits: 384},
		{name: "ecdsa-sha2-nistp521", alg: algECDSA, bits: 521},
		{name: "sk-ssh-ed25519@openssh.com", alg: algEd25519SK, bits: 256, since: 802},
		{name: "sk-ecdsa-sha2-nistp256@openssh.com", alg: algECDSASK, bits: 256, since: 802},
		// The experimental name, then the final one.
		{name: "ssh-mldsa44-ed25519@openssh.com", alg: algMLDSA, since: 1004, until: 1006, unsure: mldsaBuild},
		{name: "ssh-mldsa44-ed25519", alg: algMLDSA, since: 1006, unsure: mldsaBuild},
		// Names of signatures that also serve as the name of a key.
		{name: "rsa-sha2-256", alg: algRSA, plain: "ssh-rsa"},
		{name: "rsa-sha2-512", alg: algRSA, plain: "ssh-rsa"},
		{name: webauthn + "@openssh.com", alg: algECDSASK, bits: 256, plain: "sk-ecdsa-sha2-nistp256@openssh.com", since: 804},
	}
	byName := make(map[string]*keyType, 2*len(types))
	for _, t := range types {
		if t.plain == "" {
			t.plain = t.name
		}
		cert := t
		cert.name = certName(t.name)
		cert.cert = true
		if t.alg == algMLDSA {
			cert.until = 0
		}
		if t.name == webauthn+"@openssh.com" {
			cert.since = 1001
		}
		plain := t
		byName[plain.name] = &plain
		if byName[cert.name] == nil {
			byName[cert.name] = &cert
		}
	}
	return byName
}

// certName returns the name of the certificate type of a plain type.
func certName(plain string) string { return strings.TrimSuffix(plain, "@openssh.com") + certSuffix }

// dsaBuild: OpenSSH 9.8 and 9.9 have DSA only if built with it.
func dsaBuild(r *Rules) string {
	if r.Version.AtLeast(9, 8) {
		return "this release has DSA keys only if it was built with them"
	}
	return ""
}

// mldsaBuild: whether a build has ML-DSA is a matter of its configuration.
func mldsaBuild(*Rules) string {
	return "whether this build of sshd has ML-DSA keys is not known"
}

// lookupType returns the type of a name, byte for byte, if the release has it.
// Without one, other is the type of that name in another release, or nil.
func lookupType(name []byte, r *Rules) (t, other *keyType) {
	t = keyTypes[string(name)]
	if t == nil || r.anyType {
		return t, nil
	}
	since, until := t.since/100, t.until/100
	if t.since != 0 && !r.atLeast(since, t.since%100) || t.until != 0 && r.atLeast(until, t.until%100) {
		return nil, t
	}
	return t, nil
}

// shortTypes are the names that a blob (never a line) may carry instead of the
// type's own, in any case, up to some release before 10.0 (sshkey.c
// sshkey_type_from_name). ECDSA has one too, but its curve is then unknown and
// the key refused.
var shortTypes = map[string]string{
	"ED25519": "ssh-ed25519", "RSA": "ssh-rsa", "DSA": "ssh-dss",
	"ED25519-SK": "sk-ssh-ed25519@openssh.com",
}

// innerType returns the type that a blob names.
func innerType(name []byte, r *Rules) (t *keyType, unsure string) {
	if t, _ = lookupType(name, r); t != nil {
		return t, ""
	}
	if len(name) > len("ED25519-SK") || r.anyType || r.atLeast(10, 0) {
		return nil, ""
	}
	long, ok := shortTypes[strings.ToUpper(string(name))]
	if !ok {
		return nil, ""
	}
	if t, _ = lookupType([]byte(long), r); t != nil && r.atLeast(9, 3) {
		unsure = "whether this release takes the short type name inside the key is not known"
	}
	return t, unsure
}
