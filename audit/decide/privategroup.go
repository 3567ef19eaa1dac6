package decide

import (
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
)

// walk is how Debian's secure_permissions (misc.c) finds out who is in a group:
// by getpwent(3) through all accounts. It leaves off at the first account that
// should not be there, and the next look of the same connection goes on behind
// it; only a walk that came to its end begins anew.
type walk struct {
	db  *accounts.DB
	uid uint32
	// place is the line of passwd behind which the next look begins, 0 for the start.
	place int32
}

// private tells whether the object's group has exactly one member, the owner.
// Every account with that primary group must have the login's uid; listed
// members must be the file owner's name alone.
func (w *walk) private(n *facts.Node) bool {
	group := w.db.Group(n.GID)
	if group == nil {
		return false
	}
	members := 0
	for a := range w.db.PrimaryBehind(group.GID, w.place) {
		if a.UID != w.uid {
			w.place = a.Line
			return false
		}
		members++
	}
	w.place = 0
	owner := w.db.UIDName(n.UID)
	if owner == "" {
		return false
	}
	switch len(group.Members) {
	case 0:
	case 1:
		if group.Members[0] != owner {
			return false
		}
		members++
	default:
		return false
	}
	return members > 0
}

// maxTries bounds the attempts of one connection that are thought through;
// MaxAuthTries is 6 unless somebody changes it.
const maxTries = 64

// strictly judges a key file as sshd does in a connection: one attempt after the
// other, and in each of them one file after the other. steady is false if the
// answer depends on how many keys the client has offered before. Nearly all
// clients ask first and sign then, which makes sshd look twice; the few that sign
// at once have the answer of one look, so that one counts.
func strictly(h *facts.Host, a *facts.Account, via *facts.Via, f *facts.KeyFile) (object *facts.Node, fault Fault, steady bool) {
	w := &walk{db: h.Accounts, uid: a.UID}
	tries := 1
	if via.Settings != nil {
		tries = min(max(via.Settings.Int("maxauthtries"), 1), maxTries)
	}
	for try := range tries {
		began := w.place
		o, ft := attempt(via, a, f, w)
		switch {
		case try == 0:
			object, fault = o, ft
		case (ft == 0) != (fault == 0):
			if fault == 0 {
				object, fault = o, ft
			}
			return object, fault, false
		}
		if w.place == began {
			break // every further attempt is like this one
		}
	}
	return object, fault, true
}

// attempt looks at all key files as for a key that none of them holds, and
// returns the answer about f.
func attempt(via *facts.Via, a *facts.Account, f *facts.KeyFile, w *walk) (object *facts.Node, fault Fault) {
	seen := false
	for _, file := range via.KeyFiles {
		if file.BadToken != 0 || file.Problem != nil || file.Type != facts.Regular {
			continue
		}
		o, ft := strictModes(file, a, via.Server.Rules, w)
		// The same file may be named twice: once is enough to be read.
		if file == f && (!seen || ft == 0) {
			object, fault, seen = o, ft, true
		}
	}
	return object, fault
}
