package clientlog

import (
	"strings"

	"sshaudit/audit"
)

// openSSHRules are the messages of ssh, sftp and scp, with and without -v, of 5.3
// to 10.x (openssh-portable ssh.c, sshconnect.c, sshconnect2.c, kex.c,
// clientloop.c, sftp.c).
var openSSHRules = []rule{
	{"OpenSSH_{}", func(a *attempt, r *record, f []string) {
		if a.stage > Start || a.step != "" {
			a.begin()
		}
		version, _, _ := strings.Cut(f[0], ",")
		a.program("OpenSSH", strings.TrimSpace(version), 3)
		a.ssh = true
	}},
	{"Connecting to {} ({}) port {}", func(a *attempt, r *record, f []string) { // lftp
		if a.ftp && a.stage >= Authenticated && a.step == "" {
			return // curl's data connection
		}
		if a.stage > Connecting {
			a.begin()
		}
		a.ftp = true
		a.host(f[0])
		a.connecting(f[1], f[2])
	}},
	{"Connecting to {} [{}] port {}", func(a *attempt, r *record, f []string) {
		if a.stage > Connecting {
			a.begin()
		}
		a.program("OpenSSH", "", 1)
		a.ssh, a.verbose = true, true
		a.host(f[0])
		a.connecting(f[1], f[2])
	}},
	{"Executing proxy command: {}", func(a *attempt, r *record, f []string) { a.log.Proxy = "ProxyCommand" }},
	{"Setting implicit ProxyCommand from ProxyJump", func(a *attempt, r *record, f []string) { a.log.Tunnel = "ProxyJump" }},
	{"Connection established", func(a *attempt, r *record, f []string) { a.reach(Connected); a.last = "claim" }},
	{"connect to address {} port {}: {}", func(a *attempt, r *record, f []string) {
		a.connecting(f[0], f[1])
		a.network(f[2], r)
	}},
	{"connect to host {} port {}: {}", func(a *attempt, r *record, f []string) {
		a.program("OpenSSH", "", 1)
		a.ssh = true
		if a.log.Host == "" {
			a.host(f[0])
		}
		a.port(f[1])
		a.stage = min(a.stage, Connecting)
		if !a.network(f[2], r) {
			a.fail(StepConnectFailed, plainly, r)
		}
	}},
	{"Could not resolve hostname {}: {}", func(a *attempt, r *record, f []string) {
		a.program("OpenSSH", "", 1)
		a.ssh = true
		a.host(f[0])
		a.fail(StepResolve, specific, r)
	}},
	{"identity file {} type {}", func(a *attempt, r *record, f []string) { a.verbose = true }},
	{"Local version string {}", func(a *attempt, r *record, f []string) { a.software(f[0]); a.last = "claim" }},
	{"Remote protocol version {}, remote software version {}", func(a *attempt, r *record, f []string) {
		a.log.Server = audit.Untrusted(bounded("SSH-" + f[0] + "-" + f[1]))
		a.reach(Negotiating)
		a.last = ""
	}},
	{"Authenticating to {} as '{}'", func(a *attempt, r *record, f []string) {
		host, port, ok := cutLast(f[0], ":")
		if ok && a.log.Host == "" {
			a.host(strings.Trim(host, "[]"))
		}
		a.port(port)
		a.user(f[1])
	}},
	{"kex: algorithm: {}", func(a *attempt, r *record, f []string) { a.agree("kex", f[0]) }},
	{"kex: host key algorithm: {}", func(a *attempt, r *record, f []string) { a.agree("hostkey", f[0]) }},
	{"kex: client->server cipher: {} MAC: {} ", func(a *attempt, r *record, f []string) { a.agree("cipher", f[0]); a.agree("mac", f[1]) }},
	{"kex: client->server {} {} ", func(a *attempt, r *record, f []string) { a.agree("cipher", f[0]); a.agree("mac", f[1]) }},
	{"expecting SSH2_MSG_KEX_", func(a *attempt, r *record, f []string) { a.last = "kex" }},
	{"SSH2_MSG_KEX_ECDH_REPLY received", func(a *attempt, r *record, f []string) { a.last = "" }},
	{"Server host key: {} {}", func(a *attempt, r *record, f []string) { a.hostKey(f[0], f[1]); a.last = "" }},
	{"Host '{}' is known and matches", func(a *attempt, r *record, f []string) { a.log.HostKeyChanged = false }},
	{"local client KEXINIT proposal", func(a *attempt, r *record, f []string) { a.last = "client" }},
	{"peer server KEXINIT proposal", func(a *attempt, r *record, f []string) { a.last = "server" }},
	{"KEX algorithms: {}", proposal("kex")},
	{"host key algorithms: {}", proposal("hostkey")},
	{"ciphers ctos: {}", proposal("cipher")},
	{"MACs ctos: {}", proposal("mac")},
	{"SSH2_MSG_NEWKEYS received", func(a *attempt, r *record, f []string) { a.last = "" }},
	{"SSH2_MSG_SERVICE_ACCEPT received", func(a *attempt, r *record, f []string) { a.reach(Authenticating) }},
	{"Will attempt key: {}", func(a *attempt, r *record, f []string) { a.sshKey(f[0]) }},
	{"Offering public key: {}", func(a *attempt, r *record, f []string) { a.offerSSH(f[0]) }},
	{"Offering {} public key: {}", func(a *attempt, r *record, f []string) { a.offerSSH(f[1] + " " + f[0]) }},
	{"Server accepts key: {}", func(a *attempt, r *record, f []string) { a.answerSSH(f[0], audit.Accept) }},
	{"Trying private key: {}", func(a *attempt, r *record, f []string) { a.reach(Authenticating); a.tried("publickey") }},
	{"Authentications that can continue: {}", continued},
	{"Next authentication method: {}", func(a *attempt, r *record, f []string) {
		a.reach(Authenticating)
		a.last = "method " + bounded(f[0])
		switch f[0] {
		case "password":
			a.passwordTried = true
			a.tried("password")
		case "keyboard-interactive":
			a.keyboardTried = true
			a.tried("keyboard-interactive")
		}
	}},
	{"Authenticated with partial success", partial}, // up to 9.1
	{"Authenticated using \"{}\" with partial success", partial},
	{"Authentication succeeded ({})", granted},
	{"Authenticated to {} using \"{}\"", granted},
	{"Authenticated to {} (", granted},
	{"Permission denied, please try again", func(a *attempt, r *record, f []string) { accessDenied(a, r, nil) }},
	{"Permission denied ({}).", denied},
	{"Too many authentication failures", func(a *attempt, r *record, f []string) { a.fail(StepTooMany, specific, r) }},
	{"Received disconnect from {} port {}:{}: {}", func(a *attempt, r *record, f []string) { a.disconnect(f[2], r) }},
	{"Received disconnect from {}: {}: {}", func(a *attempt, r *record, f []string) { a.disconnect(f[1], r) }},
	{"Disconnected from {} port {}", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Connection closed by {}", func(a *attempt, r *record, f []string) { a.ssh = a.ssh || !a.ftp; a.closed(r) }},
	{"Connection reset by {}", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Connection to {} closed by remote host", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Connection to {} timed out", func(a *attempt, r *record, f []string) { a.silent(r) }},
	{"Timeout, server {} not responding", func(a *attempt, r *record, f []string) { a.silent(r) }},
	{"Connection timed out during banner exchange", func(a *attempt, r *record, f []string) { a.reach(Connected); a.fail(StepBannerSilent, specific, r) }},
	{"kex_exchange_identification: banner line 0: {}", func(a *attempt, r *record, f []string) { a.foreign(f[0], r) }},
	{"kex_exchange_identification: banner line {}: {}", func(a *attempt, r *record, f []string) { a.foreign(f[1], r) }},
	{"kex_exchange_identification: {}", identification},
	{"ssh_exchange_identification: {}", identification},
	{"banner exchange: Connection to {} port {}: {}", func(a *attempt, r *record, f []string) { a.reach(Connected); a.identify(f[2], r) }},
	{"Unable to negotiate with {}: no matching {} found. Their offer: {}", negotiation},
	{"Unable to negotiate a {}", func(a *attempt, r *record, f []string) { a.fail(StepKexNoCommon, plainly, r) }},
	{"no matching {} found: client {} server {}", func(a *attempt, r *record, f []string) { negotiation(a, r, []string{"", f[0], f[2]}) }},
	{"no hostkey alg", func(a *attempt, r *record, f []string) { a.fail(StepHostKeyNoCommon, specific, r) }},
	{"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", changed},
	{"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", changed},
	{"WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", changed},
	{"Host key verification failed", func(a *attempt, r *record, f []string) { a.reach(Negotiating); a.unverified(r) }},
	{"No ED25519 host key is known for", func(a *attempt, r *record, f []string) { a.fail(StepHostKeyUnknown, plainly, r) }},
	{"No {} host key is known for", func(a *attempt, r *record, f []string) { a.fail(StepHostKeyUnknown, plainly, r) }},
	{"send_pubkey_test: no mutual signature algorithm", noMutual},
	{"sign_and_send_pubkey: no mutual signature supported", noMutual},
	{"Skipping {} key {} - corresponding algo", noMutual},
	{"Load key \"{}\": {}", unusableKey},
	{"no such identity: {}: {}", unusableKey},
	{"Permissions {} for '{}' are too open", func(a *attempt, r *record, f []string) { unusableKey(a, r, f[1:]) }},
	{"Bad owner or permissions on {}", clientConfig},
	{"command-line: line {}: {}", clientConfig},
	{"command-line line {}: {}", clientConfig},
	{"Bad configuration option: {}", clientConfig},
	{"{}: terminating, {} bad configuration options", clientConfig},
	{"Remote: {}", func(a *attempt, r *record, f []string) { a.remark(f[0]) }},
	{"Sending subsystem: {}", func(a *attempt, r *record, f []string) { a.granted(); a.log.Protocol = bounded(f[0]); a.last = "sftp" }},
	{"Sending command: {}", func(a *attempt, r *record, f []string) {
		a.granted()
		if strings.HasPrefix(f[0], "scp ") {
			a.log.Protocol = "scp"
		}
	}},
	{"Entering interactive session", func(a *attempt, r *record, f []string) { a.granted() }},
	{"subsystem request failed on channel", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSFTPStart, specific, r) }},
	{"exec request failed on channel", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSessionShell, specific, r) }},
	{"shell request failed on channel", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSessionShell, specific, r) }},
	{"channel 0: open failed: {}", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSessionShell, plainly, r) }},
	{"PTY allocation request failed on channel", func(a *attempt, r *record, f []string) { a.granted() }},
	{"client_input_channel_req: channel 0 rtype exit-status", nothing},
	{"Exit status {}", exitStatus},
	{"Connection closed", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"client_loop: send disconnect: {}", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Couldn't read packet: {}", func(a *attempt, r *record, f []string) { a.granted(); a.closed(r) }},
	{"WARNING: Your password has expired", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepPasswordExpired, specific, r) }},
	{"Password change required but no TTY available", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepPasswordExpired, specific, r) }},
	{"You are required to change your password immediately", func(a *attempt, r *record, f []string) { a.fail(StepPasswordExpired, plainly, r) }},
	{"This service allows sftp connections only", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSessionShell, specific, r) }},
	{"This account is currently not available", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSessionShell, specific, r) }},
	{"Connected to {}", func(a *attempt, r *record, f []string) {
		if host, rest, _ := strings.Cut(f[0], " "); rest == "" && strings.HasSuffix(host, ".") && a.last == "sftp" {
			a.granted() // sftp's own, after the subsystem was asked for
			a.reach(InSession)
			return
		}
		switch {
		case r.dress == fileZilla && a.ssh:
			a.granted() // FileZilla says so when it may ask for files
		case a.stage < Connected && !curlConnected(a, r):
			a.reach(Connected)
		}
	}},
	{"Remote working directory is {}", func(a *attempt, r *record, f []string) { a.granted(); a.log.Protocol = "sftp"; a.reach(InSession) }},
	{"unable to initialise SFTP: {}", noSFTP},
	{"Received unexpected end-of-file from SFTP server", noSFTP},
	{"unexpected end-of-file from SFTP server", noSFTP},
	{"Transferred: sent {}", nothing},
}

