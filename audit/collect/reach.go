package collect

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/netfilter"
	"sshaudit/audit/nflink"
)

// PacketFilter is the subject of a problem with the packet filter.
const PacketFilter = "packet filter"

// Vantages are the addresses from which the packet filter is asked.
type Vantages struct {
	// Open are those from which the services are to be reached; without any, a
	// public IPv4 and a public IPv6 address that no rule names stand in.
	Open []netip.Addr
	// Closed are those from which they are not.
	Closed []netip.Addr
}

// ReadReach asks the kernel's packet filter whether the ports on which SSH and FTP
// are listened for can be reached from the vantage addresses. It needs root and
// the running host; without them nothing is noted.
func (c *Collector) ReadReach(ctx context.Context, v Vantages) {
	h := c.host
	if !h.Live || !h.Privileged {
		return
	}
	doors := c.doors()
	if len(doors) == 0 {
		return
	}
	if len(v.Open) == 0 {
		v4, v6, err := nflink.Vantages(ctx, nflink.Options{})
		if err != nil {
			c.missing(PacketFilter, "%v", err)
			return
		}
		v.Open = []netip.Addr{v4, v6}
	}
	var questions []netfilter.Question
	for _, d := range doors {
		for i, from := range slices.Concat(v.Open, v.Closed) {
			if from.Is4() != d.v4 {
				continue
			}
			questions = append(questions, netfilter.Question{From: from, To: d.to, Port: d.port, Proto: netfilter.TCP})
			h.Reach = append(h.Reach, facts.Reach{Service: d.service, Port: int(d.port), Vantage: from, Closed: i >= len(v.Open)})
		}
	}
	if len(questions) == 0 {
		return
	}
	_, answers, err := nflink.Ask(ctx, nflink.Options{}, questions)
	if err != nil {
		h.Reach = nil
		c.missing(PacketFilter, "%v", err)
		return
	}
	for i := range answers {
		answered(&h.Reach[i], &answers[i])
	}
}

// door is a port on which a service takes connections of one family.
type door struct {
	service string
	port    uint16
	v4      bool
	// to is the one address that is listened on; not valid for every address.
	to netip.Addr
}

// maxDoors bounds the ports that are asked about.
const maxDoors = 64

// doors lists the ports of the services, each family once, in the order of the
// listeners. Where some address of this host is listened on by name only, it
// stands for the others.
func (c *Collector) doors() []door {
	var list []door
	for i := range c.host.Services.Listeners {
		l := &c.host.Services.Listeners[i]
		service := l.Offers()
		if service == "" && !l.Owned && slices.ContainsFunc(c.host.Servers, func(s *facts.Server) bool {
			return slices.Contains(ports(s), int(l.Local.Port()))
		}) {
			service = facts.ServiceSSH
		}
		if service == "" || l.Loopback() {
			continue
		}
		for _, v4 := range []bool{true, false} {
			if v4 && !l.V4 && !l.V4Unknown || !v4 && !l.V6 {
				continue
			}
			d := door{service: service, port: l.Local.Port(), v4: v4}
			if ip := l.Local.Addr().Unmap(); !ip.IsUnspecified() {
				d.to = ip
			}
			at := slices.IndexFunc(list, func(o door) bool { return o.service == d.service && o.port == d.port && o.v4 == v4 })
			switch {
			case at < 0 && len(list) < maxDoors:
				list = append(list, d)
			case at >= 0 && !d.to.IsValid():
				list[at].to = netip.Addr{}
			}
		}
	}
	return list
}

// ports are the ports that a server listens on by its settings.
func ports(s *facts.Server) []int {
	if s.Settings == nil {
		return nil
	}
	var list []int
	for _, set := range s.Settings.Values("port") {
		if port, err := strconv.ParseUint(set.Value, 10, 16); err == nil {
			list = append(list, int(port))
		}
	}
	return list
}

func answered(r *facts.Reach, a *netfilter.Answer) {
	switch {
	case a.Verdict == netfilter.Accepted:
		r.Verdict = audit.Accept
	case a.Refused || a.Verdict == netfilter.Dropped || a.Verdict == netfilter.Rejected:
		r.Verdict = audit.Refuse
	default:
		r.Why = audit.Untrusted(strings.Join(a.Unknown, "; ")).String()
	}
	if by := a.DecidedBy; by != nil {
		r.Rule = audit.Untrusted(by.Rule).String()
		r.Place = audit.Untrusted("table " + by.Family + " " + by.Table + ", chain " + by.Chain).String()
	}
}
