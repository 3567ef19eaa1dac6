package checks

import "sshaudit/audit"

// What clients show where the fault is on their side of the connection.
var (
	noName = audit.ClientWords{
		OpenSSH: "Could not resolve hostname HOST: Name or service not known", PuTTY: "Unable to open connection: Host does not exist",
		WinSCP: "Host \"HOST\" does not exist.", FileZilla: "Connection attempt failed with \"EAI_NONAME - Neither nodename nor servname provided, or not known\".",
	}
	otherKey = audit.ClientWords{
		OpenSSH: "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", PuTTY: "WARNING - POTENTIAL SECURITY BREACH!",
		WinSCP: "Host key wasn't verified!", FileZilla: "Host key mismatch",
	}
	unknownKey = audit.ClientWords{
		OpenSSH: "Host key verification failed.", PuTTY: "The host key is not cached for this server", WinSCP: "Host key wasn't verified!", FileZilla: "Unknown host key",
	}
	unusableKey = audit.ClientWords{
		OpenSSH: "Load key \"FILE\": invalid format", PuTTY: "Unable to use key file \"FILE\" (OpenSSH SSH-2 private key (new format))",
		WinSCP: "Private key file contains key in OpenSSH format. WinSCP supports only PuTTY format.", FileZilla: "Could not load key file",
	}
)

