package nflink

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sshaudit/audit/netfilter"
)

// generator writes random rule sets that load. Chains jump only to later ones.
type generator struct {
	r *rand.Rand
	// unsure is set once a match was written that nobody can decide.
	unsure bool
	b      strings.Builder
}

func newGenerator(seed uint64) *generator {
	return &generator{r: rand.New(rand.NewPCG(seed, 4))}
}

func (g *generator) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *generator) v4() string {
	return g.pick("192.0.2.10", "192.0.2.66", "198.51.100.7", "198.51.100.200", "203.0.113.5", "10.1.2.3", "172.16.5.5",
		"192.0.2.0/24", "198.51.100.0/25", "198.51.100.128/25", "10.0.0.0/8", "172.16.0.0/12", "203.0.113.0/29", "0.0.0.0/1")
}

func (g *generator) v6() string {
	return g.pick("2001:db8::10", "2001:db8::66", "2001:db8:1::7", "2001:db8:2:3::5", "fd00::9",
		"2001:db8::/64", "2001:db8::/32", "2001:db8:1::/48", "fd00::/8", "2000::/3", "2001:db8:2::/61")
}

func (g *generator) port() string { return g.pick("22", "80", "443", "2222", "8080", "25") }

func (g *generator) portRange() string {
	return g.pick("20-30", "1-1023", "80-443", "1024-65535", "2222-8080", "22-22")
}

