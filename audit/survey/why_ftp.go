package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// defaultFTPPort is where FTP listens unless told otherwise (RFC 959).
const defaultFTPPort = 21

// WhyFTP answers whether one login to an FTP server would work with the right
// password, and what refuses it.
func WhyFTP(ctx context.Context, o WhyOptions) (*audit.WhyReport, error) {
	req := o.Request
	if o.Client != nil && req.User == "" {
		return Why(ctx, o) // the client's log alone has something to say
	}
	req.Method = decide.Password
	c, err := collect.Open(ctx, collect.Options{
		Root: o.Root, SSHDConfig: o.Settings.SSHD.Config, Filesystems: o.Settings.Filesystems.Allow,
		Named: []string{req.User}, Now: time.Now(), UIDMin: o.Settings.Accounts.UIDMin,
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // read only
	server := ftpServerFor(c.Host(), &req)
	switch {
	case server == nil && o.Client != nil:
		return Why(ctx, o)
	case server == nil:
		return nil, errors.New("no vsftpd, ProFTPD or Pure-FTPd found on this host")
	}
	r := &audit.WhyReport{
		User: audit.Untrusted(req.User), Service: string(req.Service), Port: req.Port, Method: string(req.Method),
	}
	if req.From.IsValid() {
		r.From = req.From.String()
	}
	if r.Port == 0 {
		r.Port = defaultFTPPort
		if len(server.Ports) > 0 {
			r.Port = ftpPort(server, req.Service)
		}
		req.Port = r.Port
	}
	var answer decide.FTPAnswer
	if err := c.Work(func(w *collect.Worker) error {
		answer = decide.FTPLogin(c.Host(), w.FTPLogin(server, req.User), req)
		return nil
	}); err != nil {
		return nil, err
	}
	r.Verdict, r.Causes, r.Steps = answer.Verdict, answer.Causes, answer.Steps
	reply := answer.Reply
	if o.Reach != nil {
		step, cause := o.Reach(ctx, r.Port)
		r.Steps = slices.Insert(r.Steps, 0, step)
		switch {
		case cause != nil:
			r.Verdict, r.Causes, reply = audit.Refuse, slices.Insert(r.Causes, 0, *cause), ""
		case step.Verdict == audit.Unknown && r.Verdict == audit.Accept:
			r.Verdict = audit.Unknown
		}
	}
	speakFTP(r, reply)
	if o.Client != nil {
		(&inquiry{c: c, req: req}).client(r, o.Client)
	}
	return r, nil
}

// ftpPort is the control port that a client of the service would choose.
func ftpPort(s *facts.FTPServer, service decide.Service) int {
	for _, p := range s.Ports {
		if p.Implicit == (service == decide.FTPS) {
			return p.Port
		}
	}
	return s.Ports[0].Port
}

// ftpServerFor picks the server that has the port, else a running one, else one
// that is installed; nil if there is none.
func ftpServerFor(h *facts.Host, req *decide.Request) *facts.FTPServer {
	var best *facts.FTPServer
	rank := 0
	for _, s := range h.FTPServers {
		has := slices.ContainsFunc(s.Ports, func(p facts.FTPPort) bool { return p.Port == req.Port })
		got := 1
		if has {
			got += 4
		}
		if s.Running {
			got += 2
		}
		if got > rank {
			best, rank = s, got
		}
	}
	return best
}

// speakFTP fills in what the client shows and what the customer is to be told.
func speakFTP(r *audit.WhyReport, reply string) {
	if nothingRefuses(r) {
		return
	}
	doc, _ := checks.Explain(r.Causes[0].ID)
	r.ClientMessage = reply
	if reply == "" {
		r.ClientMessage = doc.Client.WinSCP
	}
	if shown := r.ClientMessage; shown != "" {
		if i := strings.Index(shown, "/"); i >= 0 { // a path of the server
			shown = strings.TrimRight(shown[:i], " :")
		}
		r.Customer = fmt.Sprintf("Your program shows \"%s\". ", shown)
	}
	r.Customer += doc.Customer
}
