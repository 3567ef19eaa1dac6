package sshdconf

import "strings"

// algorithm is one name that sshd supports, in the order in which a wildcard
// finds it.
type algorithm struct {
	name         string
	since, until rel
	// short is the other name that 8.4 to 9.8 take for a plain key type.
	short string
	cert  bool
}

// algorithmSet is what a list of names is made of.
type algorithmSet struct {
	// all lists what is supported, preset the defaults, by release.
	all    func(*rules) []algorithm
	preset func(*rules) string
}

var (
	cipherSet = algorithmSet{listed(ciphers), cipherDefault}
	macSet    = algorithmSet{listed(macs), macDefault}
	kexSet    = algorithmSet{kexAll, kexDefault}
	keySet    = algorithmSet{keyAll, keyDefault}
	caSet     = algorithmSet{caAll, caDefault}
)

// listed makes the part of a table that a release has.
func listed(table []algorithm) func(*rules) []algorithm {
	return func(r *rules) []algorithm { return have(table, r) }
}

func have(table []algorithm, r *rules) []algorithm {
	var out []algorithm
	for _, a := range table {
		if r.rel >= a.since && (a.until == 0 || r.rel < a.until) {
			out = append(out, a)
		}
	}
	return out
}

// ciphers is cipher.c ciphers[], macs is mac.c macs[], kexes kex.c kexalgs[].
var ciphers = []algorithm{
	{name: "3des-cbc"}, {name: "aes128-cbc"}, {name: "aes192-cbc"}, {name: "aes256-cbc"},
	{name: "rijndael-cbc@lysator.liu.se", until: 805},
	{name: "aes128-ctr"}, {name: "aes192-ctr"}, {name: "aes256-ctr"},
	{name: "aes128-gcm@openssh.com"}, {name: "aes256-gcm@openssh.com"}, {name: "chacha20-poly1305@openssh.com"},
}

var macs = []algorithm{
	{name: "hmac-sha1"}, {name: "hmac-sha1-96"}, {name: "hmac-sha2-256"}, {name: "hmac-sha2-512"}, {name: "hmac-md5"}, {name: "hmac-md5-96"},
	{name: "umac-64@openssh.com"}, {name: "umac-128@openssh.com"}, {name: "hmac-sha1-etm@openssh.com"}, {name: "hmac-sha1-96-etm@openssh.com"},
	{name: "hmac-sha2-256-etm@openssh.com"}, {name: "hmac-sha2-512-etm@openssh.com"}, {name: "hmac-md5-etm@openssh.com"},
	{name: "hmac-md5-96-etm@openssh.com"}, {name: "umac-64-etm@openssh.com"}, {name: "umac-128-etm@openssh.com"},
}

var kexes = []algorithm{
	{name: "diffie-hellman-group1-sha1"}, {name: "diffie-hellman-group14-sha1"}, {name: "diffie-hellman-group14-sha256"},
	{name: "diffie-hellman-group16-sha512"}, {name: "diffie-hellman-group18-sha512"}, {name: "diffie-hellman-group-exchange-sha1"},
	{name: "diffie-hellman-group-exchange-sha256"}, {name: "ecdh-sha2-nistp256"}, {name: "ecdh-sha2-nistp384"}, {name: "ecdh-sha2-nistp521"},
	{name: "curve25519-sha256"}, {name: "curve25519-sha256@libssh.org"}, {name: "sntrup4591761x25519-sha512@tinyssh.org", until: 805},
	{name: "sntrup761x25519-sha512"}, {name: "sntrup761x25519-sha512@openssh.com", since: 805}, {name: "mlkem768x25519-sha256", since: 909},
}

// gssKexes are prefixes: the mechanism follows them.
var gssKexes = []string{"gss-gex-sha1-", "gss-group1-sha1-", "gss-group14-sha1-", "gss-group14-sha256-",
	"gss-group16-sha512-", "gss-nistp256-sha256-", "gss-curve25519-sha256-"}

// newName is the key exchange's name without a domain: 9.9, and Debian 12's 9.2.
const newName = "sntrup761x25519-sha512"

func kexAll(r *rules) []algorithm {
	var out []algorithm
	for _, a := range have(kexes, r) {
		if a.name != newName || r.rel >= 909 || r.backportedKex {
			out = append(out, a)
		}
	}
	return out
}

const certSuffix = "-cert-v01@openssh.com"

