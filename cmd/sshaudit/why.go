package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/decide"
	"sshaudit/audit/netfilter"
	"sshaudit/audit/nflink"
	"sshaudit/audit/report"
	"sshaudit/audit/survey"
)

// shortRun is how much the heap may grow, in percent, before garbage is collected.
const shortRun = 800

// maxKey bounds a --key file, in bytes.
const maxKey = 1 << 20

// whyOptions are the flags of why.
type whyOptions struct {
	from, to, host, service, key, method, client, name, log, sshdConfig, format string
	port                                                                        uint16
}

func whyCommand(g *globals) *cobra.Command {
	o := &whyOptions{}
	cmd := &cobra.Command{
		Use:   "why [USER]",
		Short: "Would this login work, and if not, what refuses it and what repairs it",
		Long: "Follows one login as sshd would decide it: packet filter, account, method, key, session. The first cause is\n" +
			"the one that refuses it today; those that follow would refuse it next. For a password the answer is about a\n" +
			"password that is right. Without --key any key that is listed will do.\n\n" +
			"With --log the client's own log (WinSCP, PuTTY, FileZilla, OpenSSH -v, lftp, curl) says what the flags do not,\n" +
			"and the answer joins both sides: which step failed, whether it was this host, and whether the connection arrived.\n\n" +
			"Exit status: 0 the login works, 1 it is refused, 3 it is not known, or a usage error.",
		Example: "  sshaudit why alice --from 203.0.113.7 --service sftp --key alice.pub\n  sshaudit why alice --key SHA256:… --format json\n" +
			"  sshaudit why --log winscp.log --from 203.0.113.7",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runWhy(cmd, g, o, strings.Join(args, "")) },
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "address that the client comes from")
	f.StringVar(&o.to, "to", "", "address of this host that the client connects to")
	f.StringVar(&o.host, "host", "", "the client's host name as the server's resolver confirms it; sshd looks at it with UseDNS, TCP wrappers always")
	f.Var(choice(&o.service, "ssh", "sftp", "ftp", "ftps"), "service", "what the client wants: ssh, sftp, ftp or ftps")
	f.Uint16Var(&o.port, "port", 0, "port that the client connects to; by default sshd's own")
	f.StringVar(&o.key, "key", "", "the offered key: a public key `FILE` (OpenSSH, RFC 4716, PPK), a fingerprint SHA256:…, or - for standard input")
	f.Var(choice(&o.method, "publickey", "password", "keyboard-interactive"), "method", "publickey, password or keyboard-interactive")
	f.StringVar(&o.name, "name", "", "the public `NAME` by which the client connects: does it lead to this host? It is looked up in DNS")
	f.StringVar(&o.client, "client", "", "the client's `PROGRAM`, such as \"PuTTY 0.70\" or as it names itself: can it agree with sshd on algorithms?")
	f.StringVar(&o.log, "log", "", "the client's own log, a `FILE` or - for standard input")
	f.StringVar(&o.sshdConfig, "sshd-config", "", "evaluate this sshd_config `FILE` instead of the running sshd's")
	addFormat(cmd, &o.format, "text", "json")
	complete(cmd, "service", "ssh", "sftp", "ftp", "ftps")
	complete(cmd, "method", "publickey", "password", "keyboard-interactive")
	return cmd
}

func runWhy(cmd *cobra.Command, g *globals, o *whyOptions, user string) error {
	s, err := g.settings(cmd)
	if err != nil {
		return err
	}
	if o.sshdConfig != "" {
		s.SSHD.Config = o.sshdConfig
	}
	var client *audit.ClientLog
	if o.log != "" {
		if client, err = o.readLog(g); err != nil {
			return err
		}
		user = o.fill(cmd, client, user)
	}
	req, err := o.request(g, user, cmd.Flags().Changed("method"))
	if err != nil {
		return err
	}
	// One answer is given and the process ends: little of what is read is garbage
	// by then, and looking for it would take a third of the time on large hosts.
	debug.SetGCPercent(shortRun)
	options := survey.WhyOptions{Root: g.root, Settings: s, Request: req, Name: o.name, Client: client}
	r, err := answer(cmd.Context(), g, options)
	if err != nil {
		return err
	}
	if o.format == "json" {
		err = report.WhyJSON(g.io.out, r)
	} else {
		err = report.WhyText(g.io.out, r, g.style())
	}
	switch {
	case err != nil:
		return err
	case r.Verdict == audit.Refuse:
		return exitError(statusWarning)
	case r.Verdict == audit.Unknown:
		return exitError(statusUnknown)
	}
	return nil
}

