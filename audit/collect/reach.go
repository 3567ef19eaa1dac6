package collect

import (
	"context"
	"net/netip"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/netfilter"
	"sshaudit/audit/nflink"
)

// ReadReach asks the kernel's packet filter whether the ports of the running
// sshds can be reached from the vantage addresses; without any, from a public
// IPv4 and a public IPv6 address that no rule names. It needs root and the
// running host; without them nothing is noted.
func (c *Collector) ReadReach(ctx context.Context, vantages []netip.Addr) {
	h := c.host
	if !h.Live || !h.Privileged {
		return
	}
	if len(vantages) == 0 {
		v4, v6, err := nflink.Vantages(ctx, nflink.Options{})
		if err != nil {
			c.missing("packet filter", "%v", err)
			return
		}
		vantages = []netip.Addr{v4, v6}
	}
	var questions []netfilter.Question
	for _, s := range h.Servers {
		for _, port := range ports(s) {
			if h.Services.Listened && len(h.Services.On(port)) == 0 {
				continue
			}
			for _, from := range vantages {
				questions = append(questions, netfilter.Question{From: from, Port: uint16(port), Proto: netfilter.TCP})
				h.Reach = append(h.Reach, facts.Reach{Server: s, Port: port, Vantage: from})
			}
		}
	}
	if len(questions) == 0 {
		return
	}
	_, answers, err := nflink.Ask(ctx, nflink.Options{}, questions)
	if err != nil {
		h.Reach = nil
		c.missing("packet filter", "%v", err)
		return
	}
	for i := range answers {
		answered(&h.Reach[i], &answers[i])
	}
}

// ports are the ports that a server listens on by its settings.
func ports(s *facts.Server) []int {
	if s.Settings == nil {
		return nil
	}
	var list []int
	for _, set := range s.Settings.Values("port") {
		if port, err := strconv.ParseUint(set.Value, 10, 16); err == nil {
			list = append(list, int(port))
		}
	}
	return list
}

func answered(r *facts.Reach, a *netfilter.Answer) {
	switch {
	case a.Verdict == netfilter.Accepted:
		r.Verdict = audit.Accept
	case a.Refused || a.Verdict == netfilter.Dropped || a.Verdict == netfilter.Rejected:
		r.Verdict = audit.Refuse
	default:
		r.Why = audit.Untrusted(strings.Join(a.Unknown, "; ")).String()
	}
	if by := a.DecidedBy; by != nil {
		r.Rule = audit.Untrusted(by.Rule).String()
		r.Place = audit.Untrusted("table " + by.Family + " " + by.Table + ", chain " + by.Chain).String()
	}
}
