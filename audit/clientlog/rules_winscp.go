package clientlog

import (
	"strings"

	"sshaudit/audit"
)

// winSCPRules are the lines that only WinSCP writes: its header, and what it
// makes of SFTP and SCP (SessionInfo.cpp, DoAddStartupInfo; SecureShell.cpp;
// SftpFileSystem.cpp; the resource TextsCore1.rc). The header is never translated.
var winSCPRules = []rule{
	{"WinSCP Version {} (", func(a *attempt, r *record, f []string) { a.begin(); a.program("WinSCP", f[0], 3) }},
	{"Time zone: Current: GMT{},", func(a *attempt, r *record, f []string) { a.zone(f[0]) }},
	{"Session name: {} (", func(a *attempt, r *record, f []string) { a.session(f[0]) }},
	{"Session name: {}", func(a *attempt, r *record, f []string) { a.session(f[0]) }},
	{"Hostname: {} (Port: {})", winSCPHost},
	{"Host name: {} (Port: {})", winSCPHost},
	{"HostName: {} (Port: {})", func(a *attempt, r *record, f []string) {
		a.log.Proxy = audit.Untrusted(bounded(strings.TrimSpace(string(a.log.Proxy) + " " + f[0] + ":" + f[1])))
	}},
	{"Username: {} (Password: ", winSCPUser},
	{"User name: {} (Password: ", winSCPUser},
	{"Tunnel: Hostname: {} (Port: {})", winSCPTunnel},
	{"Tunnel: Host name: {} (Port: {})", winSCPTunnel},
	{"Transfer Protocol: {}", func(a *attempt, r *record, f []string) {
		switch p, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(f[0])), " "); p {
		case "sftp", "scp", "ftp":
			a.log.Protocol = p
			a.ftp = p == "ftp"
			a.ssh = !a.ftp
		}
	}},
	{"FTPS: {}", func(a *attempt, r *record, f []string) {
		if !strings.HasPrefix(f[0], "None") && a.ftp {
			a.log.Protocol = "ftps"
		}
	}},
	{"Proxy: {}", func(a *attempt, r *record, f []string) {
		if kind := strings.TrimSpace(f[0]); kind != "" && !strings.EqualFold(kind, "none") {
			a.log.Proxy = audit.Untrusted(bounded(kind))
		}
	}},
	{"Using SFTP protocol", func(a *attempt, r *record, f []string) { a.granted(); a.last = "sftp" }},
	{"Using SCP protocol", func(a *attempt, r *record, f []string) { a.granted(); a.log.Protocol = "scp" }},
	{"Doing startup conversation with host", func(a *attempt, r *record, f []string) { a.granted(); a.last = "sftp" }},
	{"Startup conversation with host finished", func(a *attempt, r *record, f []string) { a.reach(InSession) }},
	{"Type: SSH_FXP_VERSION", func(a *attempt, r *record, f []string) { a.reach(InSession) }},
	{"SFTP version {} negotiated", func(a *attempt, r *record, f []string) { a.reach(InSession) }},
	{"Skipping host startup message", func(a *attempt, r *record, f []string) { a.granted(); a.last = "scp" }},
	{"Error skipping startup message", func(a *attempt, r *record, f []string) { a.fail(StepSessionShell, plainly, r) }},
	{"Cannot initialize SFTP protocol", func(a *attempt, r *record, f []string) {
		a.granted()
		if a.step == StepSessionExit || a.rank < plainly {
			a.fail(StepSFTPStart, specific, r)
		}
	}},
	{"Received too large ({} B) SFTP packet", func(a *attempt, r *record, f []string) { a.stray(f[0], r) }},
	{"Received message too long {}", func(a *attempt, r *record, f []string) { a.stray(f[0], r) }},
	{"The error is typically caused by message printed from startup script", func(a *attempt, r *record, f []string) {
		a.fail(StepSFTPStray, plainly, r)
	}},
	{"Cannot execute SCP to start transfer", func(a *attempt, r *record, f []string) { a.fail(StepSessionShell, plainly, r) }},
	{"Server returned empty listing for directory", nothing},
	{"Error code: {}", func(a *attempt, r *record, f []string) { a.status(f[0], r) }},
	{"Status code: {}", func(a *attempt, r *record, f []string) { a.status(f[0], r) }},
	{"Network error: Connection to \"{}\" timed out", func(a *attempt, r *record, f []string) { a.silent(r) }},
	{"Can't resolve host name", func(a *attempt, r *record, f []string) { a.fail(StepResolve, specific, r) }},
	{"You cannot connect to an SFTP server using an FTP protocol", func(a *attempt, r *record, f []string) { a.fail(StepProtocolFTPToSSH, specific, r) }},
	{"The server rejected SFTP connection, but it listens for FTP connections", func(a *attempt, r *record, f []string) {
		a.fail(StepProtocolSSHToFTP, specific, r)
	}},
	{"Terminated by user", func(a *attempt, r *record, f []string) { a.fail(StepCancelled, vague, r) }},
	{"Lost connection", func(a *attempt, r *record, f []string) { a.closed(r) }},
}

// session takes the user, the host and the port from the name of an ad-hoc session.
func (a *attempt) session(name string) {
	if a.stage > Start || a.step != "" {
		a.begin()
	}
	a.program("WinSCP", "", 1)
	if user, host, ok := cutLast(name, "@"); ok && a.log.Host == "" && !strings.ContainsAny(name, " /") {
		if h, port, ok := strings.Cut(host, ":"); ok && strings.Count(host, ":") == 1 {
			host = h
			a.port(port)
		}
		a.user(user)
		a.host(host)
	}
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func winSCPHost(a *attempt, _ *record, f []string) {
	a.program("WinSCP", "", 1)
	a.host(f[0])
	a.port(f[1])
}

func winSCPUser(a *attempt, r *record, f []string) {
	a.user(f[0])
	a.verbose = true
	r.text = "" // with "Logging passwords" the password follows
}

func winSCPTunnel(a *attempt, _ *record, f []string) {
	a.log.Tunnel = audit.Untrusted(bounded(f[0] + ":" + f[1]))
}

// stray decodes the length of an SFTP packet that was none: the first four bytes
// of a text.
func (a *attempt) stray(number string, r *record) {
	var n uint64
	for i := 0; i < len(number) && i < 12 && number[i] >= '0' && number[i] <= '9'; i++ {
		n = n*10 + uint64(number[i]-'0')
	}
	if n > 0 && n < 1<<32 {
		text := []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		for _, b := range text {
			if (b < ' ' || b >= 0x7f) && b != '\n' && b != '\r' && b != '\t' && b != 0x1b {
				text = nil
				break
			}
		}
		if text != nil {
			a.log.Stray = audit.Untrusted(text)
		}
	}
	a.granted()
	a.fail(StepSFTPStray, specific, r)
}

// status reads the code of an SFTP status (draft-ietf-secsh-filexfer, section 7):
// 3 permission, 4 failure, 14 no space, 15 quota.
func (a *attempt) status(code string, r *record) {
	a.reach(InSession)
	end := 0
	for end < len(code) && code[end] >= '0' && code[end] <= '9' {
		end++
	}
	switch code[:end] {
	case "3", "12":
		a.fail(StepFilePermission, plainly, r)
	case "14", "15":
		a.fail(StepFileSpace, plainly, r)
	case "4":
		a.fail(StepFileFailure, plainly, r)
	}
}
