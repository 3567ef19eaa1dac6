//go:build linux

package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
)

// ErrNoRecord is returned for a run that the journal does not hold.
var ErrNoRecord = errors.New("no such run in the record")

// Undo takes a run back, the last one that has something to take back when id
// is empty. It is a repair in the other direction: the same walk, the same
// object, and only where the present state is the one that the run left. It is
// the only place where bits for group and others may appear.
func (f *Fixer) Undo(ctx context.Context, id string, opt Options) (*audit.FixReport, error) {
	r, err := f.start(ctx, opt)
	if err == nil {
		err = r.undo(ctx, id)
	}
	if err != nil {
		r.stop(err)
	}
	if cerr := r.close(); err == nil {
		err = cerr
	}
	return r.report, err
}

func (r *run) undo(ctx context.Context, id string) error {
	recs, err := r.f.recorded(id)
	if err != nil {
		return err
	}
	r.report.ID = recs[0].ID
	slices.Reverse(recs)
	for len(recs) > 0 {
		if err := ctx.Err(); err != nil {
			return refuse(reasonTimeout, "stopped before the end: %v", err)
		}
		n := 1
		for n < len(recs) && n < batchSize && sameGroup(recs[0], recs[n]) {
			n++
		}
		if recs[0].What == whatContent {
			err = r.undoContent(recs[0])
		} else {
			err = r.undoGroup(recs[:n])
		}
		if err != nil {
			return err
		}
		recs = recs[n:]
	}
	return nil
}

// sameGroup reports whether two changes can be taken back in one batch.
func sameGroup(a, b *Record) bool {
	return a.What != whatContent && b.What != whatContent && a.UID == b.UID &&
		string(a.Home) == string(b.Home) && string(a.Root) == string(b.Root)
}

// recorded returns the changes of a run that may be in place, in the order in
// which they were made.
func (f *Fixer) recorded(id string) ([]*Record, error) {
	if id == "" {
		var err error
		if id, err = f.latest(); err != nil {
			return nil, err
		}
	}
	if !validID(id) {
		return nil, fmt.Errorf("%q: want a name such as 20060102T150405Z-1, see sshaudit undo --list: %w", id, ErrNoRecord)
	}
	bySeq := map[int]*Record{}
	err := f.eachEntry(func(e entry) error {
		if e.id != id {
			return nil
		}
		rec, err := e.record()
		bySeq[e.seq] = rec
		return err
	})
	if err != nil {
		return nil, journalError(err)
	}
	var recs []*Record
	for _, rec := range bySeq {
		if rec.Phase.inPlace() {
			recs = append(recs, rec)
		}
	}
	if len(recs) == 0 {
		return nil, fmt.Errorf("%s: nothing to undo, see sshaudit undo --list: %w", id, ErrNoRecord)
	}
	slices.SortFunc(recs, func(a, b *Record) int { return a.Seq - b.Seq })
	return recs, nil
}

// undoGroup takes back changes of one account.
func (r *run) undoGroup(recs []*Record) error {
	t := recs[0].target()
	n := newNotes(t)
	defer func() { r.report.Refused = append(r.report.Refused, n.list()...) }()
	home, refused := r.openRecorded(recs[0])
	if refused != nil {
		for _, rec := range recs {
			n.refuse(string(rec.Path), refused)
		}
		return nil
	}
	defer home.Close()
	items := r.backwards(t, home, recs, n)
	defer func() {
		for _, it := range items {
			if it.pin != &home.Pin {
				it.pin.Close()
			}
		}
	}()
	if len(items) == 0 {
		return nil
	}
	if r.opt.DryRun {
		r.tell(t, items, resultPlanned)
		return nil
	}
	if err := r.intents(items, PhaseUndo); err != nil {
		return err
	}
	r.perform(t, home, items)
	r.tell(t, items, resultUndone)
	return r.outcomes(items, PhaseUndone, PhaseDone)
}

