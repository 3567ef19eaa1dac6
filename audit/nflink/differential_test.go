package nflink

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/netfilter"
)

// tally counts what the differential tests saw.
type tally struct{ probes, unknown, undecidable int }

// cast is every question a rule set is asked: each client address to the ports,
// over TCP, and a few over UDP.
func cast() []netfilter.Question {
	var out []netfilter.Question
	for i, c := range clientAddrs {
		from := netip.MustParsePrefix(c).Addr()
		to := netip.MustParseAddr("192.0.2.1")
		switch {
		case from.Is6():
			to = netip.MustParseAddr("2001:db8::1")
		case i%3 == 2:
			to = netip.MustParseAddr("192.0.2.2")
		}
		for j, port := range ports {
			q := netfilter.Question{From: from, To: to, Port: port, Proto: netfilter.TCP, Interface: "eth0"}
			out = append(out, q)
			if (i+j)%4 == 0 {
				q.Proto = netfilter.UDP
				out = append(out, q)
			}
		}
	}
	return out
}

// judge compares predictions with what connect() says. A difference is tried
// again slowly before it counts, since a busy machine can lose time.
func (l *lane) judge(t *testing.T, what string, asked []netfilter.Question, said []netfilter.Answer) tally {
	t.Helper()
	var n tally
	probes := make([]*probe, len(asked))
	for i, q := range asked {
		probes[i] = &probe{q: q}
	}
	l.connect(probes, 150*time.Millisecond)
	var again []*probe
	var which []int
	for i, p := range probes {
		if p.err != nil {
			t.Fatalf("%s: probe %+v: %v", what, p.q, p.err)
		}
		if said[i].Verdict != netfilter.Unknown && said[i].Verdict != p.got {
			again, which = append(again, p), append(which, i)
		}
	}
	if len(again) > 0 {
		l.connect(again, 2500*time.Millisecond)
	}
	for k, p := range again {
		if a := said[which[k]]; a.Verdict != p.got {
			t.Errorf("%s\n%s: %s port %d/%s from %s: predicted %s by %s, connect() says %s\n%s", what, p.q.Interface, p.q.To, p.q.Port, p.q.Proto,
				p.q.From, a.Verdict, decided(a), p.got, traceText(a))
		}
	}
	for i, a := range said {
		n.probes++
		if a.Verdict == netfilter.Unknown {
			n.unknown++
			if a.Refused && probes[i].got == netfilter.Accepted {
				t.Errorf("%s\n%+v: said to be refused, but connect() succeeds", what, asked[i])
			}
		}
	}
	return n
}

func decided(a netfilter.Answer) string {
	if a.DecidedBy == nil {
		return "no rule"
	}
	return fmt.Sprintf("%s %s %s %d %q", a.DecidedBy.Family, a.DecidedBy.Table, a.DecidedBy.Chain, a.DecidedBy.Handle, a.DecidedBy.Rule)
}

func traceText(a netfilter.Answer) string {
	var b strings.Builder
	for _, s := range a.Trace {
		fmt.Fprintf(&b, "  %s: %s %s %d: %s -> %s\n", s.Packet, s.Table, s.Chain, s.Handle, s.Rule, s.Result)
	}
	return b.String()
}

// ask reads the server's kernel.
func (l *lane) ask(t testing.TB, qs []netfilter.Question) []netfilter.Answer {
	t.Helper()
	_, as, err := Ask(context.Background(), Options{NetNS: l.server.fd}, qs)
	if err != nil {
		t.Fatal(err)
	}
	return as
}

func TestNftRulesPredicted(t *testing.T) {
	l := newLane(t)
	for _, rs := range nftSets {
		t.Run(rs.name, func(t *testing.T) {
			l.server.must(t, "flush ruleset\n"+rs.rules, "nft", "-f", "-")
			qs := cast()
			as := l.ask(t, qs)
			n := l.judge(t, rs.name, qs, as)
			t.Logf("%d probes, %d unknown", n.probes, n.unknown)
			for i, a := range as {
				if a.Verdict == netfilter.Unknown && !rs.unsure {
					t.Errorf("%+v: unknown because of %q", qs[i], a.Unknown)
				}
			}
		})
	}
}
