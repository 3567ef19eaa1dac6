package decide

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// offer is one key under judgement: what of the files, the CAs and the command
// lets it in, and what refuses it.
type offer struct {
	l    *login
	key  *authkeys.Key
	from authkeys.Source
	// first are the causes that sshd meets before it looks at any file, rest
	// those of the places where the key could be listed.
	first, rest []audit.Cause
	doubts      []string
	admitted    bool
	granted     granted
	// where says what lets the key in.
	where string
	// listed tells that some line is about the key.
	listed bool
}

// publickey judges the offered key; without one it looks for any that would be let in.
func (l *login) publickey() {
	key := l.req.Key
	if key == nil && l.req.Fingerprint != "" {
		if key = l.find(l.req.Fingerprint); key == nil {
			l.unlisted()
			return
		}
	}
	if key == nil {
		l.anyKey()
		return
	}
	o := l.offer(key)
	l.conclude(o)
}

// find returns the key of a fingerprint from the files that were read.
func (l *login) find(fp authkeys.Fingerprint) *authkeys.Key {
	for _, f := range l.via.KeyFiles {
		if f.Keys == nil {
			continue
		}
		for i := range f.Keys.Lines {
			if key := f.Keys.Lines[i].Key; key != nil && key.Cert == nil && key.Fingerprint() == fp {
				return key
			}
		}
	}
	return nil
}

// unlisted judges a key of which only the fingerprint is known and that no file holds.
func (l *login) unlisted() {
	o := &offer{l: l}
	for _, f := range l.via.KeyFiles {
		o.file(f)
	}
	o.elsewhere()
	l.conclude(o)
}

// offer judges one key in sshd's order.
func (l *login) offer(key *authkeys.Key) *offer {
	o := &offer{l: l, key: key, from: authkeys.Source{User: l.a.Name, Addr: l.req.From, Host: l.clientHost()}}
	o.accepted()
	o.revoked()
	for _, f := range l.via.KeyFiles {
		o.file(f)
	}
	if key.Cert != nil && !o.admitted {
		o.authority()
	}
	o.elsewhere()
	return o
}

// conclude takes an offer's outcome over into the login.
func (l *login) conclude(o *offer) {
	for _, c := range o.first {
		l.refuse(audit.LayerKey, c)
	}
	switch {
	case o.admitted:
		l.granted = o.granted
		l.note(audit.LayerKey, "%s", o.where)
	case len(o.doubts) > 0:
		l.granted.unsure = "which line lets the key in is not known"
		for _, d := range o.doubts {
			l.doubt(audit.LayerKey, "%s", d)
		}
	default:
		for _, c := range o.rest {
			l.refuse(audit.LayerKey, c)
		}
		l.granted.unsure = "no line lets the key in"
	}
}

// file judges one file of AuthorizedKeysFile for the key.
func (o *offer) file(f *facts.KeyFile) {
	if o.admitted {
		return
	}
	answer := KeyFile(o.l.h, o.l.a, o.l.via, f)
	held := authkeys.Answer{Verdict: audit.Refuse}
	if f.Keys != nil && o.key != nil {
		held = f.Keys.Authorises(o.key, o.from)
	}
	o.listed = o.listed || held.Match
	certificate := o.key != nil && o.key.Cert != nil
	switch {
	case answer.Verdict == audit.Unknown:
		// Whatever the file says where it is read: a file that does not let the
		// key in changes nothing.
		if f.Keys == nil || held.Verdict != audit.Refuse {
			o.doubts = append(o.doubts, fmt.Sprintf("%s: %s", f.Path, answer.Why))
		}
	case answer.Verdict == audit.Refuse:
		if answer.Cause != "akf-missing" && (!certificate || held.Match) {
			o.rest = append(o.rest, fileCause(o.l.a, f, &answer))
		}
		if held.Match && held.Verdict == audit.Refuse {
			o.rest = append(o.rest, lineCause(o.l.a, f, &held))
		}
	case f.Keys == nil:
		o.doubts = append(o.doubts, fmt.Sprintf("%s was not read: %s", f.Path, f.Unread))
	case held.Verdict == audit.Unknown:
		o.doubts = append(o.doubts, fmt.Sprintf("%s: %s", f.Path, held.Detail))
	case held.Verdict == audit.Accept && o.l.h.SELinux && f.Label != "" && !SELinuxReads(f.Label):
		o.doubts = append(o.doubts, fmt.Sprintf("%s lets the key in, and SELinux may keep sshd from reading it (label %s): restorecon -v puts the label right, ausearch -m avc -c sshd shows a refusal",
			f.Path, audit.Untrusted(f.Label)))
	case held.Verdict == audit.Accept:
		o.admit(f, &held)
	case held.Match:
		o.rest = append(o.rest, lineCause(o.l.a, f, &held))
	}
}

