package authkeys

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// subject is the public key that a case is about, in parts.
type subject struct {
	// Line is "TYPE BLOB"; Raw is the decoded blob.
	Line, Type, Blob string
	Raw              []byte
}

func newSubject(line string) subject {
	typ, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	blob, _, _ := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.DecodeString(blob)
	if err != nil {
		panic(err)
	}
	return subject{Line: typ + " " + blob, Type: typ, Blob: blob, Raw: raw}
}

// textCase is an authorized_keys text made for a key.
type textCase struct {
	name string
	// cause is what refuses the key, empty if sshd accepts it.
	cause string
	text  string
}

// localAddress is where the logins of the differential tests come from.
const localAddress = "127.0.0.1"

// textCases are the rows of malformed and of unusual but good texts, for one
// key. Every one is judged by the parser and by the real sshd.
func textCases(k subject) []textCase {
	l, b := k.Line, k.Blob
	third := len(b) / 3
	cases := []textCase{
		{"plain", "", l + "\n"},
		{"comment", "", l + " alice@laptop\n"},
		{"no final newline", "", l},
		{"leading blanks", "", " \t " + l + "\n"},
		{"tabs between", "", k.Type + "\t\t" + b + "\tcomment\n"},
		{"many blanks between", "", k.Type + "   " + b + "\n"},
		{"trailing blanks", "", l + "  \t\n"},
		{"CRLF", "", l + " c\r\n"},
		{"CRLF without comment", "", l + "\r\n"},
		{"CRLF blank line above", "", "\r\n" + l + "\r\n"},
		{"CRLF comment line above", "", "# c\r\n" + l + "\r\n"},
		{"two CR", "", l + "\r\r\n"},
		{"hash in comment", "", l + " # not a comment\n"},
		{"quote in comment", "", l + " it\"s mine\n"},
		{"unterminated quote above", "", "from=\"x " + l + "\n" + l + "\n"},
		{"garbage above", "", "this is not a key\n" + l + "\n"},
		{"junk of 300 kB above", "", strings.Repeat("x", 300_000) + "\n" + l + "\n"},
		{"comment of 300 kB", "", l + " " + strings.Repeat("y ", 150_000) + "\n"},
		{"NUL after the blob", "", l + "\x00junk\n"},
		{"NUL in the comment", "", l + " a\x00b\n"},
		{"NUL line above", "", "\x00\n" + l + "\n"},
		{"CR inside the blob", "", k.Type + " " + b[:third] + "\r" + b[third:] + "\n"},
		{"VT and FF inside the blob", "", k.Type + " " + b[:third] + "\v\f" + b[third:] + "\n"},
		{"VT after the blob", "", l + "\v\n"},
		{"BOM before a comment line", "", "\xef\xbb\xbf# c\n" + l + "\n"},
		{"latin1 comment", "", l + " caf\xe9\n"},
		{"refused copy above a good one", "", "from=\"10.1.1.1\" " + l + "\n" + l + "\n"},
		{"broken copy above a good one", "", "xx " + l + "\n" + l + "\n"},

		{"BOM", CauseBOM, "\xef\xbb\xbf" + l + "\n"},
		{"BOM before options", CauseBOM, "\xef\xbb\xbfrestrict " + l + "\n"},
		{"BOM behind blanks", CauseBOM, "  \xef\xbb\xbf" + l + "\n"},
		{"BOM on a later line", CauseBOM, "# c\n\xef\xbb\xbf" + l + "\n"},
		{"UTF-16 LE with mark", CauseUTF16, "\xff\xfe" + toUTF16(l+" me\r\n", false)},
		{"UTF-16 BE with mark", CauseUTF16, "\xfe\xff" + toUTF16(l+" me\r\n", true)},
		{"UTF-16 LE", CauseUTF16, toUTF16(l+"\r\n", false)},
		{"UTF-16 BE", CauseUTF16, toUTF16(l+"\n", true)},
		{"UTF-16 LE appended", CauseUTF16, "# kept\n" + toUTF16(l+"\r\n", false)},
		{"UTF-16 LE second line", CauseUTF16, "\xff\xfe" + toUTF16("# first\r\n"+l+"\r\n", false)},
		{"NUL first", CauseNUL, "\x00" + l + "\n"},
		{"NUL behind blanks", CauseNUL, " \x00" + l + "\n"},
		{"NUL in the type", CauseTypeWord, k.Type[:3] + "\x00" + k.Type[3:] + " " + b + "\n"},
		{"NUL in the blob", CauseBlobCorrupt, k.Type + " " + b[:third] + "\x00" + b[third:] + "\n"},
		{"break after the type", CauseWrapped, k.Type + "\n" + b + " c\n"},
		{"break after the type, CRLF", CauseWrapped, k.Type + "\r\n" + b + " c\r\n"},
		{"wrapped once", CauseWrapped, k.Type + " " + b[:third] + "\n" + b[third:] + "\n"},
		{"wrapped twice", CauseWrapped, k.Type + " " + b[:third] + "\n" + b[third:2*third] + "\n" + b[2*third:] + " me\n"},
		{"wrapped with CRLF", CauseWrapped, k.Type + " " + b[:third] + "\r\n" + b[third:] + "\r\n"},
		{"wrapped and indented", CauseWrapped, k.Type + " " + b[:third] + "\n   " + b[third:] + "\n"},
		{"wrapped behind options", CauseWrapped, "restrict,pty " + k.Type + " " + b[:third] + "\n" + b[third:] + "\n"},
		{"wrapped without final newline", CauseWrapped, k.Type + " " + b[:third] + "\n" + b[third:]},
		{"RFC 4716", CauseRFC4716, toRFC4716(k, "me@host", 70)},
		{"RFC 4716 with CRLF", CauseRFC4716, strings.ReplaceAll(toRFC4716(k, "me", 64), "\n", "\r\n")},
		{"RFC 4716 long header", CauseRFC4716, strings.Replace(toRFC4716(k, "x", 70), "\"x\"", "\"a long \\\nremark\"", 1)},
		{"PPK 2", CausePPK, toPPK(k, 2)},
		{"PPK 3", CausePPK, toPPK(k, 3)},
		{"certificate name on a plain blob", CauseTypeWord, strings.TrimSuffix(k.Type, "@openssh.com") + "-cert-v01@openssh.com " + b + "\n"},
		{"blob alone", CauseNoType, b + "\n"},
		{"blob alone with comment", CauseNoType, b + " me\n"},
		{"blob alone behind options", CauseNoType, "restrict " + b + "\n"},
		{"blob in quotes", CauseNoType, k.Type + " \"" + b + "\"\n"},
		{"blob alone in quotes", CauseNoType, "\"" + b + "\"\n"},
		{"type in upper case", CauseTypeWord, strings.ToUpper(k.Type) + " " + b + "\n"},
		{"type misspelt", CauseTypeWord, "x" + k.Type + " " + b + "\n"},
		{"type short", CauseTypeWord, strings.TrimPrefix(k.Type, "ssh-") + "x " + b + "\n"},
		{"type in quotes", CauseTypeWord, "\"" + k.Type + "\" " + b + "\n"},
		{"whole line in quotes", CauseNoType, "\"" + l + "\"\n"},
		{"blob cut", CauseBlobCorrupt, l[:len(l)-4] + "\n"},
		{"blob cut by one", CauseBlobCorrupt, l[:len(l)-1] + "\n"},
		{"blob with one more", CauseBlobCorrupt, l + "A\n"},
		{"blob with four more", CauseBlobCorrupt, l + "AAAA\n"},
		{"padding added", CauseBlobCorrupt, l + "=\n"},
		{"padding twice", CauseBlobCorrupt, l + "==\n"},
		{"bad character", CauseBlobCorrupt, k.Type + " " + b[:third] + "-" + b[third+1:] + "\n"},
		{"comma behind the blob", CauseBlobCorrupt, l + ",\n"},
		{"extra bytes inside", CauseBlobCorrupt, k.Type + " " + base64.StdEncoding.EncodeToString(append(bytes.Clone(k.Raw), 0)) + "\n"},
		{"length field broken", CauseBlobCorrupt, k.Type + " " + base64.StdEncoding.EncodeToString(append([]byte{0, 1}, k.Raw[2:]...)) + "\n"},
		{"blank inside the blob", CauseBlobCorrupt, k.Type + " " + b[:third] + " " + b[third:] + "\n"},
		{"ellipsis", CauseBlobCorrupt, k.Type + " " + b[:third] + "...\n"},
		{"angle brackets", CauseBlobCorrupt, k.Type + " <" + b + ">\n"},
		{"commented", CauseCommented, "#" + l + "\n"},
		{"commented with blanks", CauseCommented, " # # " + l + " x\n"},
		{"commented with options", CauseCommented, "#restrict " + l + "\n"},
		{"markdown list", CauseOptionSpace, "- - " + l + "\n"},
		{"shell prompt", CauseUnknownOption, "$ " + l + "\n"},
		{"echo command", CauseUnknownOption, "echo " + l + " >> authorized_keys\n"},
		{"word before the type", CauseUnknownOption, "alice " + l + "\n"},
		{"two words before the type", CauseOptionSpace, "my key " + l + "\n"},
		{"known_hosts line", CauseUnknownOption, "example.com " + l + "\n"},
		{"marker", CauseUnknownOption, "@cert-authority " + l + "\n"},
		{"cert-authority on a user key", CauseCAFlag, "cert-authority " + l + "\n"},
		{"principals without CA", CausePrincipals, "principals=\"a\" " + l + "\n"},
	}
	for _, o := range optionCases() {
		cases = append(cases, textCase{"options " + o.name, o.cause, o.text + " " + l + " c\n"})
	}
	return cases
}

