package netfilter

// field is a header field: its place in bits, and its type if that is not a number.
type field struct {
	off, n int
	t      *jtype
}

var headerFields = map[string]map[string]field{
	"ip": {"version": {0, 4, nil}, "hdrlength": {4, 4, nil}, "dscp": {8, 6, nil}, "ecn": {14, 2, nil}, "length": {16, 16, nil},
		"id": {32, 16, nil}, "frag-off": {48, 16, nil}, "ttl": {64, 8, nil}, "protocol": {72, 8, typeProto}, "checksum": {80, 16, nil},
		"saddr": {96, 32, typeIPv4}, "daddr": {128, 32, typeIPv4}},
	"ip6": {"version": {0, 4, nil}, "dscp": {4, 6, nil}, "ecn": {10, 2, nil}, "flowlabel": {12, 20, nil}, "length": {32, 16, nil},
		"nexthdr": {48, 8, typeProto}, "hoplimit": {56, 8, nil}, "saddr": {64, 128, typeIPv6}, "daddr": {192, 128, typeIPv6}},
	"tcp": {"sport": {0, 16, typeService}, "dport": {16, 16, typeService}, "sequence": {32, 32, nil}, "ackseq": {64, 32, nil},
		"doff": {96, 4, nil}, "reserved": {100, 4, nil}, "flags": {104, 8, typeTCPFlag}, "window": {112, 16, nil}, "checksum": {128, 16, nil}, "urgptr": {144, 16, nil}},
	"udp":    {"sport": {0, 16, typeService}, "dport": {16, 16, typeService}, "length": {32, 16, nil}, "checksum": {48, 16, nil}},
	"icmp":   {"type": {0, 8, typeICMP}, "code": {8, 8, nil}},
	"icmpv6": {"type": {0, 8, typeICMP6}, "code": {8, 8, nil}},
	"th":     {"sport": {0, 16, typeService}, "dport": {16, 16, typeService}},
	"ether":  {"daddr": {0, 48, nil}, "saddr": {48, 48, nil}, "type": {96, 16, typeEther}},
}

// metaKeys gives number and type of each meta key that nft names.
var metaKeys = map[string]struct {
	key uint32
	t   *jtype
}{
	"length": {metaLen, typeHost4}, "protocol": {metaProtocol, typeEther}, "priority": {metaPriority, typeHost4}, "mark": {metaMark, typeMark},
	"iif": {metaIifname, typeIfname}, "oif": {metaOifname, typeIfname}, "iifname": {metaIifname, typeIfname}, "oifname": {metaOifname, typeIfname},
	"iiftype": {metaIiftype, typeIface}, "oiftype": {metaOiftype, typeIface}, "skuid": {metaSkuid, typeHost4}, "skgid": {metaSkgid, typeHost4},
	"rtclassid": {metaRtclassid, typeHost4}, "nfproto": {metaNfproto, typeNfproto}, "l4proto": {metaL4proto, typeProto}, "pkttype": {metaPkttype, typePkt},
	"cpu": {metaCPU, typeHost4}, "iifgroup": {metaIifgroup, typeGroup}, "oifgroup": {metaOifgroup, typeGroup}, "cgroup": {metaCgroup, typeHost4},
	"random": {metaPrandom, typeHost4}, "ipsec": {metaSecpath, typeBool}, "secpath": {metaSecpath, typeBool}, "iifkind": {metaIifkind, typeIfname},
	"oifkind": {metaOifkind, typeIfname}, "time": {metaTime, nil}, "day": {metaDay, nil}, "hour": {metaHour, nil},
}

var ctKeys = map[string]struct {
	key uint32
	t   *jtype
}{
	"state": {ctState, typeState}, "direction": {ctDirection, typeDir}, "status": {ctStatus, typeStatus}, "mark": {ctMark, typeMark},
	"l3proto": {ctL3proto, typeNfproto}, "protocol": {ctProto, typeProto}, "proto-src": {ctProtoSrc, typeService}, "proto-dst": {ctProtoDst, typeService},
	"ip saddr": {ctSrcIP, typeIPv4}, "ip daddr": {ctDstIP, typeIPv4}, "ip6 saddr": {ctSrcIP6, typeIPv6}, "ip6 daddr": {ctDstIP6, typeIPv6},
	"zone": {ctZone, typeZone}, "helper": {ctHelper, nil}, "expiration": {ctExpiration, nil}, "bytes": {ctBytes, nil}, "packets": {ctPkts, nil},
	"avgpkt": {ctAvgpkt, nil}, "label": {ctLabels, nil}, "id": {ctID, nil},
}
