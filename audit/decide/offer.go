package decide

import (
	"fmt"
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
	o.command()
	o.notListed()
	l.conclude(o)
}

// offer judges one key in sshd's order.
func (l *login) offer(key *authkeys.Key) *offer {
	o := &offer{l: l, key: key, from: authkeys.Source{User: l.a.Name, Addr: l.req.From}}
	o.accepted()
	o.revoked()
	for _, f := range l.via.KeyFiles {
		o.file(f)
	}
	if key.Cert != nil && !o.admitted {
		o.authority()
	}
	o.command()
	o.notListed()
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

// accepted applies what sshd asks of a key before it looks into any file
// (auth2-pubkey.c userauth_pubkey).
func (o *offer) accepted() {
	via, key := o.l.via, o.key
	cause, why := KeyAccepted(via, key)
	switch {
	case cause == "key-alg-not-accepted":
		if key.Type == "ssh-rsa" && via.Server.Version.AtLeast(9, 6) {
			// Clients are told what is accepted, and do not offer the key then.
			o.first = append(o.first, o.l.set("client-no-sigalg", "pubkeyacceptedalgorithms",
				why+"; clients are told so and do not offer the key", "let the customer make a new key: ssh-keygen -t ed25519"))
			return
		}
		o.first = append(o.first, o.l.set(cause, "pubkeyacceptedalgorithms", why, "let the customer make a new key: ssh-keygen -t ed25519"))
	case cause != "":
		o.first = append(o.first, o.l.set(cause, "requiredrsasize", why, "let the customer make a new key: ssh-keygen -t ed25519"))
	case onlySHA1(via, key):
		o.doubts = append(o.doubts, "PubkeyAcceptedAlgorithms takes RSA keys by SHA-1 signatures only, which newer clients do not make")
		o.first = nil
	}
	if key.Cert == nil {
		return
	}
	signed := string(key.Cert.SignatureType)
	if list, ok := via.Settings.Get("casignaturealgorithms"); ok && !contains(list.Value, signed) {
		o.first = append(o.first, o.l.set("cert-sigalg", "casignaturealgorithms",
			"the certificate is signed with "+audit.Untrusted(signed).String()+", which CASignatureAlgorithms does not name",
			"sign it anew with ssh-keygen -t rsa-sha2-512, or by an ed25519 CA"))
	}
	if key.Cert.CheckSignature() == audit.Unknown {
		o.doubts = append(o.doubts, "the certificate's signature could not be checked")
	}
}

func contains(list, word string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		if entry == word {
			return true
		}
	}
	return false
}

// revoked applies RevokedKeys: what cannot be read revokes every key
// (auth.c auth_key_is_revoked).
func (o *offer) revoked() {
	for _, f := range o.l.via.Policy.RevokedFiles {
		switch {
		case f.Problem != nil && f.Problem.Failure != facts.Uncertain, f.Problem == nil && f.Type == facts.Directory:
			o.unreadable(f, "it cannot be read")
		case f.List == nil:
			o.doubts = append(o.doubts, fmt.Sprintf("RevokedKeys %s could not be read here", f.Path))
		default:
			switch v, broken := f.List.Revokes(o.key); {
			case broken && f.List.BadLine > 0:
				o.unreadable(f, fmt.Sprintf("line %d is no key", f.List.BadLine))
			case broken:
				o.unreadable(f, "it is damaged")
			case v == audit.Accept:
				c := o.l.set("key-revoked", "revokedkeys", fmt.Sprintf("the key is revoked by %s", f.Path), "let the customer make a new key")
				c.Path, c.Line = f.Path, 0
				o.first = append(o.first, c)
			case v == audit.Unknown:
				o.doubts = append(o.doubts, fmt.Sprintf("RevokedKeys %s: %s", f.Path, f.List.Unsure))
			}
		}
	}
}

func (o *offer) unreadable(f *facts.KeyList, why string) {
	c := audit.Cause{ID: "revoked-file-error", Path: f.Path, Message: fmt.Sprintf("sshd refuses every key, because it cannot evaluate RevokedKeys %s: %s", f.Path, why)}
	c.Fix = "repair the file, or take RevokedKeys out of sshd_config and reload sshd"
	if f.List != nil {
		c.Line = f.List.BadLine
	}
	o.first = append(o.first, c)
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
	case held.Verdict == audit.Accept:
		o.admit(f, &held)
	case held.Match:
		o.rest = append(o.rest, lineCause(o.l.a, f, &held))
	}
}

// admit notes the line that lets the key in, and what it brings along.
func (o *offer) admit(f *facts.KeyFile, held *authkeys.Answer) {
	o.admitted = true
	o.where = fmt.Sprintf("%s line %d lets the key in", f.Path, held.Line)
	for i := range f.Keys.Lines {
		if l := &f.Keys.Lines[i]; l.Number == held.Line && l.Options != nil {
			o.granted.command = l.Options.Command
		}
	}
	if o.key.Cert != nil && o.granted.command == nil {
		if command, ok := o.key.Cert.ForceCommand(); ok {
			o.granted.command = &command
		}
	}
	if held.Detail != "" || len(o.doubts) > 0 {
		o.granted.unsure = "an earlier line may let the key in with other options"
	}
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
	for _, e := range o.l.via.Elsewhere {
		c.Message += "; " + elsewhere(o.l.a, &e)
	}
	if len(o.l.via.Elsewhere) > 0 && c.ID != "akf-none" {
		c.Fix = "move the key into " + c.Path.String() + ", if it belongs there"
	}
	o.rest = append(o.rest, c)
}

