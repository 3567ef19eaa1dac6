package audit

import "time"

// ClientLog is what the log of a client program tells about its last connection.
// All of it is what the client believed: the server's own facts decide.
type ClientLog struct {
	// Program is the client's name, such as "WinSCP"; empty if it is not known.
	Program string
	Version Untrusted
	// Encoding is how the text was written: "UTF-8", "UTF-16LE", "UTF-16BE" or "Windows-1252".
	Encoding string
	// Lines counts the lines of the text, Attempts the connections in it; the
	// other fields are about the last one that came to something.
	Lines, Attempts int
	// Protocol is ssh, sftp, scp, ftp or ftps; empty if the log does not tell.
	Protocol string
	Host     Untrusted
	// Port is the server's port; 0 if the log does not tell.
	Port int
	User Untrusted
	// Address is what the name was resolved to; empty if the log does not tell.
	Address string
	// Proxy and Tunnel name what stands between; empty if nothing does.
	Proxy, Tunnel Untrusted
	// Server is the identification or greeting that was received.
	Server Untrusted
	// HostKey is the host key that the server showed.
	HostKey ClientKey
	// HostKeyChanged tells that the client knew another one.
	HostKeyChanged bool
	// Agreed are the algorithms in use, Offered those that a side named.
	Agreed  []ClientAlgorithm
	Offered []ClientOffer
	// Keys are the user's keys in the order in which they were used.
	Keys []ClientKey
	// Tried are the methods that the client tried, Methods those that the server offers.
	Tried, Methods []string
	// Reached is how far the connection came, Step what failed; empty if nothing did.
	Reached, Step string
	// Message is the client's own message about the failure, from Line.
	Message Untrusted
	Line    int
	// Status is the exit status of the session; nil if none was sent.
	Status *int
	// Stray is the beginning of the text that came where an SFTP packet was due.
	Stray Untrusted
	// Passive is where the FTP server asked for the data connection ("192.0.2.1:2121").
	Passive string
	// Began and Ended are the first and last time in the log. Without Zoned they
	// are the client's wall clock, written as if it were UTC.
	Began, Ended time.Time
	Zoned        bool
	// Remarks are further lines that a server sent for the administrator, such as
	// the place of the matching line of authorized_keys.
	Remarks []Untrusted
}

// ClientKey is a key that is named in a client's log.
type ClientKey struct {
	// Type is the key's algorithm; Fingerprint "SHA256:…" or "MD5:…". Each is
	// empty if the log does not tell.
	Type, Fingerprint string
	// Path is the file or comment that the client names.
	Path Untrusted
	// Answer tells whether the server accepted the offer.
	Answer Verdict
	// Agent tells that an agent holds the key.
	Agent bool
}

// ClientAlgorithm is one algorithm that was agreed on: what it is for ("kex",
// "hostkey", "cipher", "mac") and its name.
type ClientAlgorithm struct{ Use, Name string }

// ClientOffer is a list of algorithms that one side offered.
type ClientOffer struct {
	// By is "client" or "server"; Use as in ClientAlgorithm.
	By, Use string
	Names   []string
}

// ClientReport joins a client's log with this host.
type ClientReport struct {
	ClientLog
	// Proves says what the client's message proves, for the administrator; escaped.
	Proves string
	// Here tells whether the connection reached this host: by its address, its
	// host key and its log. Because says why; escaped.
	Here    Verdict
	Because []string
	// ClockOff is how far the client's clock is before the server's; nil if that
	// cannot be told.
	ClockOff *time.Duration
	// Advice is what only the client can do, by the menus of its program.
	Advice []string
}
