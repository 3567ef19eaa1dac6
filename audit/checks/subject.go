package checks

import (
	"sync"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// subject is one account with sshd's answers about its key files, which many
// checks ask for.
type subject struct {
	*facts.Account
	host  *facts.Host
	files []judged
	// good are the lines that sshd reads a key from, bad all others.
	good, bad []judgedLine
	// causes are what refuses every key; asked tells that somebody looked.
	causes []audit.Cause
	asked  bool
	// finding is the one that is being worded; most are dropped again.
	finding audit.Finding
}

// judged is a key file with sshd's answer about it.
type judged struct {
	via    *facts.Via
	file   *facts.KeyFile
	answer decide.KeyFileAnswer
}

// judgedLine is a line of a key file.
type judgedLine struct {
	via  *facts.Via
	file *facts.KeyFile
	*authkeys.Line
}

// subjects keeps the memory of subjects that are done with.
var subjects = sync.Pool{New: func() any { return new(subject) }}

func newSubject(h *facts.Host, a *facts.Account) *subject {
	s := subjects.Get().(*subject)
	*s = subject{Account: a, host: h, files: s.files[:0], good: s.good[:0], bad: s.bad[:0]}
	for i := range a.Via {
		via := &a.Via[i]
		for _, f := range via.KeyFiles {
			if !s.reads(f) {
				s.sort(via, f)
			}
			s.files = append(s.files, judged{via, f, decide.KeyFile(h, a, via, f)})
		}
	}
	return s
}

// reads reports whether the file is among those seen: several sshds share it.
func (s *subject) reads(f *facts.KeyFile) bool {
	for i := range s.files {
		if s.files[i].file == f {
			return true
		}
	}
	return false
}

// sort files the lines of a key file under good and bad.
func (s *subject) sort(via *facts.Via, f *facts.KeyFile) {
	if f.Keys == nil {
		return
	}
	for i := range f.Keys.Lines {
		l := &f.Keys.Lines[i]
		if l.Kind == authkeys.KindKey && l.Cause == "" && l.Unsure == "" && l.Key != nil {
			s.good = append(s.good, judgedLine{via, f, l})
		} else {
			s.bad = append(s.bad, judgedLine{via, f, l})
		}
	}
}

// refused reports whether an object is told already as the reason for which
// sshd passes over a key file.
func (s *subject) refused(path audit.Untrusted) bool {
	for i := range s.files {
		answer := &s.files[i].answer
		if answer.Object.Path == path && answer.Fault != 0 && answer.Fault != decide.FaultGroupUncertain {
			return true
		}
	}
	return false
}
