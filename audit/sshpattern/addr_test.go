package sshpattern

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"sshaudit/audit"
)

func TestAddrListMatchesAsAddrMatchListDoes(t *testing.T) {
	for _, c := range []struct {
		addr, list string
		want       Result
		bad        bool
	}{
		{"10.1.2.3", "10.0.0.0/8", Match, false}, {"11.1.2.3", "10.0.0.0/8", NoMatch, false},
		{"10.1.2.3", "10.1.2.3", Match, false}, {"10.1.2.3", "10.1.2.*", Match, false},
		{"10.1.2.3", "!10.1.2.3,10.0.0.0/8", Negated, false}, {"10.1.2.3", "10.0.0.0/8,!10.1.2.3", Negated, false},
		{"10.1.2.4", "10.0.0.0/8,!10.1.2.3", Match, false}, {"10.1.2.4", "!10.1.2.3", NoMatch, false},
		{"10.1.2.3", "10.0.0.1/8", NoMatch, true}, {"10.1.2.3", "10.0.0.0/33", NoMatch, true},
		{"10.1.2.3", "", NoMatch, true}, {"10.1.2.3", "10.0.0.0/8,", NoMatch, true}, {"10.1.2.3", "!", NoMatch, true},
		{"10.1.2.3", "!10.1.2.3,10.0.0.1/8", Negated, false}, {"nonsense", "10.0.0.1/8", NoMatch, false},
		{"10.1.2.3", "example.org", NoMatch, false}, {"10.1.2.3", "10.0.0.0/x", NoMatch, false},
		{"10.1.2.3", "10.0.0.0/ 8", Match, false}, {"10.1.2.3", "10.0.0.0/+8", Match, false},
		{"10.1.2.3", "10.0.0.0/-1", NoMatch, false}, {"10.1.2.3", "0.0.0.0/0", Match, false},
		{"10.0.0.1", "10.1", Match, false}, {"127.0.0.1", "0x7f.1", Match, false}, {"8.0.0.1", "010.0.0.1", Match, false},
		{"::1", "::1", Match, false}, {"2001:db8::1", "2001:DB8::/32", Match, false}, {"2001:db8::1", "2001:db8::*", Match, false},
		{"2001:db8::1", "2001:db8::1/32", NoMatch, true}, {"::1", "::/129", NoMatch, true}, {"10.1.2.3", "::/0", NoMatch, false},
		{"::ffff:10.1.2.3", "10.0.0.0/8", NoMatch, false}, {"::ffff:10.1.2.3", "::ffff:10.0.0.0/104", Match, false},
		{"fe80::1%eth0", "fe80::1%eth0", Match, false}, {"fe80::1%eth0", "fe80::1", NoMatch, false},
		{"fe80::1%eth0", "fe80::/10", NoMatch, false}, {"fe80::1%eth0", "fe80::*", Match, false},
		{"10.1.2.3", strings.Repeat("1", 64) + "/8", NoMatch, false},
	} {
		got, err := v100.AddrList(c.addr, c.list)
		var bad *ListError
		if got != c.want || errors.As(err, &bad) != c.bad {
			t.Errorf("AddrList(%q, %q) = %v, %v; want %v, error %v", c.addr, c.list, got, err, c.want, c.bad)
		}
	}
}

func TestCheckAddrListReadsTheWholeList(t *testing.T) {
	for list, bad := range map[string]bool{
		"10.0.0.0/8": false, "host.example": false, "10.0.0.0/8,10.0.0.1/8": true, "": true, "a,,b": true, "!10.0.0.1,!": true,
	} {
		if err := CheckAddrList(list); (err != nil) != bad {
			t.Errorf("CheckAddrList(%q) = %v", list, err)
		}
	}
}

func TestMasksAreReadByRelease(t *testing.T) {
	v91 := New(audit.OpenSSH{Major: 9, Minor: 1, Patch: 1})
	type answer struct {
		result Result
		bad    bool
	}
	match, none, bad := answer{Match, false}, answer{NoMatch, false}, answer{NoMatch, true}
	for list, want := range map[string][3]answer{
		"10.0.0.0/8": {match, match, match}, "10.0.0.0/ 8": {match, none, match}, "10.0.0.0/+8": {match, none, match},
		"10.0.0.0/129": {none, none, bad}, "10.0.0.0/33": {bad, bad, bad}, "10.0.0.0/": {none, none, none},
		"10.0.0.0/-1": {none, none, none}, "10.0.0.0/99999999999": {none, none, none},
	} {
		for i, m := range []Matcher{v84, v91, v100} {
			result, err := m.AddrList("10.1.2.3", list)
			if got := (answer{result, err != nil}); got != want[i] {
				t.Errorf("%q, release %d: %v, want %v", list, i, got, want[i])
			}
			if (m.CheckAddrList(list) != nil) != want[i].bad {
				t.Errorf("%q, release %d: CheckAddrList differs", list, i)
			}
		}
	}
}

