package report

import (
	"strings"
	"time"

	"sshaudit/audit"
)

type jsonMet struct {
	Service     string       `json:"service"`
	Address     string       `json:"address"`
	Said        string       `json:"said"`
	SaidB64     string       `json:"said_b64,omitempty"`
	Failure     string       `json:"failure"`
	HostKeys    []jsonMetKey `json:"host_keys"`
	Kex         []string     `json:"kex"`
	HostKeyAlgs []string     `json:"host_key_algorithms"`
	Ciphers     []string     `json:"ciphers"`
	MACs        []string     `json:"macs"`
	TLS         string       `json:"tls"`
	Certificate string       `json:"certificate"`
	Names       []string     `json:"certificate_names"`
	Until       string       `json:"certificate_until,omitempty"`
}

type jsonMetKey struct {
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"`
}

func toJSONMet(m audit.Met) jsonMet {
	j := jsonMet{
		Service: m.Service, Address: m.Address, Said: whole(m.Said), SaidB64: raw(m.Said), Failure: clean(m.Failure), HostKeys: []jsonMetKey{},
		Kex: cleans(m.Kex), HostKeyAlgs: cleans(m.HostKeyAlgorithms), Ciphers: cleans(m.Ciphers), MACs: cleans(m.MACs),
		TLS: clean(m.TLS), Certificate: whole(m.Certificate), Names: []string{},
	}
	for _, k := range m.HostKeys {
		j.HostKeys = append(j.HostKeys, jsonMetKey{clean(k.Type), clean(k.Fingerprint)})
	}
	for _, name := range m.Names {
		j.Names = append(j.Names, whole(name))
	}
	if !m.Until.IsZero() {
		j.Until = m.Until.UTC().Format(time.RFC3339)
	}
	return j
}

// met tells what the listeners said, for those who compare or publish it.
func (p *printer) met(list []audit.Met) {
	if len(list) > 0 {
		p.line("")
		p.line("met on this host")
	}
	for i := range list {
		m := &list[i]
		facts := []string{shown(m.Said)}
		if m.Said == "" {
			facts[0] = "nothing was said"
		}
		if m.TLS != "" {
			facts = append(facts, clean(m.TLS))
		}
		if !m.Until.IsZero() {
			facts = append(facts, "certificate of "+shown(m.Certificate)+" until "+m.Until.UTC().Format(time.DateOnly))
		}
		p.line("  %s %s: %s", m.Address, m.Service, strings.Join(facts, ", "))
		for _, k := range m.HostKeys {
			p.line("    %s %s", clean(k.Type), clean(k.Fingerprint))
		}
	}
}
