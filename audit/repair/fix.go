//go:build linux

package repair

import (
	"context"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

// maxRounds bounds how often an account is looked at: a repaired directory may
// be what kept the account, and hence us, from the files below it.
const maxRounds = 4

// Fix repairs the accounts one after another. The report is complete also when
// the error is not nil: the error says what ended the run before its end, and
// stands among the refusals as well.
func (f *Fixer) Fix(ctx context.Context, targets []Target, opt Options) (*audit.FixReport, error) {
	r, err := f.start(ctx, opt)
	if err != nil {
		r.stop(err)
		return r.report, err
	}
	for _, t := range targets {
		if err = ctx.Err(); err != nil {
			err = refuse(reasonTimeout, "stopped before %s: %v", audit.Untrusted(t.Name), err)
			break
		}
		if err = r.account(t); err != nil {
			break
		}
	}
	if r.seq > 0 && !opt.DryRun {
		r.report.ID = r.id
	}
	if err != nil {
		r.stop(err)
	}
	if cerr := r.close(); err == nil {
		err = cerr
	}
	return r.report, err
}

// account repairs one account. An error ends the run; what concerns this
// account only is a refusal.
func (r *run) account(t Target) error {
	n := newNotes(t)
	n.quiet = r.opt.All && t.UID < r.f.UIDMin
	r.ahead = nil
	defer func() { r.report.Refused = append(r.report.Refused, n.list()...) }()
	home, refused := r.f.openHome(t)
	if refused != nil && r.opt.All && (t.UID == unmappedUID() || checkHomeName(t.Home, t.UID) != nil) {
		return nil // not a home, so nothing in it is the account's
	}
	if refused != nil {
		n.refuse("", refused)
		return nil
	}
	if home == nil {
		if !r.opt.All {
			n.refuse("", refuse(reasonMissing, "the home %s does not exist", audit.Untrusted(t.Home)))
		}
		return nil
	}
	defer home.Close()
	if home.Info.UID != t.UID && home.Info.UID != 0 {
		n.refuse("", ownerRefusal(home.Info.UID, t.UID, "a home belongs to its account or to root"))
		return nil
	}
	for range maxRounds {
		again, err := r.round(t, home, n)
		if err != nil {
			return err
		}
		if !again {
			break
		}
		if err := home.Refresh(); err != nil {
			n.refuse("", hostfsRefusal(err))
			return nil
		}
	}
	if r.opt.Keys {
		return r.contents(t, home, n)
	}
	return nil
}

// round looks at everything once and changes what has to be changed. It
// reports whether another look would see more.
func (r *run) round(t Target, home *hostfs.Walked, n *notes) (again bool, err error) {
	l := &look{t: t, home: home, notes: n}
	defer l.close()
	err = r.f.Root.As(t.identity(), func(v *hostfs.View) error {
		l.view = v
		l.all()
		return nil
	})
	if err != nil {
		n.refuse("", asRefusal(err, "act as the account"))
		return false, nil
	}
	items := r.plan(l)
	defer func() { release(items) }()
	if r.opt.DryRun && len(l.blocked) > 0 && len(items) > 0 {
		ahead := r.lookAhead(l)
		defer ahead.close()
		items = append(items, r.plan(ahead)...)
		l.blocked = ahead.blocked
	}
	due := r.bounded(t, items, n)
	if r.opt.DryRun {
		r.tell(t, due, resultPlanned)
		r.expect(due)
	} else if len(due) > 0 {
		again, err = r.apply(t, home, due)
	}
	if !again && err == nil {
		l.denied()
	}
	return again, err
}

// expect notes what planned changes will make of the files.
func (r *run) expect(items []*item) {
	r.ahead = make(map[string]state, len(items))
	for _, it := range items {
		r.ahead[it.rel()] = it.to
	}
}

// lookAhead sees with root's rights, for a dry run, what the account will be
// able to reach once the planned changes are made.
func (r *run) lookAhead(l *look) *look {
	ahead := &look{t: l.t, home: l.home, notes: l.notes, asRoot: true, view: r.f.Root.Self()}
	ahead.all()
	seen := map[string]bool{}
	for _, o := range l.objects {
		seen[o.rel] = true
	}
	kept := ahead.objects[:0]
	for _, o := range ahead.objects {
		if !seen[o.rel] {
			kept = append(kept, o)
		} else if o.pin != &l.home.Pin {
			o.pin.Close()
		}
	}
	ahead.objects = kept
	return ahead
}

// bounded refuses what a run must not do in bulk.
func (r *run) bounded(t Target, items []*item, n *notes) []*item {
	if len(items) > 0 && r.opt.All && t.UID < r.f.UIDMin {
		n.refuse("", refuse(reasonNotNamed, "%d repairs are due, and uid %d is that of a system account (below %d): repeat with --user",
			len(items), t.UID, r.f.UIDMin))
		return nil
	}
	if len(items) > batchSize {
		n.refuse("", refuse(reasonTooMany, "%d repairs are due, and one run makes %d for one account; run again for the others", len(items), batchSize))
		items = items[:batchSize]
	}
	return items
}

// plan turns what was seen into changes, parents before what lies below them.
func (r *run) plan(l *look) []*item {
	var items []*item
	for i := range l.objects {
		o := &l.objects[i]
		v, refused := judge(o.observed, l.t, r.opt.All)
		switch {
		case refused != nil:
			l.notes.refuse(o.rel, refused)
		case v.foreign:
			items = append(items, r.hand(l, o)...)
		case v.change:
			to := stateOf(o.info)
			to.mode = v.mode
			items = append(items, r.item(l.t, o, whatMode, to, v.note))
		}
	}
	return items
}

// hand plans the change of an owner, after the bits that go in any case: at no
// instant is the file more open than before and after. What the account may
// set itself then is left to the next round.
func (r *run) hand(l *look, o *object) []*item {
	if len(o.acl.Entries) > 0 {
		l.notes.refuse(o.rel, refuse(reasonACL, "it has an access list beside a wrong owner; decide by hand who shall read it"))
		return nil
	}
	lease, refused := r.mayHand(o, l.t, l.home)
	if refused != nil {
		l.notes.refuse(o.rel, refused)
		return nil
	}
	var items []*item
	at := stateOf(o.info)
	if narrowed := at.mode & keyfiles.Target(o.kind, at.mode); narrowed != at.mode {
		to := at
		to.mode = narrowed
		it := r.item(l.t, o, whatMode, to, "")
		it.rec.AsRoot = true
		items = append(items, it)
		at = to
	}
	to := state{at.mode, l.t.UID, l.t.GID}
	it := r.item(l.t, o, whatOwner, to, "")
	it.rec.AsRoot, it.from, it.rec.ModeOld, it.lease = true, at, at.mode, lease
	return append(items, it)
}

// item makes one change and its record.
func (r *run) item(t Target, o *object, what string, to state, note string) *item {
	from := stateOf(o.info)
	return &item{pin: o.pin, from: from, to: to, note: note, lease: -1, rec: &Record{
		UID: t.UID, GID: t.GID, Groups: t.Groups, User: []byte(t.Name), Home: []byte(t.Home), Path: []byte(o.rel),
		What: what, Identity: identityOf(o.pin),
		ModeOld: from.mode, ModeNew: to.mode, UIDOld: from.uid, UIDNew: to.uid, GIDOld: from.gid, GIDNew: to.gid,
		ACL: o.acl.Raw,
	}}
}

// apply records, changes, and records the outcome.
func (r *run) apply(t Target, home *hostfs.Walked, items []*item) (again bool, err error) {
	for _, it := range items {
		r.number(it.rec)
	}
	if err := r.intents(items, PhaseIntent); err != nil {
		r.seq -= len(items)
		return false, err
	}
	r.perform(t, home, items)
	r.tell(t, items, resultDone)
	for _, it := range items {
		opened := it.to.mode&^it.from.mode != 0 && it.pin.Info.Type == hostfs.Directory
		again = again || it.refused == nil && (opened || it.rec.What == whatOwner)
	}
	if err := r.outcomes(items, PhaseDone, PhaseFailed); err != nil {
		return false, err
	}
	return again, nil
}
