package survey

import (
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// met words for the report what the listeners said.
func met(h *facts.Host) []audit.Met {
	var list []audit.Met
	for i := range h.Probes {
		p := &h.Probes[i]
		m := audit.Met{Service: p.Service, Address: p.To.String(), Failure: string(p.Failure)}
		if s := p.SSH; s != nil {
			if b := s.Banner; b != nil {
				m.Said = audit.Untrusted(strings.TrimSpace(string(b.Software + " " + b.Comment)))
			}
			for _, k := range s.HostKeys {
				m.HostKeys = append(m.HostKeys, audit.MetKey{Type: k.Type, Fingerprint: string(k.Fingerprint())})
			}
			if o := s.Offer; o != nil {
				m.Kex, m.HostKeyAlgorithms, m.Ciphers, m.MACs = o.Kex, o.HostKey, o.CipherOut, o.MACOut
			}
		}
		if f := p.FTP; f != nil {
			m.Said = f.Greeting
			if t := f.TLS; t != nil {
				m.TLS, m.Certificate, m.Names, m.Until = t.Version, t.Subject, t.Names, t.NotAfter
			}
		}
		list = append(list, m)
	}
	return list
}
