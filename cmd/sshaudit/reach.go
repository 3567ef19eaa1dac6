package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/netfilter"
	"sshaudit/audit/nflink"
)

// maxRuleset bounds a --ruleset file.
const maxRuleset = 256 << 20

// reachOptions are the flags of reach.
type reachOptions struct {
	from, to, proto, iface, ruleset, format string
	port                                    uint16
}

func reachCommand(g *globals) *cobra.Command {
	o := &reachOptions{}
	cmd := &cobra.Command{
		Use:   "reach --from ADDR",
		Short: "Would the packet filter let a new connection through, and which rule decides",
		Long: "Reads the kernel's rule set (nftables, iptables of both kinds, ipsets) and follows a new connection from that\n" +
			"address through the hooks, as the kernel would. What cannot be decided beforehand, such as a rate limit, is\n" +
			"unknown where it matters. With --ruleset the rules come from a file of `nft -j list ruleset` or iptables-save;\n" +
			"routes and addresses of that host are then not known: give --to and --interface.",
		Example: "  sshaudit reach --from 203.0.113.7\n  iptables-save | sshaudit reach --from 203.0.113.7 --port 21 --interface eth0 --ruleset -",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runReach(cmd, g, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "address that the client comes from")
	f.StringVar(&o.to, "to", "", "address of this host that the client connects to; by default the one on the route back")
	f.Uint16Var(&o.port, "port", 22, "port that the client connects to")
	f.Var(choice(&o.proto, "tcp", "udp"), "proto", "protocol: tcp or udp")
	f.StringVar(&o.iface, "interface", "", "interface that the packet comes in on; by default the one on the route back")
	f.StringVar(&o.ruleset, "ruleset", "", "read the rules from `FILE` (- is standard input) instead of the kernel")
	addFormat(cmd, &o.format, "text", "json")
	complete(cmd, "proto", "tcp", "udp")
	return cmd
}

func runReach(cmd *cobra.Command, g *globals, o *reachOptions) error {
	q, err := o.question()
	if err != nil {
		return err
	}
	q, a, err := o.answer(cmd.Context(), g, q)
	if err != nil {
		return err
	}
	if o.format == "json" {
		err = netfilter.WriteJSON(g.io.out, q, a)
	} else {
		err = netfilter.WriteText(g.io.out, q, a)
	}
	if err != nil {
		return err
	}
	switch a.Verdict {
	case netfilter.Accepted:
		return nil
	case netfilter.Dropped, netfilter.Rejected:
		return exitError(statusWarning)
	default:
		return exitError(statusUnknown)
	}
}

// question reads the flags.
func (o *reachOptions) question() (netfilter.Question, error) {
	q := netfilter.Question{Port: o.port, Proto: netfilter.TCP, Interface: o.iface}
	if o.proto == "udp" {
		q.Proto = netfilter.UDP
	}
	for _, a := range []struct {
		flag, text string
		into       *netip.Addr
	}{{"--from", o.from, &q.From}, {"--to", o.to, &q.To}} {
		if a.text == "" {
			continue
		}
		addr, err := netip.ParseAddr(a.text)
		if err != nil {
			return q, fmt.Errorf("%s %s is not an address: want a form such as 203.0.113.7 or 2001:db8::7", a.flag, audit.Untrusted(a.text))
		}
		*a.into = addr.Unmap()
	}
	return q, q.Check()
}

// answer asks the file or the kernel. What may not be read is an unknown answer.
func (o *reachOptions) answer(ctx context.Context, g *globals, q netfilter.Question) (netfilter.Question, netfilter.Answer, error) {
	if o.ruleset != "" {
		a, err := o.fromFile(g, q)
		return q, a, err
	}
	unknown := func(why string) (netfilter.Question, netfilter.Answer, error) {
		return q, netfilter.Answer{Unknown: []string{why}}, nil
	}
	if g.root != "/" {
		return unknown("the packet filter of " + audit.Untrusted(g.root).String() + " does not run here: give its rules with --ruleset")
	}
	qs, as, err := nflink.Ask(ctx, nflink.Options{}, []netfilter.Question{q})
	switch {
	case errors.Is(err, nflink.ErrPermission), errors.Is(err, nflink.ErrChanging), errors.Is(err, nflink.ErrUnsupported):
		return unknown(err.Error())
	case err != nil:
		return q, netfilter.Answer{}, err
	}
	return qs[0], as[0], nil
}

func (o *reachOptions) fromFile(g *globals, q netfilter.Question) (netfilter.Answer, error) {
	name, in := audit.Untrusted(o.ruleset).String(), g.io.in
	if o.ruleset == "-" {
		name = "standard input"
	} else {
		file, err := os.Open(o.ruleset)
		if err != nil {
			return netfilter.Answer{}, fmt.Errorf("read the rule set: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRuleset+1))
	if err != nil {
		return netfilter.Answer{}, fmt.Errorf("read the rule set: %w", err)
	}
	if len(text) > maxRuleset {
		return netfilter.Answer{}, fmt.Errorf("%s: larger than %d MiB", name, maxRuleset>>20)
	}
	rules, err := netfilter.Parse(name, text)
	if err != nil {
		return netfilter.Answer{}, err
	}
	return rules.Evaluate(q, nil)
}
