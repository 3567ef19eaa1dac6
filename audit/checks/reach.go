package checks

import (
	"fmt"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

var firewallDrops = &Check{
	Doc: audit.Doc{
		ID: "firewall-drops-service", Title: "A service listens, and the packet filter lets nobody to it",
		Why: "A new connection from a public address that no rule names is dropped or rejected before sshd or the FTP server sees it: " +
			"clients show a time-out or a refused connection, and the service logs nothing. That is meant where only some networks may come in; then name " +
			"one of them under vantages in sshaudit.yaml, or accept the finding.",
		Repair:   "sshaudit reach --from ADDRESS shows the rule that decides and the command of its manager to change it.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerNetwork,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for i := range h.Reach {
			r := &h.Reach[i]
			if r.Verdict != audit.Refuse || r.Closed {
				continue
			}
			f := c.finding("", "port %d (%s) cannot be reached from %s: %s", r.Port, r.Service, r.Vantage, decider(r))
			f.Observed, f.Expected = "refused", "accepted"
			f.Fix = fmt.Sprintf("sshaudit reach --from %s --port %d", r.Vantage, r.Port)
			found = append(found, f)
		}
		return found
	},
}

// decider words what decides about a connection.
func decider(r *facts.Reach) string {
	if r.Rule == "" {
		return "no rule lets it in"
	}
	return r.Rule + " (" + r.Place + ")"
}

var firewallFamilies = &Check{
	Doc: audit.Doc{
		ID: "firewall-v4-v6-differ", Title: "A service can be reached by one address family only",
		Why: "The packet filter lets IPv4 in and not IPv6, or the other way round. Clients that find both addresses by name try one " +
			"first and wait for its time-out, or fail.",
		Repair:   "Write the rules for both families (table inet, ip6tables beside iptables), or publish only the address that works.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerNetwork,
		References: []string{"CIS Ubuntu 24.04 4.4.3.4"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		type seen struct{ v4, v6 audit.Verdict }
		byPort := make(map[int]seen)
		var order []int
		for i := range h.Reach {
			r := &h.Reach[i]
			if r.Closed {
				continue
			}
			s, known := byPort[r.Port]
			if !known {
				order = append(order, r.Port)
			}
			if r.Vantage.Is4() {
				s.v4 = max(s.v4, r.Verdict)
			} else {
				s.v6 = max(s.v6, r.Verdict)
			}
			byPort[r.Port] = s
		}
		var found []audit.Finding
		for _, port := range order {
			switch s := byPort[port]; {
			case s.v4 == audit.Accept && s.v6 == audit.Refuse:
				found = append(found, c.finding("", "port %d is open by IPv4 and closed by IPv6", port))
			case s.v4 == audit.Refuse && s.v6 == audit.Accept:
				found = append(found, c.finding("", "port %d is closed by IPv4 and open by IPv6", port))
			}
		}
		return found
	},
}

var firewallInactive = &Check{
	Doc: audit.Doc{
		ID: "firewall-default-accept", Title: "No packet filter rule stands before a service",
		Why: "A new connection reaches the service although no rule of the packet filter lets it in: there is none, or every chain accepts by " +
			"default. Whatever else listens on this host can be reached in the same way.",
		Repair:   "Let the packet filter accept what is offered and drop the rest (nftables, ufw, firewalld).",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerNetwork,
		References: []string{"STIG RHEL-09-251015", "Lynis FIRE-4512"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		for i := range h.Reach {
			if r := &h.Reach[i]; r.Verdict == audit.Accept && r.Rule == "" && !r.Closed {
				f := c.finding("", "port %d (%s) is reached from %s and no rule had a say", r.Port, r.Service, r.Vantage)
				f.Fix = "let the packet filter accept what is offered and drop the rest"
				return []audit.Finding{f}
			}
		}
		return nil
	},
}

var firewallOpen = &Check{
	Doc: audit.Doc{
		ID: "firewall-open-to-closed", Title: "A service that can be reached from where nobody should reach it",
		Why: "sshaudit.yaml names the address under closed: nobody is to come in from there, and the packet filter lets a new connection " +
			"to the service through.",
		Repair:   "sshaudit reach --from ADDRESS shows the rule that decides and the command of its manager to change it.",
		Severity: audit.Critical, Effect: audit.Exposes, Layer: audit.LayerNetwork,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for i := range h.Reach {
			r := &h.Reach[i]
			if r.Verdict != audit.Accept || !r.Closed {
				continue
			}
			by := r.Rule + " (" + r.Place + ")"
			if r.Rule == "" {
				by = "no rule had a say"
			}
			f := c.finding("", "port %d (%s) can be reached from %s: %s", r.Port, r.Service, r.Vantage, by)
			f.Observed, f.Expected = "accepted", "refused"
			f.Fix = fmt.Sprintf("sshaudit reach --from %s --port %d", r.Vantage, r.Port)
			found = append(found, f)
		}
		return found
	},
}
