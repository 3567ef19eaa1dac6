package netfilter

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/recorded", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unpack reads the container of a recorded dump. Elements wait for Load.
func unpack(b []byte) (Dump, [][]byte) {
	var d Dump
	var elements [][]byte
	into := map[byte]*[][]byte{'t': &d.Tables, 'c': &d.Chains, 'r': &d.Rules, 's': &d.Sets, 'o': &d.Objects, 'e': &elements}
	for len(b) >= 5 {
		n := int(binary.LittleEndian.Uint32(b[1:]))
		list, ok := into[b[0]]
		if !ok || n > len(b)-5 {
			break
		}
		*list = append(*list, b[5:5+n])
		b = b[5+n:]
	}
	return d, elements
}

// fromDump builds the rule set of a recorded dump.
func fromDump(b []byte) (*Ruleset, error) {
	d, elements := unpack(b)
	rs, err := FromNetlink(d)
	if err != nil {
		return nil, err
	}
	rs.Load = func(set *Set) error {
		var mine [][]byte
		for _, msg := range elements {
			if len(msg) < 4 {
				continue
			}
			if a, err := parseAttrs(msg[4:]); err == nil && a.str(1) == set.Table.Name && a.str(2) == set.Name {
				mine = append(mine, msg)
			}
		}
		return set.AddElements(mine)
	}
	return rs, nil
}

// ask asks one question in short form: "198.51.100.7 22/tcp".
func ask(t testing.TB, rs *Ruleset, host *Host, short string) Answer {
	t.Helper()
	q := question(t, short)
	a, err := rs.Evaluate(q, host)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func question(t testing.TB, short string) Question {
	t.Helper()
	from, rest, _ := strings.Cut(short, " ")
	service, proto, _ := strings.Cut(rest, "/")
	p, err := port(service)
	if err != nil {
		t.Fatal(err)
	}
	q := Question{From: netip.MustParseAddr(from), To: netip.MustParseAddr("192.0.2.1"), Port: p, Proto: TCP, Interface: "eth0"}
	if proto == "udp" {
		q.Proto = UDP
	}
	if q.From.Is6() {
		q.To = netip.MustParseAddr("2001:db8::1")
	}
	return q
}

func TestRecordedKernelRulesAreFollowed(t *testing.T) {
	for _, c := range []struct {
		file, ask string
		want      Result
		rule      string
	}{
		{"nft.bin", "10.9.9.9 22/tcp", Accepted, `ip saddr . tcp dport @s accept comment "hello"`},
		{"nft.bin", "1.2.3.4 85/tcp", Accepted, `ip saddr . tcp dport @s accept comment "hello"`},
		{"nft.bin", "1.2.3.4 25/tcp", Dropped, "ip saddr vmap @v"},
		{"nft.bin", "2001:db8::7 25/tcp", Accepted, `iifname "eth*" accept`},
		{"marks.bin", "192.0.2.10 22/tcp", Accepted, "-p tcp -m mark --mark 0x10 -m tcp --dport 22 -j ACCEPT"},
		{"marks.bin", "203.0.113.5 22/tcp", Dropped, "policy drop"},
		{"nat.bin", "198.51.100.7 8080/tcp", Accepted, "-p tcp -m conntrack --ctorigdstport 8080 -j ACCEPT"},
		{"nat.bin", "10.1.2.3 8080/tcp", Accepted, "-p tcp -m conntrack --ctorigdstport 8080 -j ACCEPT"},
		{"nat.bin", "198.51.100.7 25/tcp", Dropped, "policy drop"},
	} {
		rs, err := fromDump(recorded(t, c.file))
		if err != nil {
			t.Fatal(err)
		}
		a := ask(t, rs, nil, c.ask)
		if a.Verdict != c.want || a.DecidedBy == nil || a.DecidedBy.Rule != c.rule {
			t.Errorf("%s, %s: %s by %+v, want %s by %q", c.file, c.ask, a.Verdict, a.DecidedBy, c.want, c.rule)
		}
	}
}

func TestRecordedLegacyTableIsFollowed(t *testing.T) {
	info, entries := legacyBlob(recorded(t, "legacy-chains.bin"))
	table, err := LegacyTable(IPv4, "filter", info, entries)
	if err != nil {
		t.Fatal(err)
	}
	rs := &Ruleset{Tables: []*Table{table}}
	for _, c := range []struct {
		ask  string
		want Result
		rule string
	}{
		{"192.0.2.10 80/tcp", Accepted, "-s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j ACCEPT"},
		{"192.0.2.66 80/tcp", Dropped, "-j DROP"},
		{"203.0.113.9 22/tcp", Dropped, "-j DROP"},
		{"10.1.1.1 22/tcp", Rejected, "-s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j REJECT --reject-with icmp-port-unreachable"},
		{"172.16.0.1 22/tcp", Accepted, "-p tcp -m tcp --dport 22 -j ACCEPT"},
	} {
		a := ask(t, rs, nil, c.ask)
		if a.Verdict != c.want || a.DecidedBy == nil || a.DecidedBy.Rule != c.rule {
			t.Errorf("%s: %s by %+v, want %s by %q", c.ask, a.Verdict, a.DecidedBy, c.want, c.rule)
		}
	}
}

func legacyBlob(b []byte) (LegacyInfo, []byte) {
	var info LegacyInfo
	if len(b) < 44 {
		return info, nil
	}
	info.ValidHooks = binary.LittleEndian.Uint32(b)
	for i := range 5 {
		info.HookEntry[i] = binary.LittleEndian.Uint32(b[4+4*i:])
		info.Underflow[i] = binary.LittleEndian.Uint32(b[24+4*i:])
	}
	return info, b[44:]
}

func TestRecordedIPSetsAreSearched(t *testing.T) {
	rs := &Ruleset{}
	rs.IPSet = func(name string, _ uint16) (*IPSet, error) {
		set := &IPSet{Name: name}
		return set, AddIPSet(set, [][]byte{recorded(t, "ipset-"+name+"0.bin")})
	}
	for _, c := range []struct {
		set, dirs, ask string
		want           tri
	}{
		{"nets", "src", "192.0.2.10 22/tcp", yes},
		{"nets", "src", "192.0.2.66 22/tcp", no}, // nomatch of the longer prefix
		{"nets", "dst", "203.0.113.5 22/tcp", yes},
		{"nets", "src", "2001:db8::1 22/tcp", no},
		{"hp", "src,dst", "10.1.2.3 443/tcp", yes},
		{"hp", "src,dst", "10.1.2.3 443/udp", no},
		{"hp", "src", "10.1.2.3 443/tcp", no}, // fewer dimensions than the set has
		{"ports", "dst", "10.1.2.3 2222/udp", yes},
		{"ni", "src,src", "198.51.100.7 22/tcp", yes},
		{"ni", "src,dst", "198.51.100.7 22/tcp", no},
		{"three", "src,dst,dst", "192.0.2.66 80/tcp", yes},
	} {
		x := xtSet{set: c.set}
		for d := range strings.SplitSeq(c.dirs, ",") {
			x.dirs = append(x.dirs, d == "src")
		}
		m := &machine{rs: rs, q: question(t, c.ask)}
		if m.v6 = m.q.From.Is6(); m.v6 {
			m.family = IPv6
		} else {
			m.family = IPv4
		}
		if got := x.test(m, m.first()); got != c.want {
			t.Errorf("%s %s, %s: %d, want %d", c.set, c.dirs, c.ask, got, c.want)
		}
	}
}
