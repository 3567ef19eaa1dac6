package clientlog

import (
	"strings"

	"sshaudit/audit"
)

// ftpRules are what FTP clients say around the dialogue: FileZilla's engine (the
// parts that it does not translate), lftp, curl, WinSCP.
var ftpRules = []rule{
	// FileZilla over SFTP: what it asks its helper fzsftp for.
	{"fzSftp started", func(a *attempt, r *record, f []string) {
		if a.stage > Start || a.step != "" {
			a.begin()
		}
		a.program("FileZilla", "", 2)
		a.ssh, a.log.Protocol = true, "sftp"
	}},
	{`open "{}"{}`, fileZillaOpen},
	{`open {} {}`, func(a *attempt, r *record, f []string) { // the quotes were lost
		if strings.Contains(f[0], "@") {
			fileZillaOpen(a, r, f)
		}
	}},
	{"Pass:", func(a *attempt, r *record, f []string) {
		a.passwordTried = true
		a.tried("password")
		a.reach(Authenticating)
		r.text = ""
	}},
	{"Trust new Hostkey: {}", func(a *attempt, r *record, f []string) { a.reach(Negotiating) }},
	{"Trust changed Hostkey: {}", func(a *attempt, r *record, f []string) { a.reach(Negotiating); a.log.HostKeyChanged = true }},
	{"Cannot establish FTP connection to an SFTP server", func(a *attempt, r *record, f []string) { a.fail(StepProtocolFTPToSSH, specific, r) }},
	{"Server sent passive reply with unroutable address", nothing},
	{"GnuTLS error {}", gnuTLS},
	{"Connection closed by server with exitcode {}", func(a *attempt, r *record, f []string) { a.exit(f[0], r); a.closed(r) }},
	{"Could not connect to server", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"FileZilla {}", func(a *attempt, r *record, f []string) {
		if version, _, _ := strings.Cut(f[0], " "); version != "" && version[0] >= '0' && version[0] <= '9' {
			a.program("FileZilla", version, 3)
		}
	}},

	// lftp.
	{"Resolving host address", func(a *attempt, r *record, f []string) { a.program("lftp", "", 2); a.reach(Resolving) }},
	{"Running connect program ({})", lftpSSH},
	{"Socket error ({}) - reconnecting", func(a *attempt, r *record, f []string) {
		if !a.network(f[0], r) {
			a.closed(r)
		}
	}},
	{"Peer closed connection", func(a *attempt, r *record, f []string) { a.reach(Connected); a.closed(r) }},
	{"Timeout - reconnecting", func(a *attempt, r *record, f []string) { a.silent(r) }},
	{"max-retries exceeded ({})", func(a *attempt, r *record, f []string) { a.network(f[0], r) }},
	{"max-retries exceeded", nothing},
	{"Certificate verification: {}", func(a *attempt, r *record, f []string) {
		a.tls = true
		if !strings.HasPrefix(f[0], "OK") {
			a.fail(StepFTPCertificate, specific, r)
		}
	}},
	{"gnutls_handshake: {}", func(a *attempt, r *record, f []string) { a.tls = true; a.fail(StepFTPTLS, specific, r) }},
	{"SSL_connect: {}", func(a *attempt, r *record, f []string) { a.fail(StepFTPTLS, specific, r) }},
	{"ftp:ssl-force is set and server does not support or allow SSL", func(a *attempt, r *record, f []string) { a.fail(StepFTPTLS, specific, r) }},

	// curl -v.
	{"Trying {}...", curlTrying},
	{"connect to {} port {} failed: {}", func(a *attempt, r *record, f []string) { a.curlFailed(f[1], f[2], r) }},
	{"connect to {} port {} from {} failed: {}", func(a *attempt, r *record, f []string) { a.curlFailed(f[1], f[3], r) }},
	{"Failed to connect to {} port {} after {}", func(a *attempt, r *record, f []string) { a.host(f[0]); a.port(f[1]); a.network(r.text, r) }},
	{"Could not resolve host: {}", func(a *attempt, r *record, f []string) {
		name, _, _ := strings.Cut(f[0], " ")
		a.host(strings.TrimSuffix(name, ";"))
		a.fail(StepResolve, specific, r)
	}},
	{"SSH SHA256 fingerprint: {}", func(a *attempt, r *record, f []string) {
		a.program("curl", "", 1)
		a.ssh = true
		a.reach(Negotiating)
		a.log.HostKey = audit.ClientKey{Fingerprint: fingerprintOf("SHA256:" + f[0])}
	}},
	{"SSH host check: {}", func(a *attempt, r *record, f []string) { a.reach(Negotiating) }},
	{"SSH authentication methods available: {}", func(a *attempt, r *record, f []string) { a.reach(Authenticating); a.methods(f[0]) }},
	{"Using SSH private key file '{}'", readingKey},
	{"SSH public key authentication failed: {}", func(a *attempt, r *record, f []string) {
		if strings.Contains(f[0], "Unable to extract public key") || strings.Contains(f[0], "Unable to open") {
			unusableKey(a, r, nil)
			return
		}
		keyRefused(a, r, nil)
	}},
	{"Initialized password authentication", func(a *attempt, r *record, f []string) {}},
	{"Initialized SSH public key authentication", func(a *attempt, r *record, f []string) { a.offered = true }},
	{"Initialized keyboard interactive authentication", func(a *attempt, r *record, f []string) {}},
	{"Authentication complete", granted},
	{"Authentication failure", func(a *attempt, r *record, f []string) { a.curlRefused(r) }},
	{"Failure establishing ssh session: {}", func(a *attempt, r *record, f []string) { a.curlSession(f[0], r) }},
	{"Failure initializing sftp session: {}", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSFTPStart, plainly, r) }},
	{"curl: ({}) {}", curlLast},
	{"SSL certificate problem: {}", func(a *attempt, r *record, f []string) { a.fail(StepFTPCertificate, specific, r) }},
	{"Requested SSL level failed", func(a *attempt, r *record, f []string) { a.fail(StepFTPTLS, plainly, r) }},
	{"Access denied: {}", func(a *attempt, r *record, f []string) {
		if a.ftp {
			a.fail(StepFTPLogin, vague, r)
		}
	}},
	{"server did not report OK, got {}", nothing},
}

