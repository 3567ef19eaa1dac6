package netfilter

import (
	"bytes"
	"net/netip"
)

// Unnamed returns the first of some addresses that no rule and no set of the
// rule set names: neither itself, nor within a range of at most 2^24 addresses
// for IPv4 or a /32 for IPv6. The zero Addr if all of them are named.
func (rs *Ruleset) Unnamed(candidates []netip.Addr) netip.Addr {
	for _, a := range candidates {
		if !rs.names(a) {
			return a
		}
	}
	return netip.Addr{}
}

func (rs *Ruleset) names(a netip.Addr) bool {
	key := a.AsSlice()
	for _, t := range rs.Tables {
		for _, c := range t.Order {
			for _, r := range c.Rules {
				for _, o := range r.operations(t) {
					if opNames(o, key) {
						return true
					}
				}
			}
		}
		for _, s := range t.Sets {
			if rs.Load != nil && !s.loaded {
				s.err, s.loaded = rs.Load(s), true
			}
			for i := range s.Elements {
				if e := &s.Elements[i]; !e.CatchAll && spans(e.Key, e.KeyEnd, key) {
					return true
				}
			}
		}
	}
	return false
}

// spans tells whether a key lies in a range whose first byte, for IPv6 first four
// bytes, are fixed. A concatenation counts by its first field.
func spans(from, to, key []byte) bool {
	n, fixed := len(key), len(key)/4
	return len(from) >= n && len(to) >= n && bytes.Equal(from[:fixed], to[:fixed]) &&
		bytes.Compare(from[:n], key) <= 0 && bytes.Compare(key, to[:n]) <= 0
}

// opNames tells whether an operation compares with the address or its network.
func opNames(o op, key []byte) bool {
	switch o := o.(type) {
	case opCmp:
		// A network is loaded by its whole bytes only, or masked before.
		return len(o.data) >= len(key)/4 && len(o.data) <= len(key) && bytes.Equal(o.data[:len(key)/4], key[:len(key)/4])
	case opRange:
		return spans(o.from, o.to, key)
	case opXT:
		switch x := o.match.(type) {
		case xtAddr:
			return len(x.addr) == len(key) && x.mask[len(key)/4-1] == 0xff && bytes.Equal(x.addr[:len(key)/4], key[:len(key)/4])
		case xtIPRange:
			return spans(x.from, x.to, key)
		}
	}
	return false
}
