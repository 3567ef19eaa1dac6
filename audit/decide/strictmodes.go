package decide

import (
	"iter"

	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
)

// Fault is what is wrong with one object in StrictModes' eyes.
type Fault uint8

// Faults, in the order in which sshd tests them. The zero value is none.
const (
	// FaultOwner: owned by neither root nor the account.
	FaultOwner Fault = iota + 1
	// FaultWorldWrite: others may write (mode & 002).
	FaultWorldWrite
	// FaultGroupWrite: the group may write (mode & 020) and no rule excuses it.
	FaultGroupWrite
	// FaultGroupUncertain: the group may write, and whether sshd minds depends
	// on a build that is not known here.
	FaultGroupUncertain
)

// Secure tells what StrictModes minds in the object n for the account with this
// uid, 0 if nothing: misc.c safe_path upstream, secure_permissions in Debian's
// builds. db answers who shares the object's group; it is asked only by Debian's rule.
func Secure(n *facts.Node, uid uint32, rules facts.StrictRules, db *accounts.DB) Fault {
	switch {
	case n.UID != 0 && n.UID != uid:
		return FaultOwner
	case n.Mode&0o002 != 0:
		return FaultWorldWrite
	case n.Mode&0o020 == 0 || rules == facts.RulesDebian && privateGroup(n, uid, db):
		return 0
	case rules == facts.RulesUnknown && privateGroup(n, uid, db):
		return FaultGroupUncertain
	default:
		return FaultGroupWrite
	}
}

// privateGroup tells whether the object's group has exactly one member, the
// owner: Debian's secure_permissions. Every account with that primary group
// must have the login's uid; listed members must be the file owner's name alone.
func privateGroup(n *facts.Node, uid uint32, db *accounts.DB) bool {
	group := db.Group(n.GID)
	if group == nil {
		return false
	}
	members := 0
	for _, a := range db.WithPrimaryGID(group.GID) {
		if a.UID != uid {
			return false
		}
		members++
	}
	owners := db.WithUID(n.UID)
	if len(owners) == 0 {
		return false
	}
	switch len(group.Members) {
	case 0:
	case 1:
		if group.Members[0] != owners[0].Name {
			return false
		}
		members++
	default:
		return false
	}
	return members > 0
}

// StrictModes judges an opened key file as sshd's safe_path does: the file
// itself, then each directory above it up to the home's canonical path, or up
// to "/" where the file lies outside. It returns the first object that is
// refused and what is wrong with it, or a fault of 0. A fault that only some
// builds mind gives way to a later one that all of them do.
func StrictModes(f *facts.KeyFile, a *facts.Account, rules facts.StrictRules, db *accounts.DB) (*facts.Node, Fault) {
	var uncertain *facts.Node
	for object := range judged(f, a) {
		switch fault := Secure(object, a.UID, rules, db); {
		case fault == FaultGroupUncertain && uncertain == nil:
			uncertain = object
		case fault != 0 && fault != FaultGroupUncertain:
			return object, fault
		}
	}
	if uncertain != nil {
		return uncertain, FaultGroupUncertain
	}
	return nil, 0
}

// judged yields the objects that safe_path looks at, in its order.
func judged(f *facts.KeyFile, a *facts.Account) iter.Seq[*facts.Node] {
	return func(yield func(*facts.Node) bool) {
		if !yield(&f.Node) {
			return
		}
		for i := range f.Dirs {
			d := &f.Dirs[i]
			// A home that cannot be resolved is no stop point: the walk goes on to "/".
			last := a.Home.Problem == nil && d.Path == a.Home.Path
			if !yield(d) || last {
				return
			}
		}
	}
}

// UnsafeProgram judges a program that sshd runs by itself, as safe_path does
// with owner uid 0 and no home to stop at: the program and every directory up
// to "/" must be root's alone (auth2-pubkey.c, subprocess in misc.c).
func UnsafeProgram(p *facts.Program, rules facts.StrictRules, db *accounts.DB) (*facts.Node, Fault) {
	if fault := Secure(&p.Node, 0, rules, db); fault != 0 {
		return &p.Node, fault
	}
	for i := range p.Dirs {
		if fault := Secure(&p.Dirs[i], 0, rules, db); fault != 0 {
			return &p.Dirs[i], fault
		}
	}
	return nil, 0
}
