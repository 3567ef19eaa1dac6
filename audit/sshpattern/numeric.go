package sshpattern

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseAddr reads a numeric address as getaddrinfo(3) with AI_NUMERICHOST does
// in glibc: IPv6 with an optional zone, and IPv4 in every form of
// inet_aton(3), such as 10.1 or 0x7f.0.0.1.
func ParseAddr(text string) (netip.Addr, error) {
	ip, ok := parseAddr(text)
	if !ok {
		return netip.Addr{}, fmt.Errorf("no numeric address: %q", text)
	}
	return ip, nil
}

// parseAddr is ParseAddr without the error, which lists of patterns would make
// for every entry.
func parseAddr(text string) (netip.Addr, bool) {
	if text == "" || strings.IndexByte("0123456789abcdefABCDEF:", text[0]) < 0 {
		return netip.Addr{}, false
	}
	// Whatever netip takes as IPv4 is plain decimal, which means the same in C.
	if ip, err := netip.ParseAddr(text); err == nil {
		return ip, validZone(ip)
	}
	return parseAton(text)
}

// PeerText writes an address as sshd knows its client by: IPv4-mapped IPv6 as
// IPv4 (canohost.c ipv64_normalise_mapped), IPv6 in the form of inet_ntop(3).
func PeerText(ip netip.Addr) string {
	ip = ip.Unmap()
	if b := ip.As16(); ip.Is6() && [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
		// The old "IPv4-compatible" block, which inet_ntop writes with dots.
		text := "::" + netip.AddrFrom4([4]byte(b[12:])).String()
		if zone := ip.Zone(); zone != "" {
			text += "%" + zone
		}
		return text
	}
	return ip.String()
}

// parseAton reads one to four numbers with dots, each in C notation; the last
// fills the bytes that are left (inet_aton(3)).
func parseAton(text string) (netip.Addr, bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		if part == "" || part[0] < '0' || part[0] > '9' {
			return netip.Addr{}, false
		}
		n, ok := parseC(part)
		last := i == len(parts)-1
		if !ok || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		if last {
			value |= n
		} else {
			value |= n << (24 - 8*i)
		}
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

// parseC reads a number in C notation: 0x hexadecimal, 0 octal, else decimal.
func parseC(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

// validZone reports whether glibc takes the zone: a name only on a link-local
// address, a 32-bit number on any.
func validZone(ip netip.Addr) bool {
	zone := ip.Zone()
	if zone == "" || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() {
		return true
	}
	_, err := strconv.ParseUint(zone, 10, 32)
	return err == nil
}
