package collect

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"sshaudit/audit/facts"
	"sshaudit/audit/sshdtest"
)

func query(t testing.TB, name string, typ dnsmessage.Type) dnsmessage.Question {
	t.Helper()
	n, err := dnsmessage.NewName(name)
	if err != nil {
		t.Fatal(err)
	}
	return dnsmessage.Question{Name: n, Type: typ, Class: dnsmessage.ClassINET}
}

func record(t testing.TB, name string, ttl uint32, body dnsmessage.ResourceBody) dnsmessage.Resource {
	t.Helper()
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: query(t, name, 0).Name, Class: dnsmessage.ClassINET, TTL: ttl}, Body: body}
}

func pack(t testing.TB, m dnsmessage.Message) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnswersAreFollowedThroughAliasesOnly(t *testing.T) {
	q := query(t, "Ftp.Example.com.", dnsmessage.TypeA)
	alias := query(t, "host.example.net.", 0).Name
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: 7, Response: true}, Questions: []dnsmessage.Question{q},
		Answers: []dnsmessage.Resource{
			record(t, "ftp.example.com.", 300, &dnsmessage.CNAMEResource{CNAME: alias}),
			record(t, "HOST.example.net.", 60, &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}),
			record(t, "evil.example.org.", 1, &dnsmessage.AResource{A: [4]byte{203, 0, 113, 66}}),
		},
	}
	r, err := parseReply(pack(t, m), 7, q)
	if err != nil || !r.alias || r.ttl != 60 || len(r.addrs) != 1 || r.addrs[0] != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("%+v %v", r, err)
	}
	for name, change := range map[string]func(*dnsmessage.Message){
		"another number":   func(m *dnsmessage.Message) { m.ID = 8 },
		"a question":       func(m *dnsmessage.Message) { m.Response = false },
		"another question": func(m *dnsmessage.Message) { m.Questions[0] = query(t, "other.example.com.", dnsmessage.TypeA) },
		"no question":      func(m *dnsmessage.Message) { m.Questions = nil },
	} {
		other := m
		other.Questions = append([]dnsmessage.Question(nil), m.Questions...)
		change(&other)
		if r, err := parseReply(pack(t, other), 7, q); err == nil {
			t.Errorf("%s is taken for an answer: %+v", name, r)
		}
	}
}

func TestAliasesInACircleEnd(t *testing.T) {
	q := query(t, "a.example.com.", dnsmessage.TypeA)
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Questions: []dnsmessage.Question{q}, Answers: []dnsmessage.Resource{
		record(t, "a.example.com.", 1, &dnsmessage.CNAMEResource{CNAME: query(t, "b.example.com.", 0).Name}),
		record(t, "b.example.com.", 1, &dnsmessage.CNAMEResource{CNAME: query(t, "a.example.com.", 0).Name}),
	}}
	if r, err := parseReply(pack(t, m), 0, q); err != nil || len(r.addrs) != 0 {
		t.Errorf("%+v %v", r, err)
	}
}

func FuzzParseReply(f *testing.F) {
	q := query(f, "ftp.example.com.", dnsmessage.TypeA)
	f.Add(pack(f, dnsmessage.Message{
		Header: dnsmessage.Header{Response: true, Authoritative: true}, Questions: []dnsmessage.Question{q},
		Answers:     []dnsmessage.Resource{record(f, "ftp.example.com.", 300, &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}})},
		Authorities: []dnsmessage.Resource{record(f, "example.com.", 300, &dnsmessage.SOAResource{NS: q.Name, MBox: q.Name})},
	}))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if r, err := parseReply(answer, 0, q); err == nil && len(r.addrs) > maxAnswers {
			t.Errorf("%d addresses", len(r.addrs))
		}
	})
}

// nameServer answers from a function over UDP and TCP until the test ends.
func nameServer(t *testing.T, answer func(q dnsmessage.Question, tcp bool) dnsmessage.Message) netip.AddrPort {
	t.Helper()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := udp.LocalAddr().(*net.UDPAddr).AddrPort()
	tcp, err := net.Listen("tcp4", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = udp.Close(), tcp.Close() })
	reply := func(message []byte, overTCP bool) []byte {
		var m dnsmessage.Message
		if m.Unpack(message) != nil || len(m.Questions) != 1 {
			return nil
		}
		a := answer(m.Questions[0], overTCP)
		a.ID, a.Response, a.Questions = m.ID, true, m.Questions
		b, _ := a.Pack()
		return b
	}
	go func() {
		for b := make([]byte, 2048); ; {
			n, from, err := udp.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = udp.WriteTo(reply(b[:n], false), from)
		}
	}()
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			var size [2]byte
			if _, err := io.ReadFull(conn, size[:]); err == nil {
				message := make([]byte, binary.BigEndian.Uint16(size[:]))
				_, _ = io.ReadFull(conn, message)
				b := reply(message, true)
				_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
			}
			_ = conn.Close()
		}
	}()
	return at
}

