package decide

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// keptLong is how long an old address may stay in caches before it is told of.
const keptLong = 5 * time.Minute

// PublicName judges whether a name leads to this host, and to a listener of it.
// Doubt says why that is not known; empty if it is.
func PublicName(h *facts.Host, n *facts.Name) (causes []audit.Cause, doubt string) {
	for _, l := range []*facts.Lookup{&n.V4, &n.V6} {
		if l.Problem != "" {
			return nil, l.Problem
		}
	}
	name := audit.Untrusted(n.Name).String()
	all := slices.Concat(n.V4.Addresses, n.V6.Addresses)
	if len(all) == 0 {
		c := audit.Cause{ID: "name-not-found", Message: name + " has no address in DNS", Observed: "no A and no AAAA record",
			Fix: "correct the name, or add the record to its zone"}
		if n.V4.NoName {
			c.Message, c.Observed = name+" does not exist in DNS", "NXDOMAIN"
		}
		return []audit.Cause{named(c)}, ""
	}
	foreign, unsure := elsewhere(h.Names, all)
	if len(foreign) > 0 {
		causes = append(causes, leadsElsewhere(h.Names, name, foreign, len(foreign)+len(unsure) < len(all)))
	}
	for _, l := range []*facts.Lookup{&n.V4, &n.V6} {
		if c, ok := stillOld(h.Names, name, l); ok {
			causes = append(causes, c)
		}
	}
	if ip, service, ok := unserved(h, n.V6.Addresses); ok {
		causes = append(causes, named(audit.Cause{
			ID: "name-ipv6-no-listener", Message: fmt.Sprintf("%s has the IPv6 address %s, and the %s server of this host listens by IPv4 only", name, ip, service),
			Observed: "AAAA " + ip.String(), Fix: "let the server listen by IPv6 (AddressFamily any, ListenAddress ::), or remove the AAAA record",
		}))
	}
	if len(unsure) > 0 && len(foreign) == 0 {
		doubt = fmt.Sprintf("%s leads to %s; this host has private addresses only, so whether a router translates that one to it is not known: "+
			"name it under public_addresses: in sshaudit.yaml", name, addresses(unsure))
	}
	return causes, doubt
}

func named(c audit.Cause) audit.Cause {
	c.Layer = audit.LayerName
	return c
}

// elsewhere tells the addresses that are not this host's, and those of which that
// cannot be told because a router may stand before it.
func elsewhere(names *facts.Names, all []netip.Addr) (foreign, unsure []netip.Addr) {
	for _, ip := range all {
		switch {
		case names.Ours(ip):
		case names.Translated(ip.Is6()):
			unsure = append(unsure, ip)
		default:
			foreign = append(foreign, ip)
		}
	}
	return foreign, unsure
}

func leadsElsewhere(names *facts.Names, name string, foreign []netip.Addr, some bool) audit.Cause {
	c := audit.Cause{
		ID: "name-elsewhere", Message: fmt.Sprintf("%s leads to %s, which is not this host", name, addresses(foreign)),
		Observed: addresses(foreign), Expected: "one of " + addresses(slices.Concat(names.Public, names.Own)),
		Fix: "correct the record in the zone; behind a router name its address under public_addresses: in sshaudit.yaml",
	}
	if some {
		c.Message += ", beside an address that is; clients take one or the other"
	}
	if slices.ContainsFunc(foreign, proxied) {
		c.Message += ": it is Cloudflare's proxy, which passes on HTTP only"
		c.Fix = "set the record to \"DNS only\", or let clients use a name of its own for SSH and FTP"
	}
	return named(c)
}

// stillOld tells that resolvers still know an address that the zone no longer has.
func stillOld(names *facts.Names, name string, l *facts.Lookup) (audit.Cause, bool) {
	if !l.Authoritative || l.CachedTTL < keptLong {
		return audit.Cause{}, false
	}
	var old []netip.Addr
	for _, ip := range l.Cached {
		if !slices.Contains(l.Addresses, ip) && !names.Ours(ip) {
			old = append(old, ip)
		}
	}
	if len(old) == 0 {
		return audit.Cause{}, false
	}
	return named(audit.Cause{
		ID: "name-ttl-long", Message: fmt.Sprintf("the zone of %s was changed; the resolver asked here still says %s, for another %s", name, addresses(old), l.CachedTTL),
		Observed: addresses(old), Expected: addresses(l.Addresses), Fix: "wait, or let users connect by address meanwhile; lower the TTL before the next move",
	}), true
}

// unserved finds an IPv6 address of this host at which a service that is met by
// IPv4 does not listen.
func unserved(h *facts.Host, v6 []netip.Addr) (netip.Addr, string, bool) {
	if h.Services == nil || !h.Services.Listened {
		return netip.Addr{}, "", false
	}
	for _, ip := range v6 {
		if !slices.Contains(h.Names.Own, ip) {
			continue
		}
		for i := range h.Services.Listeners {
			l := &h.Services.Listeners[i]
			if l.Service == "" || !l.V4 || l.Loopback() {
				continue
			}
			to := netip.AddrPortFrom(ip, l.Local.Port())
			if !slices.ContainsFunc(h.Services.Listeners, func(o facts.Listener) bool { return o.Covers(to) }) {
				return ip, strings.ToUpper(l.Service), true
			}
		}
	}
	return netip.Addr{}, "", false
}

func addresses(list []netip.Addr) string {
	texts := make([]string, len(list))
	for i, ip := range list {
		texts[i] = ip.String()
	}
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, ", ")
}

// cloudflare are the networks of its proxy (cloudflare.com/ips).
var cloudflare = func() (list []netip.Prefix) {
	for _, text := range []string{
		"173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18", "190.93.240.0/20",
		"188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13",
		"131.0.72.0/22", "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

func proxied(ip netip.Addr) bool {
	return slices.ContainsFunc(cloudflare, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// NameStep judges the layer of the name: a client that connects by it is refused
// where it leads nowhere, or to other hosts only. Where clients may take one
// address or another the answer is unknown.
func NameStep(h *facts.Host, name string) (audit.Step, *audit.Cause) {
	step := audit.Step{Layer: audit.LayerName, Message: "the name was not looked up"}
	if h.Names == nil {
		return step, nil
	}
	i := slices.IndexFunc(h.Names.List, func(n facts.Name) bool { return n.Name == name })
	if i < 0 {
		return step, nil
	}
	n := &h.Names.List[i]
	causes, doubt := PublicName(h, n)
	all := slices.Concat(n.V4.Addresses, n.V6.Addresses)
	switch {
	case len(causes) > 0 && !slices.ContainsFunc(all, func(ip netip.Addr) bool { return h.Names.Ours(ip) || h.Names.Translated(ip.Is6()) }):
		return audit.Step{Layer: audit.LayerName, Verdict: audit.Refuse, Message: causes[0].Message}, &causes[0]
	case len(causes) > 0:
		step.Message = causes[0].Message
	case doubt != "":
		step.Message = doubt
	default:
		step.Verdict, step.Message = audit.Accept, fmt.Sprintf("%s leads to %s, this host", audit.Untrusted(name), addresses(all))
	}
	return step, nil
}