// admit notes the line that lets the key in, and what it brings along.
func (o *offer) admit(f *facts.KeyFile, held *authkeys.Answer) {
	o.admitted = true
	if !o.l.brief {
		o.where = fmt.Sprintf("%s line %d lets the key in", f.Path, held.Line)
	}
	verify := false
	for i := range f.Keys.Lines {
		if l := &f.Keys.Lines[i]; l.Number == held.Line && l.Options != nil {
			o.granted.command, verify = l.Options.Command, l.Options.VerifyRequired
		}
	}
	o.securityKey(verify)
	if o.key.Cert != nil && o.granted.command == nil {
		if command, ok := o.key.Cert.ForceCommand(); ok {
			o.granted.command = &command
		}
	}
	if held.Detail != "" || len(o.doubts) > 0 {
		o.granted.unsure = "an earlier line may let the key in with other options"
	}
}

// securityKey judges what sshd asks of a FIDO key's signature (auth2-pubkey.c
// userauth_pubkey, sshkey_sk_fields): that the key was touched always, and its
// PIN or fingerprint where the line or PubkeyAuthOptions says so.
func (o *offer) securityKey(verify bool) {
	if !strings.HasPrefix(o.key.Type, "sk-") {
		return
	}
	if !o.l.brief {
		o.where += "; the security key has to be touched"
	}
	if verify || slices.Contains(o.l.via.Settings.Strings("pubkeyauthoptions"), "verify-required") {
		o.admitted = false
		o.doubts = append(o.doubts, "verify-required is set: the key is let in if the client's security key asks for its PIN, as one made by ssh-keygen -O verify-required does")
	}
}

// elsewhere judges what is asked after the files: the command, unless one of
// them let the key in. That no file lists the key, of which sshd says nothing, is
// told behind what it says of the command, and not where that may print the key.
func (o *offer) elsewhere() {
	files := len(o.rest)
	o.command()
	command := o.rest[files:]
	o.rest = o.rest[:files:files]
	if len(command) == 0 || len(o.l.via.KeyFiles) > 0 { // who has keys printed wants no file
		o.notListed()
	}
	o.rest = slices.Insert(o.rest, files, command...)
}

// notListed adds what is to be said where no line is about the key.
func (o *offer) notListed() {
	if o.listed || o.admitted || len(o.doubts) > 0 || o.key != nil && o.key.Cert != nil {
		return
	}
	read, missing := (*facts.KeyFile)(nil), (*facts.KeyFile)(nil)
	for _, f := range o.l.via.KeyFiles {
		switch {
		case f.Keys != nil && read == nil:
			read = f
		case f.Problem != nil && f.Problem.Failure == facts.Missing && missing == nil:
			missing = f
		}
	}
	c := audit.Cause{ID: "ak-not-listed", Fix: "add the public key as a line of its own"}
	switch {
	case read != nil:
		if broken := brokenLines(read); len(broken) > 0 && !hasKeys(read) {
			c = lineCause(o.l.a, read, &authkeys.Answer{Cause: broken[0].Cause, Detail: broken[0].Detail, Line: broken[0].Number})
			o.rest = append(o.rest, c)
			return
		}
		c.Path, c.Message = read.Path, fmt.Sprintf("%s does not list the key", read.Path)
	case len(o.rest) > 0:
		return
	case missing != nil:
		c.ID, c.Path = "akf-missing", missing.Path
		c.Message = fmt.Sprintf("there is no key file %s", missing.Path)
		c.Observed, c.Expected = "missing", "a file with the public key"
		c.Fix = "put the public key into this file (mode 0600, the account's own)"
	case len(o.l.via.KeyFiles) == 0:
		c = o.l.set("akf-none", "authorizedkeysfile", "AuthorizedKeysFile names no file for this account",
			"set AuthorizedKeysFile, and reload sshd")
	default:
		return
	}
	for i, e := range o.l.via.Elsewhere {
		if i == maxTold {
			c.Message += fmt.Sprintf("; and %d more have it", len(o.l.via.Elsewhere)-maxTold)
			break
		}
		c.Message += "; " + found(o.l.a, &e)
	}
	if n := o.l.via.Unsearched; n > 0 && len(o.l.via.Elsewhere) == 0 {
		c.Message += fmt.Sprintf("; %d other accounts were not searched for it: sshaudit keys --fingerprint FINGERPRINT looks at all", n)
	}
	if len(o.l.via.Elsewhere) > 0 && c.ID != "akf-none" {
		c.Fix = "move the key into " + c.Path.String() + ", if it belongs there"
	}
	o.rest = append(o.rest, c)
}

// Misplaced is what a cause says of a key that the account has in another file
// than those that sshd reads.
const Misplaced = "where sshd does not look"

// maxTold bounds the places that are told where a key lies.
const maxTold = 3

// hasKeys tells that a file holds some line that sshd reads as a key.
func hasKeys(f *facts.KeyFile) bool {
	return slices.ContainsFunc(f.Keys.Lines, func(l authkeys.Line) bool { return l.Kind == authkeys.KindKey && l.Cause == "" })
}

func found(a *facts.Account, e *facts.Elsewhere) string {
	if string(e.User) != a.Name {
		return fmt.Sprintf("the account %s has it (%s line %d)", e.User, e.Path, e.Line)
	}
	return fmt.Sprintf("it lies in %s line %d, %s", e.Path, e.Line, Misplaced)
}
