package survey

import (
	"context"

	"sshaudit/audit"
)

// translated takes the answer back that nobody listens on a port, where rules of
// the packet filter send the connections of that port elsewhere.
func (q *inquiry) translated(ctx context.Context, r *audit.WhyReport) {
	h := q.c.Host()
	if len(r.Causes) == 0 || r.Causes[0].ID != "not-listening" || h.Services == nil || len(h.Services.On(r.Port)) > 0 ||
		!q.c.Translates(ctx, q.req.From, q.req.To, r.Port) {
		return
	}
	r.Verdict, r.Causes = audit.Unknown, nil
	for i := range r.Steps {
		if r.Steps[i].Layer == audit.LayerService {
			r.Steps[i].Verdict = audit.Unknown
			r.Steps[i].Message += "; a rule of the packet filter sends connections to it elsewhere: ask for the port behind it with --port"
		}
	}
}
