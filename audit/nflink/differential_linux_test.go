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
type tally struct {
	probes, unknown, fileUnknown int
	causes                       []string
}

// cast is every question a rule set is asked: each client address to the ports,
// over TCP, and a few over UDP.
func cast() []netfilter.Question {
	var out []netfilter.Question
	for _, own := range []struct {
		from, to string
		port     uint16
	}{{"127.0.0.1", "127.0.0.1", 22}, {"127.0.0.1", "127.0.0.1", 80}, {"192.0.2.1", "192.0.2.2", 22}, {"::1", "::1", 22}, {"2001:db8::1", "2001:db8::1", 443}} {
		out = append(out, netfilter.Question{From: netip.MustParseAddr(own.from), To: netip.MustParseAddr(own.to), Port: own.port, Proto: netfilter.TCP, Interface: "lo"})
	}
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
func (l *lane) judge(t testing.TB, what string, asked []netfilter.Question, said []netfilter.Answer) tally {
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
		if a.Verdict == netfilter.Unknown && !own(asked[i]) {
			n.unknown++
			n.causes = append(n.causes, strings.Join(a.Unknown, "; "))
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

// fewErrors shows the first differences of a rule set and only counts the rest.
type fewErrors struct {
	testing.TB
	n int
}

func (f *fewErrors) Errorf(format string, args ...any) {
	f.Helper()
	if f.n++; f.n <= 2 {
		f.TB.Errorf(format, args...)
	} else {
		f.Fail()
	}
}

// own is a connection of the host to itself, of which less is followed: it may be
// unknown, and must not be wrong.
func own(q netfilter.Question) bool { return q.Interface == "lo" }

// check asks about the loaded rules from every source and judges the answers.
// files are what the rules look like as --ruleset files.
func (l *lane) check(t testing.TB, what string, unsure bool, files ...file) tally {
	t.Helper()
	return l.compare(&fewErrors{TB: t}, what, cast(), unsure, files...)
}

// compare is check for given questions.
func (l *lane) compare(t testing.TB, what string, qs []netfilter.Question, unsure bool, files ...file) tally {
	t.Helper()
	as := l.ask(t, qs)
	n := l.judge(t, what, qs, as)
	for i, a := range as {
		if a.Verdict == netfilter.Unknown && !unsure && !own(qs[i]) {
			t.Errorf("%s\n%+v: unknown because of %q", what, qs[i], a.Unknown)
		}
	}
	for _, f := range files {
		rules, err := f.parse("the file", []byte(f.text))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for i, q := range qs {
			a, err := rules.Evaluate(q, nil)
			if err != nil {
				t.Fatal(err)
			}
			if q.From.Is6() != f.v6 && f.oneFamily {
				continue
			}
			switch {
			case a.Verdict == netfilter.Unknown && own(q):
			case a.Verdict == netfilter.Unknown:
				n.fileUnknown++
				if a.Refused && as[i].Verdict == netfilter.Accepted {
					t.Errorf("%s\n%+v: the file says refused, the kernel accepts", what, q)
				}
				if as[i].Verdict != netfilter.Unknown && !unsure && !f.mayLack {
					t.Errorf("%s\n%+v: the file leaves %q unknown, the kernel says %s by %s", what, q, a.Unknown, as[i].Verdict, decided(as[i]))
				}
			case a.Verdict != as[i].Verdict:
				t.Errorf("%s\n%+v: the file says %s by %s, the kernel %s by %s %q\nfile:\n%skernel:\n%s", what, q, a.Verdict, decided(a), as[i].Verdict, decided(as[i]), as[i].Unknown, traceText(a), traceText(as[i]))
			}
		}
	}
	return n
}

// file is a rule set as a program wrote it down.
type file struct {
	parse func(string, []byte) (*netfilter.Ruleset, error)
	text  string
	// oneFamily: it tells about IPv4 only, or with v6 about IPv6 only.
	oneFamily, v6 bool
	// mayLack: the program leaves things out, so unknown is right.
	mayLack bool
}

func (l *lane) nftFile(t testing.TB) file {
	t.Helper()
	return file{parse: netfilter.ParseNFT, text: l.server.must(t, "", "nft", "-j", "list", "ruleset")}
}

func TestNftRulesPredicted(t *testing.T) {
	l := newLane(t)
	for _, rs := range nftSets {
		t.Run(rs.name, func(t *testing.T) {
			l.server.must(t, "flush ruleset\n"+rs.rules, "nft", "-f", "-")
			f := l.nftFile(t)
			f.mayLack = rs.host
			n := l.check(t, rs.rules, rs.unsure, f)
			t.Logf("%d probes, %d unknown, %d unknown from the file", n.probes, n.unknown, n.fileUnknown)
		})
	}
}
