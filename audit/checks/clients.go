package checks

import "sshaudit/audit"

// What clients show, by the way in which sshd ends a login. sshd never says why:
// many causes look the same from outside (openssh-portable's ssh, PuTTY's
// ssh/*.c, WinSCP's and FileZilla's messages).
var (
	// permissionDenied: the method is refused, and no other is left.
	permissionDenied = audit.ClientWords{
		OpenSSH: "Permission denied (METHODS).", PuTTY: "Server refused our key",
		WinSCP: "Server refused our key.", FileZilla: "Server refused our key",
	}
	// accessDenied: a password is refused.
	accessDenied = audit.ClientWords{
		OpenSSH: "Permission denied, please try again.", PuTTY: "Access denied",
		WinSCP: "Access denied.", FileZilla: "Authentication failed.",
	}
	// noMethods: the method is not offered.
	noMethods = audit.ClientWords{
		OpenSSH:   "Permission denied (METHODS).",
		PuTTY:     "No supported authentication methods available (server sent: METHODS)",
		WinSCP:    "No supported authentication methods available (server sent: METHODS)",
		FileZilla: "No supported authentication methods available (server sent: METHODS)",
	}
	// noConnection: nobody listens, or something on the way says no.
	noConnection = audit.ClientWords{
		OpenSSH: "Connection refused", PuTTY: "Network error: Connection refused",
		WinSCP: "Network error: Connection to \"HOST\" refused.", FileZilla: "Connection attempt failed with \"ECONNREFUSED - Connection refused by server\".",
	}
	// noAnswer: packets vanish.
	noAnswer = audit.ClientWords{
		OpenSSH: "Connection timed out", PuTTY: "Network error: Connection timed out",
		WinSCP: "Network error: Connection to \"HOST\" timed out.", FileZilla: "Connection timed out after 20 seconds of inactivity",
	}
	// noHost: the name has no address.
	noHost = audit.ClientWords{
		OpenSSH: "Could not resolve hostname HOST: Name or service not known", PuTTY: "Unable to open connection: Host does not exist",
		WinSCP: "Host \"HOST\" does not exist.", FileZilla: "ssh_init: Host does not exist",
	}
	// reset: the connection ends before or during the exchange of keys.
	reset = audit.ClientWords{
		OpenSSH: "kex_exchange_identification: Connection closed by remote host", PuTTY: "Remote side unexpectedly closed network connection",
		WinSCP: "Server unexpectedly closed network connection.", FileZilla: "Could not connect to server",
	}
	// closed: the connection ends at the login, without a word.
	closed = audit.ClientWords{
		OpenSSH: "Connection closed by HOST port PORT", PuTTY: "Remote side unexpectedly closed network connection",
		WinSCP: "Server unexpectedly closed network connection.", FileZilla: "Server unexpectedly closed network connection",
	}
	// dropped: the login succeeds, then the connection ends.
	dropped = audit.ClientWords{
		OpenSSH: "client_loop: send disconnect: Broken pipe", PuTTY: "Remote side unexpectedly closed network connection",
		WinSCP: "Server unexpectedly closed network connection.", FileZilla: "Server unexpectedly closed network connection",
	}
	// noNegotiation: client and server have no algorithm in common.
	noNegotiation = audit.ClientWords{
		OpenSSH: "Unable to negotiate with HOST port PORT: no matching key exchange method found.", PuTTY: "Couldn't agree a key exchange algorithm (available: LIST)",
		WinSCP: "Couldn't agree a key exchange algorithm (available: LIST)", FileZilla: "Couldn't agree a key exchange algorithm (available: LIST)",
	}
	// noHostKey, noCipher and noMAC: the same for each of these. PuTTY 0.78 has other
	// words: Selected client-to-server MAC "…" does not correspond to any supported algorithm.
	noHostKey = noMatch("host key type", "host key algorithm")
	noCipher  = noMatch("cipher", "client-to-server cipher")
	noMAC     = noMatch("MAC", "client-to-server MAC")
	// tooMany: sshd ends the connection and says so.
	tooMany = audit.ClientWords{
		OpenSSH: "Too many authentication failures", PuTTY: "Too many authentication failures",
		WinSCP: "Too many authentication failures", FileZilla: "Too many authentication failures",
	}
	// sessionEnded: the login succeeds and the session ends at once with a status.
	sessionEnded = audit.ClientWords{
		OpenSSH: "Connection closed", PuTTY: "Session closed by the server",
		WinSCP:    "Connection has been unexpectedly closed. Server sent command exit status N. Cannot initialize SFTP protocol. Is the host running an SFTP server?",
		FileZilla: "Connection closed by server with exitcode N",
	}
	// noSubsystem: there is no SFTP to be had.
	noSubsystem = audit.ClientWords{
		OpenSSH: "subsystem request failed on channel 0", PuTTY: "Fatal: unable to initialise SFTP: could not connect",
		WinSCP: "Cannot initialize SFTP protocol. Is the host running an SFTP server?", FileZilla: "Connection closed by server with exitcode N",
	}
	// strayText: text stands where the SFTP client expects a packet.
	strayText = audit.ClientWords{
		OpenSSH: "Received message too long", PuTTY: "Received message too long",
		WinSCP: "Received too large (N B) SFTP packet. Max supported packet size is 1024000 B.", FileZilla: "Received too large SFTP packet",
	}
)

// Sentences for the customer that several causes share.
const (
	tryAgain     = " Please try again when we tell you that it is done; you need not change anything."
	ourFault     = "The fault is on our server, and we repair it." + tryAgain
	keyFileFault = "Your key is fine: our server does not use the list of your keys, because somebody else could change it or it cannot be read. We put that right." + tryAgain
	lineFault    = "Your key was entered on our server in a form that it cannot read. Send us the public key again (the file that ends in .pub, or PuTTYgen's text field; never the private key), and we enter it anew."
	newKey       = "Your key is of a kind or a size that our server no longer accepts. Please make a new one (PuTTYgen: EdDSA; or ssh-keygen -t ed25519) and send us its public half."
	newCert      = "Your certificate does not let you in. Please ask whoever issued it for a new one."
	notAllowed   = "This login is not allowed on the server, whatever key or password is used. If you need it, ask us to allow it."
)

// noMatch are the words for a thing as OpenSSH and as PuTTY name it.
func noMatch(openssh, putty string) audit.ClientWords {
	agree := "Couldn't agree a " + putty + " (available: LIST)"
	return audit.ClientWords{
		OpenSSH: "Unable to negotiate with HOST port PORT: no matching " + openssh + " found.", PuTTY: agree, WinSCP: agree, FileZilla: agree,
	}
}