// keyNames84 is sshkey.c keytypes[], keyNames92 keyimpls[], from 9.2 on.
var keyNames84 = []algorithm{
	{name: "ssh-ed25519", short: "ED25519"}, {name: "ssh-ed25519" + certSuffix, cert: true},
	{name: "sk-ssh-ed25519@openssh.com", short: "ED25519-SK"}, {name: "sk-ssh-ed25519" + certSuffix, cert: true},
	{name: "ssh-rsa", short: "RSA"}, {name: "rsa-sha2-256"}, {name: "rsa-sha2-512"}, {name: "ssh-dss", short: "DSA"},
	{name: "ecdsa-sha2-nistp256", short: "ECDSA"}, {name: "ecdsa-sha2-nistp384"}, {name: "ecdsa-sha2-nistp521"},
	{name: "sk-ecdsa-sha2-nistp256@openssh.com", short: "ECDSA-SK"}, {name: "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"},
	{name: "ssh-rsa" + certSuffix, cert: true}, {name: "rsa-sha2-256" + certSuffix, cert: true},
	{name: "rsa-sha2-512" + certSuffix, cert: true}, {name: "ssh-dss" + certSuffix, cert: true},
	{name: "ecdsa-sha2-nistp256" + certSuffix, cert: true}, {name: "ecdsa-sha2-nistp384" + certSuffix, cert: true},
	{name: "ecdsa-sha2-nistp521" + certSuffix, cert: true}, {name: "sk-ecdsa-sha2-nistp256" + certSuffix, cert: true},
}

var keyNames92 = []algorithm{
	{name: "ssh-ed25519", short: "ED25519"}, {name: "ssh-ed25519" + certSuffix, cert: true},
	{name: "sk-ssh-ed25519@openssh.com", short: "ED25519-SK"}, {name: "sk-ssh-ed25519" + certSuffix, cert: true},
	{name: "ecdsa-sha2-nistp256", short: "ECDSA"}, {name: "ecdsa-sha2-nistp256" + certSuffix, cert: true},
	{name: "ecdsa-sha2-nistp384"}, {name: "ecdsa-sha2-nistp384" + certSuffix, cert: true},
	{name: "ecdsa-sha2-nistp521"}, {name: "ecdsa-sha2-nistp521" + certSuffix, cert: true},
	{name: "sk-ecdsa-sha2-nistp256@openssh.com", short: "ECDSA-SK"}, {name: "sk-ecdsa-sha2-nistp256" + certSuffix, cert: true},
	{name: "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"},
	{name: "ssh-dss", short: "DSA", until: 908}, {name: "ssh-dss" + certSuffix, cert: true, until: 908},
	{name: "ssh-rsa", short: "RSA"}, {name: "ssh-rsa" + certSuffix, cert: true},
	{name: "rsa-sha2-256"}, {name: "rsa-sha2-256" + certSuffix, cert: true},
	{name: "rsa-sha2-512"}, {name: "rsa-sha2-512" + certSuffix, cert: true},
	{name: "ssh-mldsa44-ed25519@openssh.com", since: 1004}, {name: "ssh-mldsa44-ed25519" + certSuffix, cert: true, since: 1004},
}

func keyAll(r *rules) []algorithm {
	if r.rel < 902 {
		return have(keyNames84, r)
	}
	return have(keyNames92, r)
}

func caAll(r *rules) []algorithm {
	var out []algorithm
	for _, a := range keyAll(r) {
		if !a.cert {
			out = append(out, a)
		}
	}
	return out
}

// The defaults are those of myproposal.h.

func cipherDefault(r *rules) string {
	ctr, gcm := "aes128-ctr,aes192-ctr,aes256-ctr", "aes128-gcm@openssh.com,aes256-gcm@openssh.com"
	if r.rel >= 1000 {
		ctr, gcm = gcm, ctr
	}
	return "chacha20-poly1305@openssh.com," + ctr + "," + gcm
}

func macDefault(*rules) string {
	return "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com," +
		"hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
}

func kexDefault(r *rules) string {
	var names []string
	if r.rel >= 1000 {
		names = append(names, "mlkem768x25519-sha256")
	}
	if r.rel >= 909 || r.backportedKex {
		names = append(names, newName)
	}
	if r.rel >= 900 {
		names = append(names, "sntrup761x25519-sha512@openssh.com")
	}
	if r.rel == 909 {
		names = append(names, "mlkem768x25519-sha256")
	}
	names = append(names, "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521")
	if r.rel == 809 {
		names = append(names, "sntrup761x25519-sha512@openssh.com")
	}
	if r.rel < 1000 {
		names = append(names, "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
			"diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256")
	}
	return strings.Join(names, ",")
}

func keyDefault(r *rules) string {
	plain := plainNames(r)
	if r.rel < 808 {
		plain = append(plain, "ssh-rsa")
	}
	names := make([]string, 0, 2*len(plain))
	for _, name := range plain {
		if strings.HasPrefix(name, "webauthn-") {
			continue
		}
		names = append(names, strings.TrimSuffix(name, "@openssh.com")+certSuffix)
	}
	return strings.Join(append(names, plain...), ",")
}

func caDefault(r *rules) string { return strings.Join(plainNames(r), ",") }

// plainNames are the default signature algorithms without ssh-rsa.
func plainNames(r *rules) []string {
	ecdsa := []string{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
	const skECDSA, ed, skEd = "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-ed25519", "sk-ssh-ed25519@openssh.com"
	var names []string
	if r.rel < 805 {
		names = append(ecdsa, skECDSA, ed, skEd)
	} else {
		names = append([]string{ed}, append(ecdsa, skEd, skECDSA)...)
	}
	if r.rel >= 1003 {
		names = append(names, "webauthn-sk-ecdsa-sha2-nistp256@openssh.com")
	}
	return append(names, "rsa-sha2-512", "rsa-sha2-256")
}