// TestTheZonesOwnServersHaveTheLastWord: the resolver still knows the old address.
func TestTheZonesOwnServersHaveTheLastWord(t *testing.T) {
	zone := func(authoritative bool, address [4]byte, ttl uint32) func(dnsmessage.Question, bool) dnsmessage.Message {
		return func(q dnsmessage.Question, tcp bool) dnsmessage.Message {
			m := dnsmessage.Message{Header: dnsmessage.Header{Authoritative: authoritative, Truncated: !tcp && q.Type == dnsmessage.TypeNS}}
			name := strings.ToLower(q.Name.String())
			soa := record(t, "example.com.", 60, &dnsmessage.SOAResource{NS: query(t, "ns.example.com.", 0).Name, MBox: query(t, "x.example.com.", 0).Name})
			switch {
			case name == "ftp.example.com." && q.Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, record(t, name, ttl, &dnsmessage.AResource{A: address}))
			case name == "ns.example.com." && q.Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, record(t, name, 60, &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}))
			case name == "example.com." && q.Type == dnsmessage.TypeNS && tcp:
				m.Answers = append(m.Answers, record(t, name, 60, &dnsmessage.NSResource{NS: query(t, "ns.example.com.", 0).Name}))
			case name == "gone.example.com.":
				m.RCode = dnsmessage.RCodeNameError
				m.Authorities = append(m.Authorities, soa)
			default:
				m.Authorities = append(m.Authorities, soa)
			}
			return m
		}
	}
	own := nameServer(t, zone(true, [4]byte{192, 0, 2, 2}, 86400))
	r := &resolver{servers: []netip.AddrPort{nameServer(t, zone(false, [4]byte{192, 0, 2, 1}, 5000))}, port: own.Port()}
	want := facts.Name{
		Name: "ftp.example.com",
		V4: facts.Lookup{
			Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.2")}, TTL: 86400 * time.Second, Authoritative: true,
			Cached: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, CachedTTL: 5000 * time.Second,
		},
		V6: facts.Lookup{Authoritative: true},
	}
	compare := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	if diff := cmp.Diff(want, r.name(t.Context(), "ftp.example.com"), compare); diff != "" {
		t.Error(diff)
	}
	if n := r.name(t.Context(), "gone.example.com"); !n.V4.NoName || !n.V6.NoName || n.V4.Problem != "" {
		t.Errorf("%+v", n)
	}
}

func TestSilentNameServersAreBounded(t *testing.T) {
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	r := &resolver{servers: []netip.AddrPort{silent.LocalAddr().(*net.UDPAddr).AddrPort()}, port: 1}
	begin := time.Now()
	n := r.name(t.Context(), "ftp.example.com")
	if took := time.Since(begin); n.V4.Problem == "" || n.V6.Problem == "" || took > dnsTries*dnsWait+time.Second {
		t.Errorf("after %v: %+v", took, n)
	}
}

func TestTheStubOfResolvedIsPassedBy(t *testing.T) {
	got := nameServers("# x\nnameserver 127.0.0.53\noptions edns0\nnameserver 2001:db8::1%eth0\nnameserver bad\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n")
	if len(got) != 3 || !stub(got[0].Addr()) || got[2].Addr() != netip.MustParseAddr("192.0.2.1") || got[2].Port() != 53 {
		t.Errorf("%v", got)
	}
}

// TestARealNameServerIsUnderstood asks dnsmasq, over UDP and, for an answer that is
// too long, TCP.
func TestARealNameServerIsUnderstood(t *testing.T) {
	program := sshdtest.NeedProgram(t, "dnsmasq", "dnsmasq-base")
	at := freeAddress(t)
	args := []string{"--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--listen-address=127.0.0.1",
		"--bind-interfaces", "--port=" + strconv.Itoa(int(at.Port())), "--pid-file=", "--user=root", "--local=/example.com/",
		"--host-record=ftp.example.com,192.0.2.1,2001:db8::1,600", "--cname=alias.example.com,ftp.example.com", "--edns-packet-max=512"}
	for i := range 60 {
		args = append(args, fmt.Sprintf("--host-record=many.example.com,192.0.2.%d", i+1))
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	r := &resolver{servers: []netip.AddrPort{at}}
	for end := time.Now().Add(20 * time.Second); r.recursive(t.Context(), "ftp.example.com", dnsmessage.TypeA).Problem != ""; {
		if time.Now().After(end) {
			t.Fatal("dnsmasq does not answer")
		}
	}
	for _, tc := range []struct {
		name   string
		v4, v6 int
		gone   bool
	}{{"ftp.example.com", 1, 1, false}, {"alias.example.com", 1, 1, false}, {"many.example.com", 60, 0, false}, {"gone.example.com", 0, 0, true}} {
		v4, v6 := r.recursive(t.Context(), tc.name, dnsmessage.TypeA), r.recursive(t.Context(), tc.name, dnsmessage.TypeAAAA)
		if len(v4.Addresses) != tc.v4 || len(v6.Addresses) != tc.v6 || v4.NoName != tc.gone || v4.Problem != "" || v6.Problem != "" {
			t.Errorf("%s: %+v %+v", tc.name, v4, v6)
		}
		if tc.v6 == 1 && v4.TTL == 0 {
			t.Errorf("%s: %+v", tc.name, v4)
		}
	}
}
