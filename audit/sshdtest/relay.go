package sshdtest

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// relay carries one connection from ssh to sshd and acknowledges every segment
// at once. ssh and sshd send small packets one after another without
// TCP_NODELAY, so each would wait for the other side's delayed acknowledgement:
// twice 40 ms a login, four fifths of its time.
type relay struct {
	listener net.Listener
	done     sync.WaitGroup
}

// startRelay waits on a port of its own for one connection to the given address.
// sshd sees it come from the address that the client has bound.
func startRelay(ctx context.Context, to string) (*relay, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener}
	r.done.Go(func() {
		client, err := listener.Accept()
		if err != nil {
			return // closed before ssh came
		}
		defer client.Close()
		source := *client.RemoteAddr().(*net.TCPAddr)
		source.Port = 0
		server, err := (&net.Dialer{LocalAddr: &source}).DialContext(ctx, "tcp4", to)
		if err != nil {
			return // ssh reports the closed connection
		}
		defer server.Close()
		var both sync.WaitGroup
		both.Go(func() { carry(server.(*net.TCPConn), client.(*net.TCPConn)) })
		both.Go(func() { carry(client.(*net.TCPConn), server.(*net.TCPConn)) })
		both.Wait()
	})
	return r, nil
}

func (r *relay) port() int { return r.listener.Addr().(*net.TCPAddr).Port }

// close ends the relay; both ends of its connection are closed by then.
func (r *relay) close() {
	_ = r.listener.Close()
	r.done.Wait()
}

// carry copies one direction until its source ends, and passes the end on.
func carry(to, from *net.TCPConn) {
	raw, err := from.SyscallConn()
	if err != nil {
		return
	}
	buffer := make([]byte, 32<<10)
	for {
		// Not a lasting mode: the kernel leaves it by itself (tcp(7)), so it is
		// asked for before each wait.
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
		})
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	if err := to.CloseWrite(); err != nil {
		_ = to.Close()
	}
}
