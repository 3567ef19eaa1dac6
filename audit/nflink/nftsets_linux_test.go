package nflink

import "testing"

// ruleSet is a hand-written rule set. unsure: it has matches that nobody can decide.
type ruleSet struct {
	name, rules string
	unsure      bool
	// host: it asks about the host itself, so a file cannot answer everything.
	host bool
}

// base wraps rules into the usual input chain with policy drop.
func base(rules string) string {
	return "table inet filter {\nchain input {\ntype filter hook input priority 0; policy drop;\nct state established,related accept\nmeta l4proto { icmp, ipv6-icmp } accept\n" + rules + "\n}\n}\n"
}

var nftSets = []ruleSet{
	{name: "empty"},
	{name: "policy drop", rules: `table inet f { chain input { type filter hook input priority 0; policy drop; }; }`},
	{name: "workstation", rules: `
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ct state invalid drop
		iif lo accept
		meta l4proto { icmp, ipv6-icmp } accept
		tcp dport { 22, 80, 443 } accept
		udp dport 22 accept
		reject with icmpx port-unreachable
	}
}`},
	{name: "sets and maps", rules: `
table inet t {
	set s { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 22, 198.51.100.7 . 80-443 }; }
	set bad6 { type ipv6_addr; flags interval; elements = { 2001:db8:1::/48, fd00::/8 }; }
	map v { type ipv4_addr : verdict; elements = { 192.0.2.66 : drop, 203.0.113.5 : goto c, * : jump c }; }
	set ports { type inet_service; elements = { 22, 2222 }; }
	chain c { tcp dport 8080 reject with tcp reset; tcp dport @ports return; ip saddr 10.0.0.0/8 drop; }
	chain i {
		type filter hook input priority 0; policy accept;
		ct state established accept
		ip saddr . tcp dport @s accept comment "hello"
		ip6 saddr @bad6 tcp dport @ports drop
		ip saddr vmap @v
		tcp dport 443 ip saddr != { 198.51.100.0/24 } reject
		tcp dport != @ports ip6 saddr 2001:db8::/64 reject with icmpv6 admin-prohibited
	}
}`},
	{name: "accept does not end the hook", rules: `
table inet a { chain first { type filter hook input priority -10; policy accept; tcp dport 22 accept; tcp dport 80 drop; }; }
table inet b { chain second { type filter hook input priority 10; policy accept; tcp dport 22 ip saddr 198.51.100.0/24 drop; }; }`},
	{name: "goto from a base chain ends in the policy", rules: `
table inet t {
	chain c { tcp dport 22 return; tcp dport 80 accept; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr 192.0.2.0/24 goto c; ip6 saddr 2001:db8::/64 jump c; tcp dport 22 accept; }
}`},
	{name: "goto within a jump", rules: `
table inet t {
	chain inner { tcp dport 443 reject; }
	chain middle { tcp dport { 22, 443 } goto inner; tcp dport 80 drop; tcp dport 2222 return; tcp dport 8080 accept; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; jump middle; ip saddr 192.0.2.10 accept; tcp dport 22 accept; }
}`},
	{name: "return in a base chain", rules: base("tcp dport 22 return\ntcp dport { 22, 80 } accept")},
	{name: "hidden family in a negated address", rules: base("ip saddr != 192.0.2.10 tcp dport 22 accept\nip6 saddr != 2001:db8::10 tcp dport 80 accept")},
	{name: "family tables", rules: `
table ip four { chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 accept; }; }
table ip6 six { chain i { type filter hook input priority 0; policy accept; tcp dport 22 reject with tcp reset; }; }`},
	{name: "forward and user chains are not asked", rules: `
table inet t {
	chain INPUT { drop; }
	chain f { type filter hook forward priority 0; policy drop; }
	chain p { type filter hook postrouting priority 0; policy accept; }
}`},
	{name: "dormant table", host: true, rules: `table inet t { flags dormant; chain i { type filter hook input priority 0; policy drop; }; }`},
	{name: "th matches any transport", rules: base("th dport 22 accept\nth dport { 80, 443 } reject")},
	{name: "tcp flags", rules: base("tcp flags & (fin|syn|rst|ack) != syn ct state new drop\ntcp flags == syn tcp dport 22 accept\ntcp flags syn / fin,syn,rst,ack tcp dport 80 accept\ntcp flags { syn, syn|ack } tcp dport 443 accept\ntcp flags != syn tcp dport 2222 accept\ntcp flags & (syn|rst) == 0 tcp dport 8080 accept")},
	{name: "ct state in every form", rules: `
table inet t { chain i { type filter hook input priority 0; policy drop;
	ct state vmap { established : accept, related : accept, invalid : drop }
	tcp dport 22 ct state new accept
	tcp dport 80 ct state { new, established } accept
	tcp dport 443 ct state != new accept
	tcp dport 2222 ct state & (new|invalid) != 0 accept
	udp dport 22 ct direction original accept
	tcp dport 8080 ct status != dnat accept
}; }`},
	{name: "ct before conntrack", rules: `
table inet t {
	chain early { type filter hook prerouting priority -300; policy accept; tcp dport 22 ct state invalid drop; tcp dport 80 ct state new drop; tcp dport 443 ct mark 0 drop; tcp dport 2222 ct mark != 5 drop; }
	chain later { type filter hook prerouting priority -150; policy accept; tcp dport 443 ct mark 0 ip saddr 192.0.2.10 drop; }
}`},
	{name: "notrack", rules: `
table inet raw {
	chain pre { type filter hook prerouting priority -300; policy accept; tcp dport { 22, 80 } notrack; }
	chain out { type filter hook output priority -300; policy accept; tcp sport { 22, 80 } notrack; }
}
table inet filter { chain i { type filter hook input priority 0; policy drop; ct state untracked tcp dport 22 accept; ct state new tcp dport { 80, 443 } accept; ct state established accept; ct mark 0 tcp dport 80 accept; }; }`},
	{name: "marks across tables", rules: `
table inet a { chain p { type filter hook prerouting priority -150; policy accept; ip saddr 192.0.2.0/24 meta mark set 0x10; ip saddr 198.51.100.7 meta mark set mark or 0x3; ct mark set 7; tcp dport 80 ct mark set ct mark or 0x100; ip6 saddr fd00::/8 meta mark set ct mark; }; }
table inet b { chain i { type filter hook input priority 0; policy drop; ct state established accept; meta mark 0x10 tcp dport 22 accept; meta mark & 0x2 == 2 accept; ct mark 0x107 accept; meta mark 1-9 accept; meta mark > 0x20 drop; }; }`},
	{name: "mark from a map", rules: `
table inet a {
	map m { type ipv4_addr : mark; flags interval; elements = { 192.0.2.0/24 : 1, 10.0.0.0/8 : 2 }; }
	chain p { type filter hook prerouting priority mangle; policy accept; meta mark set ip saddr map @m; meta mark set ip6 saddr map { 2001:db8::10 : 1, fd00::9 : 2 }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; meta mark vmap { 1 : accept, 2 : drop }; tcp dport 22 accept; }
}`},
	{name: "redirect", rules: `
table inet nat { chain pre { type nat hook prerouting priority -100; policy accept; tcp dport 2222 redirect to :22; tcp dport 8080 redirect to :80; udp dport 80 redirect; }; }
table inet filter { chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 accept; ct status dnat tcp dport 80 accept; meta l4proto tcp ct original proto-dst 2222 drop; ct original ip daddr 192.0.2.2 tcp dport 443 accept; }; }`},
	{name: "dnat to an own address", host: true, rules: `
table ip nat { chain pre { type nat hook prerouting priority dstnat; policy accept; ip daddr 192.0.2.2 tcp dport 80 dnat to 192.0.2.1:443; ip saddr 203.0.113.5 tcp dport 22 dnat to 192.0.2.1; }; }
table ip filter { chain i { type filter hook input priority 0; policy drop; ct state established accept; ip daddr 192.0.2.1 tcp dport 443 accept; ct original ip daddr 192.0.2.2 accept; ip daddr 192.0.2.1 tcp dport 22 accept; }; }`},
	{name: "dnat to loopback is a martian", host: true, rules: `
table ip nat { chain pre { type nat hook prerouting priority dstnat; policy accept; tcp dport 80 dnat to 127.0.0.1:80; }; }`},
	{name: "nat chain that drops", rules: `
table inet nat { chain pre { type nat hook prerouting priority -100; policy drop; tcp dport { 22, 80 } accept; tcp dport 443 redirect to :80; }; }
table inet f { chain i { type filter hook input priority 0; policy accept; ct state invalid drop; }; }`},
	{name: "nat chain without conntrack is not entered", rules: `table inet nat { chain pre { type nat hook prerouting priority -100; policy drop; }; }`},
	{name: "nat chain at input", rules: `
table inet nat { chain i { type nat hook input priority 100; policy accept; tcp dport 22 drop; }; }
table inet f { chain i { type filter hook input priority 0; policy accept; ct state invalid drop; }; }`},
	{name: "two nat chains", rules: `
table ip n1 { chain a { type nat hook prerouting priority -110; policy accept; tcp dport 2222 redirect to :22; }; }
table ip n2 { chain b { type nat hook prerouting priority -90; policy accept; tcp dport 2222 redirect to :80; tcp dport 8080 redirect to :443; }; }
table ip f { chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport { 22, 443 } accept; }; chain m { type filter hook prerouting priority -110; policy accept; tcp dport 2222 ip saddr 10.0.0.0/8 drop; }; }`},
	{name: "ingress", host: true, rules: `
table netdev n { chain in { type filter hook ingress device "eth0" priority 0; policy accept; ip saddr 198.51.100.0/24 drop; tcp dport 80 ip saddr 192.0.2.66 drop; ip6 saddr 2001:db8:1::/48 drop; meta mark set 5; }; }
table inet i { chain in { type filter hook ingress device "eth0" priority 10; policy accept; ip saddr 10.0.0.0/8 drop; meta nfproto ipv6 tcp dport 443 drop; }; chain input { type filter hook input priority 0; policy drop; ct state established accept; meta mark 5 tcp dport != 8080 accept; }; }`},
	{name: "ingress of another device", host: true, rules: `table netdev n { chain in { type filter hook ingress device "lo" priority 0; policy drop; }; }`},
	{name: "bridge and arp tables see nothing", host: true, rules: `
table bridge b { chain i { type filter hook input priority 0; policy drop; }; }
table arp a { chain i { type filter hook input priority 0; policy accept; }; }`},
	{name: "interfaces", host: true, rules: base(`iifname "lo" accept
iifname "eth*" tcp dport 22 accept
iifname { "wg0", "eth0" } tcp dport 80 accept
iif eth0 tcp dport 443 reject
oifname "x" tcp dport 2222 accept
oifname != "x" udp dport 22 accept
iifname != "lo" ip saddr 10.0.0.0/8 accept
iiftype ether iifgroup default tcp dport 8080 ip saddr 192.0.2.10 accept`)},
	{name: "vmap by interface and port", rules: `
table inet t {
	chain ssh { ip saddr { 192.0.2.0/24, 198.51.100.7 } accept; ip6 saddr 2001:db8::/32 accept; }
	chain web { accept; }
	map svc { type inet_service : verdict; flags interval; elements = { 22 : jump ssh, 80-443 : goto web, 2222 : drop, 8000-9000 : continue }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; iifname vmap { "lo" : accept, "eth0" : continue }; tcp dport vmap @svc; tcp dport 8080 reject; }
}`},
	{name: "concatenated ranges are rectangles", rules: `
table inet t {
	set rect { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0-172.31.255.255 . 80-443, 192.0.2.10-192.0.2.66 . 22 }; }
	set rect6 { type ipv6_addr . inet_proto . inet_service; flags interval; elements = { 2001:db8::/32 . tcp . 20-30, fd00::/8 . udp . 0-65535 }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr . tcp dport @rect accept; ip6 saddr . meta l4proto . th dport @rect6 accept; }
}`},
	{name: "ranges", rules: base("ip saddr 192.0.2.0-192.0.2.50 tcp dport 20-30 accept\nip saddr != 198.51.100.0-198.51.100.100 tcp dport 80 accept\nip6 saddr 2001:db8::-2001:db8::ff tcp dport 443-8080 accept\ntcp dport != 22-443 ip saddr 172.16.0.0/12 accept\ntcp dport < 80 ip saddr 10.0.0.0/8 accept\ntcp dport >= 2222 ip6 saddr fd00::/8 accept")},
	{name: "prefixes that are no whole bytes", rules: base("ip saddr 192.0.2.64/26 accept\nip saddr 198.51.100.0/25 tcp dport 22 accept\nip6 saddr 2001:db8::/61 tcp dport 80 accept\nip saddr & 255.0.0.255 == 10.0.0.3 accept\nip daddr 192.0.2.2/31 accept")},
	{name: "reject kinds", rules: `
table inet t { chain i { type filter hook input priority 0; policy accept;
	tcp dport 22 reject with tcp reset
	tcp dport 80 reject with icmpx admin-prohibited
	ip protocol tcp tcp dport 443 reject with icmp host-unreachable
	ip6 nexthdr tcp tcp dport 443 reject with icmpv6 no-route
	udp dport { 22, 80 } reject
	tcp dport 8080 drop
}; }`},
	{name: "output that drops the answer", rules: `
table inet t { chain o { type filter hook output priority 0; policy accept; tcp sport 22 drop; udp sport 22 drop; ip daddr 198.51.100.0/24 ct state established drop; tcp sport 80 tcp flags & (syn|ack) == (syn|ack) ip6 daddr fd00::/8 drop; }; }`},
	{name: "output policy drop with established", rules: `
table inet t {
	chain i { type filter hook input priority 0; policy accept; tcp dport 80 reject; }
	chain o { type filter hook output priority 0; policy drop; ct state established,related accept; oifname "lo" accept; }
}`},
	{name: "output that drops the refusal", rules: `
table inet t {
	chain i { type filter hook input priority 0; policy accept; tcp dport 22 reject with tcp reset; tcp dport 80 reject; udp dport 22 reject; tcp dport { 443, 8080 } reject with tcp reset; }
	chain o { type filter hook output priority 0; policy accept; ct state established accept; tcp flags & rst == rst tcp sport { 22, 8080 } drop; ip daddr 192.0.2.0/24 icmp type destination-unreachable drop; ct state related tcp sport 443 ip daddr 198.51.100.0/24 drop; }
}`},
	{name: "output that rejects the answer", rules: `
table inet t { chain o { type filter hook output priority 0; policy accept; tcp sport 22 reject; tcp sport 80 reject with tcp reset; udp sport 22 reject; }; }`},
	{name: "only established gets out", rules: `
table inet t {
	chain i { type filter hook input priority 0; policy accept; tcp dport 22 reject with tcp reset; tcp dport 80 reject; }
	chain o { type filter hook output priority 0; policy drop; ct state established accept; }
}`},
	{name: "output that lets some answers out", rules: `
table inet t { chain o { type filter hook output priority 0; policy drop; meta l4proto ipv6-icmp accept; oifname "eth0" tcp sport { 22, 443 } accept; udp sport 22 ip daddr 192.0.2.0/24 accept; }; }`},
	{name: "postrouting that drops", rules: `
table inet t { chain p { type filter hook postrouting priority 0; policy accept; tcp sport 2222 drop; meta l4proto tcp ct original proto-dst 80 drop; }; }`},
	{name: "answer of a redirected connection", rules: `
table inet n { chain pre { type nat hook prerouting priority -100; policy accept; tcp dport 2222 redirect to :22; }; }
table inet t { chain o { type filter hook output priority 0; policy accept; tcp sport 2222 drop; meta l4proto tcp ct original proto-dst 2222 ip daddr 10.0.0.0/8 drop; }; chain p { type filter hook postrouting priority 150; policy accept; tcp sport 2222 ip daddr 198.51.100.0/24 drop; }; }`},
	{name: "fib", host: true, rules: `
table inet t {
	chain pre { type filter hook prerouting priority -300; policy accept; fib saddr . iif oif missing drop; fib daddr type != local drop; fib saddr type local drop; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; fib daddr . iif type local tcp dport 22 accept; fib saddr type unicast tcp dport 80 accept; fib saddr oif "eth0" tcp dport 443 accept; fib saddr . iif oif exists tcp dport 2222 accept; }
}`},
	{name: "meta", host: true, rules: base("meta pkttype host tcp dport 22 accept\nmeta protocol ip tcp dport 80 accept\nmeta l4proto udp accept\nmeta nfproto ipv6 tcp dport 443 accept\nmeta skuid 0 accept\nmeta secpath exists accept\nmeta iifkind \"veth\" tcp dport 2222 accept\nip frag-off & 0x1fff != 0 accept\nexthdr frag exists accept\nip version 4 tcp dport 8080 accept")},
	{name: "dynamic set", rules: `
table inet t {
	set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; size 1000; }
	set seen6 { type ipv6_addr; flags dynamic; size 1000; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr 192.0.2.0/24 tcp dport { 22, 80 } add @seen { ip saddr }; tcp dport 80 ip saddr @seen accept; update @seen6 { ip6 saddr counter } accept; }
}`},
	{name: "limit before log decides nothing", rules: base("limit rate 1/minute log prefix \"in: \"\nlimit rate 1/minute burst 5 packets counter log\ntcp dport 22 limit rate 5/second burst 5 packets counter\ntcp dport 22 accept")},
	{name: "limits that both ways end the same", rules: "table inet filter { chain a { tcp dport 80 accept; }; chain b { tcp dport 80 accept; tcp dport 443 reject; }; }\n" + base("tcp dport 22 limit rate 1/minute accept\ntcp dport 22 accept\nnumgen random mod 2 vmap { 0 : goto a, 1 : goto b }"), unsure: true},
	{name: "rate limited ssh", rules: base("tcp dport 22 ct state new limit rate 10/minute accept\ntcp dport 80 accept"), unsure: true},
	{name: "numgen mark", rules: base("meta mark set numgen random mod 4\nmeta mark 0-3 tcp dport 22 accept\nmeta mark { 0, 1 } tcp dport 80 accept"), unsure: true},
	{name: "meter and quota", rules: base("tcp dport 22 meter m { ip saddr limit rate over 3/minute } drop\ntcp dport 22 accept\ntcp dport 80 quota over 1000 mbytes drop\ntcp dport 80 accept\ntcp dport 443 ct count over 20 reject\ntcp dport 443 accept"), unsure: true},
	{name: "source ports", rules: base("tcp sport 1024-65535 tcp dport 22 accept\ntcp sport < 1024 drop\ntcp sport 0-1023 reject\ntcp dport 80 tcp sport != 53 accept")},
	{name: "counters, quotas and helpers as objects", rules: `
table inet t {
	counter c { packets 0 bytes 0; }
	ct helper ftp { type "ftp" protocol tcp; }
	map cm { type inet_service : counter; elements = { 22 : "c" }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 counter name "c" accept; tcp dport 2222 ct helper set "ftp" accept; counter name tcp dport map @cm; tcp dport 80 ct helper "ftp" accept; }
}`},
	{name: "firewalld shape", host: true, rules: `
table inet firewalld {
	chain mangle_PREROUTING { type filter hook prerouting priority mangle + 10; policy accept; }
	chain filter_PREROUTING { type filter hook prerouting priority filter + 10; policy accept; icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept; meta nfproto ipv6 fib saddr . mark . iif oif missing drop; }
	chain filter_INPUT { type filter hook input priority filter + 10; policy accept; ct state { established, related } accept; ct status dnat accept; iifname "lo" accept; ct state invalid drop; jump filter_INPUT_ZONES; reject with icmpx admin-prohibited; }
	chain filter_INPUT_ZONES { ip saddr 198.51.100.0/24 goto filter_IN_drop; iifname "eth0" goto filter_IN_public; goto filter_IN_public; }
	chain filter_IN_public { jump filter_IN_public_deny; jump filter_IN_public_allow; meta l4proto { icmp, ipv6-icmp } accept; }
	chain filter_IN_public_deny { ip saddr 10.0.0.0/8 drop; }
	chain filter_IN_public_allow { tcp dport 22 accept; ip6 daddr fe80::/64 udp dport 546 accept; tcp dport 8080 mark and 0x1 == 1 accept; }
	chain filter_IN_drop { tcp dport 443 accept; drop; }
}`},
	{name: "fail2ban and crowdsec beside a firewall", rules: `
table inet f2b-table {
	set addr-set-sshd { type ipv4_addr; elements = { 203.0.113.5, 10.1.2.3 }; }
	set addr6-set-sshd { type ipv6_addr; elements = { fd00::9 }; }
	chain f2b-chain { type filter hook input priority filter - 1; policy accept; tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable; tcp dport 22 ip6 saddr @addr6-set-sshd reject with icmpv6 port-unreachable; }
}
table ip crowdsec { set crowdsec-blacklists { type ipv4_addr; flags timeout; elements = { 198.51.100.200 timeout 4h }; }; chain crowdsec-chain-input { type filter hook input priority filter - 10; policy accept; ip saddr @crowdsec-blacklists drop; }; }
` + base("tcp dport { 22, 80 } accept")},
}

