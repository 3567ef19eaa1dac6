package checks

import (
	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// nameChecks are those of the public names in the settings.
var nameChecks = []*Check{
	nameCheck(audit.Doc{
		ID: "name-not-found", Title: "Public name that does not exist",
		Why: "DNS has no address for a name under names: in sshaudit.yaml, asked as the world would ask, this host's own /etc/hosts left " +
			"aside. Clients say that the host does not exist, or could not be resolved.",
		Repair:   "Correct the name, or add the A or AAAA record to its zone; a new record may take until the old answer's time is over.",
		Severity: audit.Critical, Effect: audit.Blocks, Layer: audit.LayerName,
	}),
	nameCheck(audit.Doc{
		ID: "name-elsewhere", Title: "Public name that leads to another host",
		Why: "A name under names: in sshaudit.yaml has an address that is neither this host's nor one under public_addresses. Clients " +
			"reach another machine: they time out, are refused, or see another host key.",
		Repair:   "Correct the record in the zone. Behind a router (NAT) name the router's address under public_addresses: in sshaudit.yaml.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerName,
	}),
	nameCheck(audit.Doc{
		ID: "name-ipv6-no-listener", Title: "Public name with an IPv6 address at which nobody listens",
		Why: "The name has an AAAA record of this host, and a service that listens by IPv4 does not by IPv6. Clients with IPv6 try that " +
			"address first: the connection is refused, or slow.",
		Repair:   "Let the server listen by IPv6 (sshd: AddressFamily any), or remove the AAAA record.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerName,
	}),
	nameCheck(audit.Doc{
		ID: "name-ttl-long", Title: "Record that was changed and is still known with its old address",
		Why: "The zone's own servers say another address than the resolver that was asked, which keeps the old one for the time that the " +
			"record allowed (TTL). Until then some clients still go to the old address.",
		Repair:   "Wait, or let users connect by address. Lower the TTL some days before the next move.",
		Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerName,
	}),
}

// nameCheck builds a check that reports the cause of its id.
func nameCheck(doc audit.Doc) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		if h.Names == nil {
			return nil
		}
		var found []audit.Finding
		for i := range h.Names.List {
			causes, _ := decide.PublicName(h, &h.Names.List[i])
			for _, cause := range causes {
				if cause.ID != c.ID {
					continue
				}
				f := c.finding("", "%s", cause.Message)
				f.Observed, f.Expected, f.Fix = cause.Observed, cause.Expected, cause.Fix
				found = append(found, f)
			}
		}
		return found
	}}
}

var nameTranslated = &Check{
	Doc: audit.Doc{
		ID: "name-unverified", Title: "Public name of which it is not known whether it leads here",
		Why: "The host has private addresses only, so a router before it may translate public ones to it, and none is named under " +
			"public_addresses: in sshaudit.yaml. Whether the name leads to this host cannot be told.",
		Repair:   "Name the router's public address under public_addresses: in sshaudit.yaml.",
		Severity: audit.Notice, Effect: audit.Hardening, Layer: audit.LayerName,
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		if h.Names == nil {
			return nil
		}
		var found []audit.Finding
		for i := range h.Names.List {
			n := &h.Names.List[i]
			if _, doubt := decide.PublicName(h, n); doubt != "" && n.V4.Problem == "" && n.V6.Problem == "" {
				f := c.finding("", "%s", doubt)
				f.Fix = "name the public address under public_addresses: in sshaudit.yaml"
				found = append(found, f)
			}
		}
		return found
	},
}
