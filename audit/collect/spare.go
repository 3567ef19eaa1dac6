package collect

import (
	"slices"

	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
)

// maxSpare bounds the entries of one .ssh, and the lines of one key file, whose
// memory is kept.
const maxSpare = 64

// spare is the memory of an account whose facts nobody looks at any more. An
// audit of a hundred thousand accounts would otherwise leave as many to collect.
type spare struct {
	account *facts.Account
	files   []*facts.KeyFile
	texts   []*authkeys.File
}

// Release hands back an account of this Worker: neither it nor what it leads to is
// used any more, and its memory serves the next one.
func (w *Worker) Release(a *facts.Account) {
	w.spare.account = a
	for i := range a.Via {
		for _, f := range a.Via[i].KeyFiles {
			if !slices.Contains(w.spare.files, f) {
				w.spare.files = append(w.spare.files, f)
				if f.Keys != nil && cap(f.Keys.Lines) <= maxSpare {
					w.spare.texts = append(w.spare.texts, f.Keys)
				}
			}
		}
	}
}

// fresh returns an empty account, and what can be reused of the last one.
func (s *spare) fresh() (a *facts.Account, entries []facts.Entry, vias []facts.Via) {
	old := s.account
	if s.account = nil; old == nil {
		return &facts.Account{}, nil, nil
	}
	entries, vias = old.SSHDir.Entries, old.Via
	if cap(entries) > maxSpare {
		entries = nil
	}
	*old = facts.Account{}
	return old, entries[:0], vias[:0]
}

// keyFile returns an empty key file.
func (s *spare) keyFile() *facts.KeyFile {
	last := len(s.files) - 1
	if last < 0 {
		return &facts.KeyFile{}
	}
	f := s.files[last]
	s.files = s.files[:last]
	*f = facts.KeyFile{Dirs: f.Dirs[:0]}
	return f
}

// text returns a file to parse into.
func (s *spare) text() *authkeys.File {
	last := len(s.texts) - 1
	if last < 0 {
		return new(authkeys.File)
	}
	f := s.texts[last]
	s.texts = s.texts[:last]
	return f
}

// grown returns list with n zero elements, in the same memory if they fit.
func grown[T any](list []T, n int) []T {
	list = slices.Grow(list[:0], n)[:n]
	clear(list)
	return list
}