// optionCases are lists of options.
func optionCases() []textCase {
	cases := []textCase{
		{"all flags", "", "restrict,port-forwarding,agent-forwarding,x11-forwarding,pty,user-rc"},
		{"negated flags", "", "no-port-forwarding,no-agent-forwarding,no-x11-forwarding,no-pty,no-user-rc"},
		{"case", "", "No-Port-Forwarding,RESTRICT,X11-Forwarding"},
		{"touch", "", "no-touch-required,touch-required"},
		{"verify", "", "verify-required,no-verify-required"},
		{"empty elements", "", ",,pty,,no-pty,"},
		{"comma alone", "", ","},
		{"command", "", `command="echo a b"`},
		{"command in capitals", "", `COMMAND="true"`},
		{"command with escape", "", `command="echo \"a b\" c"`},
		{"command with backslash", "", `command="echo \\ \n"`},
		{"command empty", "", `command=""`},
		{"command with comma", "", `command="a,b",no-pty`},
		{"from all", "", `from="*"`},
		{"from network", "", `from="127.0.0.0/8"`},
		{"from address", "", `from="` + localAddress + `"`},
		{"from wildcard", "", `from="127.0.*"`},
		{"from list", "", `from="10.0.0.1,127.0.0.1"`},
		{"from negated other", "", `from="!10.0.0.0/8,127.0.0.1"`},
		{"from in capitals", "", `FROM="127.?.0.1"`},
		{"environment", "", `environment="A=b",environment="A=c",environment="_x1="`},
		{"environment with equals", "", `environment="A=b=c"`},
		{"permitopen", "", `permitopen="host:80",permitopen="[::1]:22",permitopen="h:*",permitopen=":1"`},
		{"permitopen slash", "", `permitopen="host/80"`},
		{"permitopen signed", "", `permitopen="h:+80",permitopen="h: 80"`},
		{"permitlisten", "", `permitlisten="8080",permitlisten="localhost:22",permitlisten="*"`},
		{"tunnel", "", `tunnel="0",tunnel="any",tunnel="ANY",tunnel="2147483645"`},
		{"expiry far", "", `expiry-time="20991231"`},
		{"expiry with minutes", "", `expiry-time="209912312359"`},
		{"expiry with seconds", "", `expiry-time="20991231235960"`},
		{"expiry twice", "", `expiry-time="20991231",expiry-time="20981231"`},
		{"expiry overflowing day", "", `expiry-time="20990231"`},
		{"expiry with blank", "", `expiry-time="2099 1 1"`},
		{"many flags", "", strings.TrimSuffix(strings.Repeat("pty,no-pty,", 500), ",")},
		{"permitopen at the limit", "", strings.TrimSuffix(strings.Repeat(`permitopen="a:1",`, 4097), ",")},
		{"environment repeated", "", strings.TrimSuffix(strings.Repeat(`environment="A=b",`, 1500), ",")},

		{"expiry in UTC", "", `expiry-time="20991231Z"`},
		{"expiry in UTC in words", "", `expiry-time="209912312359utc"`},
		{"from with a mapped address", "", `from="::ffff:10.0.0.0/104,127.0.0.1"`},

		{"unknown", CauseUnknownOption, "foo"},
		{"unknown among good", CauseUnknownOption, "pty,foo,no-pty"},
		{"prefix", CauseUnknownOption, "ptyx"},
		{"restrict2", CauseUnknownOption, "restrict2"},
		{"no-restrict", CauseUnknownOption, "no-restrict"},
		{"no-cert-authority", CauseUnknownOption, "no-cert-authority"},
		{"no-no-pty", CauseUnknownOption, "no-no-pty"},
		{"flag with value", CauseUnknownOption, "pty=yes"},
		{"flag with quoted value", CauseUnknownOption, `pty="yes"`},
		{"command without value", CauseUnknownOption, "command"},
		{"value then junk", CauseUnknownOption, `command="a"b`},
		{"semicolon", CauseUnknownOption, "no-pty;no-user-rc"},
		{"no-command", CauseUnknownOption, `no-command="x"`},
		{"unknown with value", CauseUnknownOption, `expires="20991231"`},
		{"blank after comma", CauseOptionSpace, "no-pty, no-user-rc"},
		{"blank in unquoted value", CauseOptionSpace, "command=echo hello"},
		{"blank in single quotes", CauseOptionSpace, "command='echo hello'"},
		{"blank around equals", CauseOptionSpace, `from = "127.0.0.1"`},
		{"unquoted from", CauseOptionSyntax, "from=127.0.0.1"},
		{"unquoted command", CauseOptionSyntax, "command=true"},
		{"single quotes", CauseOptionSyntax, "command='true'"},
		{"escaped start", CauseOptionSyntax, `command=\"true`},
		{"command twice", CauseOptionSyntax, `command="a",command="a"`},
		{"from twice", CauseOptionSyntax, `from="*",from="*"`},
		{"principals twice", CauseOptionSyntax, `cert-authority,principals="a",principals="a"`},
		{"environment without equals", CauseOptionSyntax, `environment="A"`},
		{"environment without name", CauseOptionSyntax, `environment="=b"`},
		{"environment bad name", CauseOptionSyntax, `environment="A-B=c"`},
		{"environment blank name", CauseOptionSyntax, `environment="A B=c"`},
		{"permitopen without port", CauseOptionSyntax, `permitopen="host"`},
		{"permitopen port 0", CauseOptionSyntax, `permitopen="host:0"`},
		{"permitopen port 65536", CauseOptionSyntax, `permitopen="host:65536"`},
		{"permitopen negative", CauseOptionSyntax, `permitopen="host:-1"`},
		{"permitopen bare IPv6", CauseOptionSyntax, `permitopen="::1:80"`},
		{"permitopen open bracket", CauseOptionSyntax, `permitopen="[::1:80"`},
		{"permitopen behind bracket", CauseOptionSyntax, `permitopen="[::1]x:80"`},
		{"permitopen too long", CauseOptionSyntax, `permitopen="` + strings.Repeat("h", 1025) + `:80"`},
		{"permitopen over the limit", CauseOptionSyntax, strings.TrimSuffix(strings.Repeat(`permitopen="a:1",`, 4098), ",")},
		{"permitlisten slash", CauseOptionSyntax, `permitlisten="a/80"`},
		{"permitlisten empty", CauseOptionSyntax, `permitlisten=""`},
		{"tunnel word", CauseOptionSyntax, `tunnel="tun0"`},
		{"tunnel too large", CauseOptionSyntax, `tunnel="2147483646"`},
		{"tunnel negative", CauseOptionSyntax, `tunnel="-1"`},
		{"tunnel empty", CauseOptionSyntax, `tunnel=""`},
		{"expiry month 13", CauseOptionSyntax, `expiry-time="20991301"`},
		{"expiry dashes", CauseOptionSyntax, `expiry-time="2099-12-31"`},
		{"expiry short", CauseOptionSyntax, `expiry-time="2099123"`},
		{"expiry empty", CauseOptionSyntax, `expiry-time=""`},
		{"expiry hour 24", CauseOptionSyntax, `expiry-time="209912312400"`},
		{"expiry day 0", CauseOptionSyntax, `expiry-time="20991200"`},
		{"expiry odd day", CauseOptionSyntax, `expiry-time="2099013x"`},
		{"expiry day 45", CauseOptionSyntax, `expiry-time="20990145"`},
		{"expiry Z alone", CauseOptionSyntax, `expiry-time="Z"`},
		{"expiry word", CauseOptionSyntax, `expiry-time="tomorrow"`},
		{"expiry before 1970", CauseOptionSyntax, `expiry-time="19691231"`},
		{"open quote", CauseOptionQuote, `command="echo`},
		{"open quote in from", CauseOptionQuote, `no-pty,from="127.0.0.1`},
		{"stray quote", CauseOptionQuote, `no-pty"`},
		{"escaped end", CauseOptionQuote, `command="a\"`},
		{"from IPv6 only", CauseFrom, `from="::1"`},
		{"from negated behind", CauseFrom, `from="*,!127.0.0.1"`},
		{"from other", CauseFrom, `from="10.0.0.1"`},
		{"from negated", CauseFrom, `from="!127.0.0.1,*"`},
		{"from negation only", CauseFrom, `from="!10.0.0.1"`},
		{"from host bits", CauseFrom, `from="127.0.0.1/8"`},
		{"from host bits behind a match", CauseFrom, `from="127.0.0.1,10.0.0.1/8"`},
		{"from empty", CauseFrom, `from=""`},
		{"from empty element", CauseFrom, `from="127.0.0.1,"`},
		{"from name", CauseFrom, `from="localhost"`},
		{"from blanks", CauseFrom, `from="10.0.0.1, 127.0.0.1"`},
		{"from bad mask", CauseFrom, `from="127.0.0.1/33"`},
		{"from semicolon", CauseFrom, `from="10.0.0.1;127.0.0.1"`},
		{"expired", CauseExpired, `expiry-time="20200101"`},
		{"expired one of two", CauseExpired, `expiry-time="20991231",expiry-time="20200101"`},
		{"expired in 1970", CauseExpired, `expiry-time="19700103"`},
	}
	return cases
}

