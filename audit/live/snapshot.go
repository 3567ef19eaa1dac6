package live

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/watch"
)

// Snapshot is the state at one moment. It is never changed once published;
// readers may keep it, and must not write to it.
type Snapshot struct {
	// Report is what is known; nil before the first audit ran to its end.
	Report *audit.Report
	// Counts holds the number of findings of each kind that occurs in Report.
	Counts map[Kind]int
	// Users holds the accounts that have findings: worst severity first, then
	// most findings, then by name.
	Users []UserCount
	// LastAudit is a moment since which every account was looked at; most facts in
	// Report are younger. Zero before the first.
	LastAudit time.Time
	// Attempted tells whether an audit has ended, well or not; Err is the last
	// one's error, in which case what Report says of the host is older.
	Attempted bool
	Err       error
	// ReloadErr is why the last reload of the configuration was refused, in
	// which case the earlier configuration stays in force.
	ReloadErr error
	// Durations are those of the audits of all accounts that ran to their end.
	Durations Durations
	// Verdicts are the times from an event of the kernel, as it was read, to the
	// Snapshot with the verdict that took it in.
	Verdicts Durations
	// Watch says what is watched; zero if this is a single audit.
	Watch watch.Stats
}

// Kind is what findings are counted by.
type Kind struct {
	Check    string
	Severity audit.Severity
	Effect   audit.Effect
}

// UserCount is the number of findings of one account by severity.
type UserCount struct {
	User     audit.Untrusted
	Critical int
	Warning  int
	Notice   int
}

// Of returns the number of findings of one severity.
func (u UserCount) Of(s audit.Severity) int {
	switch s {
	case audit.Critical:
		return u.Critical
	case audit.Warning:
		return u.Warning
	case audit.Notice:
		return u.Notice
	}
	return 0
}

// NewSnapshot returns the state after a single audit, for presenters that show
// a report without a daemon. The report must not be changed afterwards.
func NewSnapshot(r *audit.Report) *Snapshot {
	s := &Snapshot{Durations: Durations{}.with(auditBounds, r.Duration)}
	return s.updated(Update{Report: r, LastFull: r.Started}, r.Started)
}

// updated returns the state that follows s after an update at a moment.
func (s *Snapshot) updated(u Update, now time.Time) *Snapshot {
	next := *s
	if u.Err != nil {
		next.Attempted, next.Err = true, u.Err
		return &next
	}
	if u.Took > 0 {
		next.Durations = s.Durations.with(auditBounds, u.Took)
		next.Err = nil
		return &next
	}
	if u.Report != nil {
		next.Report, next.Attempted = u.Report, true
		next.Counts, next.Users = tally(u.Report.Findings)
	}
	next.LastAudit, next.Watch = u.LastFull, u.Watch
	next.Verdicts = s.Verdicts.with(verdictBounds, since(u.Events, now)...)
	return &next
}

// reloaded returns the state that follows s after a reload with that error.
func (s *Snapshot) reloaded(err error) *Snapshot {
	next := *s
	next.ReloadErr = err
	return &next
}

func tally(findings []audit.Finding) (map[Kind]int, []UserCount) {
	counts := map[Kind]int{}
	at := map[audit.Untrusted]int{}
	var users []UserCount
	for i := range findings {
		f := &findings[i]
		counts[Kind{f.Check, f.Severity, f.Effect}]++
		if f.User == "" {
			continue
		}
		n, seen := at[f.User]
		if !seen {
			n = len(users)
			at[f.User] = n
			users = append(users, UserCount{User: f.User})
		}
		users[n].add(f.Severity)
	}
	slices.SortFunc(users, compareUsers)
	return counts, users
}

func (u *UserCount) add(s audit.Severity) {
	switch s {
	case audit.Critical:
		u.Critical++
	case audit.Warning:
		u.Warning++
	case audit.Notice:
		u.Notice++
	}
}

// compareUsers orders accounts so that a bound cuts off the harmless ones.
func compareUsers(a, b UserCount) int {
	return cmp.Or(
		cmp.Compare(b.worst(), a.worst()),
		cmp.Compare(b.Critical+b.Warning+b.Notice, a.Critical+a.Warning+a.Notice),
		strings.Compare(string(a.User), string(b.User)))
}

func (u UserCount) worst() audit.Severity {
	for _, s := range audit.Severities() {
		if u.Of(s) > 0 {
			return s
		}
	}
	return 0
}
