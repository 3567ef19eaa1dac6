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
	"sshaudit/audit/serverlog"
	"sshaudit/audit/settings"
	"sshaudit/audit/sshclients"
)

// WhyOptions are one login that is asked about, on one host.
type WhyOptions struct {
	Root     string
	Settings settings.Settings
	Request  decide.Request
	// Name is the name by which the client connects; empty if it is not known. It is
	// looked up in DNS.
	Name string
	// Reach judges the way through the packet filter; nil if nobody can.
	Reach func(ctx context.Context, port int) (audit.Step, *audit.Cause)
	// Client is the client's own log; nil without one. With it the user may be empty.
	Client *audit.ClientLog
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
	if o.Client != nil && !q.judged() {
		q.server = serverFor(c.Host(), req.Port)
	} else if err := c.Work(q.answer); err != nil {
		return nil, err
	}
	r := q.report()
	q.translated(ctx, r)
	if o.Reach != nil {
		begin(r)(o.Reach(ctx, r.Port))
	}
	if o.Name != "" {
		asked := public(o.Settings)
		asked.Names = []string{strings.ToLower(strings.TrimSuffix(o.Name, "."))}
		c.ReadNames(ctx, asked)
		begin(r)(decide.NameStep(c.Host(), asked.Names[0]))
	}
	speak(r, &q.result, c.Host().Name, req.Client)
	q.evidence(ctx, r)
	if o.Client != nil {
		q.client(r, o.Client)
	}
	return r, nil
}

// begin puts a layer that the connection meets earlier before the others.
func begin(r *audit.WhyReport) func(audit.Step, *audit.Cause) {
	return func(step audit.Step, cause *audit.Cause) {
		r.Steps = slices.Insert(r.Steps, 0, step)
		switch {
		case cause != nil:
			r.Verdict, r.Causes = audit.Refuse, slices.Insert(r.Causes, 0, *cause)
		case step.Verdict == audit.Unknown && r.Verdict == audit.Accept:
			r.Verdict = audit.Unknown
		}
	}
}

// inquiry is a login under examination.
type inquiry struct {
	c      *collect.Collector
	req    decide.Request
	server int
	result decide.Answer
	// deciding are the files that decide, for the comparison with the log.
	deciding []audit.Untrusted
	// entries are the lines of the server's log; nil if there is none.
	entries []serverlog.Entry
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
		neighbours, unsearched := w.Neighbours(i, peer.Wanted)
		via.Elsewhere, via.Unsearched = append(via.Elsewhere, neighbours...), unsearched
		if len(via.Elsewhere) > 0 || unsearched > 0 {
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

// transfers are the words for causes that an SFTP client meets otherwise than a
// terminal: its server is a program that the login shell starts.
var transfers = map[string]audit.Doc{
	"shell-restricted": {
		Client:   audit.ClientWords{OpenSSH: "Received message too long", PuTTY: "Received message too long", WinSCP: "Cannot initialize SFTP protocol. Is the host running an SFTP server?"},
		Customer: "You are logged in, and our SFTP server does not start for your account. The fault is ours, and we repair it. Please try again when we tell you that it is done.",
	},
	"shell-exec-failed": {
		Client:   audit.ClientWords{OpenSSH: "Connection closed", PuTTY: "Connection has been unexpectedly closed", WinSCP: "Connection has been unexpectedly closed."},
		Customer: "You are logged in, and our SFTP server does not start for your account. The fault is ours, and we repair it. Please try again when we tell you that it is done.",
	},
}

// clientMessage picks the words of the client: those of the program if it is known,
// else of the one that most people use for the service.
func clientMessage(service, client string, words *audit.ClientWords) string {
	product, _, _ := sshclients.Identify(client)
	switch {
	case product == "WinSCP" && words.WinSCP != "":
		return words.WinSCP
	case product == "FileZilla" && words.FileZilla != "":
		return words.FileZilla
	case product == "OpenSSH", product == "" && service == string(decide.SSH):
		return words.OpenSSH
	}
	return words.PuTTY
}

// nothingRefuses reports whether no cause is to be told, and then says to the
// customer what there is to say.
func nothingRefuses(r *audit.WhyReport) bool {
	switch {
	case r.Verdict == audit.Accept:
		r.Customer = "From the server's side your login works. Please try again; if it still fails, send us the complete messages of your program."
	case r.Verdict == audit.Unknown || len(r.Causes) == 0:
		r.Customer = "We are still looking for the reason. Please send us the complete messages of your program and the time of your last attempt."
	default:
		return false
	}
	return true
}

// speak fills in what the client shows and what the customer is to be told.
func speak(r *audit.WhyReport, answer *decide.Answer, host, client string) {
	if nothingRefuses(r) {
		return
	}
	doc, _ := checks.Explain(r.Causes[0].ID)
	if words, ok := transfers[r.Causes[0].ID]; ok && r.Service == string(decide.SFTP) {
		doc.Client, doc.Customer = words.Client, words.Customer
	}
	if like, ok := checks.Explain(answer.Like); ok {
		doc.Customer = like.Customer
	}
	if r.Causes[0].ID == "akf-missing" && strings.Contains(r.Causes[0].Message, decide.Misplaced) {
		doc.Customer = "Your key lies in the wrong folder on our server. We move it to the right one. Please try again when we tell you that it is done."
	}
	message := clientMessage(r.Service, client, &doc.Client)
	if r.Method != string(decide.Publickey) && strings.Contains(message, "our key") {
		message = "Access denied"
	}
	message = strings.NewReplacer("METHODS", strings.Join(answer.Methods, ","), "HOST", host, "PORT", strconv.Itoa(r.Port), "LIST", r.Causes[0].Observed).Replace(message)
	r.ClientMessage = message
	if message != "" {
		r.Customer = fmt.Sprintf("Your program shows \"%s\". ", message)
	}
	r.Customer += doc.Customer
}
