package pam

import (
	"net/netip"
	"strconv"
	"strings"
)

// origin matches one token of the origins' field (pam_access.c from_match).
func (a *accessCheck) origin(token, from string) tri {
	switch {
	case token == "":
		return no
	case token[0] == '@':
		return maybe // a netgroup
	case strings.EqualFold(token, "ALL"):
		return yes
	case from == "":
		if strings.EqualFold(token, "LOCAL") || strings.EqualFold(token, "NONE") {
			return no // sshd always names a remote host
		}
		return maybe
	case strings.EqualFold(token, from):
		return yes
	case strings.EqualFold(token, "LOCAL"):
		return no
	}
	return a.remote(token, from)
}

// remote is pam_access.c remote_match.
func (a *accessCheck) remote(token, from string) tri {
	address, isAddress := parseIP(from)
	switch {
	case token[0] == '.':
		return triOf(len(from) > len(token) && strings.EqualFold(from[len(from)-len(token):], token))
	case token[len(token)-1] == '.':
		if !isAddress {
			return maybe // the name would have to be resolved
		}
		return triOf(address.Is4() && strings.HasPrefix(address.String()+".", token))
	}
	if network, mask, ok := strings.Cut(token, "/"); ok {
		return a.network(network, mask, address, isAddress)
	}
	other, ok := parseIP(token)
	switch {
	case ok && isAddress:
		return triOf(sameAddress(other, address, a.lib))
	case ok:
		return maybe
	}
	return a.hostname(token)
}

// hostname is a token that is no address. Up to 1.5 it is compared as text,
// which has been done; later releases and some vendors' packages resolve it.
func (a *accessCheck) hostname(token string) tri {
	switch {
	case a.nodns, token[0] == ':', isTTY(token):
		return no
	case a.lib.Debian && a.lib.Known() && !a.lib.AtLeast(1, 6):
		return no
	}
	return maybe
}

// isTTY tells whether a token names a terminal: such are not resolved, or by
// no resolver.
func isTTY(token string) bool {
	rest, ok := strings.CutPrefix(token, "tty")
	return ok && !strings.Contains(rest, ".") || strings.HasPrefix(token, "pts/") || token == "console"
}

// network compares with address/mask (pam_access.c network_netmask_match). A
// mask of 0 is none, so 0.0.0.0/0 is the one address 0.0.0.0.
func (a *accessCheck) network(network, mask string, from netip.Addr, isAddress bool) tri {
	base, ok := parseIP(network)
	if !ok {
		return no
	}
	bits, ok := maskOf(mask, base)
	if !ok {
		return no
	}
	if !isAddress {
		return maybe
	}
	if base.Is4() != from.Is4() || bits == nil {
		return triOf(sameAddress(base, from, a.lib))
	}
	x, y := base.AsSlice(), from.AsSlice()
	for i := range x {
		if (x[i]^y[i])&bits[i] != 0 {
			return no
		}
	}
	return yes
}

// maskOf reads a mask as an address or a number of bits; nil means to compare whole addresses.
func maskOf(text string, base netip.Addr) (mask []byte, ok bool) {
	if m, isAddress := parseIP(text); isAddress {
		if m.Is4() != base.Is4() {
			return nil, true // inet_pton refuses it for the other family
		}
		return m.AsSlice(), true
	}
	n, ok := parseC(text)
	if !ok || n < 0 || n > int64(base.BitLen()) {
		return nil, false
	}
	if n == 0 {
		return nil, true
	}
	mask = make([]byte, base.BitLen()/8)
	for i := range n {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return mask, true
}

// sameAddress compares two addresses; since 1.6 the two loopback addresses are the same.
func sameAddress(x, y netip.Addr, lib Library) bool {
	if x == y {
		return true
	}
	local4, local6 := netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	return lib.AtLeast(1, 6) && (x == local4 && y == local6 || x == local6 && y == local4)
}

// parseC reads a whole text as strtoll(3) does with base 0.
func parseC(s string) (int64, bool) {
	s = trimSpace(s)
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.Trim(s[:1], "+"), s[1:]
	}
	base := 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	if s == "" || s[0] == '+' || s[0] == '-' || s[0] == '_' {
		return 0, false
	}
	n, err := strconv.ParseInt(sign+s, base, 64)
	return n, err == nil
}
