package exporter

import (
	"net"
	"slices"
	"sync"
)

// maxConnections bounds the connections that are open at once, on all listeners together.
const maxConnections = 16

// limiter keeps the number of open connections within a bound without letting
// one peer shut the others out: when it is full, the peer group with the most
// connections loses its oldest one. A tenant who opens a thousand connections
// therefore only ever closes his own.
type limiter struct {
	max int

	mu   sync.Mutex
	open []*conn // in the order in which they came
}

// conn is a connection with what is known of its peer.
type conn struct {
	net.Conn
	peer    peer
	limiter *limiter
	once    sync.Once
}

// listener hands out the connections of a listener under the limit.
type listener struct {
	net.Listener
	limiter *limiter
}

// Accept waits for a connection and finds out who is at its other end.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.limiter.admit(c, peerOf(c)), nil
}

// admit counts a connection, and closes another one if there are too many.
func (l *limiter) admit(c net.Conn, p peer) *conn {
	fresh := &conn{Conn: c, peer: p, limiter: l}
	l.mu.Lock()
	l.open = append(l.open, fresh)
	var surplus *conn
	if len(l.open) > l.max {
		surplus = l.surplus()
	}
	l.mu.Unlock()
	if surplus != nil {
		_ = surplus.Close() // its peer is gone, or is being shut out
	}
	return fresh
}

// surplus returns the oldest connection of the group that has the most; of two
// groups that have as many, the one that came first.
func (l *limiter) surplus() *conn {
	counts := map[string]int{}
	most := 0
	for _, c := range l.open {
		counts[c.peer.group()]++
		most = max(most, counts[c.peer.group()])
	}
	for _, c := range l.open {
		if counts[c.peer.group()] == most {
			return c
		}
	}
	return nil
}

// Close closes the connection and gives its place away.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.limiter.mu.Lock()
		defer c.limiter.mu.Unlock()
		if i := slices.Index(c.limiter.open, c); i >= 0 {
			c.limiter.open = slices.Delete(c.limiter.open, i, i+1)
		}
	})
	return c.Conn.Close()
}
