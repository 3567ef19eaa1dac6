//go:build linux

package repair

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// batchSize bounds the changes that share one sync of the journal, and those
// of one account in one run.
const batchSize = 64

// run is one fix or one undo that holds the lock.
type run struct {
	f      *Fixer
	opt    Options
	report *audit.FixReport
	lock   *os.File
	tail   tail
	j      *journal
	id     string
	seq    int
	who    Invoker

	// kept tells a dry undo where the file lies that it would have put back
	// before it looks at the file's mode.
	kept map[string]string
	// ahead tells a dry fix what the planned changes make of the account's
	// files, by path below the home.
	ahead map[string]state

	subuid     []idRange
	subuidRead bool
}

// tail is what the newest segment told.
type tail struct {
	segment string
	good    int64
	// ids are the runs seen in it.
	ids map[string]bool
	// open are changes without an outcome, in order.
	open []*Record
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// start takes the lock, reads the newest segment and gives every change that
// was interrupted its outcome. A dry run does nothing of that.
func (f *Fixer) start(ctx context.Context, opt Options) (*run, error) {
	r := &run{f: f, opt: opt, report: &audit.FixReport{DryRun: opt.DryRun}, who: invoker(f.Version)}
	if opt.DryRun {
		return r, nil
	}
	var err error
	if r.lock, err = lock(ctx, f.LockPath); err != nil {
		return r, asRefusal(err, "lock file "+audit.Untrusted(f.LockPath).String())
	}
	if err := r.recover(); err != nil {
		return r, errors.Join(journalError(err), r.close())
	}
	return r, nil
}

// journalError says what a journal that cannot be used means for the run.
func journalError(err error) error {
	return &refusal{reasonJournal, fmt.Sprintf("the record cannot be used, so nothing was changed: %v", err)}
}

func (r *run) close() error {
	var err error
	if r.j != nil {
		// What is too old and could not be removed is tried again next time.
		_ = r.j.prune(r.f.now())
		err = errors.Join(r.j.Close(), r.j.dir.Close())
		r.j = nil
	}
	if r.lock != nil {
		err = errors.Join(err, r.lock.Close())
		r.lock = nil
	}
	return err
}

// readTail reads the newest segment, if there is a journal.
func (r *run) readTail(d *journalDir) error {
	names, err := d.segments()
	if err != nil || len(names) == 0 {
		return err
	}
	r.tail = tail{segment: names[len(names)-1], ids: map[string]bool{}}
	pending := map[changeKey]entry{}
	r.tail.good, err = d.read(r.tail.segment, true, func(e entry) error {
		r.tail.ids[e.id] = true
		if e.phase.pending() {
			e.text = bytes.Clone(e.text)
			pending[e.changeKey] = e
		} else {
			delete(pending, e.changeKey)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range pending {
		rec, err := e.record()
		if err != nil {
			return fmt.Errorf("%s/%s: %w", d.path, r.tail.segment, err)
		}
		r.tail.open = append(r.tail.open, rec)
	}
	slices.SortFunc(r.tail.open, func(a, b *Record) int {
		return cmp.Or(compareIDs(a.ID, b.ID), a.Seq-b.Seq)
	})
	return nil
}

// openJournal opens the journal for writing when the first record is due.
func (r *run) openJournal() error {
	if r.j != nil {
		return nil
	}
	d, err := openJournalDir(r.f.StateDir, true)
	if err != nil {
		return err
	}
	j, err := openJournal(d, r.freshID(), r.tail)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	r.j = j
	return nil
}

// freshID is a run name that no run in the newest segment has and that sorts
// behind the segment's own name, even when the clock went back.
func (r *run) freshID() string {
	if r.id != "" {
		return r.id
	}
	at := r.f.now()
	name := strings.TrimSuffix(r.tail.segment, segmentSuffix)
	if first, _, ok := strings.Cut(name, "-"); ok {
		if t, err := time.Parse(idTime, first); err == nil && t.After(at) {
			at = t
		}
	}
	for n := 1; ; n++ {
		id := runID(at, n)
		if !r.tail.ids[id] && id+segmentSuffix != r.tail.segment {
			r.id = id
			return id
		}
	}
}

// number gives a new change its name in the record.
func (r *run) number(rec *Record) {
	r.seq++
	rec.ID, rec.Seq = r.freshID(), r.seq
	rec.Root = r.rootName()
}

func (r *run) rootName() []byte {
	if r.f.Root.Live() {
		return nil
	}
	return []byte(r.f.Root.Dir())
}

// stamp makes a copy of a record in another phase.
func (r *run) stamp(rec *Record, phase Phase, reason string) *Record {
	c := *rec
	c.Phase, c.Reason, c.Recovered = phase, reason, false
	c.Time = r.f.now().UTC()
	c.BootID = bootID()
	c.Invoker = r.who
	return &c
}

// intents records a batch before it is made.
func (r *run) intents(items []*item, phase Phase) error {
	if err := r.openJournal(); err != nil {
		return journalError(err)
	}
	recs := make([]*Record, len(items))
	for i, it := range items {
		recs[i] = r.stamp(it.rec, phase, "")
	}
	if err := r.j.intents(recs); err != nil {
		return journalError(err)
	}
	return nil
}

// outcomes records how a batch ended: done or failed, by the phases given.
func (r *run) outcomes(items []*item, done, failed Phase) error {
	recs := make([]*Record, len(items))
	for i, it := range items {
		phase, reason := done, ""
		if it.refused != nil {
			phase, reason = failed, it.refused.reason
		}
		recs[i] = r.stamp(it.rec, phase, reason)
	}
	if err := r.j.outcomes(recs); err != nil {
		return &refusal{reasonJournal, fmt.Sprintf("the changes in the report were made and their outcome could not be recorded; "+
			"the next fix or undo will record it: %v", err)}
	}
	return nil
}

// tell puts the outcome of a batch into the report.
func (r *run) tell(t Target, items []*item, result string) {
	for _, it := range items {
		c := audit.Change{User: audit.Untrusted(t.Name), Path: audit.Untrusted(shownPath(t.Home, it.rel())),
			What: it.rec.What, Result: result, Note: it.note}
		c.From, c.To = it.describe()
		if it.refused != nil {
			c.Result = resultFailed
			r.report.Refused = append(r.report.Refused, audit.Refusal{User: c.User, Path: c.Path,
				Reason: it.refused.reason, Message: it.message()})
		}
		r.report.Changes = append(r.report.Changes, c)
	}
}

// stop reports an error that ends the run, as a refusal of everything.
func (r *run) stop(err error) {
	if ref, ok := errors.AsType[*refusal](err); ok {
		r.report.Refused = append(r.report.Refused, ref.entry("", ""))
	}
}
