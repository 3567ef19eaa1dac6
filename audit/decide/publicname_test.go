package decide

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

func ips(texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

func TestNamesLeadHereOrAreTold(t *testing.T) {
	v4only := []facts.Listener{{Local: netip.MustParseAddrPort("0.0.0.0:22"), V4: true, Service: facts.ServiceSSH}}
	both := append(slices.Clone(v4only), facts.Listener{Local: netip.MustParseAddrPort("[::]:22"), V6: true, Service: facts.ServiceSSH})
	changed := facts.Lookup{Addresses: ips("198.51.100.1"), Authoritative: true, Cached: ips("203.0.113.9"), CachedTTL: time.Hour}
	brief := changed
	brief.CachedTTL = time.Minute
	public := facts.Names{OwnKnown: true, Own: ips("198.51.100.1", "2a00::1", "10.0.0.1")}
	private := facts.Names{OwnKnown: true, Own: ips("10.0.0.1")}
	behind := facts.Names{OwnKnown: true, Own: ips("10.0.0.1"), Public: ips("203.0.113.1")}
	for _, tc := range []struct {
		name      string
		names     facts.Names
		v4, v6    facts.Lookup
		listeners []facts.Listener
		want      []string
		doubt     bool
	}{
		{"here", public, facts.Lookup{Addresses: ips("198.51.100.1")}, facts.Lookup{Addresses: ips("2a00::1")}, both, nil, false},
		{"here through a router", behind, facts.Lookup{Addresses: ips("203.0.113.1")}, facts.Lookup{}, v4only, nil, false},
		{"no such name", public, facts.Lookup{NoName: true}, facts.Lookup{NoName: true}, nil, []string{"name-not-found"}, false},
		{"no address", public, facts.Lookup{}, facts.Lookup{}, nil, []string{"name-not-found"}, false},
		{"elsewhere", public, facts.Lookup{Addresses: ips("203.0.113.7")}, facts.Lookup{}, nil, []string{"name-elsewhere"}, false},
		{"here and elsewhere", public, facts.Lookup{Addresses: ips("198.51.100.1", "203.0.113.7")}, facts.Lookup{}, nil, []string{"name-elsewhere"}, false},
		{"elsewhere by IPv6 only", public, facts.Lookup{Addresses: ips("198.51.100.1")}, facts.Lookup{Addresses: ips("2a00::2")}, both, []string{"name-elsewhere"}, false},
		{"behind a router nobody named", private, facts.Lookup{Addresses: ips("203.0.113.7")}, facts.Lookup{}, nil, nil, true},
		{"nobody listens by IPv6", public, facts.Lookup{Addresses: ips("198.51.100.1")}, facts.Lookup{Addresses: ips("2a00::1")}, v4only, []string{"name-ipv6-no-listener"}, false},
		{"just changed", public, changed, facts.Lookup{}, nil, []string{"name-ttl-long"}, false},
		{"changed and soon forgotten", public, brief, facts.Lookup{}, nil, nil, false},
		{"no answer", public, facts.Lookup{Problem: "no answer"}, facts.Lookup{}, nil, nil, true},
		{"Cloudflare", public, facts.Lookup{Addresses: ips("104.16.1.1")}, facts.Lookup{}, nil, []string{"name-elsewhere"}, false},
	} {
		h := &facts.Host{Names: &tc.names, Services: &facts.Services{Listened: true, Listeners: tc.listeners}}
		causes, doubt := PublicName(h, &facts.Name{Name: "ftp.example.com", V4: tc.v4, V6: tc.v6})
		var got []string
		for _, c := range causes {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, tc.want) || (doubt != "") != tc.doubt {
			t.Errorf("%s: %v, doubt %q", tc.name, causes, doubt)
		}
	}
}

func TestClientsByNameAreRefusedWhereItLeadsNowhere(t *testing.T) {
	public := &facts.Names{OwnKnown: true, Own: ips("198.51.100.1")}
	for _, tc := range []struct {
		name string
		v4   facts.Lookup
		want audit.Verdict
		id   string
	}{
		{"here", facts.Lookup{Addresses: ips("198.51.100.1")}, audit.Accept, ""},
		{"nowhere", facts.Lookup{NoName: true}, audit.Refuse, "name-not-found"},
		{"elsewhere", facts.Lookup{Addresses: ips("203.0.113.7")}, audit.Refuse, "name-elsewhere"},
		{"here or elsewhere", facts.Lookup{Addresses: ips("198.51.100.1", "203.0.113.7")}, audit.Unknown, ""},
		{"nobody answers", facts.Lookup{Problem: "no answer"}, audit.Unknown, ""},
	} {
		public.List = []facts.Name{{Name: "ftp.example.com", V4: tc.v4}}
		step, cause := NameStep(&facts.Host{Names: public}, "ftp.example.com")
		if step.Verdict != tc.want || (cause != nil) != (tc.id != "") || cause != nil && cause.ID != tc.id || step.Message == "" || step.Layer != audit.LayerName {
			t.Errorf("%s: %+v %+v", tc.name, step, cause)
		}
	}
	if step, cause := NameStep(&facts.Host{}, "ftp.example.com"); step.Verdict != audit.Unknown || cause != nil {
		t.Errorf("not looked up: %+v %+v", step, cause)
	}
}
