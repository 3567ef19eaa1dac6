package decide

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// maxOffers bounds the keys that are tried: each is held against every line.
const maxOffers = 16

// anyKey looks for a listed key that would be let in.
func (l *login) anyKey() {
	var refused *offer
	tried := make(map[uint64]bool)
	for _, f := range l.via.KeyFiles {
		if f.Keys == nil {
			continue
		}
		for i := range f.Keys.Lines {
			line := &f.Keys.Lines[i]
			if line.Key == nil || line.Key.Cert != nil || line.Kind != authkeys.KindKey || line.Options != nil && line.Options.CertAuthority {
				continue
			}
			hash := facts.KeyHash(line.Key)
			if tried[hash] {
				continue // an offer is held against all lines at once
			}
			if tried[hash] = true; len(tried) > maxOffers {
				l.granted.unsure = "which key is offered is not known"
				l.doubt(audit.LayerKey, "none of the first %d keys is let in, and more are listed: name the one that is offered with --key", maxOffers)
				return
			}
			o := l.offer(line.Key)
			if o.admitted && len(o.first) == 0 {
				if !l.brief {
					o.where = fmt.Sprintf("a key is let in: %s by %s line %d", line.Key.Fingerprint(), f.Path, line.Number)
				}
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
	o.elsewhere()
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
