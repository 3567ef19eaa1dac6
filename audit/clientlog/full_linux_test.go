package clientlog

import (
	"syscall"
	"testing"
)

// listenFull listens with a queue of one that nobody takes from.
func listenFull(t *testing.T) (fd, port int) {
	t.Helper()
	fd, port = bound(t)
	must(t, syscall.Listen(fd, 0))
	return fd, port
}

// closedPort is a port of 127.0.0.1 that is taken and on which nobody listens.
func closedPort(t *testing.T) int {
	t.Helper()
	_, port := bound(t)
	return port
}

func bound(t *testing.T) (fd, port int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	must(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := syscall.Getsockname(fd)
	must(t, err)
	return fd, name.(*syscall.SockaddrInet4).Port
}
