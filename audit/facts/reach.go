package facts

import (
	"net/netip"

	"sshaudit/audit"
)

// Reach is what the packet filter does with a new connection from a vantage
// address to a port on which a service of the host listens.
type Reach struct {
	// Service is ServiceSSH, ServiceFTP or ServiceFTPS.
	Service string
	Port    int
	Vantage netip.Addr
	// Closed tells that the administrator named the address as one from which
	// nobody is to reach a service.
	Closed bool
	// Verdict is Refuse for a drop and a reject alike.
	Verdict audit.Verdict
	// Rule is the rule or policy that decides, as the administrator sees it; empty
	// if none had a say. Place is its table and chain.
	Rule, Place string
	// Why says what is missing for a verdict.
	Why string
}
