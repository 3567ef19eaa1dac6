package survey

import (
	"context"
	"time"

	"sshaudit/audit"
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
	r.Observed = serverlog.Observe(entries, q.req.User, q.req.From, since)
	r.Log = serverlog.Contradicts(&serverlog.Prediction{
		Verdict: r.Verdict, Causes: r.Causes, User: q.req.User, From: q.req.From, Method: r.Method, Key: r.Key,
	}, r.Observed)
}
