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
	if strings.HasPrefix(m, "meta protocol") && family != "inet" {
		m = "meta mark 0" // nft leaves it out of its list there
	}
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
	mu           sync.Mutex
	sure, unsure tally
	sets         int
	causes       []string
}

func (s *sum) add(n tally, unsure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets++
	to := &s.sure
	if unsure {
		to = &s.unsure
	}
	if !unsure {
		s.causes = append(s.causes, n.causes...)
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
		t.Errorf("%d of %d probes are unknown though every match can be decided; at most 2 %% may be: %q", s.sure.unknown, s.sure.probes, s.causes)
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

// ipt writes rules for both kinds of iptables, as iptables-restore reads them.
func (g *generator) ipt(v6 bool) string {
	var b strings.Builder
	if g.chance(40) {
		b.WriteString("*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n")
		for range 1 + g.r.IntN(3) {
			b.WriteString("-A " + g.pick("PREROUTING", "INPUT") + g.iptMatches(v6) + " -j " + g.pick("MARK --set-mark 0x1", "MARK --set-xmark 0x10/0xf0", "CONNMARK --set-mark 5",
				"CONNMARK --save-mark", "CONNMARK --restore-mark", "DROP", "ACCEPT", "RETURN", "MARK --or-mark 0x2", "MARK --and-mark 0x1") + "\n")
		}
		b.WriteString("COMMIT\n")
	}
	if g.chance(25) {
		b.WriteString("*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n")
		b.WriteString("-A PREROUTING" + g.iptAddr(v6) + " -p tcp -m tcp --dport 2222 -j " + g.pick("REDIRECT --to-ports 22", "ACCEPT", "REDIRECT --to-ports 80") + "\n")
		b.WriteString("-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 443\nCOMMIT\n")
	}
	fmt.Fprintf(&b, "*filter\n:INPUT %s [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:one - [0:0]\n:two - [0:0]\n", g.pick("ACCEPT", "DROP"))
	b.WriteString("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n")
	for range 2 + g.r.IntN(6) {
		b.WriteString("-A INPUT" + g.iptMatches(v6) + g.iptTarget("one", "two") + "\n")
	}
	for range g.r.IntN(4) {
		b.WriteString("-A one" + g.iptMatches(v6) + g.iptTarget("two") + "\n")
	}
	for range g.r.IntN(4) {
		b.WriteString("-A two" + g.iptMatches(v6) + g.iptTarget() + "\n")
	}
	if g.chance(20) {
		b.WriteString("-A OUTPUT" + g.pick(" -p tcp -m tcp --sport 22", " -m conntrack --ctstate ESTABLISHED -p tcp -m tcp --sport 443", " -p udp") + " -j DROP\n")
	}
	return b.String() + "COMMIT\n"
}

func (g *generator) iptTarget(chains ...string) string {
	if len(chains) > 0 && g.chance(25) {
		return g.pick(" -j ", " -g ") + g.pick(chains...)
	}
	return g.pick(" -j ACCEPT", " -j ACCEPT", " -j DROP", " -j RETURN", " -j REJECT", " -j LOG", "", " -m limit --limit 1/min -j LOG")
}

func (g *generator) iptAddr(v6 bool) string {
	if !g.chance(60) {
		return ""
	}
	if v6 {
		return g.pick(" ", " ! ") + "-s " + g.v6()
	}
	return g.pick(" ", " ! ") + "-s " + g.v4()
}

func (g *generator) iptMatches(v6 bool) string {
	s := g.iptAddr(v6)
	tcp := false
	if g.chance(60) {
		tcp = true
		s += " -p tcp"
		s += g.pick(" -m tcp --dport "+g.port(), " -m tcp ! --dport "+g.port(), " -m multiport --dports 22,80,8000:9000", " -m multiport ! --dports 22,443", " -m tcp --dport 1:1023", " -m tcp --syn", "")
	}
	s += g.pick("", "", " -m conntrack --ctstate NEW", " -m conntrack ! --ctstate NEW", " -m conntrack --ctstate DNAT", " -m state --state NEW", " -m mark --mark 0x1/0x1", " -m mark ! --mark 0x10/0xf0",
		" -m connmark --mark 5", " -i eth0", " ! -i eth0", " -i lo", " -m addrtype --dst-type LOCAL", " -m pkttype --pkt-type unicast", " -m comment --comment \"a b\"")
	if !v6 && g.chance(15) {
		s += " -m iprange " + g.pick("", "! ") + "--src-range 192.0.2.11-198.51.100.100"
	}
	if tcp && g.chance(10) {
		s += " -m conntrack --ctorigdstport " + g.port()
	}
	if g.chance(2) {
		g.unsure = true
		s += g.pick(" -m limit --limit 10/sec", " -m recent --name x --rcheck --seconds 60", " -m statistic --mode random --probability 0.5")
	}
	return s
}

// restore loads rules of one family with one kind of iptables.
func (l *lane) restore(v variant, v6 bool, rules string) (file, error) {
	p := map[bool]string{false: "iptables-", true: "ip6tables-"}[v6] + v.prefix
	if _, err := l.server.run(rules, p+"-restore"); err != nil {
		return file{}, err
	}
	text, err := l.server.run("", p+"-save")
	return file{parse: netfilter.ParseSave, text: text, oneFamily: true, v6: v6}, err
}

func TestGeneratedIPTablesRulesPredicted(t *testing.T) {
	var s sum
	qs := cast()
	lanes(t, 160, func(t testing.TB, l *lane, seed uint64) {
		g := newGenerator(seed)
		l.clean(t)
		// Every third rule set runs both kinds at once, beside a table of nft.
		kinds := variants[seed%3 : min(seed%3+1, 2)]
		if seed%3 == 2 {
			kinds = variants
		}
		what, files := fmt.Sprintf("seed %d\n", seed), []file{}
		for _, v := range kinds {
			for _, v6 := range []bool{false, true} {
				rules := g.ipt(v6)
				f, err := l.restore(v, v6, rules)
				if err != nil {
					t.Errorf("seed %d does not load: %v\n%s", seed, err, rules)
					return
				}
				what, files = what+v.name+"\n"+rules, append(files, f)
			}
		}
		if len(kinds) > 1 {
			files = nil     // each file tells only half
			g.unsure = true // which kind is asked first at equal priority
			nft := "table inet beside { chain i { type filter hook input priority 0; policy accept; " + g.match("inet") + " drop; " + g.match("inet") + " reject; }; }\n"
			if _, err := l.server.run(nft, "nft", "-f", "-"); err == nil {
				what += nft
			}
		}
		n := l.compare(t, what, g.some(qs, 24), true, files...)
		s.add(n, g.unsure)
	})
	if !t.Failed() {
		s.check(t, 160, 3500)
	}
}
