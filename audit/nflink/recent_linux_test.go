package nflink

import (
	"net/netip"
	"strings"
	"testing"

	"sshaudit/audit/netfilter"
)

// TestListOfRecentSourcesIsFollowed connects again and again from one source, so
// that the lists of -m recent fill, and holds every answer against what happens.
// known is how many of the first answers must be definite; where none must be, no
// rule lets the connection's later packets pass before the list.
func TestListOfRecentSourcesIsFollowed(t *testing.T) {
	needRoot(t)
	for name, c := range map[string]struct {
		rules string
		known int
	}{
		"ufw's limit":          {"--set --name a; --update --seconds 30 --hitcount 6 --name a -j DROP", 5},
		"count without time":   {"--rcheck --hitcount 3 --name b -j DROP; --set --name b", 8},
		"seen once":            {"--update --name c -j REJECT; --set --name c", 8},
		"inverted":             {"! --rcheck --name d -j RETURN; --set --name e; --set --name d", 8},
		"taken out":            {"--set --name f; --remove --name f -j RETURN; --rcheck --name f -j DROP", 8},
		"whole network":        {"--rcheck --hitcount 2 --name g --mask 255.255.255.0 -j DROP; --set --name g --mask 255.255.255.0", 8},
		"lifetime of a packet": {"--set --name h; --rcheck --hitcount 2 --rttl --name h -j DROP", 0},
		"by destination":       {"--set --rdest --name i; --rcheck --rdest --hitcount 4 --name i -j DROP", 0},
		"every packet counts":  {"--update --name k -j REJECT; --set --name k", 0},
		"every packet, many":   {"--set --name l; --update --seconds 30 --hitcount 6 --name l -j DROP", 0},
		"set twice":            {"--set --name j; --set --name j; --rcheck --seconds 60 --hitcount 2 --name j -j DROP", 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLane(t)
			for _, program := range []string{"iptables", "iptables-legacy"} {
				l.server.must(t, "", program, "-F", "INPUT")
				if c.known > 0 {
					l.server.must(t, "", program, "-A", "INPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT")
				}
				for rule := range strings.SplitSeq(strings.ReplaceAll(c.rules, "--name ", "--name "+program), "; ") {
					args := strings.Fields("-A INPUT -p tcp --dport 22 -m recent " + rule)
					l.server.must(t, "", append([]string{program}, args...)...)
				}
				q := netfilter.Question{From: netip.MustParseAddr("203.0.113.5"), To: netip.MustParseAddr("192.0.2.1"), Port: 22, Proto: netfilter.TCP, Interface: "eth0"}
				for i := range 9 {
					n := l.compare(t, program+" "+c.rules, []netfilter.Question{q}, true)
					if i < c.known && n.unknown > 0 {
						t.Errorf("%s %s: connection %d is not known", program, c.rules, i+1)
					}
				}
				l.server.must(t, "", program, "-F", "INPUT")
			}
		})
	}
}
