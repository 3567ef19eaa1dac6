package survey

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
)

// fault is why sshd passed over a key file. path is the object that StrictModes
// minds, otherwise the key file as AuthorizedKeysFile names it, and nothing where
// sshd dies of the name.
type fault struct{ cause, path string }

// prediction is what the audit says about a login with a key.
type prediction struct {
	verdict audit.Verdict
	faults  []fault
	// perhaps are causes that hold at some looks of a connection.
	perhaps []fault
	// other tells that the object at such a path is no regular file.
	other map[string]bool
}

// predict asks the audit about every account, before any login.
func predict(t *testing.T, root, key string, list []*account) []prediction {
	t.Helper()
	c, err := collect.Open(t.Context(), collect.Options{Root: root, Now: time.Now()})
	must(t, err)
	defer c.Close()
	if h := c.Host(); len(h.Servers) != 1 || h.Servers[0].Settings == nil {
		t.Fatalf("the audit found no sshd: %+v", h.Problems)
	}
	answers := make([]prediction, len(list))
	must(t, c.Work(func(w *collect.Worker) error {
		for k, a := range list {
			i, ok := c.Host().Accounts.Index(a.name)
			if !ok {
				return fmt.Errorf("the audit does not know the account %s", a.name)
			}
			answers[k] = judge(c.Host(), w.Account(i), key)
		}
		return nil
	}))
	return answers
}

// judge puts the answers about files and lines together as sshd goes through them.
func judge(h *facts.Host, a *facts.Account, key string) prediction {
	p := prediction{verdict: audit.Refuse, other: make(map[string]bool)}
	if a.Unswitched != "" || len(a.Via) != 1 || a.Via[0].Settings == nil {
		return prediction{}
	}
	via := &a.Via[0]
	for _, f := range via.KeyFiles {
		answer := decide.KeyFile(h, a, via, f)
		if answer.Verdict == audit.Unknown || answer.Verdict == audit.Accept && f.Keys == nil {
			p.verdict = audit.Unknown
			p.perhaps = append(p.perhaps, fault{answer.Cause, string(answer.Object.Path)})
			continue
		}
		if answer.Verdict == audit.Refuse {
			p.refused(f, &answer)
			continue
		}
		for i := range f.Keys.Lines {
			l := &f.Keys.Lines[i]
			if l.Key == nil || string(l.Key.Fingerprint()) != key {
				continue
			}
			switch verdict, _ := decide.Line(via, l, answer); verdict {
			case audit.Accept:
				p.verdict = audit.Accept
				return p
			case audit.Unknown:
				p.verdict = audit.Unknown
			}
		}
	}
	return p
}

// refused notes why sshd passes over a file.
func (p *prediction) refused(f *facts.KeyFile, answer *decide.KeyFileAnswer) {
	at := string(f.Path)
	switch {
	case strings.HasPrefix(answer.Cause, "akf-strict-"):
		at = string(answer.Object.Path)
	case answer.Cause == "akf-bad-token" || answer.Cause == "akf-path-too-long":
		at = ""
	}
	if why := (fault{answer.Cause, at}); !slices.Contains(p.faults, why) {
		p.faults = append(p.faults, why)
	}
	p.other[at] = answer.Object.Type != facts.Regular
}

// proofs are the lines by which sshd of 8.4 to 10.0 tells why it passed over a
// key file.
var proofs = []struct {
	line  *regexp.Regexp
	cause func(m []string) fault
}{
	{regexp.MustCompile(`Authentication refused: bad ownership or modes for (file|directory) (.*)`), func(m []string) fault {
		return fault{map[string]string{"file": "akf-strict-file", "directory": "akf-strict-dir"}[m[1]], m[2]}
	}},
	{regexp.MustCompile(`Could not open (?:user '[^']*' )?authorized keys '([^']*)': (.*)`), func(m []string) fault {
		switch m[2] {
		case "No such file or directory":
			return fault{"akf-missing", m[1]}
		case "No such device or address": // open(2) of a socket
			return fault{"akf-not-regular", m[1]}
		}
		return fault{"akf-unreadable", m[1]}
	}},
	{regexp.MustCompile(`User \S+ authorized keys '?([^']*?)'? is not a regular file`), func(m []string) fault {
		return fault{"akf-not-regular", m[1]}
	}},
	{regexp.MustCompile(`path too long`), func([]string) fault { return fault{"akf-path-too-long", ""} }},
	{regexp.MustCompile(`unknown key %`), func([]string) fault { return fault{"akf-bad-token", ""} }},
	{regexp.MustCompile(`Authentication refused: realpath (.*) failed`), func(m []string) fault {
		return fault{"akf-strict-realpath", m[1]}
	}},
}

// maxLogged is how long a path may be to stand in a line of sshd's log, which is
// cut at 1024 bytes (log.c MSGBUFSIZ).
const maxLogged = 900

// proven reads the causes of the first look from sshd's log. Of a login that
// succeeds there is a second one for the signature, which may mind other things.
func proven(log string) []fault {
	var list []fault
	first, _, _ := strings.Cut(log, " found at ")
	for line := range strings.Lines(first) {
		for _, p := range proofs {
			if m := p.line.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				f := p.cause(m)
				if f.path != "" && f.path[0] != '/' {
					f.path = "/" + f.path // sshd works in /
				}
				if !slices.Contains(list, f) {
					list = append(list, f)
				}
			}
		}
	}
	return list
}

// agrees tells whether sshd's log proves the causes. silent says that this sshd
// (10.0) does not mention files that its glob(3) does not find.
func (p *prediction) agrees(log string, silent bool) bool {
	got := slices.DeleteFunc(proven(log), func(g fault) bool { return slices.Contains(p.perhaps, g) })
	for _, f := range p.faults {
		i := slices.IndexFunc(got, func(g fault) bool { return p.same(f, g) })
		switch {
		case i >= 0:
			got = slices.Delete(got, i, i+1)
		case len(f.path) > maxLogged:
		case silent && (f.cause == "akf-missing" || f.cause == "akf-unreadable"):
		default:
			return false
		}
	}
	return len(got) == 0
}

// same compares a cause with one that sshd tells. What is neither a file nor
// readable is both, and sshd tells what it meets first.
func (p *prediction) same(f, g fault) bool {
	return f == g || f.cause == "akf-not-regular" && g.cause == "akf-unreadable" && f.path == g.path && p.other[f.path]
}
