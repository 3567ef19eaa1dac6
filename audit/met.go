package audit

import "time"

// Met is what a listener of the host said to somebody who connected, before
// anybody logs in.
type Met struct {
	// Service is "ssh", "ftp" or "ftps"; Address what was connected to.
	Service, Address string
	// Said is how it named itself or greeted; empty if it did not. Failure is how
	// the conversation ended if it ended early.
	Said    Untrusted
	Failure string
	// HostKeys are those that an SSH server proved to have.
	HostKeys []MetKey
	// Kex, HostKeyAlgorithms, Ciphers and MACs are what it offers, from the server to
	// the client where the directions differ.
	Kex, HostKeyAlgorithms, Ciphers, MACs []string
	// TLS is the version that an FTP server agreed to; Certificate its subject,
	// Names those that it is for, Until its last moment; zero without one.
	TLS         string
	Certificate Untrusted
	Names       []Untrusted
	Until       time.Time
}

// MetKey is one host key.
type MetKey struct{ Type, Fingerprint string }
