package nflink

import (
	"strings"
	"testing"
	"time"

	"sshaudit/audit/netfilter"
)

// iptSet is a rule set in iptables' own format; ipset is for `ipset restore`.
type iptSet struct {
	name, ipset, v4, v6 string
	unsure, host        bool
}

func filter(policy string, rules ...string) string {
	return "*filter\n:INPUT " + policy + " [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n" + strings.Join(rules, "\n") + "\nCOMMIT\n"
}

const established = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

var iptSets = []iptSet{
	{name: "classic", v4: filter("DROP", "-A INPUT -i lo -j ACCEPT", established, "-A INPUT -m conntrack --ctstate INVALID -j DROP",
		"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp -m multiport --dports 80,443,8000:9000 -j ACCEPT", "-A INPUT -p icmp -j ACCEPT",
		"-A INPUT -p udp -m udp --dport 22 -j ACCEPT"),
		v6: filter("DROP", established, "-A INPUT -p ipv6-icmp -j ACCEPT", "-A INPUT -s 2001:db8::/64 -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset")},
	{name: "state module and syn", v4: filter("DROP", "-A INPUT -m state --state ESTABLISHED -j ACCEPT", "-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m state --state NEW -j DROP",
		"-A INPUT -p tcp -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT", "-A INPUT -p tcp -m state ! --state NEW -m tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -m tcp --tcp-flags ALL NONE -j DROP",
		"-A INPUT -p tcp -m tcp --dport 443 -m state --state NEW,INVALID -j ACCEPT")},
	{name: "user chains, return and goto", v4: `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:LOCALINPUT - [0:0]
:ALLOWIN - [0:0]
:DENYIN - [0:0]
:LOGDROP - [0:0]
-A INPUT ! -i lo -j LOCALINPUT
` + established + `
-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 443 -g ALLOWIN
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -j LOGDROP
-A LOCALINPUT -j ALLOWIN
-A LOCALINPUT -j DENYIN
-A ALLOWIN -s 192.0.2.66/32 -j RETURN
-A ALLOWIN -s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j ACCEPT
-A DENYIN -s 203.0.113.0/24 -j LOGDROP
-A DENYIN -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j REJECT --reject-with icmp-port-unreachable
-A LOGDROP -m limit --limit 30/min -j LOG --log-prefix "Firewall: *Blocked* "
-A LOGDROP -j DROP
COMMIT
`},
	{name: "addresses and interfaces", v4: filter("ACCEPT", "-A INPUT ! -s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j DROP", "-A INPUT -s 10.0.0.3/255.0.0.255 -j REJECT",
		"-A INPUT -d 192.0.2.2/32 -p tcp -m tcp --dport 22 -j DROP", "-A INPUT -i eth+ -p tcp -m tcp --dport 2222 -j REJECT --reject-with tcp-reset", "-A INPUT ! -i eth0 -j DROP", "-A INPUT -i wg0 -j DROP", "-A INPUT ! -p tcp -s 198.51.100.0/24 -j DROP"),
		v6: filter("ACCEPT", "-A INPUT ! -s 2001:db8::/32 -p tcp -m tcp --dport 80 -j DROP", "-A INPUT -s fd00::/8 -p tcp -j REJECT --reject-with icmp6-adm-prohibited", "-A INPUT -i eth+ -p udp -m udp --dport 22 -j DROP")},
	{name: "iprange", v4: filter("DROP", established, "-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.50 -j ACCEPT", "-A INPUT -p tcp -m iprange ! --src-range 198.51.100.0-198.51.100.100 -m tcp --dport 22 -j ACCEPT", "-A INPUT -m iprange --dst-range 192.0.2.2-192.0.2.9 -p tcp -m tcp --dport 80 -j ACCEPT"),
		v6: filter("DROP", established, "-A INPUT -m iprange --src-range 2001:db8::-2001:db8::20 -j ACCEPT", "-A INPUT -p tcp -m iprange ! --src-range fd00::-fd00::ffff -m tcp --dport 22 -j ACCEPT")},
	{name: "multiport kinds", v4: filter("DROP", established, "-A INPUT -p tcp -m multiport --ports 22,80 -j ACCEPT", "-A INPUT -p udp -m multiport ! --dports 80,443 -j ACCEPT", "-A INPUT -p tcp -m multiport --sports 1024:65535 -m tcp --dport 80 -j ACCEPT")},
	{name: "addrtype", v4: filter("DROP", established, "-A INPUT -m addrtype --dst-type LOCAL -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -m addrtype --src-type LOCAL -j DROP", "-A INPUT -m addrtype ! --dst-type LOCAL -j DROP", "-A INPUT -m addrtype --dst-type MULTICAST -j DROP", "-A INPUT -m addrtype --dst-type BROADCAST -j DROP",
		"-A INPUT -m addrtype --dst-type LOCAL --limit-iface-in -p tcp -m tcp --dport 80 -j ACCEPT"), host: true,
		v6: filter("DROP", established, "-A INPUT -m addrtype --dst-type LOCAL -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -m addrtype --dst-type UNICAST -p tcp -m tcp --dport 80 -j ACCEPT", "-A INPUT -m addrtype --src-type UNICAST -p tcp -m tcp --dport 443 -j ACCEPT")},
	{name: "marks", v4: `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
-A PREROUTING -s 192.0.2.0/24 -j MARK --set-xmark 0x10/0xffffffff
-A PREROUTING -s 10.0.0.0/8 -j MARK --set-xmark 0x3/0xf
-A PREROUTING -p tcp -m tcp --dport 80 -j CONNMARK --set-xmark 0x7/0xff
-A PREROUTING -s 198.51.100.0/24 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff
-A INPUT -p tcp -m tcp --dport 443 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
COMMIT
` + filter("DROP", established, "-A INPUT -p tcp -m mark --mark 0x10 -m tcp --dport 22 -j ACCEPT", "-A INPUT -m mark --mark 0x2/0x2 -j ACCEPT", "-A INPUT -m connmark --mark 0x7/0xff -j ACCEPT", "-A INPUT -p tcp -m mark ! --mark 0x0 -m tcp --dport 8080 -j REJECT", "-A INPUT -p tcp -m connmark ! --mark 0x0 -m tcp --dport 443 -j ACCEPT")},
	{name: "redirect and dnat", v4: `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 2222 -j REDIRECT --to-ports 22
-A PREROUTING -d 192.0.2.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.1:443
-A PREROUTING -s 10.0.0.0/8 -p tcp -m tcp --dport 8080 -j RETURN
-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80
-A POSTROUTING -j MASQUERADE
COMMIT
` + filter("DROP", established, "-A INPUT -p tcp -m conntrack --ctstate DNAT -m tcp --dport 443 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -m conntrack ! --ctstate DNAT -j ACCEPT",
		"-A INPUT -p tcp -m conntrack --ctorigdstport 8080 -j ACCEPT", "-A INPUT -p tcp -m conntrack --ctorigdst 192.0.2.2/32 --ctstate NEW -m tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp -m conntrack ! --ctstatus CONFIRMED -m tcp --dport 22 -s 172.16.0.0/12 -j ACCEPT"), host: true,
		v6: `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 2222 -j REDIRECT --to-ports 22
-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8::1]:443
COMMIT
` + filter("DROP", established, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 443 -m conntrack --ctorigdstport 8080 -j ACCEPT")},
	{name: "raw notrack", v4: `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 22 -j CT --notrack
-A OUTPUT -p tcp -m tcp --sport 22 -j CT --notrack
-A PREROUTING -p tcp -m conntrack --ctstate INVALID -m tcp --dport 443 -j DROP
COMMIT
` + filter("DROP", established, "-A INPUT -m conntrack --ctstate UNTRACKED -j ACCEPT", "-A INPUT -p tcp -m conntrack --ctstate NEW -m tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -m conntrack --ctstate NEW -m tcp --dport 443 -j ACCEPT")},
	{name: "owner of nothing, pkttype, comment, helper, policy", v4: filter("DROP", established, `-A INPUT -p tcp -m comment --comment "allow \"ssh\" here" -m tcp --dport 22 -j ACCEPT`, "-A INPUT -p tcp -m pkttype --pkt-type unicast -m tcp --dport 80 -j ACCEPT", "-A INPUT -m helper --helper ftp -j ACCEPT", "-A INPUT -m policy --dir in --pol ipsec -j ACCEPT", "-A INPUT -p tcp -m policy --dir in --pol none -m tcp --dport 443 -j ACCEPT", "-A INPUT -f -j ACCEPT")},
	{name: "ipset kinds", ipset: `create nets hash:net family inet
add nets 192.0.2.0/24
add nets 192.0.2.64/26 nomatch
create nets6 hash:net family inet6
add nets6 2001:db8::/32
create hosts hash:ip family inet timeout 3600
add hosts 203.0.113.5
add hosts 198.51.100.200 timeout 0
create hp hash:ip,port family inet
add hp 10.1.2.3,tcp:443
add hp 10.1.2.3,udp:80
create np hash:net,port family inet
add np 172.16.0.0/12,tcp:8000-9000
create ports bitmap:port range 0-65535
add ports 2222
create all list:set
add all hosts
add all nets
create ni hash:net,iface family inet
add ni 198.51.100.0/25,eth0
create three hash:ip,port,net family inet
add three 192.0.2.66,tcp:80,192.0.2.0/30
create bip bitmap:ip range 192.0.2.0/24
add bip 192.0.2.60-192.0.2.70
`, v4: filter("DROP", established, "-A INPUT -p tcp -m set --match-set nets src -m tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp -m set ! --match-set all src -m tcp --dport 80 -j ACCEPT", "-A INPUT -m set --match-set hp src,dst -j ACCEPT", "-A INPUT -m set --match-set np src,dst -j ACCEPT",
		"-A INPUT -p tcp -m set --match-set ports dst -j REJECT", "-A INPUT -p tcp -m set --match-set ni src,src -m tcp --dport 443 -j ACCEPT", "-A INPUT -m set --match-set three src,dst,dst -j ACCEPT", "-A INPUT -p tcp -m set --match-set bip src -m tcp --dport 8080 -j ACCEPT", "-A INPUT -m set --match-set all src -j REJECT"), host: true,
		v6: filter("DROP", established, "-A INPUT -p tcp -m set --match-set nets6 src -m tcp --dport 22 -j ACCEPT", "-A INPUT -p tcp -m set --match-set ports dst -j ACCEPT")},
	{name: "set target then match", ipset: "create seen hash:ip family inet\nadd seen 203.0.113.5\n", v4: filter("DROP", established, "-A INPUT -p tcp -m tcp --dport 80 -j SET --add-set seen src", "-A INPUT -p tcp -m tcp --dport 22 -m set --match-set seen src -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT"), host: true},
	{name: "undecidable", v4: filter("DROP", established, "-A INPUT -p tcp -m tcp --dport 22 -m recent --set --name ssh --mask 255.255.255.255 --rsource", "-A INPUT -p tcp -m tcp --dport 22 -m recent --update --seconds 60 --hitcount 100 --name ssh --mask 255.255.255.255 --rsource -j DROP", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
		"-A INPUT -p tcp -m tcp --dport 80 -m hashlimit --hashlimit-above 1000/sec --hashlimit-burst 5000 --hashlimit-mode srcip --hashlimit-name web -j DROP", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT",
		"-A INPUT -p tcp -m tcp --dport 443 -m connlimit --connlimit-above 500 --connlimit-mask 32 -j REJECT --reject-with tcp-reset", "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT",
		"-A INPUT -p tcp -m tcp --dport 2222 -m limit --limit 100/sec --limit-burst 500 -j ACCEPT", "-A INPUT -m mac --mac-source 02:00:00:00:00:02 -p tcp -m tcp --dport 8080 -j ACCEPT"), unsure: true},
	{name: "limit before log only", v4: filter("DROP", established, "-A INPUT -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix \"[UFW BLOCK] \"", "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 1/min -j LOG", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -m recent --set --name x --mask 255.255.255.255 --rsource", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")},
	{name: "output policy drop", v4: "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j REJECT\n-A OUTPUT -m conntrack --ctstate ESTABLISHED -p tcp -m tcp --sport 22 -j ACCEPT\n-A OUTPUT -o eth+ -d 192.0.2.0/24 -j ACCEPT\n-A OUTPUT -m conntrack --ctstate RELATED -j ACCEPT\nCOMMIT\n"},
	{name: "rpfilter", v4: "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -m rpfilter --invert -j DROP\nCOMMIT\n" + filter("DROP", established, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"), host: true},
	{name: "ipv6 headers", v6: filter("DROP", "-A INPUT -m rt --rt-type 0 -j DROP", established, "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 133 -m hl --hl-eq 255 -j ACCEPT", "-A INPUT -m frag --fragmore -j ACCEPT", "-A INPUT -d fe80::/10 -p udp -m udp --dport 546 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT")},
	{name: "security and mangle input", v4: "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n-A INPUT -s 203.0.113.5/32 -j DROP\nCOMMIT\n*security\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n" + filter("ACCEPT", "-A INPUT -s 10.0.0.0/8 -j REJECT")},
	{name: "nat policies", v4: "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER -i docker0 -j RETURN\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n" + filter("DROP", established, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"), unsure: true, host: true},
	{name: "extensions that nobody can decide", v4: filter("DROP", established, "-A INPUT -p tcp -m length --length 1:20 -j DROP", "-A INPUT -m ttl --ttl-lt 2 -j DROP", "-A INPUT -m dscp --dscp 0x08 -j DROP", "-A INPUT -m tos --tos 0x10/0x3f -p tcp -m tcp --dport 22 -j ACCEPT",
		"-A INPUT -p tcp -m tcp --dport 80 -m statistic --mode random --probability 0.9 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -m tcpmss --mss 1:100 -j DROP", "-A INPUT -p tcp -m tcp --tcp-option 2 -m tcp --dport 443 -j ACCEPT",
		"-A INPUT -m time --timestart 00:00 --timestop 23:59 -p tcp -m tcp --dport 2222 -j ACCEPT", "-A INPUT -m u32 --u32 0x0=0x1 -j DROP", "-A INPUT -m string --string evil --algo bm -j DROP", "-A INPUT -m quota --quota 1000000 -p tcp -m tcp --dport 8080 -j ACCEPT", "-A INPUT -m cpu --cpu 0 -j RETURN", "-A INPUT -p udp -m udp --dport 22 -j ACCEPT"), unsure: true,
		v6: filter("DROP", established, "-A INPUT -m hl --hl-lt 2 -j DROP", "-A INPUT -p tcp -m tcp --dport 22 -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1 -j ACCEPT", "-A INPUT -p tcp -m socket -j ACCEPT", "-A INPUT -m ipv6header --header none -j DROP", "-A INPUT -m eui64 -j DROP", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")},
	{name: "targets that only note", v4: "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j TTL --ttl-set 64\n-A PREROUTING -p tcp -j DSCP --set-dscp 0x08\n-A PREROUTING -p tcp -j TOS --set-tos 0x10\n-A POSTROUTING -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu\n-A POSTROUTING -j CLASSIFY --set-class 0001:0001\nCOMMIT\n" +
		filter("DROP", established, "-A INPUT -j NFLOG --nflog-prefix x", "-A INPUT -p tcp -j AUDIT --type accept", "-A INPUT -j LOG --log-prefix \"a \\\"b\\\" \"", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT")},
	{name: "owner of an answer", v4: "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -m tcp --sport 22 -m owner --uid-owner 12345 -j DROP\n-A OUTPUT -p tcp -m tcp --sport 80 -m owner ! --uid-owner 12345 -j ACCEPT\n-A OUTPUT -p tcp -m tcp --sport 443 -j REJECT\nCOMMIT\n", unsure: true},
	{name: "bridge ports and groups", v4: filter("DROP", established, "-A INPUT -m physdev --physdev-in eth7 -j ACCEPT", "-A INPUT -m devgroup --src-group 0x5 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -m realm --realm 0x5 -j ACCEPT"), unsure: true},
	{name: "conntrack in every form", v4: filter("DROP", "-A INPUT -m conntrack --ctdir REPLY -j ACCEPT", "-A INPUT -m conntrack --ctstatus SEEN_REPLY -j ACCEPT", "-A INPUT -p tcp -m conntrack --ctorigsrc 192.0.2.0/24 --ctstate NEW -m tcp --dport 22 -j ACCEPT", "-A INPUT -m conntrack ! --ctproto 17 --ctorigdstport 80:443 --ctstate NEW,RELATED -j ACCEPT",
		"-A INPUT -p tcp -m conntrack --ctreplsrc 192.0.2.2/32 -m tcp --dport 2222 -j ACCEPT", "-A INPUT -p tcp -m conntrack ! --ctorigdst 192.0.2.1/32 -m tcp --dport 8080 -j ACCEPT", "-A INPUT -m connmark --mark 0x0 -m helper --helper sip -j ACCEPT")},
	{name: "zones by CT", v4: "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 22 -j CT --zone 5\n-A PREROUTING -p tcp -m tcp --dport 80 -j CT --zone 6\n-A OUTPUT -p tcp -m tcp --sport 80 -j CT --zone 6\n-A PREROUTING -p tcp -m tcp --dport 443 -j CT --ctevents new\nCOMMIT\n" +
		"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A OUTPUT -p tcp -j DROP\nCOMMIT\n"},
	{name: "proxmox shape", v4: `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:PVEFW-INPUT - [0:0]
:PVEFW-HOST-IN - [0:0]
:PVEFW-SET-ACCEPT-MARK - [0:0]
:PVEFW-Drop - [0:0]
-A INPUT -j PVEFW-INPUT
-A PVEFW-INPUT -j PVEFW-HOST-IN
-A PVEFW-HOST-IN -i lo -j ACCEPT
-A PVEFW-HOST-IN -m conntrack --ctstate INVALID -j DROP
-A PVEFW-HOST-IN -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A PVEFW-HOST-IN -p tcp -m tcp --dport 22 -g PVEFW-SET-ACCEPT-MARK
-A PVEFW-HOST-IN -m mark --mark 0x80000000/0x80000000 -j ACCEPT
-A PVEFW-HOST-IN -s 192.0.2.0/24 -p tcp -m tcp --dport 8080 -j RETURN
-A PVEFW-HOST-IN -j PVEFW-Drop
-A PVEFW-HOST-IN -j DROP
-A PVEFW-SET-ACCEPT-MARK -j MARK --set-xmark 0x80000000/0x80000000
-A PVEFW-Drop -p udp -m multiport --dports 135,445 -j REJECT
-A PVEFW-Drop -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP
COMMIT
`},
}

// variant is one of the two kinds of iptables.
type variant struct {
	name, prefix string
}

var variants = []variant{{"nf_tables", "nft"}, {"legacy", "legacy"}}

// clean empties the lane's tables of every kind.
func (l *lane) clean(t testing.TB) {
	t.Helper()
	l.server.must(t, "flush ruleset\n", "nft", "-f", "-")
	for _, p := range []string{"iptables", "ip6tables"} {
		names, err := l.server.run("", "cat", "/proc/thread-self/net/"+strings.Replace(p, "tables", "_tables_names", 1))
		if err != nil {
			t.Fatal(err)
		}
		for table := range strings.FieldsSeq(names) {
			chains := map[string]string{"filter": "INPUT FORWARD OUTPUT", "nat": "PREROUTING INPUT OUTPUT POSTROUTING", "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING", "raw": "PREROUTING OUTPUT", "security": "INPUT FORWARD OUTPUT"}[table]
			text := "*" + table + "\n"
			for c := range strings.FieldsSeq(chains) {
				text += ":" + c + " ACCEPT [0:0]\n"
			}
			l.server.must(t, text+"COMMIT\n", p+"-legacy-restore")
		}
	}
	l.server.must(t, "", "ipset", "flush") // a list keeps its members in use
	// The kernel lets go of a set some time after the rules that named it are gone.
	for range 100 {
		if _, err := l.server.run("", "ipset", "destroy"); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("ipset destroy: sets stay in use")
}

func (l *lane) loadIPTables(t testing.TB, v variant, rs iptSet) []file {
	t.Helper()
	l.clean(t)
	if rs.ipset != "" {
		l.server.must(t, rs.ipset, "ipset", "restore")
	}
	var files []file
	for _, p := range []struct {
		program, rules string
		v6             bool
	}{{"iptables-", rs.v4, false}, {"ip6tables-", rs.v6, true}} {
		if p.rules == "" {
			continue
		}
		l.server.must(t, p.rules, p.program+v.prefix+"-restore")
		files = append(files, file{parse: netfilter.ParseSave, text: l.server.must(t, "", p.program+v.prefix+"-save"), oneFamily: true, v6: p.v6, mayLack: rs.host})
	}
	return files
}

func TestIPTablesRulesPredicted(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			l := newLane(t)
			for _, rs := range iptSets {
				t.Run(rs.name, func(t *testing.T) {
					files := l.loadIPTables(t, v, rs)
					if v.prefix == "nft" {
						f := l.nftFile(t)
						f.mayLack = true
						files = append(files, f)
					}
					n := l.check(t, rs.v4+rs.v6, rs.unsure, files...)
					t.Logf("%d probes, %d unknown, %d unknown from files", n.probes, n.unknown, n.fileUnknown)
				})
			}
		})
	}
}
