package decide

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// session judges what follows the login: the chroot, what runs, and whether that
// is what the client asked for (session.c do_exec, do_child).
func (l *login) session() {
	s := l.via.Session
	if s == nil {
		return
	}
	l.chroot()
	if l.via.Settings.Int("maxsessions") == 0 {
		l.refuse(audit.LayerSession, l.set("max-sessions", "maxsessions", "MaxSessions is 0: no session can be opened", "set MaxSessions to 10, and reload sshd"))
	}
	command, ok := l.subsystem()
	if l.req.Service == SFTP && !ok {
		l.refuse(audit.LayerSession, l.set("subsystem-not-configured", "subsystem",
			"sshd has no subsystem named sftp for this connection", "add \"Subsystem sftp internal-sftp\" to sshd_config, and reload sshd"))
	}
	if !l.bool("usepam") && l.a.UID != 0 && s.NoLogin.Problem == nil {
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "nologin-file", Path: s.NoLogin.Path, Observed: "present", Expected: "missing",
			Message: fmt.Sprintf("%s exists: nobody but root may log in", s.NoLogin.Path), Fix: "remove the file when the maintenance is over",
		})
	}
	l.runs(command)
	l.note(audit.LayerSession, "%s", map[Service]string{SSH: "a command runs", SFTP: "the subsystem opens"}[l.req.Service])
	l.volume()
}

// runs judges what runs: a forced command before what the client asks for.
func (l *login) runs(subsystem string) {
	forced, origin, is := l.forced()
	switch {
	case !is && l.granted.unsure != "" && l.req.Method == Publickey:
		if l.at(audit.LayerKey).step(audit.LayerKey).Verdict != audit.Refuse {
			l.doubt(audit.LayerSession, "the options of the key's line are not known: %s", l.granted.unsure)
		}
		l.unforced(subsystem)
	case !is:
		l.unforced(subsystem)
	case l.req.Service == SFTP:
		l.forcedSFTP(forced, origin)
	case isInternalSFTP(forced):
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "sftp-only", Path: origin.Path, Line: origin.Line, Message: "the login is for SFTP only: internal-sftp is forced, and commands are refused",
			Fix: "use SFTP, or take the forced command away",
		})
	case quoted(forced), l.fails(forced) != "":
		message := "the shell does not find the program of the forced command"
		if why := l.fails(forced); why != "" {
			message = "the forced command cannot run: " + why
		}
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "shell-exec-failed", Path: origin.Path, Line: origin.Line, Message: message, Fix: "correct the forced command",
		})
	case l.missingProgram(forced):
		l.doubt(audit.LayerSession, "the program of the forced command is in none of the usual directories; whether the shell finds it is not known")
	default:
		l.note(audit.LayerSession, "the forced command runs instead of what the client asks for")
		l.shellRuns()
	}
}

// quoted tells that internal-sftp stands in quotes, with which sshd does not know it.
func quoted(command string) bool {
	return strings.HasPrefix(command, `"internal-sftp`) || strings.HasPrefix(command, `'internal-sftp`)
}

// forced returns the forced command: that of the configuration, else the key's
// or certificate's; is tells whether there is one, which may be empty. origin
// holds where it stands.
func (l *login) forced() (command string, origin audit.Cause, is bool) {
	if text, ok := l.via.Settings.Text("forcecommand"); ok {
		return text, l.set("", "forcecommand", "", ""), true
	}
	if c := l.granted.command; c != nil {
		return string(*c), origin, true
	}
	return "", origin, false
}

// unforced judges what the client asks for.
func (l *login) unforced(subsystem string) {
	l.sshrc()
	switch {
	case l.req.Service == SSH:
		l.shellRuns()
	case subsystem == "":
	case isInternalSFTP(subsystem):
		l.internalSFTP(subsystem)
	default:
		l.externalSFTP(subsystem)
	}
}

