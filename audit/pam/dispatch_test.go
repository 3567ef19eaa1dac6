package pam

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"sshaudit/audit"
)

// TestUnknownModulesLeaveOnlyTrueVerdictsDefinite gives modules that are not
// evaluated every code that they might return: a definite verdict has to hold
// for each, and one that all codes agree on has to be definite.
func TestUnknownModulesLeaveOnlyTrueVerdictsDefinite(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	unknown, definite := 0, 0
	for range 600 {
		host := files{}
		text := mystery(rnd, randomStack(rnd, "account", "acct", host, 0))
		for p, included := range host {
			host[p] = mystery(rnd, included)
		}
		causes := everyAnswer(host, text)
		if causes == nil {
			continue
		}
		got := host.stack(bookworm, text).Evaluate(Account, alice())
		if got.Verdict == audit.Unknown {
			unknown++
			if len(causes) == 1 {
				t.Fatalf("unknown (%s), but every answer leads to %v:\n%s%v", got.Message, causes, text, host)
			}
			continue
		}
		definite++
		if len(causes) != 1 || !causes[got.Cause] {
			t.Fatalf("definite %q, but answers lead to %v:\n%s%v", got.Cause, causes, text, host)
		}
	}
	if unknown < 100 || definite < 100 {
		t.Errorf("%d unknown and %d definite verdicts: the stacks are too much alike", unknown, definite)
	}
}

// mystery turns some lines' modules into ones that nobody knows, named by
// their place so that each can be given its own answer.
func mystery(rnd *rand.Rand, text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		if before, _, ok := strings.Cut(l, "pam_debug.so"); ok && rnd.IntN(3) == 0 {
			lines[i] = before + "pam_mystery.so\n"
		}
	}
	return strings.Join(lines, "")
}

// everyAnswer evaluates the stack for every combination of answers of its
// mysterious modules; nil if there are more than three.
func everyAnswer(host files, text string) map[string]bool {
	const name = "pam_mystery.so"
	places := strings.Count(text, name)
	for _, included := range host {
		places += strings.Count(included, name)
	}
	if places > 3 {
		return nil
	}
	causes := make(map[string]bool)
	var fill func(host files, text string, left int)
	fill = func(host files, text string, left int) {
		if left == 0 {
			causes[host.stack(bookworm, text).Evaluate(Account, alice()).Cause] = true
			return
		}
		for _, a := range []Code{Success, PermDenied, AuthErr, NewAuthTokReqd, Ignore, UserUnknown, AcctExpired, Abort, SessionErr} {
			nextHost, nextText := replaceFirst(host, text, name, "pam_debug.so acct="+a.String())
			fill(nextHost, nextText, left-1)
		}
	}
	fill(host, text, places)
	return causes
}

// replaceFirst replaces one place in the text or else in one of the files.
func replaceFirst(host files, text, old, with string) (files, string) {
	if strings.Contains(text, old) {
		return host, strings.Replace(text, old, with, 1)
	}
	next := maps.Clone(host)
	for p, included := range next {
		if strings.Contains(included, old) {
			next[p] = strings.Replace(included, old, with, 1)
			break
		}
	}
	return next, text
}
