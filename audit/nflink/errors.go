package nflink

import "errors"

// ErrPermission means that the caller may not read the packet filter.
var ErrPermission = errors.New("reading the packet filter needs root (CAP_NET_ADMIN)")

// ErrChanging means that the rule set changed during every attempt to read it.
var ErrChanging = errors.New("the packet filter keeps changing while it is read: try again")

// ErrUnsupported means that this system has no packet filter that can be read.
var ErrUnsupported = errors.New("the packet filter can be read on Linux only")

// Options say where to read.
type Options struct {
	// NetNS is a descriptor of the network namespace; 0 is the caller's.
	NetNS int
}