func noSFTP(a *attempt, r *record, _ []string) {
	a.granted()
	if a.stage < InSession {
		a.log.Protocol = "sftp"
		a.fail(StepSFTPStart, specific, r)
	}
}

func partial(a *attempt, r *record, _ []string) {
	a.partial, a.keyRefused, a.last = true, false, "partial"
	a.remember(r)
}

func clientConfig(a *attempt, r *record, _ []string) { a.fail(StepClientConfig, specific, r) }

func noMutual(a *attempt, r *record, _ []string) {
	a.mutual = true
	a.tried("publickey")
	a.remember(r)
}

// proposal takes one list of a KEXINIT; the line before said whose it is.
func proposal(use string) func(*attempt, *record, []string) {
	return func(a *attempt, _ *record, f []string) {
		if a.last == "client" || a.last == "server" {
			a.offers(a.last, use, f[0])
		}
	}
}

// sshKey reads "PATH ALG SHA256:… [explicit] [agent]"; blanks in the path stay.
func (a *attempt) sshKey(s string) *audit.ClientKey {
	fields := strings.Fields(s)
	k := audit.ClientKey{}
	path := len(fields)
	for i, f := range fields {
		switch {
		case strings.HasPrefix(f, "SHA256:") || strings.HasPrefix(f, "MD5:"):
			k.Fingerprint = bounded(f)
			if i > 0 && path > i-1 {
				path = i - 1
				k.Type = sshType(fields[i-1])
			}
		case f == "agent":
			k.Agent = true
		case f == "explicit":
			a.explicitKey = true
		case i > 0 && i == len(fields)-1 && k.Fingerprint == "" && (f == "RSA" || f == "DSA" || f == "ECDSA" || f == "ED25519" || f == "RSA-CERT"):
			k.Type, path = sshType(f), i
		}
	}
	k.Path = audit.Untrusted(bounded(strings.Join(fields[:path], " ")))
	return a.key(k)
}

