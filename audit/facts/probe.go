package facts

import (
	"net/netip"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/sshwire"
)

// Probe is what a listener of the host said to somebody who connected to it.
type Probe struct {
	// Service is what is expected there: ServiceSSH, ServiceFTP or ServiceFTPS.
	Service string
	To      netip.AddrPort
	// Server is the sshd whose port it is; nil if that is not known.
	Server *Server
	// Failure is how the conversation ended before it told what it should.
	Failure ProbeFailure
	// SSH is nil for another service, FTP for SSH.
	SSH *SSHProbe
	FTP *FTPProbe
}

// ProbeFailure is how a conversation ended too early.
type ProbeFailure string

// Failures.
const (
	// ProbeRefused: nobody took the connection.
	ProbeRefused ProbeFailure = "refused"
	// ProbeSilent: it was taken, and nothing came in time.
	ProbeSilent ProbeFailure = "silent"
	// ProbeClosed: it was ended before the listener named itself.
	ProbeClosed ProbeFailure = "closed"
	// ProbeStalled: something came, and then too little in time, or too much.
	ProbeStalled ProbeFailure = "stalled"
)

// SSHProbe is what a listener of SSH tells before anybody logs in.
type SSHProbe struct {
	sshwire.Greeting
	// HostKeys are the host keys that it proved to have, one of each type.
	HostKeys []*authkeys.Key
	// Unproved are the types that it offers and for which no key was obtained.
	Unproved []string
}

// FTPProbe is what a listener of FTP tells before anybody logs in.
type FTPProbe struct {
	// Code is that of its greeting, 0 if none came; Greeting its text.
	Code     int
	Greeting audit.Untrusted
	// Speaks names what else it seems to speak; empty if that is not known.
	Speaks string
	// Features are the lines of its answer to FEAT (RFC 2389).
	Features []audit.Untrusted
	// AuthCode is the code of its answer to AUTH TLS (RFC 4217): 234 if it agrees;
	// 0 if it was not asked.
	AuthCode int
	// TLS is nil if no TLS was tried.
	TLS *TLSProbe
}

// TLSProbe is a server's side of TLS.
type TLSProbe struct {
	// Failure says why there is no connection; empty if there is one.
	Failure string
	// Version is "TLS 1.3".
	Version string
	// Subject and Issuer are those of the server's certificate.
	Subject, Issuer audit.Untrusted
	// Names are the names and addresses for which it is.
	Names               []audit.Untrusted
	NotBefore, NotAfter time.Time
	// SelfSigned tells that it vouches for itself. Distrust says why a client that
	// knows the authorities of this host does not trust the chain, names and dates
	// left aside; empty if it does.
	SelfSigned bool
	Distrust   string
	// Mismatched are the configured names for which the certificate is not.
	Mismatched []string
}
