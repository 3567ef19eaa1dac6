//go:build linux

package repair

import (
	"strings"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

// observed is what judge needs to know about one object.
type observed struct {
	kind keyfiles.Kind
	info hostfs.Info
	// readable: the account may open the file for reading, or search the directory.
	readable bool
	acl      hostfs.ACL
}

// verdict is what is to be done with one object.
type verdict struct {
	// mode is the mode to set; change tells whether it differs from the present one.
	mode   uint32
	change bool
	// foreign: the owner is wrong; owner.go says whether it may be changed.
	foreign bool
	note    string
}

// judge decides what one object wants, or why it is left alone. It is pure.
func judge(o observed, t Target, all bool) (verdict, *refusal) {
	if r := wrongType(o); r != nil {
		return verdict{}, r
	}
	mode := keyfiles.Target(o.kind, o.info.Mode)
	v := verdict{mode: mode, change: mode != o.info.Mode}
	if o.info.UID != t.UID {
		v.foreign = true
		if fineAsForeign(o) {
			return verdict{mode: o.info.Mode}, nil
		}
	}
	if !v.change && !v.foreign {
		return v, nil
	}
	if r := untouchable(o); r != nil {
		return verdict{}, r
	}
	if v.foreign {
		return v, nil
	}
	return withACL(o, v, all)
}

// wrongType refuses what is no file, or no directory, of the expected kind.
func wrongType(o observed) *refusal {
	want := hostfs.Regular
	if o.kind.Directory() {
		want = hostfs.Directory
	}
	if o.info.Type != want {
		return refuse(reasonType, "it is a %s instead of a %s; see who put it there and remove it", o.info.Type, want)
	}
	return nil
}

// fineAsForeign reports whether sshd and ssh take the object as it is although
// the account does not own it: root's, not writable by others, readable by the
// account. An administrator chose that. A private key is never fine, and a
// second name of root's file is somebody's trick.
func fineAsForeign(o observed) bool {
	if o.kind == keyfiles.Other {
		return true
	}
	return o.info.UID == 0 && !keyfiles.OthersWrite(o.info.Mode) && o.readable &&
		o.kind != keyfiles.PrivateKey && (o.kind.Directory() || o.info.Nlink == 1)
}

// untouchable refuses an object whose change would reach further than the
// account, or cannot be made.
func untouchable(o observed) *refusal {
	switch {
	case o.info.Type == hostfs.Regular && o.info.Nlink != 1:
		return refuse(reasonHardLink, "the file has %d names; a repair would change it under its other names too. "+
			"Find them with: find / -xdev -inum %d", o.info.Nlink, o.info.Ino)
	case o.info.Immutable:
		return refuse(reasonImmutable, "the immutable flag is set: chattr -i first; if that was not you, find out who set it")
	case o.info.AppendOnly:
		return refuse(reasonImmutable, "the append-only flag is set: chattr -a first; if that was not you, find out who set it")
	}
	return nil
}

// withACL adds who loses access by the change. A run over all accounts does
// not take it from anybody.
func withACL(o observed, v verdict, all bool) (verdict, *refusal) {
	lost := strings.Join(losers(o.acl, o.info.Mode, v.mode), ", ")
	if lost == "" {
		return v, nil
	}
	if all {
		return verdict{}, refuse(reasonACL, "an access list grants more than the mode may stay: %s; repeat with --user if that is meant", lost)
	}
	v.note = "access list: " + lost
	return v, nil
}

// ownerRefusal says that the owner is wrong and stays.
func ownerRefusal(found, want uint32, why string) *refusal {
	return refuse(reasonOwner, "it belongs to uid %d, expected %d: %s; look at it with ls -ln and decide yourself", found, want, why)
}

// shownPath is the path of an object of the account, for people.
func shownPath(home, rel string) string {
	if rel == "" {
		return home
	}
	return strings.TrimSuffix(home, "/") + "/" + rel
}
