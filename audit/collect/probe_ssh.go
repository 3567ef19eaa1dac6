package collect

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshwire"
)

// probeName is how a probe names itself to sshd, whose log then tells who it was.
const probeName = "SSH-2.0-sshaudit"

// errSeen ends a connection as soon as the host key was proved.
var errSeen = errors.New("the host key was seen")

// probeSSH listens to an SSH server: its identification, its algorithms and, by
// one connection for each type, its host keys, as many as do not make sshd refuse
// this host's own address. No authentication is ever tried.
func probeSSH(ctx context.Context, p *facts.Probe) {
	p.SSH = &facts.SSHProbe{}
	t, key := meet(ctx, p, hostKeyKinds)
	if t == nil {
		return
	}
	p.SSH.Greeting = sshwire.ReadGreeting(t.heard)
	if p.SSH.Offer == nil {
		p.Failure = t.failure()
		return
	}
	wanted := kindsOf(p.SSH.Offer.HostKey)
	for left := meetings(p.Server) - 1; ; left-- {
		if key != nil {
			p.SSH.HostKeys = append(p.SSH.HostKeys, key)
			wanted = slices.DeleteFunc(wanted, func(kind string) bool { return kind == key.Type })
		} else if len(p.SSH.HostKeys) > 0 && len(wanted) > 0 {
			p.SSH.Unproved = append(p.SSH.Unproved, wanted[0])
			wanted = wanted[1:]
		}
		if len(wanted) == 0 || len(p.SSH.HostKeys) == 0 || left <= 0 || ctx.Err() != nil {
			break
		}
		_, key = meet(ctx, p, algorithmsOf(wanted[0]))
	}
	p.SSH.Unproved = append(p.SSH.Unproved, wanted...)
}

// meet connects once and goes as far as the proof of the host key.
func meet(ctx context.Context, p *facts.Probe, algorithms []string) (*talk, *authkeys.Key) {
	t, err := dial(ctx, p.To)
	if err != nil {
		p.Failure = facts.ProbeRefused
		return nil, nil
	}
	defer func() { _ = t.Close() }()
	var key *authkeys.Key
	strong, weak := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	config := ssh.ClientConfig{
		Config: ssh.Config{
			KeyExchanges: slices.Concat(strong.KeyExchanges, weak.KeyExchanges),
			Ciphers:      slices.Concat(strong.Ciphers, weak.Ciphers), MACs: slices.Concat(strong.MACs, weak.MACs),
		},
		ClientVersion: probeName, HostKeyAlgorithms: algorithms,
		HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error {
			key, _ = authkeys.ParseBlob(k.Marshal())
			return errSeen
		},
	}
	// An error is the rule: the call back ends the connection.
	if conn, _, _, err := ssh.NewClientConn(t, p.To.String(), &config); err == nil {
		_ = conn.Close()
	}
	return t, key
}

// hostKeyKinds are the algorithms of all types of host keys that can be proved.
var hostKeyKinds = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA,
}

// kindsOf lists the types of keys of a list of host key algorithms, certificates left out.
func kindsOf(algorithms []string) []string {
	var kinds []string
	for _, name := range algorithms {
		if strings.HasPrefix(name, "rsa-sha2-") {
			name = ssh.KeyAlgoRSA
		}
		if !strings.Contains(name, "-cert-v0") && !slices.Contains(kinds, name) && len(kinds) < len(hostKeyKinds) {
			kinds = append(kinds, name)
		}
	}
	return kinds
}

// algorithmsOf are the algorithms in which a type of key signs.
func algorithmsOf(kind string) []string {
	if kind == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return []string{kind}
}
