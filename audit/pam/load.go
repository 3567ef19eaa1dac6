package pam

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"sshaudit/audit"
)

// Type is what a stack is asked for.
type Type uint8

// The stacks, and the second question that the auth stack is asked. Of a
// password stack only the syntax is looked at: sshd runs it when a password has
// to be changed.
const (
	Auth Type = iota + 1
	Account
	Session
	Password
	Setcred
)

var typeNames = [...]string{Auth: "auth", Account: "account", Session: "session", Password: "password"}

// String returns the type as a line of pam.d writes it.
func (t Type) String() string {
	if t == Setcred {
		return "setcred"
	}
	if t < Auth || t > Password {
		return "any"
	}
	return typeNames[t]
}

// Problem is a line of a PAM file that libpam cannot use.
type Problem struct {
	File audit.Untrusted
	Line int
	// Message says what is wrong and what libpam makes of it; already escaped.
	Message string
}

// String returns the problem as "file:line: message".
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// handler is one module in one stack.
type handler struct {
	kind   kind
	level  int
	action control
	module string // as the line writes it; empty for a line that cannot be used
	args   []string
	file   string
	line   int
}

type kind uint8

const (
	runs kind = iota
	fails
	substack
)

// Stack is what libpam makes of the files of one service.
type Stack struct {
	service string
	// given is the source itself, source the one that remembers.
	given, source Source
	lib           Library
	// of are the modules of the service and of the fallback "other", by type.
	of, other [Password + 1][]handler
	// broken says why pam_start fails, nil if it does not.
	broken *Problem
	// unread is a file that decides and could not be read.
	unread   *Problem
	problems []Problem
}

// Problems lists the lines that libpam cannot use, also in parts of a stack
// that never run.
func (s *Stack) Problems() []Problem { return s.problems }

const (
	// maxInclude is how deep files may include each other (pam_private.h
	// PAM_SUBSTACK_MAX_LEVEL); before 1.7 libpam counts substacks only.
	maxInclude = 16
	// maxLines and maxBytes bound what includes of includes may multiply to.
	maxLines = 2000
	maxBytes = 4 << 20
)

// dirs are where a service is looked for, in libpam's order.
var dirs = []string{"/etc/pam.d/", "/usr/lib/pam.d/"}

// Load reads the files of a service as pam_start does (pam_handlers.c
// _pam_init_handlers). It always returns a Stack: what is wrong with the files
// is part of the verdict.
func Load(service string, source Source, lib Library) *Stack {
	// pam_start takes the last element and lower case.
	s := &Stack{service: strings.ToLower(path.Base(service)), given: source, source: source.remembered(), lib: lib}
	found := false
	for i, name := range []string{s.service, "other"} {
		l := loader{Stack: s, into: &s.of}
		if i == 1 {
			l.into = &s.other
		}
		switch l.service(name) {
		case loaded:
			found = true
		case aborted:
			return s
		case absent:
		}
	}
	if !found {
		s.nothing()
	}
	return s
}

// nothing settles what happens without any file of the service.
func (s *Stack) nothing() {
	message := fmt.Sprintf("neither %s nor other is in /etc/pam.d or /usr/lib/pam.d", audit.Untrusted(s.service))
	if s.source.List != nil {
		if _, err := s.source.List("/etc/pam.d"); err != nil {
			// Without the directories libpam reads /etc/pam.conf.
			s.unread = &Problem{"/etc/pam.d", 0, "the directory cannot be listed, so /etc/pam.conf may be in force, which is not evaluated"}
			return
		}
	}
	s.broken = &Problem{"/etc/pam.d", 0, message}
}

type loading uint8

const (
	loaded loading = iota
	absent
	aborted
)

// loader reads one service and what it includes.
type loader struct {
	*Stack
	into  *[Password + 1][]handler
	count int // lines so far
	bytes int // and bytes
	// reason is why the file that was read last could not be used.
	reason *Problem
}

// over tells that nothing that follows can matter.
func (l *loader) over() bool { return l.broken != nil || l.unread != nil }

func (l *loader) problem(file string, line int, format string, args ...any) {
	if len(l.problems) < 100 {
		l.problems = append(l.problems, Problem{audit.Untrusted(file), line, fmt.Sprintf(format, args...)})
	}
}

func (l *loader) service(name string) loading {
	file, text, got := l.open(name)
	if got != loaded {
		return got
	}
	if got = l.file(file, text, scope{}); got == aborted && !l.over() {
		l.broken = l.reason
	}
	return got
}

// open finds a file as _pam_open_config_file does.
func (l *loader) open(name string) (file string, text []byte, got loading) {
	if strings.HasPrefix(name, "/") {
		return l.read(name)
	}
	for _, dir := range dirs {
		if file, text, got = l.read(dir + name); got != absent {
			return file, text, got
		}
	}
	return "", nil, absent
}

func (l *loader) read(file string) (string, []byte, loading) {
	text, err := l.source.Read(file)
	switch {
	case err == nil:
		return file, text, loaded
	case missing(err):
		return "", nil, absent
	}
	l.unread = &Problem{audit.Untrusted(file), 0, "cannot be read: " + audit.Untrusted(err.Error()).String()}
	return "", nil, aborted
}

// scope is where an included text stands.
type scope struct {
	only           Type // 0: lines of every type
	level, include int
}

// abort notes why libpam stops reading a file.
func (l *loader) abort(file string, line int, message string) loading {
	if l.reason == nil {
		l.reason = &Problem{audit.Untrusted(file), line, message}
	}
	return aborted
}

func (l *loader) file(file string, text []byte, in scope) loading {
	if l.bytes += len(text); l.bytes > maxBytes {
		l.unread = &Problem{audit.Untrusted(file), 0, "the files and what they include are too large to be evaluated"}
		return aborted
	}
	list, bad := lines(text, l.lib)
	for _, line := range list {
		if l.line(file, line, in) == aborted {
			return aborted
		}
	}
	switch {
	case bad == nil:
		return loaded
	case errors.Is(bad, errNUL):
		l.unread = &Problem{audit.Untrusted(file), 0, bad.Error() + ", what libpam makes of it is not evaluated"}
		return aborted
	}
	l.problem(file, 0, "%s: libpam gives up reading the file", bad)
	return l.abort(file, 0, bad.Error())
}
