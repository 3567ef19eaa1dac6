package collect

import (
	"context"
	"net/netip"

	"sshaudit/audit/netfilter"
	"sshaudit/audit/nflink"
)

// Translates tells whether a rule of the packet filter sends a connection to this
// port to another address or port. Without a client's address it asks for a
// stranger of each family. Where the filter cannot be read it is taken to have none.
func (c *Collector) Translates(ctx context.Context, from, to netip.Addr, port int) bool {
	clients := []netip.Addr{from}
	if !from.IsValid() {
		v4, v6, err := nflink.Vantages(ctx, nflink.Options{})
		if err != nil {
			return false
		}
		clients = []netip.Addr{v4, v6}
	}
	for _, client := range clients {
		q := netfilter.Question{From: client, To: to, Port: uint16(port), Proto: netfilter.TCP}
		if q.Check() != nil {
			continue
		}
		if _, answers, err := nflink.Ask(ctx, nflink.Options{}, []netfilter.Question{q}); err == nil && answers[0].Translated {
			return true
		}
	}
	return false
}