// sshType names a key's type as it stands in a key file, by the name that ssh shows.
func sshType(s string) string {
	switch s {
	case "RSA":
		return "ssh-rsa"
	case "DSA":
		return "ssh-dss"
	case "ED25519":
		return "ssh-ed25519"
	}
	if isName(s) {
		return bounded(s)
	}
	return ""
}

func (a *attempt) offerSSH(s string) {
	a.reach(Authenticating)
	a.offered, a.verbose = true, true
	a.tried("publickey")
	a.last = "offer"
	if k := a.sshKey(s); k != nil {
		a.offeredLast(k)
	}
}

// offeredLast moves a key to the end, where its answer is expected.
func (a *attempt) offeredLast(k *audit.ClientKey) {
	copied := *k
	for i := range a.log.Keys {
		if &a.log.Keys[i] == k {
			a.log.Keys = append(append(a.log.Keys[:i:i], a.log.Keys[i+1:]...), copied)
			return
		}
	}
}

func (a *attempt) answerSSH(s string, v audit.Verdict) {
	a.last = "accepted"
	if k := a.sshKey(s); k != nil {
		k.Answer = v
	}
}

// continued reads the server's list of methods after a refusal, or before the
// first attempt.
func continued(a *attempt, r *record, f []string) {
	a.reach(Authenticating)
	a.methods(f[0])
	switch a.last {
	case "offer", "accepted":
		a.keyRefused = true
		if a.last == "offer" {
			a.answer(audit.Refuse)
		}
	case "method password":
		a.passwordRefused = true
	case "method keyboard-interactive":
		a.keyboardRefused = true
	}
	if a.last != "method publickey" && !strings.HasPrefix(a.last, "method ") {
		a.last = ""
	}
	a.remember(r)
}

