//go:build linux

package repair

import (
	"slices"
	"time"

	"sshaudit/audit"
)

// Run is one run in the record.
type Run struct {
	ID   string
	Time time.Time
	By   Invoker
	// Users are the accounts concerned, each once, in order.
	Users []audit.Untrusted
	// Done counts the changes that are in place, or may be after a crash;
	// Undone those taken back, Failed those that did not come about.
	Done, Undone, Failed int
}

// List returns the runs in the record, the newest first.
func (f *Fixer) List() ([]Run, error) {
	runs := map[string]*Run{}
	phases := map[change1]Phase{}
	err := f.eachRecord(func(rec *Record) error {
		run := runs[rec.ID]
		if run == nil {
			run = &Run{ID: rec.ID, Time: rec.Time, By: rec.Invoker}
			runs[rec.ID] = run
		}
		key := change1{rec.ID, rec.Seq}
		run.count(phases[key], -1)
		run.count(rec.Phase, 1)
		phases[key] = rec.Phase
		if user := audit.Untrusted(rec.User); !slices.Contains(run.Users, user) {
			run.Users = append(run.Users, user)
		}
		return nil
	})
	if err != nil {
		return nil, journalError(err)
	}
	out := make([]Run, 0, len(runs))
	for _, run := range runs {
		out = append(out, *run)
	}
	slices.SortFunc(out, func(a, b Run) int { return compareIDs(b.ID, a.ID) })
	return out, nil
}

func (r *Run) count(p Phase, n int) {
	switch p {
	case PhaseUndone:
		r.Undone += n
	case PhaseFailed:
		r.Failed += n
	case PhaseIntent, PhaseDone, PhaseUnknown, PhaseUndo:
		r.Done += n
	}
}

// eachRecord reads the whole journal, the oldest segment first.
func (f *Fixer) eachRecord(each func(*Record) error) error {
	d, err := openJournalDir(f.StateDir, false)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.segments()
	if err != nil {
		return err
	}
	for i, name := range names {
		if _, err := d.read(name, i == len(names)-1, each); err != nil {
			return err
		}
	}
	return nil
}
