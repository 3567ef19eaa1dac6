//go:build linux

package repair

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
)

// state is what a change can alter of an object.
type state struct{ mode, uid, gid uint32 }

func stateOf(i hostfs.Info) state { return state{i.Mode, i.UID, i.GID} }

// item is one change of one pinned object, forwards or backwards.
type item struct {
	rec      *Record
	pin      *hostfs.Pin
	from, to state
	// back: the change is being taken back.
	back bool
	// lease, where not -1, must stand when the change is made.
	lease int
	note  string
	// outcome: nil when the change is in place.
	refused *refusal
}

// rel is the object's path below the home.
func (it *item) rel() string { return string(it.rec.Path) }

// describe returns the values before and after as a report shows them.
func (it *item) describe() (from, to string) {
	switch it.rec.What {
	case whatOwner:
		return owners(it.from.uid, it.from.gid), owners(it.to.uid, it.to.gid)
	case whatContent:
		if it.back {
			return digest(it.rec.SHA256New), digest(it.rec.SHA256Old)
		}
		return digest(it.rec.SHA256Old), digest(it.rec.SHA256New)
	}
	return octal(it.from.mode), octal(it.to.mode)
}

// perform makes the changes of one batch, each with the rights it needs, and
// leaves every item with its outcome. Items of one kind stand together.
func (r *run) perform(t Target, home *hostfs.Walked, items []*item) {
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].rec.AsRoot == items[0].rec.AsRoot {
			n++
		}
		group := items[:n]
		items = items[n:]
		work := func(v *hostfs.View) error { return changeAll(v, t, home, group) }
		var err error
		if group[0].rec.AsRoot {
			err = work(r.f.Root.Self())
		} else {
			err = r.f.Root.As(withGroups(t, group), work)
		}
		if err != nil {
			for _, it := range group {
				if it.refused == nil {
					it.refused = asRefusal(err, "nothing was changed")
				}
			}
		}
	}
}

// withGroups is the account's identity, with the groups of its set-group-id
// directories: chmod(2) silently drops that bit when the caller is not in the
// group. The rights to change an object come from owning it, as before.
func withGroups(t Target, items []*item) hostfs.Identity {
	id := t.identity()
	for _, it := range items {
		if it.to.mode&0o2000 != 0 && it.to.gid != t.GID {
			id.Groups = append(slices.Clip(id.Groups), it.to.gid)
		}
	}
	return id
}

// changeAll walks to the home anew, so that the names are looked up once more
// from the top, and changes item after item.
func changeAll(v *hostfs.View, t Target, home *hostfs.Walked, items []*item) error {
	again, err := v.OpenHome(t.Home)
	if err != nil {
		return hostfsRefusal(err)
	}
	defer again.Close()
	if !again.Info.SameObject(home.Info) {
		return refuse(reasonMoved, "the home %s is another directory than a moment ago; run again", again.Path)
	}
	for _, it := range items {
		it.refused = change(again, it)
	}
	return nil
}

// change makes one change through the pinned descriptor and proves it.
func change(home *hostfs.Walked, it *item) *refusal {
	if err := it.pin.Refresh(); err != nil {
		return hostfsRefusal(err)
	}
	if r := stillThere(it); r != nil {
		return r
	}
	if it.lease >= 0 && !leaseStands(it.lease) {
		return refuse(reasonChanging, "somebody writes it; run again")
	}
	if err := set(it.pin.Fd(), it.from, it.to); err != nil {
		return asRefusal(err, "change of "+it.rec.What)
	}
	if err := it.pin.Refresh(); err != nil {
		return hostfsRefusal(err)
	}
	now := stateOf(it.pin.Info)
	if now != it.to {
		return refuse(reasonNotApplied, "the file system took the change and shows mode %04o, owner %d:%d all the same",
			now.mode, now.uid, now.gid)
	}
	if named(home, it) {
		return nil
	}
	return takeBack(it)
}

// stillThere compares the pinned object with what the record says of it.
func stillThere(it *item) *refusal {
	info := it.pin.Info
	switch {
	case info.Nlink == 0:
		return refuse(reasonMoved, "it was deleted meanwhile; run again")
	case stateOf(info) != it.from:
		return refuse(reasonChanged, "it has mode %04o and owner %d:%d now; run again", info.Mode, info.UID, info.GID)
	case info.Type == hostfs.Regular && info.Nlink != 1:
		return refuse(reasonHardLink, "it got %d names meanwhile", info.Nlink)
	case info.Immutable || info.AppendOnly:
		return refuse(reasonImmutable, "it was made immutable or append-only meanwhile")
	}
	return nil
}

// set makes the one difference between two states.
func set(fd int, from, to state) error {
	if from.uid != to.uid || from.gid != to.gid {
		return chownFD(fd, to.uid, to.gid)
	}
	return chmodFD(fd, to.mode)
}

// named reports whether the name still leads to the pinned object.
func named(home *hostfs.Walked, it *item) bool {
	if it.rel() == "" {
		return home.Info.SameObject(it.pin.Info)
	}
	p, err := home.Beneath(it.rel())
	if err != nil {
		return false
	}
	defer p.Close()
	return p.Info.SameObject(it.pin.Info)
}

// takeBack undoes a change of an object that is no longer what the name means,
// unless somebody changed it once more.
func takeBack(it *item) *refusal {
	r := refuse(reasonMoved, "the name leads to another object than a moment ago; the one that was changed got its old %s back; run again", it.rec.What)
	if err := set(it.pin.Fd(), it.to, it.from); err != nil {
		return refuse(reasonMoved, "the name leads to another object than a moment ago, and the one that was changed could not be set back: %v", err)
	}
	if err := it.pin.Refresh(); err != nil || stateOf(it.pin.Info) != it.from {
		return refuse(reasonMoved, "the name leads to another object than a moment ago, and the one that was changed did not take its old %s back", it.rec.What)
	}
	return r
}

// message is what a failed item says in the report.
func (it *item) message() string {
	from, to := it.describe()
	return fmt.Sprintf("%s stays %s instead of %s: %s", it.rec.What, from, to, it.refused.message)
}

// release closes what the items hold beside their pins.
func release(items []*item) {
	for _, it := range items {
		if it.lease >= 0 {
			unix.Close(it.lease)
			it.lease = -1
		}
	}
}