// rareSets use what rule sets use less often.
var rareSets = []ruleSet{
	{name: "concatenated verdict maps", rules: `
table inet t {
	map svc { type inet_proto . inet_service : verdict; flags interval; elements = { tcp . 22 : accept, udp . 20-30 : accept, tcp . 80-443 : jump web }; }
	map who { type ipv4_addr . inet_service : verdict; elements = { 192.0.2.66 . 22 : drop, 10.1.2.3 . 80 : accept }; }
	map six { type ipv6_addr . inet_service : verdict; flags interval; elements = { 2001:db8::/64 . 22 : drop, fd00::/8 . 1-1024 : drop }; }
	chain web { ip saddr 198.51.100.0/24 drop; tcp dport 80 accept; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr . tcp dport vmap @who; ip6 saddr . tcp dport vmap { 2001:db8::10 . 22 : drop, fd00::9 . 443 : accept }; meta l4proto . th dport vmap @svc; iifname . tcp dport vmap { "eth0" . 2222 : accept, "lo" . 8080 : accept }; }
}`},
	{name: "translation by map", rules: `
table ip nat {
	map redir { type inet_service : inet_service; elements = { 2222 : 22, 8080 : 80 }; }
	chain pre { type nat hook prerouting priority dstnat; policy accept; tcp dport { 1-65535 } redirect to :tcp dport map @redir; }
}
table inet f { chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 accept; meta l4proto tcp ct original proto-dst 8080 accept; ip6 saddr ::/0 tcp dport 2222 accept; }; }`},
	{name: "translation of one address and port by map", host: true, rules: `
table ip nat {
	map to { type inet_service : ipv4_addr . inet_service; elements = { 8080 : 192.0.2.1 . 443 }; }
	chain pre { type nat hook prerouting priority dstnat; policy accept; dnat ip to tcp dport map @to; tcp dport 80 dnat to ip saddr map { 10.1.2.3 : 192.0.2.2, 192.0.2.10 : 192.0.2.1 }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 443 ct status dnat accept; ip daddr 192.0.2.2 tcp dport 80 accept; }
}`},
	{name: "translation to a range", unsure: true, rules: `
table ip nat { chain pre { type nat hook prerouting priority dstnat; policy accept; tcp dport 80 redirect to :8000-8090; tcp dport 443 dnat to 192.0.2.1-192.0.2.2; tcp dport 2222 redirect to :22 random; }; }`},
	{name: "shifted and combined marks", rules: `
table inet m { chain p { type filter hook prerouting priority -150; policy accept; meta mark set 0x1; meta mark set meta mark << 4; ct mark set 0x3; meta mark set meta mark or 0x100; tcp dport 22 ct mark set meta mark and 0xf0; tcp dport 80 meta mark set ct mark << 8; }; }
table inet f { chain i { type filter hook input priority 0; policy drop; ct state established accept; ct mark 0x10 accept; meta mark 0x300 accept; meta mark 0x110 tcp dport 443 accept; }; }`},
	{name: "matches of what a client chooses", unsure: true, rules: base("ip dscp cs1 tcp dport 22 drop\nmeta length < 20 drop\nip ttl < 3 drop\nether saddr 02:00:00:00:00:02 tcp dport 22 accept\ntcp option maxseg size < 100 drop\ntcp window < 5 drop\ntcp dport 80 ip6 hoplimit > 0 accept\ntcp option timestamp exists tcp dport 443 accept\nmeta cpu 0 tcp dport 2222 accept\nip id 7 drop\nip length > 2000 drop")},
	{name: "time", unsure: true, rules: base("meta day Sunday tcp dport 22 accept\nmeta hour \"00:00\"-\"23:59\" tcp dport 80 accept\nmeta time > \"2020-01-01 00:00:00\" tcp dport 443 accept")},
	{name: "sockets and fingerprints", unsure: true, rules: base("socket transparent 1 tcp dport 22 accept\nosf name \"Linux\" tcp dport 80 accept\nmeta l4proto tcp socket wildcard 0 tcp dport 443 accept\ntcp dport 2222 accept")},
	{name: "elements with time and counters", rules: `
table inet t {
	set ban { type ipv4_addr; flags timeout; counter; elements = { 203.0.113.5 timeout 1h, 10.1.2.3 timeout 2d }; }
	set gone { type ipv4_addr; flags timeout; elements = { 192.0.2.10 timeout 1ms }; }
	map soft { type ipv4_addr : verdict; flags timeout; elements = { 198.51.100.7 timeout 1h : drop }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr @ban drop; ip saddr @gone reject; ip saddr vmap @soft; tcp dport { 22, 80 } counter accept; }
}`},
	{name: "named limits and quotas", unsure: true, rules: `
table inet t {
	limit slow { rate 400/minute; }
	quota much { over 500 mbytes; }
	map lims { type inet_service : limit; elements = { 443 : "slow" }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 limit name "slow" accept; tcp dport 80 quota name "much" drop; tcp dport 80 accept; limit name tcp dport map @lims accept; tcp dport 2222 accept; }
}`},
	{name: "verdict maps over state, type and flags", host: true, rules: `
table inet t { chain i { type filter hook input priority 0; policy drop;
	ct state vmap { established : accept, invalid : drop, new : continue }
	meta pkttype vmap { broadcast : drop, multicast : drop }
	fib daddr . iif type vmap { local : continue, broadcast : drop }
	tcp flags vmap { syn : continue, fin|syn : drop }
	meta nfproto vmap { ipv4 : jump four, ipv6 : jump six }
	ct direction vmap { original : continue, reply : accept }
	tcp dport 8080 accept
}
	chain four { ip protocol vmap { tcp : continue, udp : drop }; tcp dport 22 accept; }
	chain six { ip6 nexthdr vmap { tcp : goto sixtcp, udp : accept }; }
	chain sixtcp { tcp dport { 80, 443 } accept; }
}`},
	{name: "zones, labels, helpers and options set", rules: `
table inet t {
	chain raw { type filter hook prerouting priority raw; policy accept; ct zone set 7; }
	chain o { type filter hook output priority raw; policy accept; ct zone set 7; }
	chain mangle { type filter hook prerouting priority mangle; policy accept; tcp option maxseg size set 1400; meta priority set "1:1"; ct event set new,related; ip dscp set cs1; ip ttl set 32; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ct zone 7 tcp dport 22 accept; ct zone 0 tcp dport 80 accept; }
}`},
	{name: "zone on the way in only", rules: `
table inet t {
	chain raw { type filter hook prerouting priority raw; policy accept; tcp dport { 22, 80 } ct zone set 7; }
	chain i { type filter hook input priority 0; policy accept; tcp dport 22 ct state new accept; }
	chain o { type filter hook output priority 0; policy accept; tcp sport 80 ct state invalid drop; tcp sport 22 ct state established drop; tcp sport 443 ct state established ip daddr 10.0.0.0/8 drop; }
}`},
	{name: "raw payloads", rules: base("@th,16,16 22 accept\n@nh,96,32 0x0a010203 tcp dport 80 accept\nip saddr . ip daddr { 192.0.2.10 . 192.0.2.1, 10.0.0.0/8 . 192.0.2.2 } tcp dport 443 accept\nip daddr . tcp dport { 192.0.2.2 . 2222 } accept\nip6 saddr & ffff:ffff:: == 2001:db8:: tcp dport 8080 accept")},
	{name: "tproxy", unsure: true, rules: `
table inet t { chain p { type filter hook prerouting priority mangle; policy accept; meta l4proto tcp tcp dport 80 tproxy to :22 meta mark set 1 accept; }; chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport { 22, 80 } accept; }; }`},
	{name: "synproxy", unsure: true, rules: `
table inet t { chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 accept; tcp dport 80 ct state invalid,untracked synproxy mss 1460 wscale 7; tcp dport 443 synproxy mss 1460 wscale 7; }; }`},
	{name: "hashes", unsure: true, rules: base("jhash ip saddr mod 2 seed 0x1 vmap { 0 : accept, 1 : drop }\nsymhash mod 2 vmap { 0 : accept, 1 : accept }")},
	{name: "delete and update", unsure: true, rules: `
table inet t {
	set s { type ipv4_addr; flags dynamic, timeout; elements = { 192.0.2.10, 203.0.113.5 }; }
	set t { type ipv4_addr; flags dynamic, timeout; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 delete @s { ip saddr } drop; tcp dport 80 update @t { ip saddr timeout 1m } accept; }
}`},
	{name: "set that is full", unsure: true, rules: `
table inet t {
	set s { type ipv4_addr; flags dynamic; size 2; elements = { 192.0.2.10, 203.0.113.5 }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 22 add @s { ip saddr } accept; tcp dport 80 ip saddr @s accept; }
}`},
	{name: "empty sets and maps", rules: `
table inet t {
	set none { type ipv4_addr; }
	set nonet { type ipv6_addr; flags interval; }
	map nothing { type inet_service : verdict; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr @none accept; tcp dport 22 ip saddr != @none accept; ip6 saddr != @nonet tcp dport 80 accept; tcp dport vmap @nothing; tcp dport 443 accept; }
}`},
	{name: "edges of intervals", rules: `
table inet t {
	set every { type ipv4_addr; flags interval; elements = { 0.0.0.0/0 }; }
	set high { type ipv4_addr; flags interval; elements = { 192.0.2.66-255.255.255.255 }; }
	set low { type inet_service; flags interval; elements = { 0-22, 8080-65535 }; }
	map step { type ipv4_addr : mark; flags interval; elements = { 0.0.0.0-192.0.2.65 : 1, 192.0.2.66-255.255.255.255 : 2 }; }
	chain i { type filter hook input priority 0; policy drop; ct state established accept; meta mark set ip saddr map @step; ip saddr @high tcp dport 80 accept; tcp dport @low ip saddr @every accept; meta mark 1 tcp dport 443 accept; ip6 saddr ::/0 tcp dport 2222 accept; }
}`},
	{name: "several chains of one priority", rules: `
table inet a { chain x { type filter hook input priority 0; policy accept; tcp dport 22 drop; tcp dport 80 meta mark set 1; }; chain y { type filter hook input priority 0; policy accept; tcp dport 22 reject; meta mark 1 drop; tcp dport 443 meta mark set 2; }; }
table inet b { chain z { type filter hook input priority 0; policy accept; tcp dport 22 ip saddr 192.0.2.0/24 reject with icmpx admin-prohibited; tcp dport 443 meta mark 2 reject; tcp dport 8080 drop; }; }`},
	{name: "multiple devices at ingress", host: true, rules: `
table netdev n { chain in { type filter hook ingress devices = { eth0, lo } priority 0; policy accept; ether type ip ip saddr 203.0.113.5 drop; ip6 nexthdr tcp tcp dport 80 ip6 saddr fd00::/8 drop; meta l4proto udp th dport 22 drop; }; }`},
}

func TestRareNftRulesPredicted(t *testing.T) {
	l := newLane(t)
	for _, rs := range rareSets {
		t.Run(rs.name, func(t *testing.T) {
			l.server.must(t, "flush ruleset\n"+rs.rules, "nft", "-f", "-")
			f := l.nftFile(t)
			f.mayLack = rs.host
			n := l.check(t, rs.rules, rs.unsure, f)
			t.Logf("%d probes, %d unknown, %d unknown from the file", n.probes, n.unknown, n.fileUnknown)
		})
	}
}