// clientCauses are proved by the client's own log (sshaudit why --log); most need
// nothing repaired on the server.
var clientCauses = []cause{
	{"name-not-a-host", audit.LayerName, audit.Warning, noName, "Host field that holds no host",
		"The client looked up something that cannot be a host's name: a URL, a path, a name with a user or a port, or nothing.",
		"Nothing on the server: the field takes the bare name or address.", "The field for the host must hold nothing but the server's name: no sftp:// or ftp:// before it, no slash, user name or port in it."},
	{"name-unresolvable", audit.LayerName, audit.Warning, noName, "Name without an address",
		"The name was not found for the client: it is misspelt, not published (yet), or the client's name server fails.",
		"Look the name up from outside; compare it with the names of this host.", "Your program did not find the server under this name. Please check the spelling of the host name; if it is right, try another network or wait until a new name is known everywhere."},
	{"client-proxy", audit.LayerNetwork, audit.Warning, noConnection, "Proxy or jump host that fails",
		"The client goes through a proxy or a jump host, and the connection ended there.",
		"Nothing on the server: look at the proxy or the jump host.", "Your program connects through a proxy or a tunnel, and that one failed. Please switch it off or ask whoever runs it."},
	{"network-lost-on-the-way", audit.LayerNetwork, audit.Warning, noAnswer, "Connection that did not arrive",
		"The client got no answer or a refusal, while this host would take its connection: what stopped it stands between them, or was there only at that time.",
		"Compare the address and port in the client's log with this host's; look at firewalls before it and at bans of that time.",
		"Your program got no connection to our server. Please check host name and port, try from another network, for instance over a mobile phone, and look whether a firewall or virus scanner blocks your program."},
	{"network-other-device-answers", audit.LayerTransport, audit.Warning, otherKey, "Somebody else answered",
		"The host key or the greeting that the client saw is not this host's: the name leads to another machine, or a router or proxy answers in its place.",
		"Compare the address in the client's log with this host's; look at the name, at port forwarding, and at proxies.",
		"Your program did not talk to our server but to another machine. Please check the host name and port, and do not enter your password until that is clear."},
	{"client-wrong-port", audit.LayerService, audit.Warning, noConnection, "Port of another service",
		"The client used a port on which another service listens, or none.", "Nothing on the server, if the port is not meant for it.", "Your program uses a wrong port. Please enter the one that we gave you (usually 22 for SFTP, 21 for FTP)."},
	{"path-mtu-blackhole", audit.LayerTransport, audit.Warning, noAnswer, "Large packets that do not arrive",
		"The exchange of keys begins and hangs at its first large packet, which a tunnel or router on the way drops without a word.",
		"Clamp the MSS or lower the MTU; let ICMP \"fragmentation needed\" and \"packet too big\" through.",
		"The connection hangs because a device on the way loses large packets. Please try without the VPN or from another network."},
	{"hostkey-changed", audit.LayerTransport, audit.Warning, otherKey, "Client that remembers another host key",
		"The client saw this host's own key but remembers another one for the name: the host was reinstalled or its keys were made anew.",
		"Tell the fingerprint to the customer by a way that they trust.", "Our server has a new host key, and your program still remembers the old one. Compare the fingerprint with the one that we tell you, then let your program accept the new key."},
	{"hostkey-unconfirmed", audit.LayerTransport, audit.Warning, unknownKey, "Host key that nobody confirmed",
		"The client connects for the first time, does not know the host key, and nobody confirmed it.",
		"Tell the fingerprint to the customer by a way that they trust.", "Your program does not know our server's host key yet. Compare the fingerprint with the one that we tell you, then confirm it."},
	{"client-configuration", audit.LayerName, audit.Warning, noName, "Client that refuses its own settings",
		"The client stopped at its own configuration or command line before it connected.", "Nothing on the server.", "Your program does not accept its own settings. Please correct the line that its message names."},
	{"client-key-file-format", audit.LayerKey, audit.Warning, unusableKey, "Key file that the client cannot use",
		"The client could not use its private key: another program's format, only the public half, a damaged file, or a file that others may read.",
		"Nothing on the server.", "Your program cannot use your key file. Please convert it into its own format (PuTTYgen: Load, then Save private key), or choose the private key, not the .pub file."},
	{"client-no-key-offered", audit.LayerMethod, audit.Warning, noMethods, "Client that offered no key",
		"The server takes keys only, and the client offered none.", "Nothing on the server.", "Our server accepts a key only, and your program offered none. Please choose your private key in its settings."},
	{"file-permission", audit.LayerSession, audit.Warning, dropped, "Operation that the server refused",
		"The login works; the account may not do to a file what the client asked for.", "Look at the owner and mode of the file and of the directories above it.", "Your login works, but you may not change this file or directory. Tell us its name, and we look at it."},
	{"file-space", audit.LayerSession, audit.Warning, dropped, "No room for the file",
		"The login works; the disk, the inodes or the quota are used up.", "df -h, df -i, quota.", "Your login works, but there is no more room on the server. Please delete what you no longer need, or ask us for more."},
	{"ftp-limit", audit.LayerService, audit.Warning, reset, "FTP server that turns clients away",
		"The FTP server ended the connection before the login: too many connections, or an address that it does not serve.", "Look at its limits and its log.", "The FTP server did not take your connection. Please lower the number of simultaneous connections in your program, and try again in some minutes."},
	{"ftp-login-incorrect", audit.LayerMethod, audit.Warning, accessDenied, "FTP login that was refused",
		"The FTP server refused the name, the password or the account; it does not say which.", "Look at its log, its list of users, /etc/ftpusers and /etc/shells.", "The FTP server refused your user name or password. Please check both, or set a new password."},
	{"ftp-tls-required", audit.LayerMethod, audit.Warning, accessDenied, "FTP without TLS",
		"The FTP server lets nobody log in without TLS.", "Nothing on the server.", "Our FTP server takes encrypted connections only. Please choose FTP with explicit TLS (FTPES) as the encryption in your program."},
	{"ftp-tls-failed", audit.LayerTransport, audit.Warning, reset, "TLS that did not come about",
		"The FTP server does not offer TLS, or client and server found no version, or something on the way (a virus scanner, a router) disturbs it.", "Look at the server's TLS settings and log.", "Your program and our FTP server could not agree on encryption. Please update your program, and try without the virus scanner's or router's help for FTP."},
	{"ftp-certificate-untrusted", audit.LayerTransport, audit.Warning, reset, "Certificate that the client does not trust",
		"The FTP server's certificate is expired, self-signed, or for another name.", "Install a certificate for the name that customers use.", "Your program does not trust our FTP server's certificate. Please use the host name that we gave you, and tell us the certificate's message."},
	{"ftp-passive-blocked", audit.LayerSession, audit.Warning, noAnswer, "FTP data connection that fails",
		"The control connection works; the second connection for data does not: a firewall, or an address that the client cannot reach.", "Open the passive range in every firewall; set the address that the server names.", "The FTP server was reached, but the second connection for listings and files was not. Please choose passive mode; if it is on, a firewall is in the way, or we have to repair our side."},
	{"ftp-tls-session-reuse", audit.LayerSession, audit.Warning, reset, "TLS on the data connection",
		"The FTP server demands that the data connection reuses the TLS session of the control connection, and the client does not.", "require_ssl_reuse=NO (vsftpd), NoSessionReuseRequired (ProFTPD).", "Your program does not reuse the encryption of the first connection for the second. Please update it."},
	{"ftp-active-refused", audit.LayerSession, audit.Warning, noAnswer, "Active FTP",
		"The client asked the server to connect back, which a firewall or NAT on its side prevents.", "Nothing on the server.", "Please choose passive mode in your program: our server cannot connect back to your computer."},
	{"ftp-server-error", audit.LayerSession, audit.Warning, dropped, "FTP server that failed",
		"The FTP server itself failed; its message in the client's log says why.", "See the message: a chroot that is writable, a home that is missing, an unknown account.", ourFault},
}
