package collect

import (
	"fmt"
	"net"
	"net/netip"
)

// Addresses returns the addresses of the running host's interfaces, loopback left
// out. What stands before the host (address translation) is not among them.
func Addresses() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list the addresses of the interfaces: %w", err)
	}
	var addrs []netip.Addr
	for _, a := range list {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLoopback() {
			continue
		}
		addrs = append(addrs, p.Addr().Unmap().WithZone(""))
	}
	return addrs, nil
}
