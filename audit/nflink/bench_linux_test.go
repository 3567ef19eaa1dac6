package nflink

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshaudit/audit/netfilter"
)

// large is the rule set of the promise: 20,000 set elements, 5,000 rules, 200 chains.
func large() string {
	var b strings.Builder
	b.WriteString("table inet big {\nset bans { type ipv4_addr; elements = { ")
	for i := range 20000 {
		fmt.Fprintf(&b, "10.%d.%d.%d,", i>>16, i>>8&255, i&255)
	}
	b.WriteString(" }; }\n")
	for c := range 199 {
		fmt.Fprintf(&b, "chain c%d {\n", c)
		for r := range 25 {
			fmt.Fprintf(&b, "ip saddr 172.%d.%d.0/24 tcp dport %d counter accept\n", 16+c%16, r, 1000+r)
		}
		b.WriteString("}\n")
	}
	b.WriteString("chain input { type filter hook input priority 0; policy drop;\nct state established accept\nip saddr @bans drop\n")
	for c := range 199 {
		fmt.Fprintf(&b, "jump c%d\n", c)
	}
	b.WriteString("tcp dport 22 accept\n}\n}\n")
	return b.String()
}

var askedOfLarge = []netfilter.Question{{From: netip.MustParseAddr("203.0.113.5"), To: netip.MustParseAddr("192.0.2.1"), Port: 22, Proto: netfilter.TCP, Interface: "eth0"}}

func loadLarge(t testing.TB) *lane {
	l := newLane(t)
	l.server.must(t, large(), "nft", "-f", "-")
	return l
}

// TestLargeRuleSetIsAnsweredFromBothSources holds the answer, not the time.
func TestLargeRuleSetIsAnsweredFromBothSources(t *testing.T) {
	l := loadLarge(t)
	f := l.nftFile(t)
	rules, err := f.parse("the file", []byte(f.text))
	if err != nil {
		t.Fatal(err)
	}
	fromFile, err := rules.Evaluate(askedOfLarge[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, a := range map[string]netfilter.Answer{"kernel": l.ask(t, askedOfLarge)[0], "file": fromFile} {
		if a.Verdict != netfilter.Accepted || a.DecidedBy == nil || a.DecidedBy.Rule != "tcp dport 22 accept" {
			t.Errorf("%s: %s by %s", what, a.Verdict, decided(a))
		}
	}
}

// TestRuleSetThatChangesIsReadAgain replaces the rules all the while they are
// read: each answer must fit one of the two rule sets, or be refused as changing.
func TestRuleSetThatChangesIsReadAgain(t *testing.T) {
	l := newLane(t)
	// Each is whole by itself: 22 is open and 80 closed, or the other way round.
	load := func(open, closed int) {
		rules := fmt.Sprintf("flush ruleset\ntable inet t { chain i { type filter hook input priority 0; policy accept; tcp dport %d accept; tcp dport %d drop; }; }\n", open, closed)
		if out, err := l.server.run(rules, "nft", "-f", "-"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	load(22, 80)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for open, closed := 80, 22; ; open, closed = closed, open {
			select {
			case <-stop:
				return
			default:
				load(open, closed)
			}
		}
	}()
	qs := []netfilter.Question{askedOfLarge[0], askedOfLarge[0]}
	qs[1].Port = 80
	answered := 0
	for range 60 {
		_, as, err := Ask(context.Background(), Options{NetNS: l.server.fd}, qs)
		if err != nil {
			if !errors.Is(err, ErrChanging) {
				t.Fatal(err)
			}
			continue
		}
		answered++
		if as[0].Verdict == as[1].Verdict {
			t.Errorf("ports 22 and 80 are both told as %s: half of one rule set and half of another", as[0].Verdict)
		}
	}
	close(stop)
	<-done
	if answered == 0 {
		t.Error("no reading succeeded")
	}
}

func BenchmarkAskLargeRuleSet(b *testing.B) {
	l := loadLarge(b)
	b.ReportAllocs()
	before := cpu(syscall.RUSAGE_SELF)
	for b.Loop() {
		if _, _, err := Ask(context.Background(), Options{NetNS: l.server.fd}, askedOfLarge); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(syscall.RUSAGE_SELF)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
}

// BenchmarkNftListLargeRuleSet is what the promise is measured against.
func BenchmarkNftListLargeRuleSet(b *testing.B) {
	l := loadLarge(b)
	before := cpu(syscall.RUSAGE_CHILDREN)
	for b.Loop() {
		l.server.do(func() {
			cmd := exec.Command("nft", "-j", "list", "ruleset")
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = null.Close() }()
			cmd.Stdout = null
			if err := cmd.Run(); err != nil {
				b.Error(err)
			}
		})
	}
	b.ReportMetric(float64((cpu(syscall.RUSAGE_CHILDREN)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
}

func cpu(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
