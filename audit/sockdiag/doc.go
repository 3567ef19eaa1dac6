// Package sockdiag reads the kernel's lists of listening TCP sockets: the
// messages of sock_diag(7), and the text of /proc/net/tcp for kernels without it.
// It asks nobody: the caller holds the socket.
package sockdiag
