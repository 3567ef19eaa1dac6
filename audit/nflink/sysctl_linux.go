package nflink

import (
	"os"
	"strconv"
	"strings"
)

// routeLocalnet tells whether an interface takes packets to 127.0.0.0/8: its own
// setting or that of all.
func (s *session) routeLocalnet(iface string) (on, ok bool) {
	n, ok := s.largest(iface, "route_localnet")
	return n != 0, ok
}

// rpFilter gives the reverse path filter in force: the larger of the interface's
// setting and that of all (Documentation/networking/ip-sysctl.rst).
func (s *session) rpFilter(iface string) (mode int, ok bool) { return s.largest(iface, "rp_filter") }

// largest reads net.ipv4.conf.*.NAME for all interfaces and for one.
func (s *session) largest(iface, name string) (n int, ok bool) {
	if iface == "" || iface == "." || iface == ".." || strings.ContainsAny(iface, "/\x00") {
		return 0, false
	}
	err := s.inNamespace(func() error {
		for _, dir := range []string{"all", iface} {
			b, err := os.ReadFile("/proc/sys/net/ipv4/conf/" + dir + "/" + name)
			if err != nil {
				return err
			}
			v, err := strconv.Atoi(strings.TrimSpace(string(b)))
			if err != nil {
				return err
			}
			n = max(n, v)
		}
		return nil
	})
	return n, err == nil
}