// toUTF16 encodes ASCII text in UTF-16 without a mark.
func toUTF16(s string, bigEndian bool) string {
	var order binary.AppendByteOrder = binary.LittleEndian
	if bigEndian {
		order = binary.BigEndian
	}
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

// fold breaks text into lines of a width.
func fold(text string, width int) string {
	var out strings.Builder
	for len(text) > width {
		out.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return out.String() + text + "\n"
}

// toRFC4716 writes the key in RFC 4716 format.
func toRFC4716(k subject, comment string, width int) string {
	return fmt.Sprintf("---- BEGIN SSH2 PUBLIC KEY ----\nComment: %q\n%s---- END SSH2 PUBLIC KEY ----\n", comment, fold(k.Blob, width))
}

// toPPK writes a PuTTY private key file; its private half is made up.
func toPPK(k subject, version int) string {
	body := fold(k.Blob, 64)
	derivation := ""
	if version == 3 {
		derivation = "Key-Derivation: Argon2id\nArgon2-Memory: 8192\nArgon2-Passes: 21\nArgon2-Parallelism: 1\nArgon2-Salt: 0011\n"
	}
	return fmt.Sprintf("PuTTY-User-Key-File-%d: %s\nEncryption: aes256-cbc\nComment: me@windows\nPublic-Lines: %d\n%s%sPrivate-Lines: 1\n%s\nPrivate-MAC: %s\n",
		version, k.Type, strings.Count(body, "\n"), body, derivation,
		base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("secret"), 8)), hex.EncodeToString(bytes.Repeat([]byte{7}, 20)))
}
