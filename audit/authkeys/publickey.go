package authkeys

import (
	"bytes"
	"errors"
	"fmt"

	"sshaudit/audit"
)

// ErrPrivateKey tells that a text holds a private key where a public key was
// wanted.
var ErrPrivateKey = errors.New("this is a private key, which must not travel: hand over the .pub file beside it, and replace the pair if anybody else may have seen this one")

// ParsePublicKey reads the first public key of a text that somebody hands over:
// a line as of a .pub file or of authorized_keys, whose options are passed over,
// an OpenSSH certificate, an RFC 4716 block, or a PuTTY private key file, of
// which only the public half is read. Warnings are sentences about the form of
// the text. A private key is ErrPrivateKey; no error repeats content.
func ParsePublicKey(data []byte) (key *Key, warnings []string, err error) {
	if text, ok := decodeUTF16(data); ok {
		data, warnings = text, append(warnings, "the text is UTF-16: in authorized_keys sshd does not read it")
	}
	if rest, ok := bytes.CutPrefix(data, utf8BOM); ok {
		data, warnings = rest, append(warnings, formWarnings[CauseBOM])
	}
	file := Parse(data, Rules{anyType: true})
	var first *Line
	for i := range file.Lines {
		line := &file.Lines[i]
		switch {
		case line.Cause == CausePrivateKey:
			return nil, nil, ErrPrivateKey
		case line.Kind == KindComment:
		case line.Key == nil && key == nil && first == nil:
			first = line
		case line.Key != nil && key != nil:
			return key, append(warnings, "the text holds more than one key: only the first was read"), nil
		case line.Key != nil:
			key = line.Key
			if w := formWarnings[line.Cause]; w != "" {
				warnings = append(warnings, w)
			}
		}
	}
	switch {
	case key == nil && first == nil:
		return nil, nil, errors.New("no key in the text: want the one line of a .pub file")
	case key == nil:
		return nil, nil, fmt.Errorf("line %d: no public key: %s", first.Number, first.Detail)
	case key.Cert != nil && key.Cert.CheckSignature() == audit.Refuse:
		return nil, nil, errors.New("the certificate is damaged or forged, its signature is not its CA's: ask the CA for a new one")
	}
	return key, warnings, nil
}

// formWarnings say what a text that gave a key would come to in
// authorized_keys.
var formWarnings = map[string]string{
	CauseBOM:           "the text begins with a byte order mark: in authorized_keys sshd does not read a key behind one",
	CauseNUL:           "a NUL byte stands before the key: in authorized_keys sshd does not read it",
	CauseWrapped:       "the key is broken over several lines: in authorized_keys it must be on one",
	CauseRFC4716:       "the key is in RFC 4716 format: in authorized_keys it must be one line",
	CausePPK:           "this is a PuTTY private key file, of which only the public half was read: it should stay on its owner's computer",
	CauseNoType:        "the key's type is missing before it: in authorized_keys sshd does not read it",
	CauseTypeWord:      "the word before the key is not its type: in authorized_keys sshd does not read it",
	CauseUnknownOption: "the options before the key hold one that sshd does not know: in authorized_keys it drops the line",
	CauseOptionSpace:   "a blank stands within the options before the key: in authorized_keys sshd drops the line",
	CauseOptionSyntax:  "the options before the key are malformed: in authorized_keys sshd drops the line",
	CauseOptionQuote:   "the options before the key have a quote that is not closed: in authorized_keys sshd drops the line",
}
