package checks

import (
	"slices"

	"sshaudit/audit"
	"sshaudit/audit/decide"
)

// loginCauses are the causes that an audit looks for as well: what refuses every
// key of an account that has keys, whatever the keys and their lines are.
var loginCauses = []string{
	"refuse-connection", "user-expired", "user-locked", "user-shell-missing", "user-shell-not-executable",
	"user-denied", "user-not-allowed", "user-no-groups", "group-denied", "group-not-allowed",
	"methods-none-left", "method-disabled", "method-partial", "auth-tries-exceeded", "root-refused", "key-revoked", "revoked-file-error",
}

// loginChecks returns a check for each of these causes, with the texts of its row.
func loginChecks() []*Check {
	var list []*Check
	for _, table := range [][]cause{accountCauses, keyCauses} {
		for i := range table {
			if slices.Contains(loginCauses, table[i].id) {
				list = append(list, &Check{Doc: table[i].doc(), Account: refusedLogin})
			}
		}
	}
	return list
}

// refusedLogin reports an account with keys whose login sshd refuses for the
// check's cause: the same judgement that `sshaudit why` makes, for a client whose
// address is not known.
func refusedLogin(c *Check, s *subject) []audit.Finding {
	for _, cause := range s.refusals() {
		if cause.ID != c.ID {
			continue
		}
		f := c.about(s.Account, cause.Path, "every key of this account is refused: %s", cause.Message)
		f.Line, f.Observed, f.Expected, f.Fix = cause.Line, cause.Observed, cause.Expected, cause.Fix
		return []audit.Finding{f}
	}
	return nil
}

// refusals returns what refuses every key of an account that has keys, asked of
// the first sshd; nothing if some key may be let in.
func (s *subject) refusals() []audit.Cause {
	if s.asked {
		return s.causes
	}
	s.asked = true
	if len(s.good) == 0 || len(s.Via) == 0 || s.Via[0].Settings == nil {
		return nil
	}
	s.causes = decide.Refusals(s.host, s.Account, &s.Via[0], decide.Request{
		User: s.Name, Service: decide.SSH, Method: decide.Publickey,
	})
	return s.causes
}