// denied reads ssh's last word (sshconnect2.c, userauth).
func denied(a *attempt, r *record, f []string) {
	a.ssh = true
	a.reach(Authenticating)
	if len(f) > 0 {
		a.methods(f[len(f)-1])
	}
	a.fail(StepNoMethods, plainly, r)
}

func identification(a *attempt, r *record, f []string) {
	a.ssh = true
	a.reach(Connected)
	a.identify(f[0], r)
}

// identify notes what came instead of the server's identification.
func (a *attempt) identify(text string, r *record) {
	switch {
	case strings.Contains(text, "onnection closed") || strings.Contains(text, "onnection reset") || strings.Contains(text, "read: ") || strings.Contains(text, "write: "):
		a.fail(StepConnectReset, plainly, r)
	case strings.Contains(text, "invalid format"):
		a.fail(StepBannerForeign, vague, r)
	case strings.HasPrefix(text, "Not allowed at this time"):
		a.fail(StepConnectReset, plainly, r)
	default:
		a.foreign(text, r)
	}
}

// foreign notes the line that something else than an SSH server sent.
func (a *attempt) foreign(line string, r *record) {
	a.reach(Connected)
	if line != "" {
		a.log.Server = audit.Untrusted(bounded(line))
	}
	if ftpReply(line) && (strings.HasPrefix(line, "220") || strings.HasPrefix(line, "421") || strings.HasPrefix(line, "500") || strings.HasPrefix(line, "530")) &&
		!strings.Contains(line, "SMTP") {
		a.fail(StepProtocolSSHToFTP, specific, r)
		return
	}
	a.fail(StepBannerForeign, plainly, r)
}