func fileZillaOpen(a *attempt, r *record, f []string) {
	a.program("FileZilla", "", 2)
	a.ssh, a.log.Protocol = true, "sftp"
	if a.stage > Connecting {
		a.begin()
	}
	if user, host, ok := cutLast(f[0], "@"); ok {
		a.user(user)
		a.host(host)
	} else {
		a.host(f[0])
	}
	a.port(strings.TrimSpace(f[1]))
	a.reach(Resolving)
}

// gnuTLS reads the library's codes: -110 the peer left without a goodbye, -15 an
// unexpected packet (no TLS on the other side), others a failed handshake.
func gnuTLS(a *attempt, r *record, f []string) {
	a.tls = true
	switch {
	case a.transfer != "" && a.stage >= Authenticated:
		a.fail(StepFTPDataTLS, plainly, r)
	case a.stage >= Authenticated:
		a.fail(StepConnectionLost, plainly, r)
	default:
		a.fail(StepFTPTLS, specific, r)
	}
}

// lftpSSH reads lftp's command line for ssh: "ssh -a -x -s -l USER -p PORT HOST sftp".
func lftpSSH(a *attempt, r *record, f []string) {
	a.program("lftp", "", 2)
	if a.stage > Start || a.step != "" {
		a.begin()
	}
	a.ssh, a.log.Protocol = true, "sftp"
	words := strings.Fields(f[0])
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "-l" && i+1 < len(words):
			i++
			a.user(words[i])
		case w == "-p" && i+1 < len(words):
			i++
			a.port(words[i])
		case w == "-i" || w == "-o" || w == "-F":
			i++
		case i > 0 && !strings.HasPrefix(w, "-"):
			a.host(w)
			return
		}
	}
}

