package netfilter

import (
	"fmt"
	"net/netip"
	"strings"
)

// manager is a program that writes rules, known by the names it gives.
type manager struct {
	name string
	// owns tells whether a rule is the program's, and on which of its lists
	// (a jail, a zone) it stands.
	owns func(at *ref, set string) (list string, ok bool)
	// change is its command to let a source in; a ban is lifted by it.
	change func(q Question, list string, at *ref) string
	// ban tells whether a refusing rule is a ban after misbehaviour.
	ban func(list string, at *ref) bool
}

func never(string, *ref) bool { return false }

func always(string, *ref) bool { return true }

// managers are asked in order; those that ban come first, since their rules may
// stand in a table of another's.
var managers = []manager{
	{"fail2ban", ownsFail2ban, func(q Question, jail string, _ *ref) string {
		if jail == "" {
			return fmt.Sprintf("fail2ban-client unban %s", q.From)
		}
		return fmt.Sprintf("fail2ban-client set %s unbanip %s", jail, q.From)
	}, always},
	{"crowdsec", ownsBy("crowdsec", "CROWDSEC"), func(q Question, _ string, _ *ref) string {
		return fmt.Sprintf("cscli decisions delete --ip %s", q.From)
	}, always},
	{"sshguard", ownsBy("sshguard"), func(q Question, _ string, at *ref) string {
		set, key := "attackers", at.chain.Table.Family.String()
		return fmt.Sprintf("nft delete element %s sshguard %s '{ %s }'", key, set, q.From)
	}, always},
	{"csf", ownsCSF, func(q Question, list string, _ *ref) string {
		if list == "DENYIN" {
			return fmt.Sprintf("csf -dr %s", q.From)
		}
		return fmt.Sprintf("csf -a %s", q.From)
	}, func(list string, _ *ref) bool { return list == "DENYIN" }},
	{"ufw", ownsUFW, func(q Question, _ string, _ *ref) string {
		return fmt.Sprintf("ufw allow from %s to any port %d proto %s", q.From, q.Port, q.Proto)
	}, never},
	{"firewalld", ownsFirewalld, changeFirewalld, never},
	{"docker", ownsBy("DOCKER"), func(Question, string, *ref) string { return "" }, never},
	{"proxmox", ownsBy("PVEFW-"), func(q Question, _ string, _ *ref) string {
		return fmt.Sprintf("add `IN ACCEPT -source %s -p %s -dport %d` to /etc/pve/nodes/<node>/host.fw", q.From, q.Proto, q.Port)
	}, never},
	{"kubernetes", ownsBy("KUBE-"), func(Question, string, *ref) string { return "" }, never},
	{"libvirt", ownsBy("LIBVIRT_", "libvirt"), func(Question, string, *ref) string { return "" }, never},
}

// manage tells who wrote the deciding rule and how it is changed.
func (m *machine) manage(out *Ref, at *ref, refused bool) {
	if at.chain == nil {
		return
	}
	set := m.setOf(at)
	for _, w := range managers {
		list, ok := w.owns(at, set)
		if !ok {
			continue
		}
		if out.Manager = w.name; refused {
			out.Change, out.Ban = w.change(m.q, list, at), w.ban(list, at)
			if w.name == "fail2ban" {
				out.List = shown(list)
			}
		}
		return
	}
	if refused {
		out.Change = m.plainChange(at)
	}
}

// setOf names the set that a rule looks into.
func (m *machine) setOf(at *ref) string {
	if at.rule == nil {
		return ""
	}
	for _, o := range at.rule.operations(at.chain.Table) {
		switch o := o.(type) {
		case opLookup:
			if o.set != nil && !o.set.Anonymous {
				return o.set.Name
			}
		case opXT:
			if x, ok := o.match.(xtSet); ok && x.set == "" && m.rs.IPSet != nil {
				if set, err := m.rs.IPSet("", x.index); err == nil && set != nil {
					return set.Name
				}
			} else if ok {
				return x.set
			}
		}
	}
	return ""
}

// ownsBy recognises a program by what its tables, chains and sets begin with.
func ownsBy(prefixes ...string) func(*ref, string) (string, bool) {
	return func(at *ref, set string) (string, bool) {
		for _, p := range prefixes {
			if strings.HasPrefix(at.chain.Name, p) || strings.HasPrefix(at.chain.Table.Name, p) || strings.HasPrefix(set, p) {
				return "", true
			}
		}
		return "", false
	}
}

