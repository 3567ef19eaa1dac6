//go:build !linux

package exporter

import (
	"net"
	"net/netip"
)

// tcpPeer knows nobody: only Linux is asked who holds a socket.
func tcpPeer(_, _ netip.AddrPort) (uid uint32, known bool) { return 0, false }

// unixPeer knows nobody: only Linux is asked who holds a socket.
func unixPeer(*net.UnixConn) (uid uint32, known bool) { return 0, false }
