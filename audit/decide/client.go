package decide

import (
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/sshclients"
	"sshaudit/audit/sshwire"
)

// Client is whether a client program and a server can agree on algorithms.
type Client struct {
	Verdict audit.Verdict
	// Name is the program as it was identified.
	Name string
	// Mismatch is on what they do not agree; nil unless Verdict is Refuse.
	Mismatch *sshwire.Mismatch
	// Unknown tells that nothing is known of the program. Why says what is missing
	// for a verdict.
	Unknown bool
	Why     string
}

// Agrees decides whether a program that names itself so can agree on algorithms
// with what a server offers, its own settings left as they are delivered. Of a
// release that is not known itself it tells what the releases before and after
// it have in common.
func Agrees(offer *sshwire.Offer, software string) Client {
	product, version, ok := sshclients.Identify(software)
	if !ok {
		return Client{Name: audit.Untrusted(software).String(), Unknown: true, Why: "what this program offers is not known"}
	}
	c := Client{Name: strings.TrimSpace(product + " " + audit.Untrusted(version).String())}
	below, above := sshclients.Around(product, version)
	later := false // than every known one: it may have what the newest of them lacks
	switch {
	case below == nil:
		c.Why = "what releases before " + above.Name() + " offer is not known"
		return c
	case above == nil:
		above, later = below, true
	}
	first, second := disagreement(below.Offer, offer), disagreement(above.Offer, offer)
	switch {
	case first == nil && second == nil:
		c.Verdict = audit.Accept
	case first != nil && second != nil && !later:
		c.Verdict, c.Mismatch = audit.Refuse, first
	default:
		c.Why = below.Name() + word(first) + ", " + above.Name() + word(second)
	}
	return c
}

// disagreement is the first thing that a client and a server do not agree on. A
// sshd without a host key to offer ends the connection before it offers anything
// (kex.c kex_ready, sshd.c list_hostkey_types).
func disagreement(client, server *sshwire.Offer) *sshwire.Mismatch {
	if len(server.HostKey) == 0 {
		return &sshwire.Mismatch{Kind: sshwire.HostKey, Client: client.HostKey}
	}
	_, m := sshwire.Negotiate(client, server)
	return m
}

func word(m *sshwire.Mismatch) string {
	if m == nil {
		return " agrees with this sshd"
	}
	return " has no " + string(m.Kind) + " in common with it"
}

// Strangers lists the known releases that cannot agree with a server, with what
// they do not agree on, from the year on in which they were published.
func Strangers(offer *sshwire.Offer, since int) []Stranger {
	var list []Stranger
	for _, r := range sshclients.Releases() {
		if r.Year < since {
			continue
		}
		if m := disagreement(r.Offer, offer); m != nil {
			list = append(list, Stranger{Release: r, Mismatch: m})
		}
	}
	return list
}

// Stranger is a release of a client that cannot agree with a server.
type Stranger struct {
	sshclients.Release
	Mismatch *sshwire.Mismatch
}

// transport judges whether the client and sshd agree on algorithms.
func (l *login) transport() {
	if l.req.Client == "" {
		return
	}
	offer, missing := Offer(l.via.Server)
	if offer == nil {
		l.doubt(audit.LayerTransport, "whether the client and sshd agree on algorithms is not known: %s", missing)
		return
	}
	c := Agrees(offer, l.req.Client)
	switch {
	case c.Verdict == audit.Refuse:
		l.refuse(audit.LayerTransport, mismatch(l.via.Server, c.Name, c.Mismatch))
	case c.Verdict == audit.Accept:
		l.note(audit.LayerTransport, "%s and sshd agree on algorithms", c.Name)
	case c.Unknown:
		l.note(audit.LayerTransport, "whether %s and sshd agree on algorithms is not known: %s", c.Name, c.Why)
	default:
		l.doubt(audit.LayerTransport, "whether %s and sshd agree on algorithms is not known: %s", c.Name, c.Why)
	}
	if c.Verdict == audit.Accept && l.req.Key != nil && l.req.Key.Type == "ssh-rsa" && signsSHA1(l.req.Client) {
		l.oldSignature(c.Name)
	}
}

// oldSignature judges an RSA key in the hands of a client that signs by SHA-1.
func (l *login) oldSignature(client string) {
	policy := l.via.Policy
	if policy == nil || slices.Contains(policy.Accepted, "ssh-rsa") {
		return
	}
	cause := l.set("key-alg-not-accepted", "PubkeyAcceptedAlgorithms",
		client+" signs with RSA keys by SHA-1 only (ssh-rsa), which this sshd does not accept", "a newer client, or an ed25519 key")
	l.refuse(audit.LayerKey, cause)
}

// signsSHA1 tells that a release surely signs with RSA keys by SHA-1 only.
func signsSHA1(software string) bool {
	product, version, ok := sshclients.Identify(software)
	if !ok || version == "" {
		return false
	}
	_, above := sshclients.Around(product, version)
	return above != nil && above.SHA1
}
