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
// builds. db answers who shares the object's group; it is asked only by Debian's
// rule, and as at the first look of a connection.
func Secure(n *facts.Node, uid uint32, rules facts.StrictRules, db *accounts.DB) Fault {
	return secure(n, rules, &walk{db: db, uid: uid})
}

func secure(n *facts.Node, rules facts.StrictRules, w *walk) Fault {
	switch {
	case n.UID != 0 && n.UID != w.uid:
		return FaultOwner
	case n.Mode&0o002 != 0:
		return FaultWorldWrite
	case n.Mode&0o020 == 0 || rules == facts.RulesDebian && w.private(n):
		return 0
	case rules == facts.RulesUnknown && w.private(n):
		return FaultGroupUncertain
	default:
		return FaultGroupWrite
	}
}

// strictModes judges an opened key file as sshd's safe_path does: the file
// itself, then each directory above it up to the home's canonical path, or up
// to "/" where the file lies outside. It returns the first object that is
// refused and what is wrong with it, or a fault of 0. A fault that only some
// builds mind gives way to a later one that all of them do.
func strictModes(f *facts.KeyFile, a *facts.Account, rules facts.StrictRules, w *walk) (*facts.Node, Fault) {
	var uncertain *facts.Node
	for object := range judged(f, a) {
		switch fault := secure(object, rules, w); {
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
