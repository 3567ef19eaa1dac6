package checks

import (
	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// UnknownID is the id of the check about what could not be judged.
const UnknownID = "check-unknown"

var checkUnknown = &Check{
	Doc: audit.Doc{
		ID: UnknownID, Title: "Something that could not be judged",
		Why: "A file was too large, changed all the time, lies on a file system that is not entered, or needs rights that this run does " +
			"not have. That is neither a pass nor a fail: what was not seen may be anything.",
		Repair:   "Run sshaudit as root; look at the path shown by hand.",
		Severity: audit.Warning, Effect: audit.Hardening,
	},
	Account: func(c *Check, s *subject) []audit.Finding {
		a := s.Account
		var found []audit.Finding
		add := func(path audit.Untrusted, why string) {
			if !told(found, path) {
				f := c.about(a, path, "not judged: %s", why)
				f.Fix = "look at the path by hand, or run sshaudit as root"
				found = append(found, f)
			}
		}
		if p := a.Home.Problem; p != nil && p.Failure == facts.Uncertain {
			add(p.At, p.Why)
		}
		if p := a.SSHDir.Problem; p != nil && p.Failure == facts.Uncertain {
			add(p.At, p.Why)
		}
		for i := range s.files {
			f, answer := s.files[i].file, &s.files[i].answer
			switch {
			case answer.Verdict == audit.Unknown && answer.Cause == "":
				add(answer.Object.Path, answer.Why)
			case answer.Verdict == audit.Accept && f.Unread != "":
				add(f.Node.Path, f.Unread)
			}
		}
		for _, l := range s.bad {
			if l.Unsure != "" {
				fd := c.about(a, l.file.Node.Path, "line %d is not judged: %s", l.Number, l.Unsure)
				fd.Line = l.Number
				found = append(found, fd)
			}
		}
		return found
	},
}

// acceptedUnmatched has no evaluation of its own: the survey, which applies the
// accepted findings of the configuration, knows which of them matched nothing.
var acceptedUnmatched = &Check{Doc: audit.Doc{
	ID: "accepted-unmatched", Title: "Accepted finding that no longer occurs",
	Why: "The configuration accepts a finding that was not found. Either it was repaired and the entry can go, or the entry is " +
		"misspelt and accepts nothing.",
	Repair:   "Remove or correct the entry under accept: in sshaudit.yaml.",
	Severity: audit.Notice, Effect: audit.Hardening,
}}

// AcceptedUnmatched is the finding about one such entry.
func AcceptedUnmatched(file string, line int, id string) audit.Finding {
	f := acceptedUnmatched.finding(audit.Untrusted(file), "the accepted finding %s did not occur", audit.Untrusted(id))
	f.Line, f.Fix = line, "remove or correct the entry"
	return f
}
