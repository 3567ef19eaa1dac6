package decide

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// internalSFTP judges the arguments of internal-sftp (sftp-server.c
// sftp_server_main); the server itself needs neither shell nor program.
func (l *login) internalSFTP(command string) {
	if why := badArguments(strings.Fields(command)[1:]); why != "" {
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "internal-sftp-args", Message: "internal-sftp is of no use with its arguments: " + why, Fix: "correct its arguments in sshd_config, and reload sshd",
		})
	}
}

// badArguments says what the SFTP server ends for, or what keeps every client
// from starting; empty if nothing.
func badArguments(args []string) string {
	requests := ""
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" || a[0] != '-' || len(a) < 2 {
			break
		}
		for at := 1; at < len(a); at++ {
			switch flag := a[at]; {
			case strings.IndexByte("cehR", flag) >= 0:
				if flag == 'h' {
					return "-h prints its usage"
				}
				continue
			case strings.IndexByte("dflPpQu", flag) < 0:
				return "it does not know one of its options"
			}
			value := a[at+1:]
			if value == "" {
				if i++; i == len(args) {
					return "an option lacks its value"
				}
				value = args[i]
			}
			if a[at] == 'u' {
				if mask, err := strconv.ParseUint(value, 8, 32); err != nil || mask > 0o777 {
					return "-u is no umask"
				}
			}
			switch {
			case a[at] == 'Q':
				return "-Q lists requests only"
			case a[at] == 'p' && !contains(value, "realpath"), a[at] == 'P' && contains(value, "realpath"):
				requests = "-" + a[at:at+1] + " does not permit realpath, with which every client begins"
			}
			break
		}
	}
	return requests
}

// externalSFTP judges a server program that the login shell starts. Of a
// subsystem sshd looks for the program itself, before it starts the shell.
func (l *login) externalSFTP(command string) {
	found := l.server(command)
	if l.shellRuns() && found {
		if path.Base(shellName(l.a)) == "rbash" && strings.Contains(strings.Fields(command)[0], "/") {
			l.refuse(audit.LayerSession, audit.Cause{
				ID: "shell-restricted", Path: audit.Untrusted(shellName(l.a)),
				Message: "the restricted shell starts no program by its path, so not the SFTP server either",
				Fix:     "use internal-sftp, which needs no shell",
			})
			return
		}
		l.startup()
	}
}

// server judges the program itself; false if it was said that it does not run.
func (l *login) server(command string) bool {
	words := strings.Fields(command)
	f, known := l.via.Session.Programs[words[0]]
	refused := audit.Cause{
		ID: "sftp-binary-missing", Path: audit.Untrusted(words[0]), Expected: "a program",
		Fix: "install openssh-sftp-server, or \"Subsystem sftp internal-sftp\" in sshd_config, and reload sshd",
	}
	switch {
	case strings.ContainsAny(command, metacharacters), !known, failed(&f) && words[0][0] != '/':
		l.doubt(audit.LayerSession, "whether the shell finds the SFTP server %s is not known", audit.Untrusted(words[0]))
	case !l.whole():
		l.doubt(audit.LayerSession, "this root is no whole system: whether the host has the SFTP server %s is not known", audit.Untrusted(words[0]))
	case failed(&f):
		refused.Observed, refused.Message = "missing", fmt.Sprintf("the SFTP server %s does not exist", audit.Untrusted(words[0]))
		l.refuse(audit.LayerSession, refused)
	case f.Problem != nil:
		l.doubt(audit.LayerSession, "the SFTP server %s: %s", audit.Untrusted(words[0]), f.Problem.Why)
	case f.Type != facts.Regular || !l.may(&f.Node, 0o1):
		refused.Observed = fmt.Sprintf("%s, mode %04o", f.Type, f.Mode)
		refused.Message = fmt.Sprintf("the account may not run the SFTP server %s", audit.Untrusted(words[0]))
		refused.Fix = "chmod 755 the program"
		l.refuse(audit.LayerSession, refused)
	default:
		return true
	}
	return false
}

// may tells whether the mode bits grant the account a right (1 execute, 2 write, 4 read).
func (l *login) may(n *facts.Node, right uint32) bool {
	switch {
	case l.a.UID == 0:
		return n.Mode&(right|right<<3|right<<6) != 0
	case n.UID == l.a.UID:
		return n.Mode&(right<<6) != 0
	case slices.Contains(l.a.GIDs, n.GID):
		return n.Mode&(right<<3) != 0
	}
	return n.Mode&right != 0
}