func negotiation(a *attempt, r *record, f []string) {
	step, use := StepKexNoCommon, "kex"
	switch {
	case strings.Contains(f[1], "host key"):
		step, use = StepHostKeyNoCommon, "hostkey"
	case strings.Contains(f[1], "cipher"):
		step, use = StepCipherNoCommon, "cipher"
	case strings.Contains(f[1], "MAC"), strings.Contains(f[1], "mac"):
		step, use = StepMACNoCommon, "mac"
	}
	a.ssh = true
	a.reach(Negotiating)
	a.offers("server", use, f[2])
	a.fail(step, specific, r)
}

// hostKey takes over the key that the server showed.
func (a *attempt) hostKey(typ, fingerprint string) {
	a.reach(Negotiating)
	fp := fingerprintOf(fingerprint)
	if fp == "" {
		return
	}
	a.log.HostKey = audit.ClientKey{Type: sshType(typ), Fingerprint: fp}
}

// fingerprintOf reads a fingerprint: SHA256 in base64, or MD5 with colons.
func fingerprintOf(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), ".")
	if f, _, ok := strings.Cut(s, " "); ok {
		s = f
	}
	switch {
	case strings.HasPrefix(s, "SHA256:") && len(s) >= 40 && len(s) <= 52:
		return bounded(strings.TrimRight(s, "="))
	case strings.HasPrefix(s, "MD5:") && len(s) == 51:
		return bounded(s)
	case len(s) == 47 && strings.Count(s, ":") == 15:
		return bounded("MD5:" + s)
	}
	return ""
}
