package nflink

import (
	"context"
	"net/netip"
)

// strangers are public addresses of which one hardly ever appears in rules; the
// first that does not stands for "anybody on the internet".
var strangers = map[bool][]netip.Addr{
	false: addrs("41.77.130.9", "88.97.13.201", "133.44.71.18", "151.51.212.7", "177.66.90.33", "190.115.8.54", "202.61.99.5", "60.42.161.12"),
	true:  addrs("2a0b:4d07:101::9", "2600:1f5c:71::21", "2404:8d02:33a::7", "2800:68:1e::5", "2c0f:f4a8:9::3"),
}

func addrs(list ...string) []netip.Addr {
	out := make([]netip.Addr, len(list))
	for i, s := range list {
		out[i] = netip.MustParseAddr(s)
	}
	return out
}

// Vantages returns a public IPv4 and a public IPv6 address that no rule names,
// for asking what a stranger can reach. Where every candidate is named, as by sets
// of whole countries, the first one stands in.
func Vantages(ctx context.Context, opts Options) (v4, v6 netip.Addr, err error) {
	s, err := open(ctx, opts)
	if err != nil {
		return v4, v6, wrap(err)
	}
	defer s.close()
	rules, err := s.ruleset()
	if err != nil {
		return v4, v6, wrap(err)
	}
	pick := func(v6 bool) netip.Addr {
		if a := rules.Unnamed(strangers[v6]); a.IsValid() {
			return a
		}
		return strangers[v6][0]
	}
	return pick(false), pick(true), nil
}
