package facts

import (
	"net/netip"
	"slices"
	"time"
)

// Names is what DNS says of the public names of the host; collected only if there
// are any in the settings, or if one is asked about.
type Names struct {
	// Own are the addresses of this host's interfaces, loopback and link-local ones
	// left out; OwnKnown tells that they could be read. Public are those that the
	// settings name: a router translates them to this host.
	Own, Public []netip.Addr
	OwnKnown    bool
	List        []Name
}

// Name is one public name.
type Name struct {
	Name   string
	V4, V6 Lookup
}

// Lookup is what DNS says of a name in one address family.
type Lookup struct {
	// Addresses are those of the name; TTL is how long resolvers may keep them.
	Addresses []netip.Addr
	TTL       time.Duration
	// NoName tells that the name does not exist at all (NXDOMAIN).
	NoName bool
	// Authoritative tells that a server of the zone itself said so, not a resolver.
	Authoritative bool
	// Cached is what the resolver said, which may be older; CachedTTL is for how
	// long it still will.
	Cached    []netip.Addr
	CachedTTL time.Duration
	// Problem says why nobody answered; empty if somebody did.
	Problem string
}

// Ours reports whether an address leads to this host.
func (n *Names) Ours(ip netip.Addr) bool {
	return slices.Contains(n.Own, ip) || slices.Contains(n.Public, ip)
}

// Translated reports whether a router may translate addresses of this family to
// the host unbeknown to us: it has none that the world could route, and the
// settings name none.
func (n *Names) Translated(v6 bool) bool {
	of := func(ip netip.Addr) bool { return ip.Is6() == v6 }
	return !n.OwnKnown || !slices.ContainsFunc(n.Public, of) && !slices.ContainsFunc(n.Own, func(ip netip.Addr) bool { return of(ip) && routed(ip) })
}

// shared is for carriers' translation (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// routed reports whether the world routes an address.
func routed(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}