func (g *generator) set(one func() string, n int) string {
	seen := map[string]bool{}
	var out []string
	for range n {
		if s := one(); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// hosts are single addresses: a set of prefixes may not overlap.
func (g *generator) host4() string {
	return g.pick("192.0.2.10", "192.0.2.66", "198.51.100.7", "198.51.100.200", "203.0.113.5", "10.1.2.3", "172.16.5.5")
}

func (g *generator) host6() string {
	return g.pick("2001:db8::10", "2001:db8::66", "2001:db8:1::7", "2001:db8:2:3::5", "fd00::9")
}

func (g *generator) match(family string) string {
	not := g.pick("", "", "", "!= ")
	four := []string{
		"ip saddr " + not + g.v4(), "ip saddr " + not + "{ " + g.set(g.host4, 3) + " }", "ip saddr " + not + "192.0.2.11-198.51.100.100",
		"ip daddr " + not + "192.0.2.1", "ip protocol tcp", "ip saddr . tcp dport { " + g.host4() + " . " + g.port() + ", 10.0.0.0/8 . " + g.portRange() + " }",
		"ip saddr " + not + "@hosts4", "ip saddr " + not + "@nets4",
	}
	six := []string{
		"ip6 saddr " + not + g.v6(), "ip6 saddr " + not + "{ " + g.set(g.host6, 3) + " }", "ip6 nexthdr tcp",
		"ip6 saddr . tcp dport { " + g.host6() + " . " + g.port() + " }", "ip6 saddr " + not + "@hosts6",
	}
	any := []string{
		"tcp dport " + not + g.port(), "tcp dport " + not + "{ " + g.set(g.port, 3) + " }", "tcp dport " + not + g.portRange(), "tcp dport " + not + "@ports",
		"udp dport " + not + g.port(), "th dport " + not + g.port(), "meta l4proto " + not + g.pick("tcp", "udp", "{ tcp, udp }"),
		"iifname " + not + g.pick(`"eth0"`, `"lo"`, `"eth*"`, `{ "eth0", "wg0" }`, `"wg0"`), "oifname " + not + `"eth0"`, "iif " + not + g.pick("lo", "eth0"),
		"ct state " + g.pick("new", "established", "{ new, established }", "!= new", "invalid,new", "related"), "ct mark " + not + g.pick("0", "1", "5"),
		"meta mark " + not + g.pick("0", "1", "0x10", "1-3", "{ 1, 16 }"), "meta mark & 0x3 == " + g.pick("1", "2", "0"), "ct direction original",
		"tcp flags " + g.pick("syn", "== syn", "!= syn", "& (syn|ack) == syn", "& (fin|rst) != 0", "{ syn, ack }"), "meta pkttype " + not + "host",
		"meta protocol " + not + g.pick("ip", "ip6"), "tcp sport 1024-65535", "tcp sport < 1024", "ct status " + g.pick("dnat", "!= dnat", "seen-reply"),
		"meta length > 0 meta mark " + g.pick("0", "1"), "tcp dport " + g.pick("< 80", ">= 443", "> 22"), "ct original proto-dst " + g.port(),
	}
	switch family {
	case "ip":
		any = append(any, four...)
	case "ip6":
		any = append(any, six...)
	default:
		any = append(append(any, append(four, "meta nfproto "+g.pick("ipv4", "ipv6"))...), six...)
	}
	m := any[g.r.IntN(len(any))]
	if strings.HasPrefix(m, "meta length") {
		m = strings.TrimPrefix(m, "meta length > 0 ")
	}
	if strings.HasPrefix(m, "ct original proto-dst") {
		m = "meta l4proto tcp " + m
	}
	return m
}

// action ends a rule; jumps lists the chains it may jump to.
func (g *generator) action(jumps []string, hook string) string {
	switch n := g.r.IntN(100); {
	case n < 25:
		return "accept"
	case n < 42:
		return "drop"
	case n < 50 && hook != "prerouting":
		return g.pick("reject", "meta l4proto tcp reject with tcp reset", "reject with icmpx admin-prohibited")
	case n < 65 && len(jumps) > 0:
		return g.pick("jump ", "goto ") + g.pick(jumps...)
	case n < 70:
		return "return"
	case n < 77:
		return "meta mark set " + g.pick("1", "2", "0x10", "mark or 0x1", "mark and 0x2", "mark xor 0x3", "ct mark")
	case n < 82:
		return "ct mark set " + g.pick("1", "5", "mark", "ct mark or 0x4")
	case n < 85:
		return "counter"
	case n < 88:
		return g.pick("limit rate 5/minute log", "log prefix \"x\"", "limit rate 1/hour counter")
	case n < 92:
		return "tcp dport vmap { 22 : " + g.vmapVerdict(jumps) + ", 80-443 : " + g.vmapVerdict(jumps) + ", 8080 : continue }"
	case n < 94:
		g.unsure = true
		return g.pick("limit rate 10/second accept", "numgen random mod 2 vmap { 0 : accept, 1 : drop }")
	}
	return "continue"
}

func (g *generator) vmapVerdict(jumps []string) string {
	if len(jumps) > 0 && g.chance(40) {
		return g.pick("jump ", "goto ") + g.pick(jumps...)
	}
	return g.pick("accept", "drop", "return", "continue")
}

func (g *generator) rule(family string, jumps []string, hook string) {
	var parts []string
	for range g.r.IntN(3) {
		parts = append(parts, g.match(family))
	}
	end := g.action(jumps, hook)
	if strings.Contains(end, "tcp reset") {
		// nft leaves the family out before this statement when it lists the rule.
		parts = slices.DeleteFunc(parts, func(s string) bool { return strings.Contains(s, "nfproto") || strings.Contains(s, "meta protocol") })
	}
	parts = append(parts, end)
	g.line(strings.Join(parts, " "))
}

func (g *generator) line(s string) { g.b.WriteString(s + "\n") }

// nft writes one to three tables.
func (g *generator) nft() string {
	for i := range 1 + g.r.IntN(3) {
		family := g.pick("inet", "inet", "ip", "ip6")
		g.line(fmt.Sprintf("table %s t%d {", family, i))
		if family != "ip6" {
			g.line("set hosts4 { type ipv4_addr; elements = { " + g.set(g.host4, 4) + " }; }")
			g.line("set nets4 { type ipv4_addr; flags interval; elements = { 192.0.2.64/26, 10.0.0.0/8, 198.51.100.5-198.51.100.9 }; }")
		}
		if family != "ip" {
			g.line("set hosts6 { type ipv6_addr; elements = { " + g.set(g.host6, 3) + " }; }")
		}
		g.line("set ports { type inet_service; flags interval; elements = { 22, 400-500, 2222 }; }")
		g.chains(family)
		g.line("}")
	}
	return g.b.String()
}

func (g *generator) chains(family string) {
	// User chains come last to first, so that those they jump to exist.
	var users []string
	for j := range g.r.IntN(4) {
		name := fmt.Sprintf("c%d", j)
		g.line("chain " + name + " {")
		for range 1 + g.r.IntN(4) {
			g.rule(family, users, "input")
		}
		g.line("}")
		users = append(users, name)
	}
	for j := range 1 + g.r.IntN(3) {
		hook := g.pick("input", "input", "input", "prerouting", "output")
		prio := g.pick("-310", "-150", "-10", "0", "5", "10", "100", "-90")
		policy := g.pick("accept", "accept", "drop")
		g.line(fmt.Sprintf("chain b%d { type filter hook %s priority %s; policy %s;", j, hook, prio, policy))
		if policy == "drop" || g.chance(70) {
			g.line("ct state established,related accept")
			if prio == "-310" {
				g.line("accept")
			}
		}
		if hook == "output" {
			g.line("meta l4proto != { tcp, udp } accept")
		}
		for range 1 + g.r.IntN(6) {
			jumps := users
			if hook != "input" {
				jumps = nil // the user chains may reject, which prerouting does not load
			}
			g.rule(family, jumps, hook)
		}
		g.line("}")
	}
	if g.chance(25) {
		g.line("chain n { type nat hook prerouting priority -100; policy accept;")
		for range 1 + g.r.IntN(3) {
			g.line(g.match(family) + " tcp dport { 2222, 8080 } redirect to :" + g.pick("22", "80", "443"))
		}
		g.line("}")
	}
}

// some picks n of the questions.
func (g *generator) some(qs []netfilter.Question, n int) []netfilter.Question {
	out := make([]netfilter.Question, 0, n)
	for _, i := range g.r.Perm(len(qs))[:min(n, len(qs))] {
		out = append(out, qs[i])
	}
	return out
}

// lanes runs f for every number below n on several lanes at once.
func lanes(t *testing.T, n int, f func(t testing.TB, l *lane, seed uint64)) {
	const width = 8
	var wg sync.WaitGroup
	next := make(chan uint64)
	ls := make([]*lane, width)
	for i := range ls {
		ls[i] = newLane(t)
	}
	for _, l := range ls {
		wg.Go(func() {
			for seed := range next {
				f(&fewErrors{TB: t}, l, seed)
			}
		})
	}
	for i := range n {
		if t.Failed() {
			break
		}
		next <- uint64(i)
	}
	close(next)
	wg.Wait()
}

// sum adds up tallies of several lanes.
type sum struct {
	mu            sync.Mutex
	sure, unsure  tally
	sets          int
	unknownCauses map[string]int
}

func (s *sum) add(n tally, unsure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets++
	to := &s.sure
	if unsure {
		to = &s.unsure
	}
	to.probes += n.probes
	to.unknown += n.unknown
	to.fileUnknown += n.fileUnknown
}

// check holds the figures that the project promises.
func (s *sum) check(t *testing.T, sets, probes int) {
	t.Helper()
	t.Logf("%d rule sets, %d probes; unknown %d of %d without undecidable matches, %d of %d with; from files %d and %d", s.sets,
		s.sure.probes+s.unsure.probes, s.sure.unknown, s.sure.probes, s.unsure.unknown, s.unsure.probes, s.sure.fileUnknown, s.unsure.fileUnknown)
	if s.sets < sets || s.sure.probes+s.unsure.probes < probes {
		t.Errorf("%d rule sets and %d probes, want at least %d and %d", s.sets, s.sure.probes+s.unsure.probes, sets, probes)
	}
	if s.sure.unknown*50 > s.sure.probes {
		t.Errorf("%d of %d probes are unknown though every match can be decided; at most 2 %% may be", s.sure.unknown, s.sure.probes)
	}
}

var badLine = regexp.MustCompile(`/dev/stdin:(\d+):`)

// loadNft loads a rule set without the lines that nft refuses, such as one that
// asks for two protocols at once.
func (l *lane) loadNft(rules string) (string, error) {
	var err error
	for range 12 {
		if _, err = l.server.run("flush ruleset\n"+rules, "nft", "-f", "-"); err == nil {
			return rules, nil
		}
		lines := strings.Split(rules, "\n")
		for _, m := range badLine.FindAllStringSubmatch(err.Error(), -1) {
			if n, convErr := strconv.Atoi(m[1]); convErr == nil && n >= 2 && n-2 < len(lines) && !strings.HasPrefix(lines[n-2], "chain") {
				lines[n-2] = ""
			}
		}
		rules = strings.Join(lines, "\n")
	}
	return rules, err
}

func TestGeneratedNftRulesPredicted(t *testing.T) {
	var s sum
	qs := cast()
	lanes(t, 400, func(t testing.TB, l *lane, seed uint64) {
		g := newGenerator(seed)
		rules, err := l.loadNft(g.nft())
		if err != nil {
			t.Errorf("seed %d does not load: %v\n%s", seed, err, rules)
			return
		}
		n := l.compare(t, fmt.Sprintf("seed %d\n%s", seed, rules), g.some(qs, 22), true, l.nftFile(t))
		s.add(n, g.unsure)
	})
	if !t.Failed() {
		s.check(t, 400, 8000)
	}
}
