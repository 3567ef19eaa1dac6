package exporter

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mappedSocket connects an IPv6 socket to an IPv4 address.
func mappedSocket(t *testing.T, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	to := &unix.SockaddrInet6{Port: port, Addr: netip.MustParseAddr("::ffff:127.0.0.1").As16()}
	if err := unix.Connect(fd, to); err != nil {
		t.Fatal(err)
	}
}

// TestKernelNamesThePeer asks by both ways for each kind of socket.
func TestKernelNamesThePeer(t *testing.T) {
	needRoot(t)
	dial := func(network, host string) func(*testing.T, int) {
		return func(t *testing.T, port int) {
			c, err := dialAs(tenantUID, network, netip.AddrPortFrom(netip.MustParseAddr(host), uint16(port)).String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
		}
	}
	for _, c := range []struct {
		name, listen string
		connect      func(*testing.T, int)
		want         uint32
	}{
		{"IPv4", "127.0.0.1:0", dial("tcp", "127.0.0.1"), tenantUID},
		{"another loopback address", "127.0.0.3:0", dial("tcp", "127.0.0.3"), tenantUID},
		{"IPv6", "[::1]:0", dial("tcp", "::1"), tenantUID},
		{"IPv4 to a socket of both", "[::]:0", dial("tcp4", "127.0.0.1"), tenantUID},
		{"IPv6 to a socket of both", "[::]:0", dial("tcp6", "::1"), tenantUID},
		{"IPv4 from an IPv6 socket", "127.0.0.1:0", mappedSocket, 0},
		{"IPv4 from an IPv6 socket to a socket of both", "[::]:0", mappedSocket, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := net.Listen("tcp", c.listen)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			c.connect(t, port(t, l.Addr().String()))
			accepted, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer accepted.Close()
			ours, theirs := addrPort(accepted.LocalAddr()), addrPort(accepted.RemoteAddr())
			uid, known, err := diagPeer(ours, theirs)
			if err != nil || !known || uid != c.want {
				t.Errorf("sock_diag: uid %d, known %v, %v; want %d", uid, known, err, c.want)
			}
			if uid, known := procPeer(ours, theirs); !known || uid != c.want {
				t.Errorf("/proc/net: uid %d, known %v; want %d", uid, known, c.want)
			}
			if p := peerOf(accepted); !p.local || !p.is(c.want) || p.is(c.want+1) {
				t.Errorf("peer %+v, want uid %d", p, c.want)
			}
		})
	}
}

// TestClosedPeerIsUnknown: the kernel reports what is left of a closed socket
// as uid 0, and nobody may become root by hanging up.
func TestClosedPeerIsUnknown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, end := range map[string]func(*net.TCPConn) error{
		"closed":      (*net.TCPConn).Close,
		"half closed": (*net.TCPConn).CloseWrite,
		"reset":       func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) },
	} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		if p := peerOf(accepted); !p.known {
			t.Errorf("%s: not known before, so that the test proves nothing", name)
		}
		if err := end(c.(*net.TCPConn)); err != nil {
			t.Fatal(err)
		}
		if p := peerOf(accepted); p.known || !p.local || p.group() != "unknown uid" {
			t.Errorf("%s: %+v in group %q", name, p, p.group())
		}
		ours, theirs := addrPort(accepted.LocalAddr()), addrPort(accepted.RemoteAddr())
		if uid, known := procPeer(ours, theirs); known {
			t.Errorf("%s: /proc/net says uid %d", name, uid)
		}
	}
}

// TestListenerOnThePeersPortIsNotThePeer: asked for a socket that is gone, the
// kernel answers with a listener on the same port, which may be root's.
func TestListenerOnThePeersPortIsNotThePeer(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	listening := addrPort(l.Addr())
	ours := netip.MustParseAddrPort("127.0.0.1:10069")
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		theirs := netip.AddrPortFrom(netip.MustParseAddr(host), listening.Port())
		if uid, known := tcpPeer(ours, theirs); known {
			t.Errorf("%s: uid %d", theirs, uid)
		}
	}
}

func TestUnixSocketNamesItsPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	if p := peerOf(accepted); !p.local || !p.is(uint32(os.Geteuid())) {
		t.Errorf("peer %+v, want uid %d", p, os.Geteuid())
	}
	if !loopback(l.Addr()) {
		t.Error("a Unix socket counts as reachable from elsewhere")
	}
}

func TestKernelsTableIsReadStrictly(t *testing.T) {
	const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	const good = "   1: 0100007F:A3B4 0100007F:2755 01 00000000:00000000 00:00000000 00000000  1001        0 4711 1 0 20 4 30 10 -1\n"
	ours, theirs := netip.MustParseAddrPort("127.0.0.1:10069"), netip.MustParseAddrPort("127.0.0.1:41908")
	for _, c := range []struct {
		name, table string
		known       bool
	}{
		{"the peer", header + good, true},
		{"after others", header + strings.Replace(good, "A3B4", "A3B5", 1) + "   2: short\n" + good, true},
		{"IPv4 in the IPv6 table", strings.ReplaceAll(good, "0100007F", "0000000000000000FFFF00000100007F"), true},
		{"empty", "", false},
		{"our own end", strings.Replace(good, "0100007F:A3B4 0100007F:2755", "0100007F:2755 0100007F:A3B4", 1), false},
		{"listening", strings.Replace(good, " 01 ", " 0A ", 1), false},
		{"time-wait", strings.Replace(good, " 01 ", " 06 ", 1), false},
		{"orphan", strings.Replace(strings.Replace(good, "1001", "0", 1), " 4711 ", " 0 ", 1), false},
		{"another port", strings.Replace(good, "2755", "2756", 1), false},
		{"uid too large", strings.Replace(good, "1001", "99999999999", 1), false},
		{"address of odd length", strings.Replace(good, "0100007F:A3B4", "01007F:A3B4", 1), false},
	} {
		uid, known := findPeer(strings.NewReader(c.table), ours, theirs)
		if known != c.known || known && uid != 1001 {
			t.Errorf("%s: uid %d, known %v", c.name, uid, known)
		}
	}
}

func FuzzKernelsTable(f *testing.F) {
	f.Add("   1: 0100007F:A3B4 0100007F:2755 01 0:0 0:0 0 1001 0 4711 1\n")
	f.Add("1: :: : 01 a b c d e f\n")
	ours, theirs := netip.MustParseAddrPort("127.0.0.1:10069"), netip.MustParseAddrPort("127.0.0.1:41908")
	f.Fuzz(func(t *testing.T, table string) {
		if _, known := findPeer(strings.NewReader(table), ours, theirs); known && !strings.Contains(table, "01") {
			t.Error("a peer without an established socket")
		}
	})
}

func FuzzKernelsAnswer(f *testing.F) {
	ours, theirs := netip.MustParseAddrPort("[::1]:10069"), netip.MustParseAddrPort("[::1]:41908")
	good := make([]byte, diagMessageSize)
	copy(good[diagID:], diagRequest(ours, theirs)[diagRequestID:])
	good[0], good[diagState], good[diagInode], good[diagUID] = unix.AF_INET6, tcpEstablished, 1, 7
	if uid, known := diagAnswer(good, ours, theirs); !known || uid != 7 {
		f.Fatalf("the answer that others are made from: uid %d, known %v", uid, known)
	}
	f.Add(good)
	f.Add(good[:diagMessageSize-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, known := diagAnswer(b, ours, theirs); known && (len(b) < diagMessageSize || b[diagState] != tcpEstablished) {
			t.Error("a peer from an answer that names none")
		}
	})
}

func BenchmarkPeer(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer accepted.Close()
	for b.Loop() {
		if !peerOf(accepted).known {
			b.Fatal("unknown")
		}
	}
}
