package decide

import (
	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// KeyFileAnswer is what sshd does with one file of AuthorizedKeysFile before it
// reads a line of it.
type KeyFileAnswer struct {
	// Verdict is Accept when the lines are read, Refuse when the file is passed
	// over, Unknown when that could not be found out.
	Verdict audit.Verdict
	// Cause is the id of the decision path; empty with Accept.
	Cause string
	// Object is what is wrong, with its path; Fault is what StrictModes minds in it.
	Object facts.Node
	Fault  Fault
	// Why says what is missing for a verdict, or the error of the system; escaped.
	Why string
}

// KeyFile decides whether sshd would read the lines of a key file, in sshd's
// order: expand the name, open it as the account, regular file, StrictModes
// (auth2-pubkeyfile.c auth_openfile, up to 9.0 in auth.c; misc.c safe_path_fd).
func KeyFile(h *facts.Host, a *facts.Account, via *facts.Via, f *facts.KeyFile) KeyFileAnswer {
	if deadly := before(via, f); deadly != nil {
		f = deadly
	}
	if f.BadToken != 0 {
		return KeyFileAnswer{Verdict: audit.Refuse, Cause: "akf-bad-token", Object: facts.Node{Path: f.Path}}
	}
	if f.Problem != nil {
		return unopened(f)
	}
	if f.Type != facts.Regular {
		return KeyFileAnswer{Verdict: audit.Refuse, Cause: "akf-not-regular", Object: f.Node}
	}
	if via.Policy != nil && via.Policy.StrictModes {
		if object, fault, steady := strictly(h, a, via, f); fault != 0 {
			return strict(a, f, object, fault, steady)
		}
	}
	return KeyFileAnswer{Verdict: audit.Accept}
}

// before returns the entry of AuthorizedKeysFile at which sshd dies before it
// comes to this file, nil if there is none.
func before(via *facts.Via, f *facts.KeyFile) *facts.KeyFile {
	for _, earlier := range via.KeyFiles {
		switch {
		case earlier == f:
			return nil
		case earlier.BadToken != 0, earlier.Problem != nil && earlier.Problem.Failure == facts.TooLong:
			return earlier
		}
	}
	return nil
}

// strict answers for a file that StrictModes refuses.
func strict(a *facts.Account, f *facts.KeyFile, object *facts.Node, fault Fault, steady bool) KeyFileAnswer {
	answer := KeyFileAnswer{Verdict: audit.Refuse, Cause: "akf-strict-dir", Object: *object, Fault: fault}
	if object == &f.Node {
		answer.Cause = "akf-strict-file"
	}
	switch {
	case fault == FaultGroupUncertain:
		answer.Verdict = audit.Unknown
		answer.Why = "Debian's and Ubuntu's sshd let a private group write, others do not, and which one reads this file is not known"
	case !steady:
		answer.Verdict = audit.Unknown
		answer.Why = "Debian's and Ubuntu's sshd find the other account in the group at one look and may miss it at the next, " +
			"so a client that offers several keys may get another answer"
	case a.Home.Problem != nil && a.Home.Problem.Failure == facts.Uncertain && answer.Cause == "akf-strict-dir" && object != &f.Dirs[0]:
		answer.Verdict = audit.Unknown
		answer.Why = "sshd looks no further up than the home, and where that is could not be found out"
	}
	return answer
}

// unopened answers for a file that could not be opened as the account.
func unopened(f *facts.KeyFile) KeyFileAnswer {
	answer := KeyFileAnswer{Verdict: audit.Refuse, Object: facts.Node{Path: f.Problem.At}, Why: f.Problem.Why}
	switch f.Problem.Failure {
	case facts.Missing:
		answer.Cause = "akf-missing"
	case facts.Denied, facts.Loop, facts.NotDirectory, facts.NameTooLong:
		answer.Cause = "akf-unreadable"
	case facts.TooLong:
		answer.Cause = "akf-path-too-long"
	default:
		answer.Verdict = audit.Unknown
	}
	return answer
}