// curlTrying reads "ADDR:PORT" of curl's first words about a connection.
func curlTrying(a *attempt, r *record, f []string) {
	if a.stage > Connecting && !a.ftp {
		a.begin()
	}
	if a.ftp {
		return // the data connection
	}
	a.program("curl", "", 1)
	address, port, ok := cutLast(f[0], ":")
	if !ok || strings.Count(f[0], ":") > 1 && !strings.HasPrefix(f[0], "[") {
		address, port = f[0], ""
	}
	a.connecting(strings.Trim(address, "[]"), port)
}

// curlConnected reads "Connected to HOST (ADDR) port PORT".
func curlConnected(a *attempt, r *record) bool {
	_, rest, _ := strings.Cut(r.text, "Connected to ")
	host, rest, ok := strings.Cut(rest, " (")
	addr, port, ok2 := strings.Cut(rest, ") port ")
	if !ok || !ok2 || a.ftp {
		return false
	}
	a.program("curl", "", 1)
	a.host(host)
	a.connecting(addr, port)
	a.reach(Connected)
	return true
}

// curlFailed notes a connection that curl could not make: FTP's second is the data
// connection.
func (a *attempt) curlFailed(port, why string, r *record) {
	if !a.ftp {
		a.port(port)
	}
	a.network(why, r)
}

// curlRefused notes that curl has no method left; it says which it tried only by
// what the server offers (lib/vssh/libssh2.c).
func (a *attempt) curlRefused(r *record) {
	a.reach(Authenticating)
	switch {
	case a.keyRefused || a.clientKey != "":
	case has(a.log.Methods, "password") || has(a.log.Methods, "keyboard-interactive"):
		a.passwordTried, a.passwordRefused = true, true
		a.tried("password")
	}
	a.fail(StepNoMethods, plainly, r)
}

func (a *attempt) curlSession(text string, r *record) {
	a.reach(Connected)
	switch {
	case strings.Contains(text, "-5") || strings.Contains(text, "exchange"):
		a.fail(StepKexNoCommon, vague, r)
	case strings.Contains(text, "banner"):
		a.fail(StepBannerForeign, vague, r)
	default:
		a.closed(r)
	}
}

// curlLast reads curl's exit message by its number (libcurl-errors(3)).
func curlLast(a *attempt, r *record, f []string) {
	a.program("curl", "", 2)
	switch f[0] {
	case "56", "18", "55":
		a.reach(Connected)
		a.closed(r)
	case "6":
		_, name, _ := strings.Cut(f[1], "resolve host: ")
		a.host(name)
		a.fail(StepResolve, specific, r)
	case "7":
		if !a.network(f[1], r) {
			a.fail(StepConnectFailed, vague, r)
		}
	case "28":
		a.silent(r)
	case "60":
		if a.ssh {
			a.unverified(r)
		} else {
			a.fail(StepFTPCertificate, plainly, r)
		}
	case "64":
		a.fail(StepFTPTLS, plainly, r)
	case "67":
		if a.ssh {
			a.curlRefused(r)
		} else {
			a.fail(StepFTPLogin, vague, r)
		}
	case "8":
		a.fail(StepBannerForeign, plainly, r)
	case "9":
		a.fail(StepFilePermission, vague, r)
	case "12", "13", "14", "30":
		a.fail(StepFTPData, vague, r)
	case "2":
		if a.stage <= Connected {
			a.closed(r)
		} else {
			a.fail(StepKexNoCommon, vague, r)
		}
	case "79":
		if a.stage >= Authenticated {
			a.fail(StepSFTPStart, vague, r)
		} else {
			a.closed(r)
		}
	}
}
