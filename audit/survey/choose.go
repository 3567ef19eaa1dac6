package survey

import (
	"path"
	"slices"

	"sshaudit/audit/checks"
	"sshaudit/audit/facts"
	"sshaudit/audit/settings"
)

// chosenChecks returns the checks that the settings leave.
func chosenChecks(s settings.Settings) ([]*checks.Check, error) {
	known := func(id string) bool { return checks.Find(id) != nil }
	if err := s.KnownChecks(known); err != nil {
		return nil, err
	}
	var list []*checks.Check
	for _, c := range checks.All() {
		if len(s.Checks.Only) > 0 && !slices.Contains(s.Checks.Only, c.ID) || slices.Contains(s.Checks.Skip, c.ID) {
			continue
		}
		if c.ID == checks.HomeModeID && s.HomeMode != nil {
			c = checks.HomeMode(*s.HomeMode)
		}
		list = append(list, c)
	}
	return list, nil
}

// choose fills in the indexes of the accounts to look at.
func (s *Survey) choose() error {
	db := s.collect.Host().Accounts
	for _, name := range s.opts.Users {
		i, ok := db.Index(name)
		if !ok {
			return &UnknownUserError{name}
		}
		if !slices.Contains(s.accounts, i) {
			s.accounts = append(s.accounts, i)
		}
	}
	if len(s.opts.Users) > 0 {
		return nil
	}
	for i := range db.Len() {
		if a := db.At(i); s.wanted(a.Name, a.UID) {
			s.accounts = append(s.accounts, i)
		}
	}
	return nil
}

// wanted applies the settings to one account: root always, then the bounds of
// uids, exclude over include.
func (s *Survey) wanted(name string, uid uint32) bool {
	rule := &s.opts.Settings.Accounts
	switch {
	case uid == 0:
		return true
	case rule.UIDMin != nil && uid < *rule.UIDMin, rule.UIDMax != nil && uid > *rule.UIDMax:
		return false
	case matches(rule.Exclude, name):
		return false
	}
	return len(rule.Include) == 0 || matches(rule.Include, name)
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil // the settings were checked when they were read
	})
}

// uninteresting tells of an account of the system that nobody can log in to by
// a key: it has no .ssh, and its shell is none that /etc/shells offers.
func (s *Survey) uninteresting(a *facts.Account) bool {
	return a.System && len(s.opts.Users) == 0 && a.SSHDir.Type == facts.TypeUnknown &&
		!slices.Contains(s.collect.Host().Shells, a.Shell)
}
