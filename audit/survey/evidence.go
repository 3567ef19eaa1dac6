package survey

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/serverlog"
)

// evidenceAge is how far back the log is asked.
const evidenceAge = 24 * time.Hour

// evidence adds what the log says of late about the login. It changes no verdict:
// the log tells how things were.
func (q *inquiry) evidence(ctx context.Context, r *audit.WhyReport) {
	since := q.c.Host().Now.Add(-evidenceAge)
	entries, err := q.c.Log(ctx, since)
	if err != nil {
		r.Log = "The log was not looked at: " + err.Error() + "."
		return
	}
	q.entries = entries
	r.Observed = serverlog.Observe(entries, q.req.User, q.req.From, since)
	var at time.Time
	r.Log, at = serverlog.Contradicts(&serverlog.Prediction{
		Verdict: r.Verdict, Causes: r.Causes, User: q.req.User, From: q.req.From, Method: r.Method, Key: r.Key,
	}, r.Observed)
	if r.Log != "" {
		r.Log += q.changed(at)
	}
}

// maxChanges bounds what is told of changed files.
const maxChanges = 5

// changed words what changed after the log's line, as far as files tell.
func (q *inquiry) changed(since time.Time) string {
	var said []string
	for _, c := range q.c.Changed(q.deciding, since) {
		said = append(said, c.Path.String()+" at "+c.At.In(since.Location()).Format(time.DateTime+" MST"))
	}
	if len(said) == 0 {
		return " None of the files that decide changed since then: the client did something else, or it hangs on what is in no file, " +
			"such as a penalty or the time."
	}
	if more := len(said) - maxChanges; more > 0 {
		said = append(said[:maxChanges], fmt.Sprintf("and %d more", more))
	}
	return " Changed since then: " + strings.Join(said, ", ") + "."
}

// deciding are the files that decide about a login, as far as they were looked at:
// the accounts', sshd's configuration, and what is on the way to the keys.
func deciding(a *facts.Account, via *facts.Via) []audit.Untrusted {
	list := []audit.Untrusted{"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/nologin", "/etc/hosts.allow", "/etc/hosts.deny", "/etc/pam.d/sshd"}
	if c := via.Server.Config; c != nil {
		for _, file := range c.Files() {
			list = append(list, audit.Untrusted(file))
		}
	}
	if a == nil {
		return list
	}
	list = append(list, a.Home.Path, a.SSHDir.Path)
	for _, f := range via.KeyFiles {
		list = append(list, f.Path)
	}
	return list
}
