package clientlog

import (
	"net/netip"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// puttyRules are the events of PuTTY's core, which plink, psftp, pscp, WinSCP and
// FileZilla share, in the wordings of 0.58 to 0.83 (PuTTY ssh/*.c, network.c).
var puttyRules = []rule{
	{`Looking up host "{}"`, func(a *attempt, r *record, f []string) {
		if a.stage >= Connecting || a.step != "" {
			a.begin()
		}
		a.ssh = a.ssh || strings.Contains(r.text, "SSH")
		a.host(f[0])
		a.reach(Resolving)
	}},
	{"Will use {} proxy at {} to connect to {}:{}", func(a *attempt, r *record, f []string) {
		a.log.Proxy = audit.Untrusted(bounded(f[0] + " " + f[1]))
		a.host(f[2])
		a.port(f[3])
	}},
	{"Connecting to {} port {}", func(a *attempt, r *record, f []string) {
		if a.stage > Connecting {
			a.begin()
		}
		a.connecting(f[0], f[1])
	}},
	{"Failed to connect to {}: {}", func(a *attempt, r *record, f []string) { a.network(f[1], r) }},
	{"Unable to open connection to {}: {}", func(a *attempt, r *record, f []string) { a.host(f[0]); a.network(f[1], r) }},
	{"Unable to open connection", func(a *attempt, r *record, f []string) {
		if !a.network(r.text, r) && a.stage < Connected {
			a.fail(StepConnectFailed, vague, r)
		}
	}},
	{"Host does not exist", func(a *attempt, r *record, f []string) { a.fail(StepResolve, specific, r) }},
	{`Host "{}" does not exist`, func(a *attempt, r *record, f []string) { a.host(f[0]); a.fail(StepResolve, specific, r) }},
	{"Network error: {}", func(a *attempt, r *record, f []string) {
		if !a.network(f[0], r) {
			a.closed(r)
		}
	}},
	{"We claim version: {}", func(a *attempt, r *record, f []string) {
		a.ssh = true
		a.software(f[0])
		a.reach(Connected)
		a.last = "claim"
	}},
	{"We believe remote version has {}", nothing},
	{"Server version: {}", remoteVersion},
	{"Remote version: {}", remoteVersion},
	{"Doing {} key exchange", func(a *attempt, r *record, f []string) {
		a.reach(Negotiating)
		_, how, _ := strings.Cut(r.text, "Doing ")
		a.agree("kex", how)
	}},
	{"Host key fingerprint is:", func(a *attempt, r *record, f []string) { a.reach(Negotiating) }},
	{"Initialised {} outbound encryption", agreed("cipher")},
	{"Initialised {} client->server encryption", agreed("cipher")},
	{"Initialised {} outbound MAC", agreed("mac")},
	{"Initialised {} client->server MAC", agreed("mac")},
	{"Couldn't agree a {} (available: {})", noCommon},
	{"Selected {} \"{}\" does not correspond to any supported algorithm", noCommon},
	{"Host key matches cached key", nothing},
	{"Host key does not match cached key", changed},
	{"Host key does not match configured key", changed},
	{"Host key did not appear in manually configured list", changed},
	{"WARNING - POTENTIAL SECURITY BREACH", changed},
	{"The host key does not match the one PuTTY has cached", changed},
	{"Host key mismatch", changed},
	{"Host key wasn't verified!", func(a *attempt, r *record, f []string) { a.unverified(r) }},
	{"Host key not in manually configured list", changed},
	{"Cannot confirm a host key in batch mode", func(a *attempt, r *record, f []string) { a.unverified(r) }},
	{"Connection abandoned", func(a *attempt, r *record, f []string) { a.unverified(r) }},
	{"User aborted at host key verification", func(a *attempt, r *record, f []string) { a.unverified(r) }},
	{"User aborted", cancelled},
	{"Cannot answer interactive prompts in batch mode", cancelled},
	{"Configured password was not accepted", func(a *attempt, r *record, f []string) {
		a.passwordTried, a.passwordRefused = true, true
		a.fail(StepPasswordRefused, plainly, r)
	}},

	{`Reading key file "{}"`, readingKey},
	{`Reading private key file "{}"`, readingKey},
	{`keyfile "{}"`, readingKey},
	{`Unable to use key file "{}"`, unusableKey},
	{`Unable to use this private key file`, unusableKey},
	{`Unable to load key file "{}"`, unusableKey},
	{`Unable to load private key file "{}"`, unusableKey},
	{`Unable to load private key`, unusableKey},
	{`Unable to load key`, unusableKey},
	{`Private key file "{}" contains key in {} format`, unusableKey},
	{`Private key file '{}' contains key in {} format`, unusableKey},
	{`Private key file '{}' does not exist`, unusableKey},
	{`Private key file "{}" does not exist`, unusableKey},
	{`File '{}' does not contain private key in known format`, unusableKey},
	{`Key file contains public key only`, unusableKey},
	{"Pageant is running", func(a *attempt, r *record, f []string) { a.verbose = true }},
	{"Agent is running", func(a *attempt, r *record, f []string) { a.verbose = true }},
	{"Trying Pageant key #", agentKey},
	{"Trying agent key #", agentKey},
	{"Offered public key", func(a *attempt, r *record, f []string) { a.offer() }},
	{"Offer of public key accepted", func(a *attempt, r *record, f []string) { a.answer(audit.Accept) }},
	{"Sent public key signature", func(a *attempt, r *record, f []string) { a.offered = true; a.tried("publickey") }},
	{"Server refused our key", keyRefused},
	{"Server refused public key", keyRefused},
	{"Server refused public-key signature", keyRefused},

	{`Using username "{}"`, func(a *attempt, r *record, f []string) { a.user(f[0]); a.reach(Authenticating); a.verbose = true }},
	{"login as: {}", func(a *attempt, r *record, f []string) { a.user(f[0]); a.reach(Authenticating) }},
	{"Server offered these authentication methods: {}", func(a *attempt, r *record, f []string) { a.methods(f[0]) }},
	{"Attempting keyboard-interactive authentication", func(a *attempt, r *record, f []string) {
		a.keyboardTried = true
		a.tried("keyboard-interactive")
	}},
	{"Server refused keyboard-interactive authentication", func(a *attempt, r *record, f []string) { a.keyboardRefused = true }},
	{"Using keyboard-interactive authentication", func(a *attempt, r *record, f []string) { a.keyboardTried = true }},
	{"Prompt ({}, ", func(a *attempt, r *record, f []string) { a.prompt(f[0]); r.text = "" }},
	{"Sent password", func(a *attempt, r *record, f []string) { a.passwordTried = true; a.tried("password") }},
	{"Using stored password", nothing},
	{"Password authentication failed", func(a *attempt, r *record, f []string) {
		a.passwordTried, a.passwordRefused = true, true
		a.remember(r)
	}},
	{"Access denied", accessDenied},
	{"Access granted", func(a *attempt, r *record, f []string) { a.granted() }},
	{"Further authentication required", func(a *attempt, r *record, f []string) { a.partial = true; a.remember(r) }},
	{"No supported authentication methods available (server sent: {})", noMethods},
	{"No supported authentication methods available", noMethods},
	{"Server refused all authentication methods", noMethods},
	{"No supported authentications offered. Disconnecting", noMethods},
	{"Disconnected: No supported authentication methods", noMethods},
	{"Keyboard-interactive authentication failed", func(a *attempt, r *record, f []string) { a.keyboardTried, a.keyboardRefused = true, true }},
	{"Too many authentication failures", func(a *attempt, r *record, f []string) { a.fail(StepTooMany, specific, r) }},

	{"Opening main session channel", granted},
	{"Opening session as main channel", granted},
	{"Opened main channel", granted},
	{"Opened channel for session", granted},
	{"Allocated pty", granted},
	{"Server refused to allocate pty", granted},
	{"Started a shell/command", func(a *attempt, r *record, f []string) { a.granted(); a.last = "shell" }},
	{"Server refused to start a shell/command", func(a *attempt, r *record, f []string) { a.granted(); a.fail(StepSessionShell, plainly, r) }},
	{"Primary command failed; attempting fallback", func(a *attempt, r *record, f []string) { a.granted(); a.last = "fallback"; a.remember(r) }},
	{"Unable to start a subsystem", func(a *attempt, r *record, f []string) { a.fail(StepSFTPStart, plainly, r) }},
	{"Server sent command exit status {}", exitStatus},
	{"Session sent command exit status {}", exitStatus},
	{"Server sent disconnect message", disconnectMessage},
	{"Remote side sent disconnect message", disconnectMessage},
	{"type {} ({}):", func(a *attempt, r *record, f []string) { a.disconnect(f[0], r) }},
	{"Remote debug message: {}", func(a *attempt, r *record, f []string) { a.remark(f[0]) }},
	{"Remote side unexpectedly closed network connection", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Server unexpectedly closed network connection", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Remote network connection closed unexpectedly", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Server closed network connection", func(a *attempt, r *record, f []string) { a.closed(r) }},
	{"Connection has been unexpectedly closed", func(a *attempt, r *record, f []string) {
		if _, status, ok := strings.Cut(r.text, "exit status "); ok {
			a.exit(status, r)
		}
		a.closed(r)
	}},
	{"Disconnected: All channels closed", func(a *attempt, r *record, f []string) { a.done = a.step == "" }},
	{"All channels closed", nothing},
	{"Timeout waiting for server to respond", func(a *attempt, r *record, f []string) { a.silent(r) }},
	{"Timeout detected", func(a *attempt, r *record, f []string) { a.silent(r) }},
	{"Proxy error: {}", func(a *attempt, r *record, f []string) { a.fail(StepProxy, specific, r) }},
	{"Error while tunneling the connection", func(a *attempt, r *record, f []string) { a.fail(StepProxy, specific, r) }},
	{"Incoming packet was garbled on decryption", func(a *attempt, r *record, f []string) { a.fail(StepKexClosed, plainly, r) }},
	{"Incoming packet length field was garbled", func(a *attempt, r *record, f []string) { a.fail(StepKexClosed, plainly, r) }},
	{"Knocking FTP port", func(a *attempt, r *record, f []string) { a.fail(StepConnectRefused, vague, r) }},
	{"FTP port opened, will suggest using FTP protocol", func(a *attempt, r *record, f []string) { a.fail(StepProtocolSSHToFTP, plainly, r) }},
}

func nothing(*attempt, *record, []string) {}

func granted(a *attempt, _ *record, _ []string) { a.granted() }

// agreed takes an algorithm's name as PuTTY writes it, such as "AES-256 SDCTR".
func agreed(use string) func(*attempt, *record, []string) {
	return func(a *attempt, _ *record, f []string) {
		a.agree(use, strings.ReplaceAll(f[0], " ", "-"))
		a.reach(Negotiating)
	}
}

func remoteVersion(a *attempt, r *record, f []string) {
	a.log.Server = audit.Untrusted(bounded(f[0]))
	a.reach(Negotiating)
	if !strings.HasPrefix(f[0], "SSH-") {
		a.fail(StepBannerForeign, plainly, r)
	}
}

// noCommon: the list in brackets is the server's (PuTTY ssh/transport2.c).
func noCommon(a *attempt, r *record, f []string) {
	step, use := StepKexNoCommon, "kex"
	switch {
	case strings.Contains(f[0], "host key"):
		step, use = StepHostKeyNoCommon, "hostkey"
	case strings.Contains(f[0], "cipher"):
		step, use = StepCipherNoCommon, "cipher"
	case strings.Contains(f[0], "MAC"):
		step, use = StepMACNoCommon, "mac"
	}
	a.reach(Negotiating)
	a.offers("server", use, f[1])
	a.fail(step, specific, r)
}

func changed(a *attempt, r *record, _ []string) {
	a.log.HostKeyChanged = true
	a.reach(Negotiating)
	a.fail(StepHostKeyMismatch, specific, r)
}

// unverified notes that nobody confirmed the host key.
func (a *attempt) unverified(r *record) {
	step := StepHostKeyUnknown
	if a.log.HostKeyChanged {
		step = StepHostKeyMismatch
	}
	a.fail(step, plainly, r)
}

func cancelled(a *attempt, r *record, _ []string) { a.fail(StepCancelled, vague, r) }

func readingKey(a *attempt, _ *record, f []string) {
	a.explicitKey = true
	a.key(audit.ClientKey{Path: audit.Untrusted(bounded(f[0]))})
	a.verbose = true
}

func unusableKey(a *attempt, r *record, f []string) {
	if len(f) > 0 {
		a.key(audit.ClientKey{Path: audit.Untrusted(bounded(f[0]))})
	}
	if a.clientKey == "" {
		a.clientKey, a.clientKeyLine = r.text, r.line
	}
}

func agentKey(a *attempt, _ *record, _ []string) {
	a.verbose = true
	a.log.Keys = append(a.log.Keys, audit.ClientKey{Agent: true})
	if len(a.log.Keys) > maxKeys {
		a.log.Keys = a.log.Keys[:maxKeys]
	}
}

func keyRefused(a *attempt, r *record, _ []string) {
	a.reach(Authenticating)
	a.keyRefused, a.offered = true, true
	a.tried("publickey")
	a.answer(audit.Refuse)
	a.remember(r)
	if a.refusedKey.text == "" {
		a.refusedKey = errorText{text: r.text, line: r.line}
	}
}

// offer notes that a key was offered whose name is not in the line.
func (a *attempt) offer() {
	a.reach(Authenticating)
	a.offered, a.verbose = true, true
	a.tried("publickey")
	if len(a.log.Keys) == 0 {
		a.log.Keys = append(a.log.Keys, audit.ClientKey{})
	}
}

// answer notes the server's answer to the key that was offered last.
func (a *attempt) answer(v audit.Verdict) {
	if n := len(a.log.Keys); n > 0 {
		a.log.Keys[n-1].Answer = v
	}
}

// remember keeps a refusal's message: it is the one to show if nothing better comes.
func (a *attempt) remember(r *record) {
	if a.step == "" {
		a.message, a.line = r.text, r.line
	}
}

// granted notes that the authentication succeeded.
func (a *attempt) granted() {
	a.ssh = true
	a.reach(Authenticated)
	a.keyRefused, a.passwordRefused, a.keyboardRefused, a.partial, a.clientKey = false, false, false, false, ""
}

// prompt notes what the client asked its user for; the answer is never looked at.
func (a *attempt) prompt(kind string) {
	switch {
	case strings.Contains(kind, "keyboard"):
		a.keyboardTried = true
		a.tried("keyboard-interactive")
	case strings.Contains(kind, "password"), kind == "6", kind == "7":
		a.passwordTried = true
		a.tried("password")
	}
	a.reach(Authenticating)
}

func accessDenied(a *attempt, r *record, _ []string) {
	switch {
	case a.ftp:
		a.fail(StepFTPLogin, vague, r)
	case a.stage >= Authenticated:
		a.closed(r)
	default:
		a.reach(Authenticating)
		switch {
		case a.keyboardTried && !a.passwordTried:
			a.keyboardRefused = true
		default:
			a.passwordRefused = true
			a.tried("password")
		}
		a.remember(r)
		a.refusedWord = errorText{text: r.text, line: r.line}
	}
}

func noMethods(a *attempt, r *record, f []string) {
	if len(f) > 0 {
		a.methods(f[0])
	}
	a.reach(Authenticating)
	a.fail(StepNoMethods, plainly, r)
}

func exitStatus(a *attempt, r *record, f []string) { a.exit(f[0], r) }

// exit notes the exit status of the session.
func (a *attempt) exit(status string, r *record) {
	end := 0
	for end < len(status) && end < 4 && status[end] >= '0' && status[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(status[:end])
	if err != nil {
		return
	}
	a.granted()
	a.log.Status = &n
	if a.stage < InSession && n != 0 {
		a.fail(StepSessionExit, plainly, r)
	}
}

func disconnectMessage(a *attempt, r *record, _ []string) {
	if _, rest, ok := strings.Cut(r.text, " message type "); ok {
		kind, _, _ := strings.Cut(rest, " ")
		a.disconnect(kind, r)
	}
}

// disconnect notes the server's own word for ending the connection (RFC 4253,
// section 11.1).
func (a *attempt) disconnect(kind string, r *record) {
	switch {
	case strings.Contains(r.text, "Too many authentication failures"):
		a.fail(StepTooMany, specific, r)
	case kind == "14":
		a.fail(StepNoMethods, plainly, r)
	case kind == "2" && a.stage == Authenticating && !strings.Contains(r.text, "\""):
		a.fail(StepTooMany, vague, r)
	default:
		a.closed(r)
	}
}

// remark keeps what the server says for the administrator.
func (a *attempt) remark(text string) {
	if len(a.log.Remarks) < maxRemark {
		a.log.Remarks = append(a.log.Remarks, audit.Untrusted(bounded(text)))
	}
}

// host takes over the name or address that the user typed.
func (a *attempt) host(name string) {
	name = strings.Trim(strings.TrimSpace(name), `"'.`)
	if name == "" || len(name) > maxField || strings.ContainsAny(name, " \t") {
		return
	}
	a.log.Host = audit.Untrusted(bounded(name))
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		a.log.Address = addr.Unmap().String()
	}
}

// connecting notes the address and the port of a connection under way.
func (a *attempt) connecting(address, port string) {
	a.reach(Connecting)
	if a.log.Proxy != "" || a.log.Tunnel != "" {
		return // this is the way to what stands between
	}
	address = strings.Trim(address, "[]")
	if addr, err := netip.ParseAddr(address); err == nil {
		a.log.Address = addr.Unmap().String()
		if a.log.Host == "" {
			a.log.Host = audit.Untrusted(bounded(address))
		}
	} else if a.log.Host == "" {
		a.host(address)
	}
	a.port(port)
}

// port takes over a port's number.
func (a *attempt) port(s string) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if n, err := strconv.ParseUint(s[:end], 10, 16); err == nil && n > 0 {
		a.log.Port = int(n)
	}
}

// user takes over the name that logs in.
func (a *attempt) user(name string) {
	if name = strings.TrimSpace(name); name != "" && !strings.Contains(name, "***") {
		a.log.User = audit.Untrusted(bounded(name))
	}
}

// software reads an identification string of a client (RFC 4253, section 4.2).
func (a *attempt) software(id string) {
	soft := strings.TrimPrefix(id, "SSH-2.0-")
	name, version, _ := strings.Cut(soft, "_")
	version = strings.TrimPrefix(strings.TrimPrefix(version, "Release_"), "release_")
	switch {
	case name == "PuTTY" || name == "WinSCP" || name == "FileZilla" || name == "OpenSSH":
	case strings.HasPrefix(soft, "OpenSSH_for_Windows_"):
		name, version = "OpenSSH", strings.TrimPrefix(soft, "OpenSSH_")
	default:
		return
	}
	a.program(name, version, 2)
}
