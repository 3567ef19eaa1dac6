//go:build linux

package repair

import (
	"bytes"
	"crypto/sha256"
	"path"

	"sshaudit/audit/hostfs"
)

// undoContent puts the old file back, if the one in its place is still the
// repaired text.
func (r *run) undoContent(rec *Record) error {
	t := rec.target()
	n := newNotes(t)
	defer func() { r.report.Refused = append(r.report.Refused, n.list()...) }()
	refuseIt := func(refused *refusal) error {
		n.refuse(string(rec.Path), refused)
		return nil
	}
	home, refused := r.openRecorded(rec)
	if refused != nil {
		return refuseIt(refused)
	}
	defer home.Close()
	f := &textFile{rel: string(rec.Path), name: string(rec.Backup), lease: -1}
	defer f.close(home)
	as := func(work func() *refusal) *refusal {
		var refused *refusal
		if err := r.f.Root.As(t.identity(), func(*hostfs.View) error { refused = work(); return nil }); err != nil {
			return asRefusal(err, "act as the account")
		}
		return refused
	}
	if refused := as(func() *refusal { return f.reopen(home, t, rec, r.opt.Force) }); refused != nil {
		return refuseIt(refused)
	}
	it := &item{rec: rec, pin: f.pin, back: true, lease: -1, note: "the file from before the repair is in place again"}
	if r.opt.DryRun {
		r.tell(t, []*item{it}, resultPlanned)
		if r.kept == nil {
			r.kept = map[string]string{}
		}
		r.kept[keptKey(rec)] = path.Join(path.Dir(f.rel), f.name)
		return nil
	}
	if err := r.intents([]*item{it}, PhaseUndo); err != nil {
		return err
	}
	it.refused = as(func() *refusal {
		refused := f.exchange()
		if refused == nil && f.isAt(f.name, f.pin) {
			f.discard() // the repaired text, which is where the old one was kept
		}
		return refused
	})
	r.tell(t, []*item{it}, resultUndone)
	return r.outcomes([]*item{it}, PhaseUndone, PhaseDone)
}

// reopen pins what the repair left: the repaired file in its place and the old
// one under its backup name, both with the text that the record knows.
func (f *textFile) reopen(home *hostfs.Walked, t Target, rec *Record, force bool) *refusal {
	if f.name == "" || path.Base(f.name) != f.name || rec.NewObject == nil {
		return refuse(reasonChanged, "the run was interrupted and the text was changed since; the record cannot tell what the repair left")
	}
	var err error
	if f.dir, err = parentPin(home, f.rel); err != nil {
		return hostfsRefusal(err)
	}
	if f.pin, err = home.Beneath(f.rel); err != nil {
		return hostfsRefusal(err)
	}
	if f.created, err = f.dir.Beneath(f.name); err != nil {
		return refuse(reasonChanged, "the kept file is gone or out of reach: %v", err)
	}
	sameBoot := rec.BootID == bootID()
	for _, c := range []struct {
		pin  *hostfs.Pin
		want Identity
	}{{f.pin, *rec.NewObject}, {f.created, rec.Identity}} {
		m := c.want.compare(identityOf(c.pin), sameBoot)
		if m == differs || m == unprovable && !force || c.pin.Info.UID != t.UID {
			return refuse(reasonChanged, "%s is another file than the one the repair left", c.pin.Path)
		}
		if refused := untouchable(observed{info: c.pin.Info}); refused != nil {
			return refused
		}
	}
	if f.lease, err = leased(f.pin); err != nil {
		return asRefusal(err, "open")
	}
	for _, c := range []struct {
		pin *hostfs.Pin
		sum []byte
	}{{f.pin, rec.SHA256New}, {f.created, rec.SHA256Old}} {
		if !hasText(c.pin, c.sum) {
			return refuse(reasonChanged, "the text of %s was changed since the repair, or cannot be read", c.pin.Path)
		}
	}
	return nil
}

// classifyText tells which phase an interrupted change of content is in: which
// of the two files lies under the name. A repaired file that is not in place is
// removed.
func (r *run) classifyText(rec *Record) Phase {
	phase := PhaseUnknown
	sameBoot := rec.BootID == bootID()
	r.withRecorded(rec, func(p *hostfs.Pin) {
		id := identityOf(p)
		switch {
		case rec.compare(id, sameBoot) != differs:
			phase = PhaseFailed
			if rec.Phase == PhaseUndo {
				phase = PhaseUndone
			}
		case rec.NewObject == nil && hasText(p, rec.SHA256New):
			rec.NewObject = &id
			phase = PhaseDone
		case rec.NewObject != nil && rec.NewObject.compare(id, sameBoot) != differs:
			phase = PhaseDone
		}
	})
	if phase == PhaseFailed || phase == PhaseUndone {
		r.sweep(rec, sameBoot)
	}
	return phase
}

// hasText reports whether the pinned file holds the text of a digest.
func hasText(p *hostfs.Pin, want []byte) bool {
	text, err := p.ReadAll(maxText, nil)
	sum := sha256.Sum256(text)
	return err == nil && bytes.Equal(sum[:], want)
}

// sweep removes the repaired file that an interrupted run left beside the old
// one. Its name was random and stands in the record only, so a file of the
// account's under that name is ours, whole or not; the old file itself is not
// touched under any name.
func (r *run) sweep(rec *Record, sameBoot bool) {
	t := rec.target()
	home, refused := r.f.openHome(t)
	if refused != nil || home == nil {
		return
	}
	defer home.Close()
	f := &textFile{rel: string(rec.Path), name: string(rec.Backup), lease: -1}
	if f.name == "" || path.Base(f.name) != f.name {
		return
	}
	defer f.close(home)
	// What stays is a spare file of the account's own; nothing depends on it.
	_ = r.f.Root.As(t.identity(), func(*hostfs.View) error {
		var err error
		if f.dir, err = parentPin(home, f.rel); err != nil {
			return err
		}
		if f.created, err = f.dir.Beneath(f.name); err != nil {
			return err
		}
		info := f.created.Info
		if info.Type == hostfs.Regular && info.UID == t.UID && info.Nlink == 1 &&
			rec.compare(identityOf(f.created), sameBoot) == differs {
			f.discard()
		}
		return nil
	})
}
