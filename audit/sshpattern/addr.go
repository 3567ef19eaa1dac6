package sshpattern

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// maxCIDR is the size of addr_pton_cidr's buffer: longer text is no address.
const maxCIDR = 64

// ListError tells that an address list is one that OpenSSH refuses.
type ListError struct {
	// Entry is the entry at fault; empty when it is an empty entry.
	Entry string
}

// Error returns the complaint; the entry comes from the host and is quoted.
func (e *ListError) Error() string {
	if e.Entry == "" {
		return "empty entry in address list: remove the extra comma or the lone \"!\""
	}
	return "address list entry " + strconv.Quote(e.Entry) +
		": the mask is too long or leaves host bits set, write the network's own address"
}

// CheckAddrList reports whether an address list is one that sshd accepts when
// it reads its configuration, a *ListError if not (addrmatch.c
// addr_match_list without an address).
func (m Matcher) CheckAddrList(list string) error {
	for entry := range strings.SplitSeq(list, ",") {
		if _, _, err := m.readEntry(entry); err != nil {
			return err
		}
	}
	return nil
}

// CheckAddrList is the Matcher's by the newest rules.
func CheckAddrList(list string) error { return Matcher{}.CheckAddrList(list) }

// AddrList matches an address text against a list of CIDR blocks, addresses
// and patterns (addrmatch.c addr_match_list). A text that is no address never
// matches. The list is read from the left until a negated entry hits; an entry
// before that which OpenSSH refuses is a *ListError.
func (m Matcher) AddrList(addr, list string) (Result, error) {
	ip, ok := parseAddr(addr)
	if !ok {
		return NoMatch, nil
	}
	result := NoMatch
	for entry := range strings.SplitSeq(list, ",") {
		text, block, err := m.readEntry(entry)
		if err != nil {
			return NoMatch, err
		}
		hit := false
		if block.IsValid() {
			hit = contains(block, ip, text)
		} else {
			hit = m.Pattern(addr, text)
		}
		switch {
		case hit && entry[0] == '!':
			return Negated, nil
		case hit:
			result = Match
		}
	}
	return result, nil
}

// HostAndIP reports whether a host name and an address satisfy a list, as for
// from= and the HOST of AllowUsers: a negated hit of either decides against
// (match.c match_host_and_ip).
func (m Matcher) HostAndIP(host, addr, list string) (bool, error) {
	byAddr, err := m.AddrList(addr, list)
	if err != nil || byAddr == Negated {
		return false, err
	}
	byName := m.Hostname(host, list)
	return byName != Negated && (byName == Match || byAddr == Match), nil
}

// User reports whether a user who comes from a host and an address matches one
// word of AllowUsers or DenyUsers, PATTERN or PATTERN@HOSTS (match.c
// match_user).
func (m Matcher) User(user, host, addr, word string) (bool, error) {
	pattern, hosts, ok := m.CutUser(word)
	if !m.Pattern(user, pattern) {
		return false, nil
	}
	if !ok {
		return true, nil
	}
	return m.HostAndIP(host, addr, hosts)
}

// CheckUser reports whether a word of AllowUsers or DenyUsers is one that sshd
// accepts when it reads its configuration; a *ListError if not.
func (m Matcher) CheckUser(word string) error {
	if _, hosts, ok := m.CutUser(word); ok {
		return m.CheckAddrList(hosts)
	}
	return nil
}

// CutUser splits PATTERN@HOSTS at the first @ (up to 9.8) or the last (from
// 9.9); ok is false if there is none.
func (m Matcher) CutUser(word string) (pattern, hosts string, ok bool) {
	at := strings.LastIndexByte(word, '@')
	if m.firstAt {
		at = strings.IndexByte(word, '@')
	}
	if at < 0 {
		return word, "", false
	}
	return word[:at], word[at+1:], true
}

// readEntry reads one entry of an address list: the text without a leading !,
// and the block if it is one; an invalid block otherwise, for a pattern.
func (m Matcher) readEntry(entry string) (text string, block netip.Prefix, err error) {
	text = strings.TrimPrefix(entry, "!")
	if text == "" {
		return "", netip.Prefix{}, &ListError{}
	}
	block, err = m.parseCIDR(text)
	return text, block, err
}

// parseCIDR reads an address or a block (addr.c addr_pton_cidr). Text that is
// neither gives an invalid block; a block whose mask does not fit a *ListError.
func (m Matcher) parseCIDR(text string) (netip.Prefix, error) {
	if len(text) >= maxCIDR {
		return netip.Prefix{}, nil
	}
	head, mask, masked := strings.Cut(text, "/")
	bits := math.MaxInt
	if masked {
		var ok bool
		if bits, ok = m.parseMask(mask); !ok {
			return netip.Prefix{}, nil
		}
	}
	ip, ok := parseAddr(head)
	if !ok {
		return netip.Prefix{}, nil
	}
	if !masked {
		bits = ip.BitLen()
	}
	block := netip.PrefixFrom(ip, bits)
	if !block.IsValid() || block.Masked().Addr() != ip.WithZone("") {
		return netip.Prefix{}, &ListError{Entry: text}
	}
	return block, nil
}

// parseMask reads a mask length. Up to 9.9 more than 128 is no length at all,
// and the entry a pattern; later it is a length that does not fit. From 9.1 to
// 9.9 a digit must come first, else blanks and a sign may.
func (m Matcher) parseMask(text string) (int, bool) {
	if m.digitMask && (text == "" || text[0] < '0' || text[0] > '9') {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimLeft(text, " \t\n\v\f\r"), 10, 64)
	limit := int64(math.MaxInt32)
	if m.shortMask {
		limit = 128
	}
	return int(n), err == nil && n >= 0 && n <= limit
}

// contains reports whether ip lies in block (addr.c addr_netmatch). A zone
// given in the list must be the address's own; netip.Prefix has none.
func contains(block netip.Prefix, ip netip.Addr, text string) bool {
	zone := ""
	if strings.IndexByte(text, '%') >= 0 {
		head, _, _ := strings.Cut(text, "/")
		listed, _ := parseAddr(head)
		zone = listed.Zone()
	}
	return zone == ip.Zone() && block.Contains(ip.WithZone(""))
}