// ownsFail2ban knows the table f2b-table with its sets addr-set-JAIL, and the
// chains and ipsets f2b-JAIL.
func ownsFail2ban(at *ref, set string) (jail string, ok bool) {
	for _, prefix := range []string{"addr-set-", "addr6-set-", "f2b-"} {
		if rest, found := strings.CutPrefix(set, prefix); found {
			return plainName(rest), prefix == "f2b-" || strings.HasPrefix(at.chain.Table.Name, "f2b-")
		}
	}
	if rest, found := strings.CutPrefix(at.chain.Name, "f2b-"); found && at.chain.Table.Name != "f2b-table" {
		return plainName(rest), true
	}
	return "", strings.HasPrefix(at.chain.Table.Name, "f2b-")
}

// plainName returns a name that a shell takes as it is, otherwise nothing.
func plainName(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", c) {
			return ""
		}
	}
	return s
}

var csfChains = []string{"LOCALINPUT", "ALLOWIN", "DENYIN", "LOGDROPIN", "INVDROP", "INVALID", "SYNFLOOD"}

func ownsCSF(at *ref, _ string) (string, bool) {
	t := at.chain.Table
	if t.Chains["LOCALINPUT"] == nil || t.Chains["DENYIN"] == nil {
		return "", false
	}
	for _, c := range csfChains {
		if at.chain.Name == c {
			return c, true
		}
	}
	return "", at.chain.Hook == Input
}

// ownsUFW: its chains, and the policy of a built-in chain that calls them.
func ownsUFW(at *ref, _ string) (string, bool) {
	if strings.HasPrefix(at.chain.Name, "ufw-") || strings.HasPrefix(at.chain.Name, "ufw6-") {
		return "", true
	}
	t := at.chain.Table
	return "", at.rule == nil && at.chain.Hook == Input && (t.Chains["ufw-user-input"] != nil || t.Chains["ufw6-user-input"] != nil)
}

// ownsFirewalld: its table over nftables; the list is the zone.
func ownsFirewalld(at *ref, _ string) (zone string, ok bool) {
	name := at.chain.Name
	for _, prefix := range []string{"filter_IN_", "IN_"} {
		if rest, found := strings.CutPrefix(name, prefix); found {
			zone = rest
			for _, suffix := range []string{"_pre", "_log", "_deny", "_allow", "_post"} {
				zone = strings.TrimSuffix(zone, suffix)
			}
			ok = prefix == "filter_IN_"
		}
	}
	return plainName(zone), ok || at.chain.Table.Name == "firewalld" || at.chain.Table.Chains["INPUT_ZONES"] != nil
}

func changeFirewalld(q Question, zone string, _ *ref) string {
	option := ""
	if zone != "" {
		option = " --zone=" + zone
	}
	family := "ipv4"
	if q.From.Is6() {
		family = "ipv6"
	}
	return fmt.Sprintf("firewall-cmd%s --add-rich-rule='rule family=\"%s\" source address=\"%s\" port port=\"%d\" protocol=\"%s\" accept'; the same with --permanent to keep it",
		option, family, q.From, q.Port, q.Proto)
}

// plainChange lets the source in where nobody manages the rules. It names the
// base chain: a rule at its head comes before the one that refuses.
func (m *machine) plainChange(at *ref) string {
	c := at.chain
	if c.Hook == NoHook {
		for _, b := range c.Table.Order {
			if b.Hook == Input {
				c = b
				break
			}
		}
	}
	if c.Hook != Input || plainName(c.Name) == "" || plainName(c.Table.Name) == "" {
		return ""
	}
	switch c.Table.Dialect {
	case NFT:
		return fmt.Sprintf("nft insert rule %s %s %s %s saddr %s %s dport %d accept", c.Table.Family, c.Table.Name, c.Name,
			map[bool]string{false: "ip", true: "ip6"}[m.v6], m.q.From, m.q.Proto, m.q.Port)
	case Legacy:
		return iptablesInsert(c, m.q, map[bool]string{false: "iptables-legacy", true: "ip6tables-legacy"}[m.v6])
	case IPTables:
	}
	return iptablesInsert(c, m.q, map[bool]string{false: "iptables", true: "ip6tables"}[m.v6])
}

func iptablesInsert(c *Chain, q Question, program string) string {
	table := ""
	if c.Table.Name != "filter" {
		table = " -t " + c.Table.Name
	}
	return fmt.Sprintf("%s%s -I %s -s %s -p %s --dport %d -j ACCEPT", program, table, c.Name, netip.PrefixFrom(q.From, q.From.BitLen()), q.Proto, q.Port)
}
