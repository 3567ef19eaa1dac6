package checks

import (
	"fmt"
	"sync"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// Check is one entry of the catalogue. Host and Account are its evaluations;
// either may be nil. They are handed the check itself, whose texts they use.
type Check struct {
	audit.Doc
	// Host looks at the host once, after every account was collected.
	Host func(*Check, *facts.Host) []audit.Finding
	// Account looks at one account.
	Account func(*Check, *subject) []audit.Finding
}

// finding starts a finding of this check about a path.
func (c *Check) finding(path audit.Untrusted, format string, args ...any) audit.Finding {
	f := audit.Finding{Check: c.ID, Severity: c.Severity, Effect: c.Effect, Path: path, References: c.References}
	if format != "" {
		f.Message = fmt.Sprintf(format, args...)
	}
	return f
}

// about starts a finding of this check about an account's object.
func (c *Check) about(a *facts.Account, path audit.Untrusted, format string, args ...any) audit.Finding {
	f := c.finding(path, format, args...)
	f.User = audit.Untrusted(a.Name)
	return f
}

// userArgument returns the account as an argument for a suggested command.
func userArgument(a *facts.Account) string { return decide.UserArgument(a) }

// repair returns the command that repairs the account's modes and owners.
func repair(a *facts.Account) string { return "sshaudit fix --user " + userArgument(a) }

// octal returns a mode as people compare it.
func octal(mode uint32) string { return fmt.Sprintf("%04o", mode) }

// maxPerAccount bounds the findings of one account; the rest are counted.
const maxPerAccount = 100

// Account evaluates every given check for one account.
func Account(list []*Check, h *facts.Host, a *facts.Account) []audit.Finding {
	var found []audit.Finding
	s := newSubject(h, a)
	defer subjects.Put(s)
	for _, c := range list {
		if c.Account != nil {
			found = append(found, c.Account(c, s)...)
		}
	}
	if more := len(found) - maxPerAccount; more > 0 {
		found = found[:maxPerAccount:maxPerAccount]
		found = append(found, checkUnknown.about(a, "", "%d more findings about this account are not listed", more))
	}
	return found
}

// Host evaluates every given check for the host.
func Host(list []*Check, h *facts.Host) []audit.Finding {
	var found []audit.Finding
	for _, c := range list {
		if c.Host != nil {
			found = append(found, c.Host(c, h)...)
		}
	}
	return found
}

// byID finds a check by its id.
var byID = sync.OnceValue(func() map[string]*Check {
	m := make(map[string]*Check)
	for _, c := range All() {
		m[c.ID] = c
	}
	return m
})

// Find returns the check with this id, nil if there is none.
func Find(id string) *Check { return byID()[id] }

// Docs returns the catalogue's texts in its order.
func Docs() []audit.Doc {
	list := All()
	docs := make([]audit.Doc, len(list))
	for i, c := range list {
		docs[i] = c.Doc
	}
	return docs
}
