package pam

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
)

// Causes, as the decision path names them.
const (
	CauseInit            = "pam-init-failed"
	CauseAccount         = "pam-account-denied"
	CauseSession         = "pam-session-failed"
	CauseSetcred         = "pam-setcred-failed" //nolint:gosec // an id, no credential
	CausePasswordExpired = "password-expired-pam"
	CausePassword        = "password-wrong"
)

// Outcome is what one stack does to a login.
type Outcome struct {
	Verdict audit.Verdict
	// Cause is set when the stack refuses. [CausePasswordExpired] comes from the
	// account stack: sshd lets the client in and ends the session at once,
	// unless the password is changed on a terminal.
	Cause string
	// Code is what the stack returns; only with a verdict.
	Code Code
	// Module is the module that decides ("pam_access"), with the line that calls
	// it; empty if no module does.
	Module audit.Untrusted
	File   audit.Untrusted
	Line   int
	// Blames is the module whose refusal the deciding one only passes on, as
	// pam_deny does behind a jump; Module itself otherwise.
	Blames audit.Untrusted
	// Message says why, in a sentence; for an unknown verdict what is missing. Already escaped.
	Message string
	// Unknown names the modules whose answer is missing; set with an unknown verdict.
	Unknown []audit.Untrusted
}

// Evaluate tells what the stack of one type answers. For [Auth] it assumes that
// the client gives the right password. What sshd asks depends on the method
// (auth-pam.c): a key Account and Session; a password Auth, Account and Session;
// keyboard-interactive Auth, Account, Setcred and Session. For the others sshd
// asks for setcred too, but a refusal changes nothing.
func (s *Stack) Evaluate(t Type, f *Facts) Outcome {
	var first Outcome
	for i, lib := range s.lib.candidates() {
		o := s.evaluate(t, f, lib)
		if i == 0 {
			first = o
			continue
		}
		if o.Verdict != first.Verdict || o.Cause != first.Cause {
			return Outcome{
				Verdict: audit.Unknown, File: first.File, Line: first.Line,
				Message: "releases of Linux-PAM answer differently (" + reasons(first, o) + "), and the host's release is not known",
			}
		}
	}
	return first
}

func reasons(list ...Outcome) string {
	var said []string
	for _, o := range list {
		if o.Message != "" && !slices.Contains(said, o.Message) {
			said = append(said, o.Message)
		}
	}
	return strings.Join(said, "; ")
}

func (s *Stack) evaluate(t Type, f *Facts, lib Library) Outcome {
	if lib != s.lib { // the files themselves read differently
		s = Load(s.service, s.given, lib)
	}
	switch {
	case s.unread != nil:
		return Outcome{File: s.unread.File, Line: s.unread.Line, Message: s.unread.String()}
	case s.broken != nil:
		return Outcome{
			Verdict: audit.Refuse, Cause: CauseInit, Code: Abort, File: s.broken.File, Line: s.broken.Line,
			Message: "PAM cannot be started: " + s.broken.Message,
		}
	}
	e := evaluation{Stack: s, facts: f, lib: lib, typ: t, phase: phaseOf(t)}
	lines := t
	if t == Setcred {
		lines = Auth
	}
	e.stack = s.of[lines]
	if len(e.stack) == 0 {
		e.stack = s.other[lines]
	}
	if len(e.stack) == 0 {
		return Outcome{
			Verdict: audit.Refuse, Cause: e.cause(mustFail), Code: mustFail,
			Message: fmt.Sprintf("no %s line for service %s, and none for other", lines, audit.Untrusted(s.service)),
		}
	}
	return e.run()
}

// evaluation is one stack under evaluation.
type evaluation struct {
	*Stack
	facts   *Facts
	lib     Library
	typ     Type
	phase   phase
	stack   []handler
	answers []answer
}