func TestHostAndIPNegationOfEitherDecides(t *testing.T) {
	for _, c := range []struct {
		list      string
		want, bad bool
	}{
		{"*.example.org", true, false}, {"192.0.2.0/24", true, false}, {"*,!192.0.2.7", false, false},
		{"192.0.2.0/24,!www.example.org", false, false}, {"!other,192.0.2.7", true, false}, {"198.51.100.0/24", false, false},
		{"192.0.2.1/24", false, true},
	} {
		got, err := v100.HostAndIP("www.example.org", "192.0.2.7", c.list)
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("HostAndIP(%q) = %v, %v; want %v, error %v", c.list, got, err, c.want, c.bad)
		}
	}
}

func TestUserIsCutAtTheFirstAtUpTo98AndTheLastFrom99(t *testing.T) {
	for _, c := range []struct {
		word, user string
		old, now   bool
	}{
		{"alice", "alice", true, true}, {"alice,bob", "alice", false, false}, {"!bob", "alice", false, false},
		{"alice@192.0.2.0/24", "alice", true, true}, {"alice@192.0.2.9", "alice", false, false},
		{"alice@*,!192.0.2.7", "alice", false, false},
		{"alice@corp@192.0.2.*", "alice@corp", false, true}, {"alice@corp", "alice@corp", false, false},
		{"alice@", "alice", false, false},
	} {
		old, _ := v98.User(c.user, "192.0.2.7", "192.0.2.7", c.word)
		now, _ := v100.User(c.user, "192.0.2.7", "192.0.2.7", c.word)
		if old != c.old || now != c.now {
			t.Errorf("User(%q, word %q) = %v (9.8), %v (10.0); want %v, %v", c.user, c.word, old, now, c.old, c.now)
		}
	}
	if err := v98.CheckUser("alice@10.0.0.1/8"); err == nil {
		t.Error("host bits were accepted")
	}
	if err := v100.CheckUser("a@10.0.0.1/8@10.0.0.0/8"); err != nil {
		t.Errorf("10.0 reads behind the last @ only: %v", err)
	}
}

func TestPeerTextIsTheTextThatSshdCompares(t *testing.T) {
	for in, want := range map[string]string{
		"::ffff:192.0.2.1": "192.0.2.1", "192.0.2.1": "192.0.2.1", "2001:DB8::1": "2001:db8::1",
		"::102:304": "::1.2.3.4", "::1": "::1", "::": "::", "fe80::1%eth0": "fe80::1%eth0",
	} {
		if got := PeerText(netip.MustParseAddr(in)); got != want {
			t.Errorf("PeerText(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestParseAddrReadsTheFormsOfGlibc(t *testing.T) {
	for in, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "1": "0.0.0.1", "1.2": "1.0.0.2", "1.2.3": "1.2.0.3", "0xff.1": "255.0.0.1", "4294967295": "255.255.255.255",
		"4294967296": "", "1.2.3.256": "", "1.2.65536": "", "08": "", "0x": "", "1.2.3.4.5": "", "1.2.3.": "", "": "", "*": "", "1_0": "", "+1": "",
		"::1": "::1", "::1%2": "::1%2", "::1%lo": "", "fe80::1%lo": "fe80::1%lo", "::ffff:1.2.3.4": "::ffff:1.2.3.4", "1::2::3": "",
	} {
		got, err := ParseAddr(in)
		if want == "" && err == nil || want != "" && got.String() != want {
			t.Errorf("ParseAddr(%q) = %v, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzAddrList(f *testing.F) {
	f.Add("10.1.2.3", "10.0.0.0/8,!10.1.2.3")
	f.Add("::ffff:1.2.3.4", "::/0,fe80::1%eth0")
	f.Fuzz(func(t *testing.T, addr, list string) {
		got, err := v100.AddrList(addr, list)
		if err != nil && got != NoMatch {
			t.Errorf("AddrList(%q, %q) = %v with error %v", addr, list, got, err)
		}
		if err != nil && CheckAddrList(list) == nil {
			t.Errorf("AddrList(%q, %q) refuses what CheckAddrList accepts: %v", addr, list, err)
		}
		if _, err := v98.User("u", addr, addr, list); err != nil && v98.CheckUser(list) == nil {
			t.Errorf("User refuses %q, CheckUser does not: %v", list, err)
		}
	})
}

func BenchmarkHostAndIP(b *testing.B) {
	for b.Loop() {
		if _, err := v100.HostAndIP("192.0.2.7", "192.0.2.7", "10.0.0.0/8,2001:db8::/32,192.0.2.0/24"); err != nil {
			b.Fatal(err)
		}
	}
}
