package collect

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// bus listens as the bus would, and does with each connection what serve does.
func bus(t *testing.T, serve func(net.Conn)) busSocket {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return busSocket{path: path, hello: true}
}

// authenticated plays the server's part of the handshake and then says nothing.
func authenticated(conn net.Conn) {
	buf := make([]byte, 4096)
	for _, answer := range []string{"REJECTED EXTERNAL\r\n", "OK 0123456789abcdef0123456789abcdef\r\n", ""} {
		if _, err := conn.Read(buf); err != nil {
			return
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
	time.Sleep(time.Minute) // the connection stays open
}

func TestBusThatHangsEndsAtTheDeadline(t *testing.T) {
	before := busSockets
	defer func() { busSockets = before }()
	for name, sockets := range map[string][]busSocket{
		"says nothing":            {bus(t, func(net.Conn) { time.Sleep(time.Minute) })},
		"stops after the welcome": {bus(t, authenticated)},
		"speaks without end": {bus(t, func(c net.Conn) {
			for {
				if _, err := c.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		})},
		"hangs up":     {bus(t, func(c net.Conn) { _ = c.Close() })},
		"is not there": {{path: filepath.Join(t.TempDir(), "none")}},
		"both hang":    {bus(t, func(net.Conn) { time.Sleep(time.Minute) }), bus(t, func(net.Conn) { time.Sleep(time.Minute) })},
	} {
		busSockets = sockets
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		done := make(chan error, 1)
		go func() {
			conn, err := systemdBus(ctx)
			if err == nil {
				conn.Close()
			}
			done <- err
		}()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%s: connected", name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: no end", name)
		}
		cancel()
	}
}
