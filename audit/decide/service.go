package decide

import (
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdconf"
	"sshaudit/audit/sshpattern"
)

// started judges whether sshd runs with a configuration that is known; without
// one nothing else can be judged.
func (l *login) started() bool {
	s := l.via.Server
	switch {
	case s.Refused != nil:
		l.refuse(audit.LayerService, audit.Cause{
			ID: refusal(s.Refused), Path: audit.Untrusted(s.Refused.File), Line: s.Refused.Line,
			Message: "sshd refuses its configuration, so it does not start: " + audit.Untrusted(s.Refused.Message).String(),
			Fix:     "correct the line, check with sshd -t, then start sshd",
		})
		return false
	case s.Config == nil:
		l.doubt(audit.LayerService, "sshd's configuration was not evaluated: %s", audit.Untrusted(s.Unread))
		return false
	case l.via.Dies != nil: // which it does at the first attempt to log in
		l.wrappers()
		l.refuse(audit.LayerAccount, audit.Cause{
			ID: "config-invalid", Path: audit.Untrusted(l.via.Dies.File), Line: l.via.Dies.Line,
			Message: "sshd ends the connection while it evaluates the settings for it: " + audit.Untrusted(l.via.Dies.Message).String(),
			Fix:     "correct the line, and reload sshd",
		})
		return false
	case l.via.Settings == nil:
		l.doubt(audit.LayerService, "the settings for this connection could not be evaluated")
		return false
	}
	judged := l.listening()
	switch {
	case len(l.at(audit.LayerService).refusals) > 0: // then no settings matter
	case l.req.Port != 0 && !Listens(s, l.req.Port) && !l.socketHas(l.req.Port):
		l.unsettled = "no sshd is configured for the port"
		l.doubt(audit.LayerService, "no sshd is configured for port %d; a socket unit or another program may listen there", l.req.Port)
	case !l.h.Live, s.Named:
		l.note(audit.LayerService, "whether sshd runs was not looked at")
	case !s.Running && !judged:
		l.doubt(audit.LayerService, "something listens on port %d, but no sshd was seen running: is it started on demand?", l.port())
	case s.Running && !s.Started.IsZero() && s.Newest.After(s.Started):
		l.unsettled = "the configuration changed after sshd read it"
		l.doubt(audit.LayerService, "config-not-reloaded: %s is newer than the running sshd, which still applies what it read before: reload it, or name the file with --sshd-config",
			audit.Untrusted(s.NewestFile))
	case s.Running:
		l.note(audit.LayerService, "%s is running", s.Version)
	}
	l.serves()
	return true
}

// whole tells that the audited root is a whole system, not a part of one that was
// copied for an audit: there programs are missing that the host itself has.
func (l *login) whole() bool { return l.h.Live || l.via.Server.Installed }

// port is the port that the client connects to.
func (l *login) port() int {
	if l.req.Port != 0 {
		return l.req.Port
	}
	return l.via.Server.Port
}

// Listens reports whether a server's configuration has it listen on a port.
func Listens(s *facts.Server, port int) bool {
	if s.Settings == nil {
		return s.Port == port
	}
	suffix := ":" + strconv.Itoa(port)
	return slices.ContainsFunc(s.Settings.Values("listenaddress"), func(a sshdconf.Setting) bool {
		return strings.HasSuffix(a.Value, suffix)
	})
}

// doubtSettings notes a Match block that could apply and hangs on something that
// is not known of the connection.
func (l *login) doubtSettings() {
	for _, b := range l.via.Server.Config.Matches() {
		if missing := l.missing(b); missing != "" {
			l.unsettled = missing
			l.doubt(audit.LayerAccount, "%s:%d is a Match block that hangs on %s", audit.Untrusted(b.File), b.Line, missing)
			return
		}
	}
}

// missing tells which fact a Match block hangs on that is not known; empty if
// none, or if the block is out of the question anyway.
func (l *login) missing(b sshdconf.Block) string {
	m := sshpattern.New(l.via.Server.Version)
	missing := ""
	for _, c := range b.Criteria {
		switch c.Name {
		case "user":
			if m.List(l.req.User, c.Pattern, false) != sshpattern.Match {
				return ""
			}
		case "group":
			if l.a == nil || !m.GroupList(l.h.Accounts.GroupNames(&l.a.Account), c.Pattern) {
				return ""
			}
		case "address":
			if !l.req.From.IsValid() {
				missing = "the client's address (--from)"
			} else if r, err := m.AddrList(sshpattern.PeerText(l.req.From), c.Pattern); err != nil || r != sshpattern.Match {
				return ""
			}
		case "host":
			if host := l.clientHost(); host == "" {
				missing = l.hostUnknown()
			} else if m.Hostname(host, c.Pattern) != sshpattern.Match {
				return ""
			}
		case "localaddress":
			if !l.req.To.IsValid() {
				missing = "the address of this host that the client connects to"
			}
		}
	}
	return missing
}

// internal is the magic word for the server inside sshd.
const internal = "internal-sftp"

// isInternalSFTP tells whether a command is the server that runs inside sshd
// (session.c IS_INTERNAL_SFTP).
func isInternalSFTP(command string) bool {
	rest, ok := strings.CutPrefix(command, internal)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// subsystem returns the command of the subsystem sftp.
func (l *login) subsystem() (command string, ok bool) {
	for _, s := range l.via.Settings.Values("subsystem") {
		if name, command, _ := strings.Cut(s.Value, " "); name == string(SFTP) {
			return command, true
		}
	}
	return "", false
}

// failed reports whether a file that root looked at is missing for certain.
func failed(f *facts.SystemFile) bool {
	return f.Problem != nil && slices.Contains([]facts.Failure{facts.Missing, facts.NotDirectory, facts.Loop, facts.NameTooLong}, f.Problem.Failure)
}
