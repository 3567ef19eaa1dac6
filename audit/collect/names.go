package collect

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

const (
	// maxAsked bounds the names that are looked up, maxServersAsked the servers of a
	// zone that are asked before one answers.
	maxAsked, maxServersAsked = 50, 3
	// dnsPort is where name servers listen (RFC 1035, 4.2).
	dnsPort = 53
)

// Public is what the settings say of how the world reaches the host.
type Public struct {
	Names []string
	// Addresses are those that a router translates to this host; Resolvers the name
	// servers to ask, those of resolv.conf if there are none.
	Addresses, Resolvers []netip.Addr
}

// ReadNames looks the public names of the running host up in DNS: by a resolver,
// and by the servers of the zone itself, which cannot be fooled by a cache, by
// this host's /etc/hosts or by a resolver that reads it. Without names nothing
// is asked of anybody.
func (c *Collector) ReadNames(ctx context.Context, public Public) {
	if !c.host.Live || len(public.Names) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, dnsAll)
	defer cancel()
	names := &facts.Names{Public: public.Addresses}
	names.Own, names.OwnKnown = ownAddresses()
	r := &resolver{port: dnsPort}
	for _, ip := range public.Resolvers {
		r.servers = append(r.servers, netip.AddrPortFrom(ip, dnsPort))
	}
	if len(r.servers) == 0 {
		r.servers = c.resolvConf(c.root.Self())
	}
	if len(r.servers) == 0 {
		c.missing("names", "no name server is known: /etc/resolv.conf names none; name one under resolvers: in sshaudit.yaml")
		return
	}
	if len(public.Names) > maxAsked {
		c.missing("names", "%d names; the first %d were looked up", len(public.Names), maxAsked)
		public.Names = public.Names[:maxAsked]
	}
	for _, name := range public.Names {
		n := r.name(ctx, name)
		for _, l := range []*facts.Lookup{&n.V4, &n.V6} {
			if l.Problem != "" {
				c.missing("name "+name, "%s", l.Problem)
				break
			}
		}
		names.List = append(names.List, n)
	}
	c.host.Names = names
}

// ownAddresses are the addresses of the interfaces that others can reach.
func ownAddresses() (list []netip.Addr, known bool) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, false
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if ip := prefix.Addr().Unmap(); err == nil && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			list = append(list, ip.WithZone(""))
		}
	}
	return list, true
}

// resolvConf returns the name servers of resolv.conf(5). Where it names the stub
// of systemd-resolved, which answers from /etc/hosts, those behind the stub.
func (c *Collector) resolvConf(v *hostfs.View) []netip.AddrPort {
	list := nameServers(c.text(v, "/etc/resolv.conf"))
	if len(list) > 0 && stub(list[0].Addr()) {
		if behind := nameServers(c.text(v, "/run/systemd/resolve/resolv.conf")); len(behind) > 0 {
			return behind
		}
	}
	return list
}

// stub reports whether an address is that of systemd-resolved.
func stub(ip netip.Addr) bool {
	return ip == netip.AddrFrom4([4]byte{127, 0, 0, 53}) || ip == netip.AddrFrom4([4]byte{127, 0, 0, 54})
}

// maxNameServers is how many resolv.conf(5) takes (MAXNS).
const maxNameServers = 3

func nameServers(text string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, line := range lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "nameserver" || len(list) == maxNameServers {
			continue
		}
		if ip, err := netip.ParseAddr(f[1]); err == nil {
			list = append(list, netip.AddrPortFrom(ip, dnsPort))
		}
	}
	return list
}

// name looks one name up in both families.
func (r *resolver) name(ctx context.Context, name string) facts.Name {
	n := facts.Name{Name: name}
	n.V4 = r.recursive(ctx, name, dnsmessage.TypeA)
	if n.V4.Problem != "" {
		n.V6.Problem = n.V4.Problem // nobody answers; asking again would only take time
		return n
	}
	n.V6 = r.recursive(ctx, name, dnsmessage.TypeAAAA)
	servers := r.authorities(ctx, name)
	if r.authoritative(ctx, servers, name, dnsmessage.TypeA, &n.V4) {
		r.authoritative(ctx, servers, name, dnsmessage.TypeAAAA, &n.V6)
	}
	return n
}

// any asks the resolvers in turn until one gives an answer that is one.
func (r *resolver) any(ctx context.Context, name string, typ dnsmessage.Type) (*reply, error) {
	var problem error
	for _, server := range r.servers {
		a, err := r.ask(ctx, server, name, typ, true)
		switch {
		case err != nil:
			problem = fmt.Errorf("the name server %s does not answer: %w", server.Addr(), err)
		case a.code != dnsmessage.RCodeSuccess && a.code != dnsmessage.RCodeNameError:
			problem = fmt.Errorf("the name server %s says %s", server.Addr(), strings.TrimPrefix(a.code.String(), "RCode"))
		default:
			return a, nil
		}
	}
	return nil, problem
}

func (r *resolver) recursive(ctx context.Context, name string, typ dnsmessage.Type) facts.Lookup {
	a, err := r.any(ctx, name, typ)
	if err != nil {
		return facts.Lookup{Problem: audit.Untrusted(err.Error()).String()}
	}
	return facts.Lookup{Addresses: a.addrs, TTL: seconds(a.ttl), NoName: a.code == dnsmessage.RCodeNameError}
}

func seconds(ttl uint32) time.Duration { return time.Duration(ttl) * time.Second }

// authorities finds the servers of the zone that a name is in.
func (r *resolver) authorities(ctx context.Context, name string) []netip.AddrPort {
	a, err := r.any(ctx, name, dnsmessage.TypeSOA)
	if err != nil || a.zone == "" {
		return nil
	}
	if a, err = r.any(ctx, a.zone, dnsmessage.TypeNS); err != nil {
		return nil
	}
	var list []netip.AddrPort
	for _, server := range a.servers {
		for _, typ := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
			if a, err := r.any(ctx, server, typ); err == nil {
				for _, ip := range a.addrs {
					list = append(list, netip.AddrPortFrom(ip, r.port))
				}
			}
		}
		if len(list) >= maxServersAsked {
			break
		}
	}
	return list[:min(len(list), maxServersAsked)]
}

// authoritative asks the zone's own servers; what the resolver said becomes what
// it has in its cache. An alias may lead out of the zone, so it stays the resolver's.
// It is false if none of them answered.
func (r *resolver) authoritative(ctx context.Context, servers []netip.AddrPort, name string, typ dnsmessage.Type, l *facts.Lookup) bool {
	for _, server := range servers {
		a, err := r.ask(ctx, server, name, typ, false)
		if err != nil || !a.authoritative || a.alias || a.code != dnsmessage.RCodeSuccess && a.code != dnsmessage.RCodeNameError {
			continue
		}
		l.Cached, l.CachedTTL = l.Addresses, l.TTL
		l.Addresses, l.TTL, l.NoName, l.Authoritative = a.addrs, seconds(a.ttl), a.code == dnsmessage.RCodeNameError, true
		return true
	}
	return false
}
