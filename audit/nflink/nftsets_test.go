package nflink

// ruleSet is a hand-written rule set. unsure: it has matches that nobody can decide.
type ruleSet struct {
	name, rules string
	unsure      bool
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
}
