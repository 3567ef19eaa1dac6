package nflink

import (
	"io"
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

// recentSize bounds a list of -m recent, in bytes; by default one holds 100 addresses.
const recentSize = 4 << 20

// recent reads a list of -m recent. Below /proc/net a thread sees its own network
// namespace only under its own name.
func (s *session) recent(list string) (text string, ok bool) {
	if list == "" || list == "." || list == ".." || strings.ContainsAny(list, "/\x00") {
		return "", false
	}
	err := s.inNamespace(func() error {
		f, err := os.Open("/proc/thread-self/net/xt_recent/" + list)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		data, err := io.ReadAll(io.LimitReader(f, recentSize))
		text = string(data)
		return err
	})
	return text, err == nil && len(text) < recentSize
}