// startup judges whether the shell's start-up files print anything, which a
// client takes for a packet of the protocol.
func (l *login) startup() {
	for i := range l.via.Session.Startup {
		t := &l.via.Session.Startup[i]
		if t.Problem != nil {
			if t.Problem.Failure == facts.Uncertain {
				l.doubt(audit.LayerSession, "%s could not be read", t.Path)
			}
			continue
		}
		switch line, v := prints(t.Content); v {
		case yes:
			l.refuse(audit.LayerSession, audit.Cause{
				ID: "shell-output", Path: t.Path, Line: line,
				Message: fmt.Sprintf("line %d of %s prints text into the SFTP session", line, t.Path),
				Fix:     "let the file print only in interactive shells: [ -t 1 ] || return at its top",
			})
			return
		case maybe:
			l.doubt(audit.LayerSession, "%s line %d may print text into the SFTP session", t.Path, line)
			return
		case no:
		}
	}
}

// sshrc judges whether /etc/ssh/sshrc prints anything: sshd runs it in every
// session (session.c do_rc_files), unless the account has its own ~/.ssh/rc and
// the session is no subsystem.
func (l *login) sshrc() {
	rc := &l.via.Session.RC
	if l.req.Service != SFTP || rc.Problem != nil {
		return
	}
	switch line, v := prints(rc.Content); v {
	case yes:
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "sshrc-output", Path: rc.Path, Line: line, Message: fmt.Sprintf("line %d of %s prints text into every SFTP session", line, rc.Path),
			Fix: "remove the line, or send its output to standard error",
		})
	case maybe:
		l.doubt(audit.LayerSession, "%s line %d may print text into the SFTP session", rc.Path, line)
	case no:
	}
}

// Words that begin a line of a start-up file.
var (
	printing = []string{"echo", "printf", "cat", "date", "uptime", "fortune", "neofetch", "screenfetch", "figlet", "w", "who", "motd"}
	silentAs = []string{"export", "alias", "unalias", "set", "shopt", "umask", "ulimit", "bind", "complete", "unset", "setopt", "bindkey",
		"autoload", "typeset", "declare", "local", "readonly", "fi", "done", "esac", "else", "then", "do", "}", ";;", "*)", "return", "true", ":"}
	opening = []string{"if", "for", "while", "until", "case", "select", "function"}
)

// prints tells whether a start-up file prints to standard output before it
// leaves a shell that is not interactive, and the line that does or may.
func prints(text string) (line int, v ternary) {
	depth, number := 0, 0
	leaves := strings.Contains(text, "return") || strings.Contains(text, "exit")
	doubtful := 0
	for raw := range strings.Lines(text) {
		number++
		s := strings.TrimSpace(raw)
		if s == "" || s[0] == '#' {
			continue
		}
		if guard(s, leaves) {
			break
		}
		word := strings.TrimRight(strings.Fields(s)[0], ";")
		function := strings.HasSuffix(word, "()") || strings.Contains(s, "() {") || strings.HasSuffix(s, "()")
		redirected := strings.Contains(s, ">/dev/null") || strings.Contains(s, "> /dev/null") || strings.Contains(s, ">&2") || strings.Contains(s, ">> ") || strings.Contains(s, "> ")
		switch {
		case slices.Contains(printing, word) && redirected:
		case slices.Contains(printing, word) && depth == 0:
			return number, yes
		case slices.Contains(printing, word):
			doubtful = first(doubtful, number)
		case slices.Contains(opening, word), function:
			depth++
			if strings.HasSuffix(s, "fi") || strings.HasSuffix(s, "done") || strings.HasSuffix(s, "esac") || strings.HasSuffix(s, "}") {
				depth--
				doubtful = first(doubtful, number)
			}
		case word == "fi", word == "done", word == "esac", word == "}":
			depth = max(depth-1, 0)
		case slices.Contains(silentAs, word), assignment(word):
		case strings.HasPrefix(s, "["):
			if _, then, ok := strings.Cut(s, "&&"); ok && !slices.Contains(silentAs, firstWord(then)) && !assignment(firstWord(then)) {
				doubtful = first(doubtful, number)
			}
		case strings.HasSuffix(word, ")"): // a pattern of case
		default:
			doubtful = first(doubtful, number)
		}
	}
	if doubtful > 0 {
		return doubtful, maybe
	}
	return 0, no
}

func first(known, number int) int {
	if known > 0 {
		return known
	}
	return number
}

func firstWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[0]
	}
	return ""
}

// assignment tells whether a word is NAME=VALUE, or NAME+=VALUE.
func assignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	name = strings.TrimSuffix(name, "+")
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_[]") == ""
}

// guard tells whether a line leaves shells that are not interactive: the usual
// tests of PS1 and $-. leaves tells that something in the file leaves a shell.
func guard(s string, leaves bool) bool {
	switch {
	case strings.HasPrefix(s, "case $- in"), strings.HasPrefix(s, `case "$-" in`):
		return leaves
	case strings.HasPrefix(s, "[") && strings.Contains(s, "return") || strings.HasPrefix(s, "test ") && strings.Contains(s, "return"):
		return strings.Contains(s, "PS1") && strings.Contains(s, "-z") || strings.Contains(s, "$- != *i*") ||
			strings.Contains(s, "-t ") && strings.Contains(s, "||")
	}
	return false
}
