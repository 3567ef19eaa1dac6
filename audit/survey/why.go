package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/settings"
)

// WhyOptions are one login that is asked about, on one host.
type WhyOptions struct {
	Root     string
	Settings settings.Settings
	Request  decide.Request
	// Reach judges the way through the packet filter; nil if nobody can.
	Reach func(ctx context.Context, port int) (audit.Step, *audit.Cause)
}

// Why answers whether one login would work and what refuses it.
func Why(ctx context.Context, o WhyOptions) (*audit.WhyReport, error) {
	req := o.Request
	req.User, _, _ = strings.Cut(req.User, ":") // what follows is a style (auth2.c)
	c, err := collect.Open(ctx, collect.Options{
		Root: o.Root, SSHDConfig: o.Settings.SSHD.Config, Filesystems: o.Settings.Filesystems.Allow,
		Named: []string{req.User}, Now: time.Now(), UIDMin: o.Settings.Accounts.UIDMin,
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // read only
	if len(c.Host().Servers) == 0 {
		return nil, errors.New("no sshd and no sshd_config found on this host; name a file with --sshd-config")
	}
	q := &inquiry{c: c, req: req}
	if err := c.Work(q.answer); err != nil {
		return nil, err
	}
	r := q.report()
	q.translated(ctx, r)
	if o.Reach != nil {
		step, cause := o.Reach(ctx, r.Port)
		r.Steps = slices.Insert(r.Steps, 0, step)
		switch {
		case cause != nil:
			r.Verdict, r.Causes = audit.Refuse, slices.Insert(r.Causes, 0, *cause)
		case step.Verdict == audit.Unknown && r.Verdict == audit.Accept:
			r.Verdict = audit.Unknown
		}
	}
	speak(r, q.result.Methods, c.Host().Name)
	q.evidence(ctx, r)
	return r, nil
}

// inquiry is a login under examination.
type inquiry struct {
	c      *collect.Collector
	req    decide.Request
	server int
	result decide.Answer
	// deciding are the files that decide, for the comparison with the log.
	deciding []audit.Untrusted
}

// answer collects the account and decides.
func (q *inquiry) answer(w *collect.Worker) error {
	h := q.c.Host()
	q.server = serverFor(h, q.req.Port)
	peer := collect.Peer{From: q.req.From, To: q.req.To, Host: q.req.Host, Port: q.req.Port, Wanted: q.req.Fingerprint}
	if q.req.Key != nil {
		peer.Wanted = q.req.Key.Fingerprint()
	}
	i, ok := h.Accounts.Index(q.req.User)
	if !ok {
		via := q.c.Stranger(q.req.User, peer)
		q.result = decide.Login(h, nil, &via[q.server], q.req)
		q.deciding = deciding(nil, &via[q.server])
		return nil
	}
	a := w.Login(i, peer)
	via := &a.Via[q.server]
	q.result = decide.Login(h, a, via, q.req)
	q.deciding = deciding(a, via)
	if peer.Wanted != "" && slices.ContainsFunc(q.result.Causes, unlisted) {
		if via.Elsewhere = append(via.Elsewhere, w.Neighbours(i, peer.Wanted)...); len(via.Elsewhere) > 0 {
			q.result = decide.Login(h, a, via, q.req)
		}
	}
	return nil
}

func unlisted(c audit.Cause) bool { return c.ID == "ak-not-listed" || c.ID == "akf-missing" }

// serverFor picks the sshd of a port; the first if none has it, or none is asked for.
func serverFor(h *facts.Host, port int) int {
	for i, s := range h.Servers {
		if port != 0 && decide.Listens(s, port) {
			return i
		}
	}
	return 0
}

func (q *inquiry) report() *audit.WhyReport {
	r := &audit.WhyReport{
		User: audit.Untrusted(q.req.User), Service: string(q.req.Service), Port: q.req.Port, Method: string(q.req.Method),
		Key: string(q.req.Fingerprint), Verdict: q.result.Verdict, Causes: q.result.Causes, Steps: q.result.Steps,
	}
	if q.req.From.IsValid() {
		r.From = q.req.From.String()
	}
	if q.req.Key != nil {
		r.Key = string(q.req.Key.Fingerprint())
	}
	if r.Port == 0 {
		r.Port = q.c.Host().Servers[q.server].Port
	}
	return r
}

// speak fills in what the client shows and what the customer is to be told.
func speak(r *audit.WhyReport, methods []string, host string) {
	switch {
	case r.Verdict == audit.Accept:
		r.Customer = "From the server's side your login works. Please try again; if it still fails, send us the complete messages of your program."
		return
	case r.Verdict == audit.Unknown || len(r.Causes) == 0:
		r.Customer = "We are still looking for the reason. Please send us the complete messages of your program and the time of your last attempt."
		return
	}
	doc, _ := checks.Explain(r.Causes[0].ID)
	message := doc.Client.PuTTY
	if r.Service == string(decide.SSH) {
		message = doc.Client.OpenSSH
	}
	if r.Method != string(decide.Publickey) && strings.Contains(message, "our key") {
		message = "Access denied"
	}
	message = strings.NewReplacer("METHODS", strings.Join(methods, ","), "HOST", host, "PORT", strconv.Itoa(r.Port)).Replace(message)
	r.ClientMessage = message
	if message != "" {
		r.Customer = fmt.Sprintf("Your program shows \"%s\". ", message)
	}
	r.Customer += doc.Customer
}