func (e *evaluation) run() Outcome {
	e.ask()
	// A stack that authenticate has not run before it lets a jump say its part
	// in setcred; Debian took that away.
	jumpsCount := e.typ == Setcred && !e.lib.Debian
	ends, reached, ok := walk(e.stack, jumpsCount, func(i int) []Code { return distinct(&e.stack[i], e.answers[i].codes) })
	if !ok {
		return e.unknown(reached, "too many modules may answer anything")
	}
	causes := make(map[string]bool)
	for r := range ends {
		causes[e.cause(r.status)] = true
	}
	if len(causes) != 1 {
		return e.unknown(reached, "")
	}
	// Of several ways to the same verdict the first module explains it.
	var first result
	found := false
	for r := range ends {
		if !found || r.decider < first.decider || r.decider == first.decider && r.status < first.status {
			first, found = r, true
		}
	}
	return e.outcome(first)
}

// ask collects every module's answer.
func (e *evaluation) ask() {
	e.answers = make([]answer, len(e.stack))
	for i := range e.stack {
		if h := &e.stack[i]; h.kind == runs {
			c := call{facts: e.facts, given: e.given, source: e.source, lib: e.lib, phase: e.phase, args: h.args}
			e.answers[i] = c.module(h.module)
		} else {
			e.answers[i] = refuse(mustFail, "the line cannot be used, so it fails")
		}
	}
}

// cause is the id for what the stack returns; empty for a success.
func (e *evaluation) cause(c Code) string {
	if c == Success {
		return ""
	}
	switch e.typ {
	case Account:
		if c == NewAuthTokReqd {
			return CausePasswordExpired
		}
		return CauseAccount
	case Session:
		return CauseSession
	case Setcred:
		return CauseSetcred
	default:
		return CausePassword
	}
}

func (e *evaluation) outcome(r result) Outcome {
	o := Outcome{Verdict: audit.Accept, Code: r.status, Cause: e.cause(r.status)}
	if o.Cause != "" {
		o.Verdict = audit.Refuse
		o.Message = fmt.Sprintf("no module of the %s stack of %s grants access", e.typ, audit.Untrusted(e.service))
	}
	if r.decider < 0 {
		return o
	}
	h := &e.stack[r.decider]
	o.Module, o.File, o.Line = audit.Untrusted(moduleName(h.module)), audit.Untrusted(h.file), h.line
	if o.Cause == "" {
		return o
	}
	why, blames := e.why(int(r.decider))
	o.Blames = o.Module
	if blames >= 0 {
		o.Blames = audit.Untrusted(moduleName(e.stack[blames].module))
	}
	if o.Module == "" {
		o.Message = why
	} else {
		o.Message = fmt.Sprintf("%s: %s", o.Blames, why)
	}
	return o
}

// why says why a module refuses. A module that only says what another one left
// undone (pam_deny after a jump) gives that one's reason as well.
func (e *evaluation) why(decider int) (why string, blames int) {
	if why = e.answers[decider].why; why == "" {
		why = "answers " + e.answers[decider].codes[0].String() + ", which the control word counts as a refusal"
	}
	if moduleName(e.stack[decider].module) != "pam_deny" {
		return why, -1
	}
	for i := decider - 1; i >= 0; i-- {
		if a := e.answers[i]; a.why != "" && e.stack[i].kind == runs {
			return fmt.Sprintf("%s (line %d; pam_deny in line %d passes it on)", a.why, e.stack[i].line, e.stack[decider].line), i
		}
	}
	return why, -1
}

// unknown names what is missing: the modules that may be asked and whose
// possible answers do different things to the stack.
func (e *evaluation) unknown(reached []bool, reason string) Outcome {
	o := Outcome{Message: reason}
	var said []string
	for i := range e.stack {
		h := &e.stack[i]
		if !reached[i] || len(distinct(h, e.answers[i].codes)) < 2 {
			continue
		}
		if o.Line == 0 {
			o.Module, o.File, o.Line = audit.Untrusted(moduleName(h.module)), audit.Untrusted(h.file), h.line
		}
		if name := audit.Untrusted(moduleName(h.module)); !slices.Contains(o.Unknown, name) {
			o.Unknown = append(o.Unknown, name)
			said = append(said, fmt.Sprintf("%s (%s:%d): %s", name, audit.Untrusted(h.file), h.line, e.answers[i].missing))
		}
	}
	if o.Message == "" {
		o.Message = "what the " + e.typ.String() + " stack answers"
	}
	if len(said) > 0 {
		o.Message = strings.Join(said, "; ")
	}
	return o
}