// forcedSFTP judges an SFTP client whom a command is forced upon.
func (l *login) forcedSFTP(command string, origin audit.Cause) {
	l.sshrc()
	words := strings.Fields(command)
	name := ""
	if len(words) > 0 {
		name = path.Base(words[0])
	}
	refused := audit.Cause{
		ID: "forced-command-replaces-sftp", Path: origin.Path, Line: origin.Line,
		Message: "a forced command that is no SFTP server runs instead of the subsystem",
		Fix:     "take the forced command away, or force internal-sftp",
	}
	switch {
	case isInternalSFTP(command):
		l.internalSFTP(command)
	case name == "sftp-server" && !strings.ContainsAny(command, metacharacters):
		l.externalSFTP(command)
	case quoted(command):
		refused.Message = "the forced command internal-sftp stands in quotes, with which sshd does not know it and lets the shell look for a program"
		refused.Fix = "remove the quotes"
		l.refuse(audit.LayerSession, refused)
	case command == "", slices.Contains(noServers, name) && !strings.ContainsAny(command, metacharacters), l.fails(command) != "":
		if why := l.fails(command); why != "" {
			refused.Message += ": " + why
		}
		l.refuse(audit.LayerSession, refused)
	default:
		l.doubt(audit.LayerSession, "a forced command runs instead of the subsystem; whether it serves SFTP is not known")
	}
}

// noServers are programs that cannot be an SFTP server, nor start one.
var noServers = []string{
	"echo", "printf", "true", "false", "date", "cat", "rsync", "rrsync", "borg", "git-shell", "svnserve", "nologin", "uptime", "id",
	"whoami", "sleep", "ls", "hostname", "exit", "pwd", "ps", "df", "du", "free", "w", "who", "uname", "tail", "head",
}

// chroot judges ChrootDirectory (session.c safely_chroot): each directory of the
// path must be root's and nobody else's to write.
func (l *login) chroot() {
	c := l.via.Session.Chroot
	if c == nil {
		return
	}
	fail := func(id string, at audit.Untrusted, message, fix string) {
		cause := l.set(id, "chrootdirectory", message, fix)
		if at != "" {
			cause.Path, cause.Line = at, 0
		}
		l.refuse(audit.LayerSession, cause)
	}
	switch {
	case c.BadToken != 0:
		fail("chroot-relative", "", "ChrootDirectory holds an unknown % token or user after ~: sshd ends the connection after the login", "correct ChrootDirectory, and reload sshd")
		return
	case !strings.HasPrefix(string(c.Path), "/"):
		fail("chroot-relative", "", "ChrootDirectory does not begin with /", "write the whole path, and reload sshd")
		return
	case len(c.Elements) == 0:
		fail("chroot-too-long", "", "the path of ChrootDirectory is too long", "shorten it")
		return
	}
	target := string(c.Path)
	for i := range c.Elements {
		e := &c.Elements[i]
		last := i == len(c.Elements)-1 && string(e.Path) == target
		switch {
		case failed(e):
			fail("chroot-missing", e.Path, fmt.Sprintf("the directory %s of ChrootDirectory does not exist", e.Path), "create it, owned by root, mode 0755")
		case e.Problem != nil:
			l.doubt(audit.LayerSession, "ChrootDirectory: %s", e.Problem.Why)
		case e.Type != facts.Directory && !last:
			fail("chroot-missing", e.Path, fmt.Sprintf("%s in ChrootDirectory is no directory", e.Path), "correct ChrootDirectory, and reload sshd")
		case e.UID != 0 || e.Mode&0o022 != 0:
			id := "chroot-component"
			if last {
				id = "chroot-target"
			}
			cause := audit.Cause{
				ID: id, Path: e.Path, Observed: fmt.Sprintf("uid %d, %04o", e.UID, e.Mode), Expected: fmt.Sprintf("uid 0, %04o", e.Mode&^0o022),
				Message: fmt.Sprintf("sshd drops the session: the chroot directory %s must belong to root, and nobody else may write it", e.Path),
				Fix:     "chown root and chmod go-w the path; give the account a writable directory below it",
			}
			l.refuse(audit.LayerSession, cause)
		case e.Type != facts.Directory:
			fail("chroot-not-dir", e.Path, fmt.Sprintf("ChrootDirectory %s is no directory", e.Path), "correct ChrootDirectory, and reload sshd")
		default:
			continue
		}
		return
	}
}
