package survey

import "sshaudit/audit/checks"

// accept leaves out the findings that the administrator accepted.
func (s *Survey) accept(list []found) []found {
	accepted := s.opts.Settings.Accept
	s.matched = make([]bool, len(accepted))
	if len(accepted) == 0 {
		return list
	}
	kept := list[:0]
	for i := range list {
		covered := false
		for k := range accepted {
			if accepted[k].Covers(list[i].Finding) {
				covered, s.matched[k] = true, true
			}
		}
		if !covered {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// unmatched returns a finding for each accepted one that did not occur. Only a
// run over everything can tell.
func (s *Survey) unmatched() []found {
	if len(s.opts.Users) > 0 || len(s.opts.Settings.Checks.Only) > 0 || len(s.opts.Settings.Checks.Skip) > 0 {
		return nil
	}
	var list []found
	for k, a := range s.opts.Settings.Accept {
		if !s.matched[k] {
			list = append(list, found{checks.AcceptedUnmatched(s.opts.SettingsFile, a.Line, a.Check), -1})
		}
	}
	return list
}