// openRecorded opens the home of a recorded change.
func (r *run) openRecorded(rec *Record) (*hostfs.Walked, *refusal) {
	if string(rec.Root) != string(r.rootName()) {
		root := audit.Untrusted(rec.Root)
		if len(rec.Root) == 0 {
			root = "/"
		}
		return nil, refuse(reasonChanged, "this was recorded below %s: repeat with --root", root)
	}
	home, refused := r.f.openHome(rec.target())
	if refused == nil && home == nil {
		refused = refuse(reasonChanged, "the home %s is gone", audit.Untrusted(rec.Home))
	}
	return home, refused
}

// backwards pins the objects and makes the items that lead back. Several
// changes of one object are taken back one after the other, so each is
// compared with the state that the one before it leaves.
func (r *run) backwards(t Target, home *hostfs.Walked, recs []*Record, n *notes) []*item {
	var items []*item
	expected := map[string]state{}
	pinAll := func(asRoot bool) func(*hostfs.View) error {
		return func(*hostfs.View) error {
			for _, rec := range recs {
				if rec.AsRoot == asRoot {
					r.pinOne(home, rec, &items)
				}
			}
			return nil
		}
	}
	if err := r.f.Root.As(t.identity(), pinAll(false)); err != nil {
		n.refuse("", asRefusal(err, "act as the account"))
		return nil
	}
	_ = pinAll(true)(r.f.Root.Self())
	slices.SortFunc(items, func(a, b *item) int { return b.rec.Seq - a.rec.Seq })
	kept := items[:0]
	for _, it := range items {
		if it.refused == nil {
			it.refused = r.checkBack(it, expected)
		}
		switch {
		case it.refused != nil:
			n.refuse(it.rel(), it.refused)
		case it.from != it.to:
			kept = append(kept, it)
			continue
		}
		if it.pin != nil && it.pin != &home.Pin {
			it.pin.Close()
		}
	}
	return kept
}

// pinOne adds the item of a record; one that cannot be reached is refused.
func (r *run) pinOne(home *hostfs.Walked, rec *Record, items *[]*item) {
	before, after := rec.states()
	it := &item{rec: rec, from: after, to: before, back: true, lease: -1, pin: &home.Pin}
	if len(rec.Path) > 0 {
		var err error
		rel := string(rec.Path)
		if kept, ok := r.kept[keptKey(rec)]; ok {
			rel = kept
		}
		if it.pin, err = home.Beneath(rel); err != nil {
			it.pin = nil
			it.refused = hostfsRefusal(err)
			if isNotExist(err) {
				it.refused = refuse(reasonChanged, "it is gone")
			}
		}
	}
	*items = append(*items, it)
}

// keptKey names the file whose text a planned undo would put back.
func keptKey(rec *Record) string { return string(rec.Home) + "\x00" + string(rec.Path) }

// checkBack compares the pinned object with the record. An object that has the
// old state already wants nothing: from becomes to.
func (r *run) checkBack(it *item, expected map[string]state) *refusal {
	switch it.rec.compare(identityOf(it.pin), it.rec.BootID == bootID()) {
	case differs:
		return refuse(reasonChanged, "it is another object than the one that was repaired")
	case unprovable:
		if !r.opt.Force {
			return refuse(reasonChanged, "the file system keeps neither birth time nor file handle, so that a new file could pass for the one that was repaired; repeat with --force if you are sure")
		}
	case same:
	}
	now, known := expected[it.rel()]
	if !known {
		now = stateOf(it.pin.Info)
	}
	if now == it.to {
		it.from = it.to
		return nil
	}
	if now != it.from {
		return refuse(reasonChanged, "it has mode %04o and owner %d:%d, the repair left mode %04o and owner %d:%d; somebody changed it since",
			now.mode, now.uid, now.gid, it.from.mode, it.from.uid, it.from.gid)
	}
	if refused := untouchable(observed{info: it.pin.Info}); refused != nil {
		return refused
	}
	if it.rec.AsRoot && it.to.mode&0o7000 != 0 {
		return refuse(reasonOwner, "it would get a set-id bit with an owner that is not the account; do that by hand")
	}
	expected[it.rel()] = it.to
	return nil
}