func elsewhere(a *facts.Account, e *facts.Elsewhere) string {
	if string(e.User) != a.Name {
		return fmt.Sprintf("the account %s has it (%s line %d)", e.User, e.Path, e.Line)
	}
	return fmt.Sprintf("it lies in %s line %d, where sshd does not look", e.Path, e.Line)
}

// command judges AuthorizedKeysCommand, which sshd asks when no file let the key in.
func (o *offer) command() {
	s, l := o.l.via.Settings, o.l
	text, ok := s.Text("authorizedkeyscommand")
	if o.admitted || !ok || strings.EqualFold(text, "none") {
		return
	}
	c := l.set("", "authorizedkeyscommand", "", "correct AuthorizedKeysCommand in sshd_config, and reload sshd")
	user, _ := s.Text("authorizedkeyscommanduser")
	p := l.via.Policy.Command
	switch {
	case l.h.OtherAccounts == "" && user != "" && !strings.Contains(user, "%") && l.h.Accounts.Lookup(user) == nil:
		c.ID, c.Message = "akc-user-missing", fmt.Sprintf("AuthorizedKeysCommandUser %s does not exist, so AuthorizedKeysCommand is not run", audit.Untrusted(user))
	case p == nil:
		c.ID, c.Message = "akc-missing", "AuthorizedKeysCommand names no absolute path"
	case p.Problem != nil && p.Problem.Failure != facts.Uncertain:
		c.ID, c.Path, c.Line, c.Message = "akc-missing", audit.Untrusted(p.Setting), 0, fmt.Sprintf("AuthorizedKeysCommand %s does not exist", audit.Untrusted(p.Setting))
	default:
		if p.Problem == nil {
			if object, fault := UnsafeProgram(p, l.via.Server.Rules, l.h.Accounts); fault != 0 && fault != FaultGroupUncertain {
				c.ID, c.Path, c.Line = "akc-unsafe", object.Path, 0
				c.Message = fmt.Sprintf("sshd does not run AuthorizedKeysCommand: others than root could change %s", object.Path)
				c.Observed = fmt.Sprintf("uid %d, mode %04o", object.UID, object.Mode)
				c.Fix = "chown root and chmod go-w the path"
				o.rest = append(o.rest, c)
				return
			}
		}
		o.doubts = append(o.doubts, fmt.Sprintf("AuthorizedKeysCommand %s may print the key; run it as %s to see", audit.Untrusted(p.Setting), audit.Untrusted(user)))
		return
	}
	o.rest = append(o.rest, c)
}

// anyKey looks for a listed key that would be let in.
func (l *login) anyKey() {
	var refused *offer
	for _, f := range l.via.KeyFiles {
		if f.Keys == nil {
			continue
		}
		for i := range f.Keys.Lines {
			line := &f.Keys.Lines[i]
			if line.Key == nil || line.Key.Cert != nil || line.Kind != authkeys.KindKey || line.Options != nil && line.Options.CertAuthority {
				continue
			}
			o := l.offer(line.Key)
			if o.admitted && len(o.first) == 0 {
				o.where = fmt.Sprintf("a key is let in: %s by %s line %d", line.Key.Fingerprint(), f.Path, line.Number)
				l.conclude(o)
				return
			}
			if refused == nil || len(refused.doubts) == 0 && len(o.doubts) > 0 {
				refused = o
			}
		}
	}
	if l.via.Policy.Authorities != nil {
		l.granted.unsure = "the certificate is not known"
		l.doubt(audit.LayerKey, "no listed key is let in, but a certificate of a trusted CA (TrustedUserCAKeys) may be: give it with --key")
		return
	}
	if refused != nil {
		l.conclude(refused)
		return
	}
	l.noKey()
}

// noKey judges an account whose files hold no key that sshd reads.
func (l *login) noKey() {
	o := &offer{l: l}
	for _, f := range l.via.KeyFiles {
		o.file(f)
		for _, line := range brokenLines(f) {
			o.listed = true
			o.rest = append(o.rest, lineCause(l.a, f, &authkeys.Answer{Cause: line.Cause, Detail: line.Detail, Line: line.Number}))
		}
	}
	o.command()
	o.notListed()
	l.conclude(o)
}

// maxBroken bounds the lines that are told of one file.
const maxBroken = 5

// brokenLines are the lines of a file that were meant as keys.
func brokenLines(f *facts.KeyFile) (list []*authkeys.Line) {
	if f.Keys == nil {
		return nil
	}
	for i := range f.Keys.Lines {
		if l := &f.Keys.Lines[i]; l.Cause != "" && l.Kind != authkeys.KindComment && len(list) < maxBroken {
			list = append(list, l)
		}
	}
	return list
}
