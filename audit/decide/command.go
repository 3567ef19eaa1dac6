package decide

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// metacharacters are those by which a shell does more than run one program.
const metacharacters = ";|&`$(){}<>*?[]\n"

// simple returns the program of a command that runs one program and nothing
// else, by the word that names it; ok is false for anything more.
func simple(command string) (word string, ok bool) {
	words := strings.Fields(command)
	if len(words) == 0 || strings.ContainsAny(command, metacharacters) || strings.ContainsAny(words[0], "\"'\\=~") {
		return "", false
	}
	return words[0], true
}

// builtin are the commands that every shell has itself (POSIX.1, 2.14 and the
// usual ones beside).
var builtin = []string{":", ".", "alias", "bg", "cd", "command", "echo", "eval", "exec", "exit", "export", "false", "fg", "hash", "jobs",
	"kill", "printf", "pwd", "read", "readonly", "return", "set", "shift", "source", "test", "times", "trap", "true", "type", "ulimit", "umask", "unset", "wait"}

// fails says for certain why a command runs nothing; empty if it runs, or that
// is not known.
func (l *login) fails(command string) string {
	word, ok := simple(command)
	if !ok || slices.Contains(builtin, word) {
		return ""
	}
	f, known := l.via.Session.Programs[word]
	switch {
	case len(word) >= len(internal) && strings.EqualFold(word[:len(internal)], internal) && (!known || failed(&f)):
		return "only internal-sftp in exactly this spelling is the server inside sshd; the shell finds no such program"
	case !known || word[0] != '/':
		return ""
	}
	return l.unstartable(word, true)
}

// missing tells that a command's program is in none of the usual directories,
// so that it runs only if the shell looks elsewhere too.
func (l *login) missingProgram(command string) bool {
	word, ok := simple(command)
	if !ok || slices.Contains(builtin, word) || strings.Contains(word, "/") {
		return false
	}
	f, known := l.via.Session.Programs[word]
	return known && l.whole() && failed(&f)
}

// unstartable says for certain why the kernel does not start a program for the
// account; empty if it does, or that is not known. A shell takes text for a
// script, which execve(2) refuses.
func (l *login) unstartable(word string, byShell bool) string {
	f, known := l.via.Session.Programs[word]
	head := l.via.Session.Heads[word]
	switch {
	case !known || !l.whole():
	case failed(&f):
		return fmt.Sprintf("%s does not exist", audit.Untrusted(word))
	case f.Problem != nil:
	case f.Type != facts.Regular || !l.may(&f.Node, 0o1):
		return fmt.Sprintf("the account may not run %s (%s, mode %04o)", audit.Untrusted(word), f.Type, f.Mode)
	case head.Format == facts.FormatScript && failed(&head.Interpreter):
		return fmt.Sprintf("%s is a script for %s, which does not exist", audit.Untrusted(word), head.Interpreter.Path)
	case head.Format == facts.FormatText && !byShell:
		return fmt.Sprintf("%s is neither a binary nor a script that begins with #!", audit.Untrusted(word))
	}
	return ""
}

// shells are login shells that run a command given by -c, restricted those that
// run none.
var (
	shells     = []string{"sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "lksh", "ash", "fish", "tcsh", "csh", "rbash"}
	restricted = []string{"nologin", "false", "true", "sync", "git-shell"}
)

// kind is the name by which a login shell is known: its own, or that of the
// program that it links to.
func (l *login) kind(shell string) string {
	name := path.Base(shell)
	if target := l.via.Session.Heads[shell].Target; target != "" && !slices.Contains(shells, name) && !slices.Contains(restricted, name) {
		return path.Base(string(target))
	}
	return name
}

// shellRuns judges whether the login shell runs a command; false if it was said
// that it does not, or that it is not known.
func (l *login) shellRuns() bool {
	shell := shellName(l.a)
	if !l.enters(shell) {
		return false
	}
	if l.via.Session.Chroot == nil && l.whole() && l.a.Login != nil && failed(l.a.Login) {
		return false // told of the account already
	}
	if why := l.unstartable(shell, false); why != "" {
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "shell-exec-failed", Path: audit.Untrusted(shell), Message: "the login shell cannot be started: " + why,
			Fix: "usermod -s /bin/bash " + UserArgument(l.a) + ", or repair the shell",
		})
		return false
	}
	switch name := l.kind(shell); {
	case slices.Contains(shells, name):
		return l.stays()
	case slices.Contains(restricted, name):
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "shell-restricted", Path: audit.Untrusted(shell), Observed: audit.Untrusted(shell).String(), Expected: "a shell that runs commands",
			Message: fmt.Sprintf("the login shell %s runs no command", audit.Untrusted(shell)),
			Fix:     "usermod -s /bin/bash " + UserArgument(l.a) + ", or internal-sftp for SFTP, which needs no shell",
		})
	default:
		l.doubt(audit.LayerSession, "whether the login shell %s runs commands is not known: su -s %s -c 'echo yes' %s shows it",
			audit.Untrusted(shell), audit.Untrusted(shell), UserArgument(l.a))
	}
	return false
}

// enters judges whether the shell is there inside a chroot.
func (l *login) enters(shell string) bool {
	f, known := l.via.Session.Programs[shell]
	if !known || l.via.Session.Chroot == nil || !l.whole() {
		return true
	}
	if failed(&f) {
		l.refuse(audit.LayerSession, audit.Cause{
			ID: "shell-exec-failed", Path: f.Path, Observed: "missing", Expected: "a program",
			Message: fmt.Sprintf("the login shell %s is not inside the chroot", audit.Untrusted(shell)),
			Fix:     "use internal-sftp, which needs no shell, or put a shell and its libraries into the chroot",
		})
		return false
	}
	if string(l.via.Session.Chroot.Path) != "/" {
		l.doubt(audit.LayerSession, "whether the shell finds its libraries inside the chroot was not looked at: chroot %s %s -c true shows it",
			l.via.Session.Chroot.Path, audit.Untrusted(shell))
		return false
	}
	return true
}

// stays judges whether a start-up file leaves the shell before it comes to the command.
func (l *login) stays() bool {
	for i := range l.via.Session.Startup {
		t := &l.via.Session.Startup[i]
		if line := leaves(t.Content); line > 0 && t.Problem == nil {
			l.doubt(audit.LayerSession, "%s line %d may leave the shell before the command runs", t.Path, line)
			return false
		}
	}
	return true
}

// leaves returns the line of a start-up file that may end or replace a shell
// that is not interactive; 0 if none does.
func leaves(text string) int {
	number := 0
	for raw := range strings.Lines(text) {
		number++
		s := strings.TrimSpace(raw)
		if s == "" || s[0] == '#' {
			continue
		}
		if guard(s, true) {
			return 0
		}
		for word := range strings.FieldsSeq(strings.NewReplacer(";", " ", "&&", " ", "||", " ").Replace(s)) {
			if word == "exit" || word == "exec" || word == "logout" {
				return number
			}
		}
	}
	return 0
}
