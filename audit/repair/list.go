//go:build linux

package repair

import (
	"fmt"
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
	users := map[string]map[audit.Untrusted]bool{}
	phases := map[changeKey]Phase{}
	err := f.eachEntry(func(e entry) error {
		run := runs[e.id]
		if e.phase == PhaseIntent || run == nil {
			rec, err := e.record()
			if err != nil {
				return err
			}
			if run == nil {
				run = &Run{ID: e.id, Time: rec.Time, By: rec.Invoker}
				runs[e.id], users[e.id] = run, map[audit.Untrusted]bool{}
			}
			if user := audit.Untrusted(rec.User); !users[e.id][user] {
				users[e.id][user] = true
				run.Users = append(run.Users, user)
			}
		}
		run.count(phases[e.changeKey], -1)
		run.count(e.phase, 1)
		phases[e.changeKey] = e.phase
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
	switch {
	case p.inPlace():
		r.Done += n
	case p == PhaseUndone:
		r.Undone += n
	case p == PhaseFailed:
		r.Failed += n
	}
}

// latest is the newest run of which something is in place.
func (f *Fixer) latest() (string, error) {
	phases := map[changeKey]Phase{}
	err := f.eachEntry(func(e entry) error {
		if e.phase.inPlace() {
			phases[e.changeKey] = e.phase
		} else {
			delete(phases, e.changeKey)
		}
		return nil
	})
	if err != nil {
		return "", journalError(err)
	}
	newest := ""
	for key := range phases {
		if newest == "" || compareIDs(key.id, newest) > 0 {
			newest = key.id
		}
	}
	if newest == "" {
		return "", fmt.Errorf("nothing to undo: %w", ErrNoRecord)
	}
	return newest, nil
}

// eachEntry reads the whole journal, the oldest segment first.
func (f *Fixer) eachEntry(each func(entry) error) error {
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
