package survey

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/collect"
	"sshaudit/audit/facts"
	"sshaudit/audit/settings"
)

// Each calls f with every chosen account, one after another in their order, for
// a repair that finds out for itself what is wrong.
func (s *Survey) Each(ctx context.Context, f func(*facts.Account)) error {
	return s.collect.Work(func(w *collect.Worker) error {
		for _, i := range s.accounts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if a := w.Account(i); !s.uninteresting(a) {
				f(a)
			}
		}
		return nil
	})
}

// found is a finding with the place that the report gives it.
type found struct {
	audit.Finding
	account int
}

// tally is what one worker has.
type tally struct {
	found          []found
	problems       []audit.Problem
	users, blocked int
}

// maxProblems bounds the things told that could not be looked at.
const maxProblems = 1000

// Run makes the audit and returns its report.
func (s *Survey) Run(ctx context.Context) (*audit.Report, error) {
	tallies := make([]tally, workers())
	h := s.collect.Host()
	if len(s.opts.Users) == 0 {
		s.readReach(ctx)
		s.collect.ReadNotable(ctx, h.Now.Add(-evidenceAge))
		s.collect.ReadNames(ctx, public(s.opts.Settings))
	}
	if s.opts.Probe {
		s.collect.ReadProbes(ctx, s.opts.Settings.Names)
	}
	if err := s.each(ctx, func(worker, i int, a *facts.Account) { tallies[worker].add(s, h, i, a) }); err != nil {
		return nil, err
	}
	return s.report(checks.Host(s.list, h), tallies), nil
}

func (s *Survey) readReach(ctx context.Context) {
	s.collect.ReadReach(ctx, collect.Vantages{
		Open: vantages(s.opts.Settings.Vantages), Closed: vantages(s.opts.Settings.Closed),
	})
}

// report puts together what was found about the host and about the accounts.
func (s *Survey) report(host []audit.Finding, tallies []tally) *audit.Report {
	h := s.collect.Host()
	r := &audit.Report{
		Host: h.Name, Root: h.Root, Started: s.started, Complete: true,
		Errors: slices.Clone(h.Problems), Servers: servers(h), Reach: reachability(h), Met: met(h),
		Services: serviceStates(h), Listening: listenStates(h),
	}
	all := []found{}
	for _, f := range host {
		// Who asks about one account wants no advice about the host.
		if len(s.opts.Users) == 0 || f.Effect != audit.Hardening {
			all = append(all, found{f, -1})
		}
	}
	for i := range tallies {
		t := &tallies[i]
		all = append(all, t.found...)
		r.Errors = append(r.Errors, t.problems...)
		r.Users += t.users
		r.Blocked += t.blocked
	}
	all = append(s.accept(all), s.unmatched()...)
	s.order(all)
	r.Findings = make([]audit.Finding, len(all))
	for i := range all {
		r.Findings[i] = all[i].Finding
	}
	slices.SortStableFunc(r.Errors, func(a, b audit.Problem) int { return cmp.Compare(a.Subject, b.Subject) })
	r.Duration = time.Since(s.started)
	return r
}

func (t *tally) add(s *Survey, h *facts.Host, i int, a *facts.Account) {
	t.users++
	findings := checks.Account(s.list, h, a)
	blocked := false
	for k := range findings {
		f := &findings[k]
		if f.Check == checks.UnknownID && len(t.problems) < maxProblems {
			t.problems = append(t.problems, audit.Problem{Subject: f.Path, Message: f.Message})
		}
		doc := checks.Find(f.Check)
		blocked = blocked || f.Effect == audit.Blocks && doc != nil && doc.Layer == audit.LayerKey
		t.found = append(t.found, found{*f, i})
	}
	if blocked {
		t.blocked++
	}
}

// order sorts the worst first, then by the catalogue, then by account and path.
func (s *Survey) order(list []found) {
	rank := make(map[string]int)
	for i, c := range checks.All() {
		rank[c.ID] = i
	}
	slices.SortStableFunc(list, func(a, b found) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity), cmp.Compare(rank[a.Check], rank[b.Check]),
			cmp.Compare(a.account, b.account), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line),
		)
	})
}

// servers words the sshds for the report.
func servers(h *facts.Host) []audit.Server {
	list := make([]audit.Server, 0, len(h.Servers))
	for _, s := range h.Servers {
		server := audit.Server{
			Binary: audit.Untrusted(s.Binary), Version: s.Version.String(), ConfigFile: audit.Untrusted(s.ConfigFile),
			Rules: s.Rules.String() + ": " + s.RulesFrom,
		}
		if h.Live {
			server.Running = &s.Running
		}
		list = append(list, server)
	}
	return list
}

// reachability words the packet filter's answers for the report.
func reachability(h *facts.Host) []audit.Reachability {
	var list []audit.Reachability
	for _, r := range h.Reach {
		family := "ipv6"
		if r.Vantage.Is4() {
			family = "ipv4"
		}
		one := audit.Reachability{
			Service: r.Service, Port: r.Port, Family: family, Vantage: r.Vantage.String(), Verdict: r.Verdict,
		}
		// An address may be named twice; a series is not.
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// vantages reads the addresses of the settings, which were checked when they were read.
func vantages(list []string) []netip.Addr {
	var addrs []netip.Addr
	for _, text := range list {
		if ip, err := netip.ParseAddr(text); err == nil {
			addrs = append(addrs, ip)
		}
	}
	return addrs
}

// public reads what the settings say of the public names.
func public(s settings.Settings) collect.Public {
	return collect.Public{Names: s.Names, Addresses: vantages(s.PublicAddresses), Resolvers: vantages(s.Resolvers)}
}
