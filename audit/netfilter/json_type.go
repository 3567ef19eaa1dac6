package netfilter

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
)

// jtype is a data type of nft: its length, and whether a register holds it in
// host order.
type jtype struct {
	name string
	n    int
	host bool
	// names are the words for values; flags tells that they are bits.
	names map[string]uint64
	// low is how far a field that does not fill its bytes lies from their end.
	low int
	// parts are those of a concatenation.
	parts []*jtype
}

var (
	typeIPv4    = &jtype{name: "ipv4_addr", n: 4}
	typeIPv6    = &jtype{name: "ipv6_addr", n: 16}
	typeService = &jtype{name: "inet_service", n: 2, names: serviceNames}
	typeProto   = &jtype{name: "inet_proto", n: 1, names: protoNumbers}
	typeMark    = &jtype{name: "mark", n: 4, host: true}
	typeIfname  = &jtype{name: "ifname", n: 16}
	typeState   = &jtype{name: "ct_state", n: 4, host: true, names: map[string]uint64{"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}}
	typeStatus  = &jtype{name: "ct_status", n: 4, host: true, names: map[string]uint64{"expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512}}
	typeDir     = &jtype{name: "ct_dir", n: 1, names: map[string]uint64{"original": 0, "reply": 1}}
	typeNfproto = &jtype{name: "nf_proto", n: 1, names: map[string]uint64{"ipv4": 2, "ipv6": 10}}
	typeEther   = &jtype{name: "ether_type", n: 2, names: map[string]uint64{"ip": 0x0800, "ip6": 0x86dd, "arp": 0x0806, "vlan": 0x8100, "8021q": 0x8100, "8021ad": 0x88a8}}
	typePkt     = &jtype{name: "pkt_type", n: 1, names: map[string]uint64{"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3}}
	typeIface   = &jtype{name: "iface_type", n: 2, host: true, names: map[string]uint64{"ether": 1, "ppp": 512, "ipip": 768, "ipip6": 769, "loopback": 772, "sit": 776, "ipgre": 778}}
	typeGroup   = &jtype{name: "devgroup", n: 4, host: true, names: map[string]uint64{"default": 0}}
	typeFib     = &jtype{name: "fib_addr", n: 4, host: true, names: map[string]uint64{"unspec": 0, "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5, "blackhole": 6, "unreachable": 7, "prohibit": 8}}
	typeBool    = &jtype{name: "boolean", n: 1, names: map[string]uint64{"exists": 1, "missing": 0}}
	typeTCPFlag = &jtype{name: "tcp_flag", n: 1, names: map[string]uint64{"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}}
	typeZone    = &jtype{name: "zone", n: 2, host: true}
	typeICMP    = &jtype{name: "icmp_type", n: 1, names: map[string]uint64{"echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15, "info-reply": 16, "address-mask-request": 17, "address-mask-reply": 18}}
	typeICMP6   = &jtype{name: "icmpv6_type", n: 1, names: map[string]uint64{"destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131, "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133, "nd-router-advert": 134, "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138, "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143}}
	typeHost4   = &jtype{name: "integer", n: 4, host: true}
)

// namedTypes are the types that a set declares.
var namedTypes = func() map[string]*jtype {
	out := map[string]*jtype{"iface_index": typeIfname, "uid": typeHost4, "gid": typeHost4, "fib_addrtype": typeFib}
	for _, t := range []*jtype{typeIPv4, typeIPv6, typeService, typeProto, typeMark, typeIfname, typeState, typeStatus,
		typeDir, typeNfproto, typeICMP, typeICMP6, typeEther, typePkt, typeIface, typeGroup, typeFib, typeBool, typeTCPFlag} {
		out[t.name] = t
	}
	out["ether_addr"] = &jtype{name: "ether_addr", n: 6}
	out["dscp"] = &jtype{name: "dscp", n: 1}
	return out
}()

var protoNumbers = map[string]uint64{"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
	"icmpv6": 58, "ipv6-icmp": 58, "comp": 108, "ipcomp": 108, "vrrp": 112, "sctp": 132, "udplite": 136, "ospf": 89, "ip": 0}

// serviceNames are those of /etc/services that rules are written with.
var serviceNames = map[string]uint64{"ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37, "domain": 53, "bootps": 67,
	"bootpc": 68, "tftp": 69, "finger": 79, "http": 80, "www": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111, "auth": 113, "ntp": 123,
	"netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143, "imap": 143, "snmp": 161, "snmp-trap": 162, "bgp": 179, "ldap": 389,
	"https": 443, "microsoft-ds": 445, "submissions": 465, "isakmp": 500, "syslog": 514, "submission": 587, "ldaps": 636, "ftps-data": 989,
	"ftps": 990, "imaps": 993, "pop3s": 995, "openvpn": 1194, "mysql": 3306, "rdp": 3389, "ms-wbt-server": 3389, "ipsec-nat-t": 4500,
	"postgresql": 5432, "mdns": 5353, "http-alt": 8080, "webcache": 8080, "zabbix-agent": 10050, "zabbix-trapper": 10051}

var errNotConstant = errors.New("not a constant of that type")

// constant reads a constant into the bytes of a register.
func (t *jtype) constant(v any) ([]byte, error) {
	if parts, ok := v.([]any); ok {
		return t.join(parts)
	}
	if k, inner, ok := sole(v); ok {
		switch k {
		case "|":
			return t.join(list(inner))
		case "elem":
			if o, ok := inner.(object); ok {
				return t.constant(o["val"])
			}
		}
		return nil, errNotConstant
	}
	switch t {
	case typeIPv4, typeIPv6:
		a, err := netip.ParseAddr(text(v))
		if err != nil || a.Is4() != (t == typeIPv4) || a.Zone() != "" {
			return nil, errNotConstant
		}
		return a.AsSlice(), nil
	case typeIfname:
		return ifnameConstant(v)
	}
	n, err := t.integer(v)
	if err != nil {
		return nil, err
	}
	return t.encode(n)
}

func (t *jtype) integer(v any) (uint64, error) {
	switch v := v.(type) {
	case bool:
		return uint64(b2u(v)), nil
	case json.Number:
		n, err := v.Int64()
		if err != nil || n < 0 {
			return 0, errNotConstant
		}
		return uint64(n), nil
	case string:
		if n, ok := t.names[strings.ToLower(v)]; ok {
			return n, nil
		}
	}
	return 0, errNotConstant
}

// encode writes a number in the order that the type has in a register.
func (t *jtype) encode(n uint64) ([]byte, error) {
	b := binary.BigEndian.AppendUint64(nil, n)
	if t.n < 8 && n>>(8*t.n) != 0 {
		return nil, errNotConstant
	}
	if t.n <= 8 {
		b = b[8-t.n:]
	} else {
		b = append(make([]byte, t.n-8), b...)
	}
	if t.host && littleEndian {
		reverse(b)
	}
	return b, nil
}

// join ors constants together, as nft writes lists of flags.
func (t *jtype) join(parts []any) ([]byte, error) {
	out := make([]byte, t.n)
	for _, p := range parts {
		b, err := t.constant(p)
		if err != nil || len(b) != t.n {
			return nil, errNotConstant
		}
		for i := range out {
			out[i] |= b[i]
		}
	}
	return out, nil
}

// ifnameConstant reads an interface name; one that ends in a star is the
// beginning of a name, hence shorter.
func ifnameConstant(v any) ([]byte, error) {
	s, ok := v.(string)
	if !ok || s == "" || len(s) > 16 {
		return nil, errNotConstant
	}
	if prefix, ok := strings.CutSuffix(s, `\*`); ok {
		s = prefix + "*"
	} else if prefix, ok := strings.CutSuffix(s, "*"); ok {
		return []byte(prefix), nil
	}
	return ifname(s).b, nil
}

// span reads a constant, a prefix or a range as an inclusive range of keys, which
// are big endian whatever the register's order.
func (t *jtype) span(v any) (lo, hi []byte, err error) {
	k, inner, _ := sole(v)
	switch k {
	case "range":
		ends := list(inner)
		if len(ends) != 2 {
			return nil, nil, errNotConstant
		}
		if lo, err = t.key(ends[0]); err != nil {
			return nil, nil, err
		}
		if hi, err = t.key(ends[1]); err != nil {
			return nil, nil, err
		}
		return lo, hi, nil
	case "prefix":
		o, _ := inner.(object)
		if lo, err = t.key(o["addr"]); err != nil {
			return nil, nil, err
		}
		bits := number(o["len"])
		if bits < 0 || bits > int64(8*len(lo)) {
			return nil, nil, errNotConstant
		}
		r := ipRange(lo, int(bits))
		return r[0], r[1], nil
	}
	if lo, err = t.key(v); err != nil {
		return nil, nil, err
	}
	if len(lo) < t.n { // the beginning of an interface name
		hi = append(append([]byte{}, lo...), fill(t.n-len(lo))...)
		return append(append([]byte{}, lo...), make([]byte, t.n-len(lo))...), hi, nil
	}
	return lo, lo, nil
}

// key is a constant as set keys are held: big endian.
func (t *jtype) key(v any) ([]byte, error) {
	b, err := t.constant(v)
	if err == nil && t.host && littleEndian {
		reverse(b)
	}
	return b, err
}