// answer judges one login to the service that it is for.
func answer(ctx context.Context, g *globals, o survey.WhyOptions) (*audit.WhyReport, error) {
	if g.root == "/" && o.Request.From.IsValid() {
		o.Reach = func(ctx context.Context, port int) (audit.Step, *audit.Cause) { return filter(ctx, &o.Request, port) }
	}
	if o.Request.Service == decide.FTP || o.Request.Service == decide.FTPS {
		return survey.WhyFTP(ctx, o)
	}
	return survey.Why(ctx, o)
}

// request reads the flags.
func (o *whyOptions) request(g *globals, user string, method bool) (decide.Request, error) {
	req := decide.Request{User: user, Host: o.host, Port: int(o.port), Service: decide.Service(o.service), Method: decide.Method(o.method), Client: o.client}
	if user == "" && o.log == "" {
		return req, errors.New("the user name is empty: say whose login it is, or give the client's log with --log")
	}
	var err error
	for _, a := range []struct {
		flag, text string
		into       *netip.Addr
	}{{"--from", o.from, &req.From}, {"--to", o.to, &req.To}} {
		if a.text == "" {
			continue
		}
		if *a.into, err = netip.ParseAddr(a.text); err != nil {
			return req, fmt.Errorf("%s %s is not an address: want a form such as 203.0.113.7 or 2001:db8::7", a.flag, audit.Untrusted(a.text))
		}
		*a.into = a.into.Unmap()
	}
	if o.key == "" {
		return req, nil
	}
	if method && req.Method != decide.Publickey {
		return req, fmt.Errorf("--key is for the method publickey, and --method says %s", o.method)
	}
	if strings.HasPrefix(o.key, "SHA256:") || strings.HasPrefix(o.key, "MD5:") {
		req.Fingerprint, err = authkeys.ParseFingerprint(o.key)
		return req, err
	}
	req.Key, err = readKey(g, o.key)
	return req, err
}

// readKey reads a public key; of a private one nothing is shown.
func readKey(g *globals, name string) (*authkeys.Key, error) {
	in := g.io.in
	shown := "standard input"
	if name != "-" {
		shown = audit.Untrusted(name).String()
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the key: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxKey+1))
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if len(data) > maxKey {
		return nil, fmt.Errorf("%s: larger than %d KiB, so it is no key", shown, maxKey>>10)
	}
	key, warnings, err := authkeys.ParsePublicKey(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	for _, w := range warnings {
		fmt.Fprintf(g.io.err, "sshaudit: %s: %s\n", shown, w)
	}
	return key, nil
}

// filter asks the kernel's packet filter about a new connection of the client.
func filter(ctx context.Context, req *decide.Request, port int) (audit.Step, *audit.Cause) {
	step := audit.Step{Layer: audit.LayerNetwork}
	q := netfilter.Question{From: req.From, To: req.To, Port: uint16(port), Proto: netfilter.TCP}
	if err := q.Check(); err != nil {
		step.Message = err.Error()
		return step, nil
	}
	_, as, err := nflink.Ask(ctx, nflink.Options{}, []netfilter.Question{q})
	if err != nil {
		step.Message = "the packet filter could not be asked: " + err.Error()
		return step, nil
	}
	a := &as[0]
	switch {
	case a.Verdict == netfilter.Accepted:
		step.Verdict, step.Message = audit.Accept, "the packet filter lets a new connection through"
	case a.Refused || a.Verdict == netfilter.Dropped || a.Verdict == netfilter.Rejected:
		step.Verdict, step.Message = audit.Refuse, "the packet filter stops a new connection"
		if by := a.DecidedBy; by != nil {
			step.Message += fmt.Sprintf(": table %s, chain %s, %s", audit.Untrusted(by.Table), audit.Untrusted(by.Chain), audit.Untrusted(by.Rule))
		}
		return step, &audit.Cause{ID: "network-filter", Layer: audit.LayerNetwork, Message: step.Message, Fix: "sshaudit reach --from " + req.From.String() + " shows the rule"}
	default:
		step.Message = "the packet filter's answer is not known: " + audit.Untrusted(strings.Join(a.Unknown, "; ")).String()
	}
	return step, nil
}
