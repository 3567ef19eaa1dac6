package authkeys

import (
	"bytes"

	"sshaudit/audit"
)

// Kind is what sshd makes of a line.
type Kind uint8

// Kinds of lines. Blank lines and comments without a key are counted in
// File.Count and not kept.
const (
	// KindKey: sshd reads a key and options from the line.
	KindKey Kind = iota + 1
	// KindBroken: sshd drops the line, or it never lets anybody in.
	KindBroken
	// KindComment: a comment that holds a key.
	KindComment
)

// String returns the kind in one word.
func (k Kind) String() string {
	return [...]string{"none", "key", "broken", "comment"}[k]
}

// Causes that a line's key is refused for; the ids of the decision path.
const (
	CauseBOM           = "ak-bom"
	CauseUTF16         = "ak-utf16"
	CauseNUL           = "ak-nul"
	CauseWrapped       = "ak-wrapped"
	CauseRFC4716       = "ak-rfc4716"
	CausePPK           = "ak-ppk"
	CausePrivateKey    = "ak-private-key"
	CauseCertificate   = "ak-certificate"
	CauseNoType        = "ak-no-type"
	CauseTypeWord      = "ak-type-word"
	CauseBlobCorrupt   = "ak-blob-corrupt"
	CauseCommented     = "ak-commented"
	CauseUnknownOption = "ak-unknown-option"
	CauseOptionSpace   = "ak-option-space"
	CauseOptionSyntax  = "ak-option-syntax"
	CauseOptionQuote   = "ak-option-quote"
	CauseFrom          = "ak-from"
	CauseExpired       = "ak-expired"
	CauseCAFlag        = "ak-ca-flag"
	CausePrincipals    = "ak-principals-no-ca"
	CauseTinyRSA       = "ak-rsa-tiny"
	CauseNotListed     = "ak-not-listed"
)

// Line is one line of the file, or several that belong together: a wrapped
// key, a block in another format.
type Line struct {
	// Number is the line's number from 1, Last that of the last line of a group.
	Number, Last int
	Kind         Kind
	// Cause says why nobody gets in by this line; empty if somebody may.
	Cause string
	// Column is where it goes wrong, in bytes from 1; 0 for the whole line.
	Column int
	// Detail says in a few words what is wrong; it repeats no content.
	Detail string
	// Unsure says why it is uncertain whether sshd takes the line; then Cause
	// is empty.
	Unsure string
	// Options are the options; nil if there are none or they were not read.
	Options *Options
	// Key is the key; of a broken line the one that was meant, nil if it cannot
	// be told.
	Key *Key

	rules *Rules
}

// scan is a line under examination.
type scan struct {
	// text is the line as a C program sees it: up to the first NUL, without the
	// line feed.
	text []byte
	r    *Rules
}

// keyAt is a key found in a text.
type keyAt struct {
	key    *Key
	unsure string
	// word and blob are the places of the type word and of what follows it.
	word, blob, end int
	typ             *keyType
}

// readKey reads TYPE BLOB COMMENT at an offset (sshkey.c sshkey_read). On a
// fault the result holds what was recognised.
func (s *scan) readKey(at int) (keyAt, fault) {
	found := keyAt{word: at, blob: len(s.text), end: len(s.text)}
	space := wordEnd(s.text, at)
	word := s.text[at:space]
	var other *keyType
	if found.typ, other = lookupType(word, s.r); found.typ == nil {
		if found.typ = other; other != nil {
			return found, faultRelease
		}
		return found, faultTypeWord
	}
	if space == len(s.text) {
		return found, faultNoBlob
	}
	found.blob = skipBlanks(s.text, space)
	found.end = wordEnd(s.text, found.blob)
	if found.blob == found.end {
		return found, faultNoBlob
	}
	blob, ok := decode64(s.text[found.blob:found.end])
	if !ok {
		return found, faultBase64
	}
	var f fault
	if found.key, found.unsure, f = decodeKey(blob, s.r, true); f != faultNone {
		return found, f
	}
	if !found.typ.names(found.key) {
		return found, faultInner
	}
	found.key.Comment = comment(s.text[skipBlanks(s.text, found.end):])
	return found, faultNone
}

// names reports whether a key may stand behind the type's name on a line.
func (t *keyType) names(key *Key) bool {
	inner := keyTypes[key.Type]
	return t.alg == inner.alg && t.cert == inner.cert && t.bits == inner.bits
}

// maxComment bounds the bytes of a comment that are kept.
const maxComment = 1024

// comment returns the text behind a key, without the blanks and CR at its end.
func comment(text []byte) audit.Untrusted {
	text = bytes.TrimRight(text, " \t\r")
	return audit.Untrusted(text[:min(len(text), maxComment)])
}

// skipBlanks returns the offset of the first byte from at on that is no blank.
func skipBlanks(text []byte, at int) int {
	for at < len(text) && blank(text[at]) {
		at++
	}
	return at
}

// wordEnd returns the offset of the first blank from at on.
func wordEnd(text []byte, at int) int {
	for at < len(text) && !blank(text[at]) {
		at++
	}
	return at
}

// read reads a line that is neither blank nor a comment, as
// auth_check_authkey_line does. ok is false if sshd drops the line because of
// its form; classify then finds out what it was meant to be.
func (s *scan) read(line *Line, at int) (ok bool) {
	found, f := s.readKey(at)
	if f == faultNone {
		line.Key, line.Unsure = found.key, found.unsure
		return true
	}
	end, open := optionsEnd(s.text[at:])
	if open >= 0 {
		return false
	}
	if found, f = s.readKey(skipBlanks(s.text, at+end)); f != faultNone {
		return false
	}
	line.Key, line.Unsure = found.key, found.unsure
	options, reason, where := parseOptions(string(s.text[at:at+end+1]), s.r)
	if reason == "" {
		line.Options = options
		if line.Unsure == "" {
			line.Unsure = options.unsure
		}
		return true
	}
	if bytes.HasPrefix(s.text[at:], utf8BOM) {
		return false
	}
	line.Unsure = ""
	line.Kind, line.Cause, line.Column, line.Detail = KindBroken, optionCause(reason), at+where+1, reason
	return true
}

// optionCause returns the cause for a reason to refuse options.
func optionCause(reason string) string {
	switch reason {
	case reasonUnknown:
		return CauseUnknownOption
	case reasonEndQuote:
		return CauseOptionQuote
	default:
		return CauseOptionSyntax
	}
}
