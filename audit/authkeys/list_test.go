package authkeys

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
)

// listedKeys are keys of a list, and one that no list holds.
func listedKeys(t testing.TB) (one, two, none *Key, lines []string) {
	t.Helper()
	var keys []*Key
	for i := range 3 {
		blob := appendString(appendString(nil, "ssh-ed25519"), strings.Repeat(string(rune('a'+i)), ed25519Size))
		line := "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob) + " comment"
		key, _, err := ParsePublicKey([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		keys, lines = append(keys, key), append(lines, line)
	}
	return keys[0], keys[1], keys[2], lines
}

func TestListEndsAtTheFirstBadLine(t *testing.T) {
	one, two, none, lines := listedKeys(t)
	for _, tc := range []struct {
		name, text string
		key        *Key
		want       audit.Verdict
		line       int
		broken     bool
	}{
		{"listed", "# who\n\n" + lines[0] + "\n" + lines[1] + "\n", two, audit.Accept, 4, false},
		{"not listed", lines[0] + "\n" + lines[1], none, audit.Refuse, 0, false},
		{"empty", "", one, audit.Refuse, 0, false},
		{"garbage behind the key", lines[0] + "\ngarbage\n", one, audit.Accept, 1, false},
		{"garbage before the key", "garbage\n" + lines[0] + "\n", one, audit.Refuse, 1, true},
		{"options", "cert-authority " + lines[0] + "\n", one, audit.Refuse, 1, true},
		{"CRLF blank line", "\r\n" + lines[0] + "\n", one, audit.Refuse, 1, true},
		{"CRLF", lines[0] + "\r\n" + lines[1] + "\r\n", two, audit.Accept, 2, false},
		{"blanks before", "  \t" + lines[0] + "\n", one, audit.Accept, 1, false},
	} {
		v, line, broken := ParseList([]byte(tc.text), Rules{}).Holds(tc.key)
		if v != tc.want || line != tc.line || broken != tc.broken {
			t.Errorf("%s: %v, line %d, broken %v; want %v, %d, %v", tc.name, v, line, broken, tc.want, tc.line, tc.broken)
		}
	}
}

// revocations builds a KRL from sections.
func revocations(sections ...[]byte) []byte {
	b := []byte(krlMagic)
	b = append(b, 0, 0, 0, 1)
	b = append(b, make([]byte, 24)...)
	b = appendString(appendString(b, ""), "")
	for _, s := range sections {
		b = append(b, s[0])
		b = appendString(b, s[1:])
	}
	return b
}

func TestKRLRevokesKeysAndCertificates(t *testing.T) {
	one, two, none, _ := listedKeys(t)
	cert := func(serial uint64, id string, ca *Key) *Key {
		k := *none
		k.Cert = &Certificate{Serial: serial, KeyID: audit.Untrusted(id), CA: ca}
		return &k
	}
	authority := append([]byte{krlCertificates}, appendString(appendString(nil, one.Blob), "")...)
	number := func(n byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, n} }
	sub := func(kind byte, data []byte) []byte { return appendString([]byte{kind}, data) }
	authority = append(authority, sub(krlSerials, number(7))...)
	authority = append(authority, sub(krlSerialRange, append(number(20), number(30)...))...)
	authority = append(authority, sub(krlSerialBits, append(number(100), appendString(nil, []byte{0x05})...))...)
	authority = append(authority, sub(krlKeyID, appendString(nil, "stolen"))...)
	list := ParseRevoked(revocations(append([]byte{krlKeys}, appendString(nil, two.Blob)...), authority), Rules{})
	for _, tc := range []struct {
		name string
		key  *Key
		want audit.Verdict
	}{
		{"listed key", two, audit.Accept},
		{"another key", none, audit.Refuse},
		{"serial", cert(7, "", one), audit.Accept},
		{"serial of another CA", cert(7, "", none), audit.Refuse},
		{"range", cert(25, "", one), audit.Accept},
		{"behind the range", cert(31, "", one), audit.Refuse},
		{"bit 0", cert(100, "", one), audit.Accept},
		{"bit 1", cert(101, "", one), audit.Refuse},
		{"bit 2", cert(102, "", one), audit.Accept},
		{"serial 0 is none", cert(0, "", one), audit.Refuse},
		{"key id", cert(0, "stolen", one), audit.Accept},
		{"a revoked key as CA", cert(1, "", two), audit.Accept},
	} {
		if v, broken := list.Revokes(tc.key); v != tc.want || broken {
			t.Errorf("%s: %v, broken %v; want %v", tc.name, v, broken, tc.want)
		}
	}
	for name, data := range map[string][]byte{"cut": revocations([]byte{krlKeys, 0, 0, 0, 9}), "no format": []byte(krlMagic)} {
		if _, broken := ParseRevoked(data, Rules{}).Revokes(one); !broken {
			t.Errorf("%s: a damaged KRL was taken", name)
		}
	}
	if v, _ := ParseRevoked(revocations([]byte{9}), Rules{}).Revokes(one); v != audit.Unknown {
		t.Errorf("a section of an unknown kind: %v, want unknown", v)
	}
}

func TestPrincipalIsTheLastWordOfALine(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	rules := Rules{Now: now, Zone: time.UTC, Version: audit.OpenSSH{Major: 9, Minor: 2, Patch: 1}}
	from := Source{User: "alice", Addr: netip.MustParseAddr("203.0.113.7")}
	c := &Certificate{Principals: []audit.Untrusted{"ops", "dev"}}
	for _, tc := range []struct {
		text, cause string
		want        audit.Verdict
		line        int
	}{
		{"ops\n", "", audit.Accept, 1},
		{"# who\n\n  dev \t\n", "", audit.Accept, 3},
		{"ops # the team\n", "", audit.Accept, 1},
		{"ops\r\n", CausePrincipal, audit.Refuse, 0},
		{"other\n", CausePrincipal, audit.Refuse, 0},
		{"", CausePrincipal, audit.Refuse, 0},
		{"from=\"203.0.113.0/24\" ops\n", "", audit.Accept, 1},
		{"from=\"192.0.2.0/24\" ops\nops\n", CausePrincipalsOptions, audit.Refuse, 1},
		{"expiry-time=\"20200101\" ops\n", CausePrincipalsOptions, audit.Refuse, 1},
		{"cert-authority ops\n", CausePrincipalsOptions, audit.Refuse, 1},
		{"no-such-option ops\n", CausePrincipal, audit.Refuse, 0},
	} {
		got, _ := ParsePrincipals([]byte(tc.text), rules).Authorises(c, from)
		if got.Verdict != tc.want || got.Cause != tc.cause || got.Line != tc.line {
			t.Errorf("%q: %+v; want %v %s line %d", tc.text, got, tc.want, tc.cause, tc.line)
		}
	}
}

func FuzzLists(f *testing.F) {
	one, _, _, lines := listedKeys(f)
	f.Add([]byte(lines[0] + "\n"))
	f.Add(revocations(append([]byte{krlKeys}, appendString(nil, one.Blob)...)))
	f.Add([]byte("from=\"10.0.0.1\" ops\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		ParseRevoked(data, Rules{}).Revokes(one)
		ParseList(data, Rules{}).Holds(one)
		ParsePrincipals(data, Rules{}).Authorises(&Certificate{Principals: []audit.Untrusted{"ops"}}, Source{})
	})
}
