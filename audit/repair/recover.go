//go:build linux

package repair

import (
	"sshaudit/audit/hostfs"
)

// recover gives every change that was interrupted its outcome, by looking at
// the object: kill -9 or a power cut came between the record and the outcome.
func (r *run) recover() error {
	d, err := openJournalDir(r.f.StateDir, false)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := r.readTail(d); err != nil || len(r.tail.open) == 0 {
		return err
	}
	var found []*Record
	for _, rec := range r.tail.open {
		if string(rec.Root) != string(r.rootName()) {
			continue // another tree's; undo looks for itself
		}
		c := r.stamp(rec, r.classify(rec), "")
		c.Recovered = true
		found = append(found, c)
	}
	if len(found) == 0 {
		return nil
	}
	j, err := openJournal(d, r.freshID(), r.tail)
	if err != nil {
		return err
	}
	if err := j.append(found, true); err != nil {
		j.Close()
		return err
	}
	r.tail.good = j.size
	return j.Close()
}

// classify tells which phase an interrupted change is in: its object has the
// state after it, the state before it, or cannot be told.
func (r *run) classify(rec *Record) Phase {
	if rec.What == whatContent {
		return r.classifyText(rec)
	}
	applied, not := PhaseDone, PhaseFailed
	if rec.Phase == PhaseUndo {
		applied, not = PhaseUndone, PhaseDone
	}
	before, after := rec.states()
	if rec.Phase == PhaseUndo {
		before, after = after, before
	}
	phase := PhaseUnknown
	r.withRecorded(rec, func(p *hostfs.Pin) {
		if rec.compare(identityOf(p), rec.BootID == bootID()) == differs {
			return
		}
		switch stateOf(p.Info) {
		case after:
			phase = applied
		case before:
			phase = not
		}
	})
	return phase
}

// states returns what the object was and what the change makes of it.
func (r *Record) states() (before, after state) {
	return state{r.ModeOld, r.UIDOld, r.GIDOld}, state{r.ModeNew, r.UIDNew, r.GIDNew}
}

// target is the account of a record.
func (r *Record) target() Target {
	return Target{Name: string(r.User), UID: r.UID, GID: r.GID, Groups: r.Groups, Home: string(r.Home)}
}

// withRecorded pins what a record's path leads to now, as its account, and
// calls see with it; not at all when it cannot be reached.
func (r *run) withRecorded(rec *Record, see func(*hostfs.Pin)) {
	t := rec.target()
	home, refused := r.f.openHome(t)
	if refused != nil || home == nil {
		return
	}
	defer home.Close()
	if len(rec.Path) == 0 {
		see(&home.Pin)
		return
	}
	look := func(*hostfs.View) error {
		p, err := home.Beneath(string(rec.Path))
		if err != nil {
			return err
		}
		defer p.Close()
		see(p)
		return nil
	}
	if rec.AsRoot || r.f.Root.As(t.identity(), look) != nil {
		_ = look(r.f.Root.Self())
	}
}
