package netfilter

// dialectOf guesses who writes a table's rules: iptables over nf_tables keeps to
// its five table names and to base chains with its own names and priorities.
func dialectOf(t *Table) Dialect {
	if t.Family != IPv4 && t.Family != IPv6 {
		return NFT
	}
	switch t.Name {
	case "filter", "nat", "mangle", "raw", "security":
	default:
		return NFT
	}
	for _, c := range t.Order {
		if c.Hook != NoHook && builtinChains[c.Name] != c.Hook {
			return NFT
		}
	}
	return IPTables
}

var builtinChains = map[string]Hook{"PREROUTING": Prerouting, "INPUT": Input, "FORWARD": Forward, "OUTPUT": Output, "POSTROUTING": Postrouting}
