package checks

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

func TestReachOfServicesIsTold(t *testing.T) {
	v4, v6 := netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("2001:db8::7")
	at := func(from netip.Addr, v audit.Verdict, rule string) facts.Reach {
		return facts.Reach{Service: facts.ServiceSSH, Port: 22, Vantage: from, Verdict: v, Rule: rule, Place: "table inet filter, chain input"}
	}
	closed := func(v audit.Verdict, rule string) facts.Reach {
		r := at(v4, v, rule)
		r.Closed = true
		return r
	}
	for name, c := range map[string]struct {
		reach []facts.Reach
		want  []string
	}{
		"nobody asked":                {nil, nil},
		"let in by a rule":            {[]facts.Reach{at(v4, audit.Accept, "tcp dport 22 accept"), at(v6, audit.Accept, "tcp dport 22 accept")}, nil},
		"dropped":                     {[]facts.Reach{at(v4, audit.Refuse, "policy drop"), at(v6, audit.Refuse, "policy drop")}, []string{"firewall-drops-service", "firewall-drops-service"}},
		"one family only":             {[]facts.Reach{at(v4, audit.Accept, "tcp dport 22 accept"), at(v6, audit.Refuse, "policy drop")}, []string{"firewall-drops-service", "firewall-v4-v6-differ"}},
		"not known":                   {[]facts.Reach{at(v4, audit.Unknown, ""), at(v6, audit.Unknown, "")}, nil},
		"one family unknown":          {[]facts.Reach{at(v4, audit.Accept, "accept"), at(v6, audit.Unknown, "")}, nil},
		"no rule had a say":           {[]facts.Reach{at(v4, audit.Accept, ""), at(v6, audit.Accept, "")}, []string{"firewall-default-accept"}},
		"two ports, each own":         {[]facts.Reach{at(v4, audit.Accept, "accept"), {Port: 2222, Vantage: v6, Verdict: audit.Refuse}}, []string{"firewall-drops-service"}},
		"closed, and open":            {[]facts.Reach{closed(audit.Accept, "tcp dport 22 accept")}, []string{"firewall-open-to-closed"}},
		"closed, open without a rule": {[]facts.Reach{closed(audit.Accept, "")}, []string{"firewall-open-to-closed"}},
		"closed, and refused":         {[]facts.Reach{closed(audit.Refuse, "drop"), at(v6, audit.Accept, "accept")}, nil},
		"closed, not known":           {[]facts.Reach{closed(audit.Unknown, "")}, nil},
	} {
		var got []string
		for _, f := range Host([]*Check{firewallDrops, firewallOpen, firewallFamilies, firewallInactive}, &facts.Host{Reach: c.reach}) {
			got = append(got, f.Check)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
