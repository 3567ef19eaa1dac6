package exporter

import (
	"net"
	"net/netip"
	"testing"
)

// fakeConn is a connection that only can be closed.
type fakeConn struct {
	net.Conn
	closed bool
}

func (c *fakeConn) Close() error { c.closed = true; return nil }

func TestFullLimiterClosesTheOldestOfTheGreediest(t *testing.T) {
	uid := func(n uint32) peer { return peer{local: true, known: true, uid: n} }
	from := func(a string) peer { return peer{addr: netip.MustParseAddr(a)} }
	for _, c := range []struct {
		name  string
		peers []peer // one more than fits
		want  int    // the one that is closed
	}{
		{"one user has most", []peer{uid(1), uid(2), uid(2), uid(3), uid(4)}, 1},
		{"the last comer has most", []peer{uid(1), uid(2), uid(3), uid(4), uid(4)}, 3},
		{"all have one", []peer{uid(1), uid(2), uid(3), uid(4), uid(5)}, 0},
		{"one user alone", []peer{uid(1), uid(1), uid(1), uid(1), uid(1)}, 0},
		{"unknown uids count together", []peer{uid(1), {local: true}, uid(2), {local: true}, uid(3)}, 1},
		{"addresses", []peer{from("192.0.2.1"), from("192.0.2.2"), uid(1), from("192.0.2.2"), uid(2)}, 1},
		{"one IPv6 network", []peer{from("2001:db8::1"), from("192.0.2.2"), from("2001:db8:0:1::1"), from("2001:db8::2"), uid(2)}, 0},
	} {
		l := &limiter{max: len(c.peers) - 1}
		var conns []*fakeConn
		for _, p := range c.peers {
			conns = append(conns, &fakeConn{})
			l.admit(conns[len(conns)-1], p)
		}
		for i, conn := range conns {
			if conn.closed != (i == c.want) {
				t.Errorf("%s: connection %d closed: %v", c.name, i, conn.closed)
			}
		}
		if len(l.open) != l.max {
			t.Errorf("%s: %d counted as open, want %d", c.name, len(l.open), l.max)
		}
	}
}

func TestClosedConnectionGivesItsPlaceAway(t *testing.T) {
	l := &limiter{max: 1}
	for range 3 {
		raw := &fakeConn{}
		c := l.admit(raw, peer{})
		if len(l.open) != 1 {
			t.Fatalf("%d counted as open, want 1", len(l.open))
		}
		for range 2 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if len(l.open) != 0 || !raw.closed {
			t.Errorf("%d counted as open after the close, closed: %v", len(l.open), raw.closed)
		}
	}
}
