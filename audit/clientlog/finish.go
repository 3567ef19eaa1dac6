package clientlog

import (
	"strings"

	"sshaudit/audit"
)

// outcome is a finished attempt that is kept while a later one is read.
type outcome struct {
	log   audit.ClientLog
	stage Stage
	step  string
}

// begin starts another connection: the one before it is put aside, and what the
// session's settings say of the server stays.
func (a *attempt) begin() {
	if a.stage == Start && a.step == "" {
		return
	}
	a.finish()
	next := attempt{count: a.count + 1, weight: a.weight, offset: a.offset, previous: a.previous}
	if a.telling() || next.previous == nil {
		next.previous = &outcome{a.log, a.stage, a.step}
	}
	l := &a.log
	next.log = audit.ClientLog{
		Program: l.Program, Version: l.Version, Host: l.Host, Port: l.Port, User: l.User, Protocol: l.Protocol, Proxy: l.Proxy, Tunnel: l.Tunnel,
	}
	next.verbose = a.verbose
	*a = next
}

// telling tells whether something came of the attempt.
func (a *attempt) telling() bool { return a.step != "" || a.stage >= Authenticated }

// result gives the last attempt that came to something.
func (a *attempt) result() *audit.ClientLog {
	a.finish()
	attempts := a.count
	if a.stage > Start || a.step != "" {
		attempts++
	}
	l := a.log
	if p := a.previous; p != nil && !a.telling() && (p.step != "" || p.stage > a.stage) {
		l = p.log
	}
	l.Attempts = attempts
	return &l
}

// finish decides which step failed.
func (a *attempt) finish() {
	if a.step == "" && a.stage < InSession {
		a.decideSilence()
	}
	a.decideMethod()
	if a.noTLS && (a.step == "" || a.rank <= vague) && a.stage < Authenticated {
		a.step, a.log.Protocol = StepFTPTLS, "ftps"
	}
	if a.step == StepFTPTLS {
		a.log.Protocol = "ftps"
	}
	a.secondLook()
	if a.log.Protocol == "" {
		switch {
		case a.ftp:
			a.log.Protocol = "ftp"
		case a.ssh:
			a.log.Protocol = "ssh"
		}
	}
	if a.log.Port == 0 && a.log.Host != "" && (a.ssh || a.ftp) {
		a.log.Port = 22
		if a.ftp {
			a.log.Port = 21
		}
	}
	a.log.Reached = a.stage.String()
	a.log.Step = a.step
	if a.step != "" {
		a.log.Message, a.log.Line = audit.Untrusted(bounded(masked(a.message))), a.line
	}
}

// decideSilence reads a log that ends without an error: what was asked last and
// not answered.
func (a *attempt) decideSilence() {
	switch {
	case a.done:
	case a.partial && a.stage == Authenticating:
		a.step = StepPartial
	case (a.keyRefused || a.passwordRefused || a.keyboardRefused || a.mutual) && a.stage == Authenticating:
		a.step = StepNoMethods
	case a.clientKey != "" && a.stage <= Authenticating:
		a.step, a.message, a.line = StepClientKeyFile, a.clientKey, a.clientKeyLine
	case a.last == "kex" && a.stage == Negotiating:
		a.step = StepKexStalled
	}
}

// decideMethod says what it means that no method is left: which was refused.
func (a *attempt) decideMethod() {
	closed := a.step == StepAuthClosed && a.rank < plainly
	refused := a.keyRefused || a.passwordRefused || a.keyboardRefused || a.partial
	if a.step != StepNoMethods && !closed && (a.step != StepCancelled || !refused) {
		return
	}
	switch {
	case a.partial:
		a.step = StepPartial
	case a.mutual && !a.keyRefused && !a.passwordRefused:
		a.step = StepKeyAlgorithm
	case closed:
	case a.keyRefused && a.explicitKey:
		a.step = StepKeyRefused
	case a.passwordRefused:
		a.step = StepPasswordRefused
	case a.keyRefused:
		a.step = StepKeyRefused
	case a.keyboardRefused:
		a.step = StepKeyboardRefused
	case a.clientKey != "":
		a.step, a.message, a.line = StepClientKeyFile, a.clientKey, a.clientKeyLine
	case a.explicitKey && a.log.Program == "FileZilla" && has(a.log.Methods, "publickey"):
		a.step = StepKeyRefused // it shows the events of the key at its debug levels only
	case a.keyboardTried && !a.offered:
		a.step = StepKeyboardRefused
	case a.passwordTried:
		a.step = StepPasswordRefused
	case !a.verbose:
		a.step = StepAuthRefused
	}
	switch {
	case a.step == StepKeyRefused && a.refusedKey.text != "":
		a.message, a.line = a.refusedKey.text, a.refusedKey.line
	case (a.step == StepPasswordRefused || a.step == StepKeyboardRefused) && a.refusedWord.text != "":
		a.message, a.line = a.refusedWord.text, a.refusedWord.line
	}
}

// secondLook reads errors whose words no rule knows, as translated programs write
// them: a code in Latin letters, a number of seconds, or nothing but the fact that
// it ended where it did.
func (a *attempt) secondLook() {
	if a.step != "" && a.rank > vague {
		return
	}
	for _, e := range a.errors {
		r := &record{text: e.text, line: e.line}
		switch {
		case a.network(e.text, r):
		case strings.Contains(e.text, "GnuTLS"):
			gnuTLS(a, r, nil)
		case number(e.text) && !strings.Contains(e.text, "exit"):
			a.silent(r)
		default:
			continue
		}
		return
	}
	if a.step == "" && len(a.errors) > 0 && a.stage < InSession {
		e := a.errors[0]
		r := &record{text: e.text, line: e.line}
		switch {
		case a.ssh && a.stage == Authenticating && a.passwordTried:
			a.fail(StepPasswordRefused, vague, r)
		default:
			a.closed(r)
		}
	}
}

// number tells that a text has exactly one number, of one to three digits: the
// seconds of a timeout.
func number(s string) bool {
	count, digits := 0, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] >= '0' && s[i] <= '9' {
			digits++
			continue
		}
		if digits > 3 {
			return false
		}
		if digits > 0 {
			count++
		}
		digits = 0
	}
	return count == 1
}

// masked takes what may be a password out of a message that is shown: the one of
// a URL, what follows PASS.
func masked(s string) string {
	if i := strings.Index(s, "://"); i >= 0 {
		rest := s[i+3:]
		end := strings.IndexAny(rest, "/ \t")
		if end < 0 {
			end = len(rest)
		}
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			if colon := strings.IndexByte(rest[:at], ':'); colon >= 0 {
				s = s[:i+3] + rest[:colon] + ":…" + rest[at:]
			}
		}
	}
	if i := strings.Index(s, "PASS "); i >= 0 {
		s = s[:i] + "PASS …"
	}
	return s
}
