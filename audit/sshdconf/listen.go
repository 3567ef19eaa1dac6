package sshdconf

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"sshaudit/audit/sshpattern"
)

// listen expands the listening addresses once all ports are known (servconf.c
// process_queued_listen_addrs, fill_default_server_options).
func (c *Config) listen(vals values) error {
	slot := c.r.slot("listenaddress")
	family := c.r.text(vals, "addressfamily")
	ports := []string{"22"}
	if v := vals[c.r.slot("port")]; v != nil {
		ports = v.texts()
	}
	queued := vals[slot]
	if queued == nil {
		queued = &value{items: []item{{key: "0"}}}
	}
	out := &value{pos: queued.pos}
	for _, q := range queued.items {
		hosts, err := c.hosts(q, family)
		if err != nil {
			return err
		}
		on := []string{q.key}
		if q.key == "0" {
			on = ports
		}
		for _, port := range on {
			for _, host := range hosts {
				out.items = append(out.items, item{text: host + ":" + port, pos: q.pos})
			}
		}
	}
	vals[slot] = out
	return nil
}

// hosts returns what getaddrinfo(3) makes of one ListenAddress, in the order in
// which sshd -T prints it.
func (c *Config) hosts(q item, family string) ([]string, error) {
	every := map[string][]string{"any": {"[::]", "0.0.0.0"}, "inet": {"0.0.0.0"}, "inet6": {"[::]"}}
	self := map[string][]string{"any": {"127.0.0.1", "[::1]"}, "inet": {"127.0.0.1"}, "inet6": {"[::1]"}}
	switch {
	case q.text == "" && q.pos == (pos{}):
		return every[family], nil
	case q.text == "*": // glibc takes it for no name at all: loopback
		return self[family], nil
	}
	refuse := func(why string) ([]string, error) {
		return nil, &ConfigError{File: q.pos.file, Line: q.pos.line, Message: "bad addr or host: " + q.text + " (" + why + ")"}
	}
	if q.text == "" {
		return refuse("Name or service not known")
	}
	ip, isNumeric := parseHost(q.text)
	if !isNumeric {
		return c.named(q, family), nil
	}
	switch {
	case ip.Is4() && family == "inet6", ip.Is6() && family == "inet":
		return refuse("Address family for hostname not supported")
	case ip.Is6():
		return []string{"[" + numeric(ip) + "]"}, nil
	}
	return []string{ip.String()}, nil
}

// parseHost reads a numeric address; false for a name.
func parseHost(text string) (netip.Addr, bool) {
	ip, err := sshpattern.ParseAddr(text)
	return ip, err == nil
}

// numeric writes an address as getnameinfo(3) does.
func numeric(ip netip.Addr) string {
	if ip.Is4In6() {
		return ip.String()
	}
	return sshpattern.PeerText(ip)
}

// named resolves a name as getaddrinfo(3) does from /etc/hosts. Where that does
// not say, or where the order depends on the machine's routes, a note says so.
func (c *Config) named(q item, family string) []string {
	found := c.r.hosts()[strings.ToLower(q.text)]
	var v6, out []string
	for _, ip := range found {
		switch {
		case family == "inet" && ip == netip.IPv6Loopback():
			out = append(out, "127.0.0.1") // glibc's files source maps it
		case family == "inet" && (ip.Is4() || ip.Is4In6()):
			out = append(out, ip.Unmap().String())
		case family == "inet" || family == "inet6" && ip.Is4():
		case ip == netip.IPv6Loopback():
			v6 = append(v6, "[::1]") // sorted to the front (RFC 6724)
		case ip.Is6():
			out = append(out, "["+numeric(ip)+"]")
		default:
			out = append(out, ip.String())
		}
	}
	out = append(v6, out...)
	slices.Reverse(out)
	what := ""
	switch {
	case len(out) == 0:
		out, what = []string{q.text}, " is a name: it was not looked up, and sshd does not start where that fails"
	case len(out) > 2 || len(out) == 2 && len(v6) != 1:
		what = " has several addresses: their order is that of this machine's routes"
	}
	if what != "" {
		c.notes = append(c.notes, Note{q.pos.file, q.pos.line, "ListenAddress " + q.text + what})
	}
	return out
}

// parseHosts reads the names of /etc/hosts, lower case, as glibc's files source
// does: all lines of a name count.
func parseHosts(data []byte) map[string][]netip.Addr {
	out := map[string][]netip.Addr{}
	for raw := range bytes.Lines(data) {
		text, _, _ := strings.Cut(string(raw), "#")
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		ip, err := netip.ParseAddr(fields[0])
		if err != nil || ip.Zone() != "" {
			continue
		}
		for i, name := range fields[1:] {
			if name = strings.ToLower(name); !slices.Contains(fields[1:i+1], name) {
				out[name] = append(out[name], ip)
			}
		}
	}
	return out
}
