package report

import (
	"cmp"
	"slices"
	"strings"

	"sshaudit/audit"
)

// group is one fault as it is told once: the findings of one check that have
// the same severity and effect, on however many accounts.
type group struct {
	doc      audit.Doc
	check    string
	severity audit.Severity
	effect   audit.Effect
	// count is the number of findings; first are the indices of those to show.
	count int
	first []int32
	// message and fix are what all findings have in common, empty otherwise.
	message, fix string
	// fixUsers tells that every fix is a `sshaudit fix --user`.
	fixUsers bool
}

// groupFindings groups a report's findings, the worst first, keeping at most
// limit of each; a limit of zero keeps all.
func groupFindings(findings []audit.Finding, docs Docs, limit int) []*group {
	type key struct {
		check    string
		severity audit.Severity
		effect   audit.Effect
	}
	byKey := map[key]*group{}
	var groups []*group
	for i := range findings {
		f := &findings[i]
		k := key{f.Check, f.Severity, f.Effect}
		g := byKey[k]
		if g == nil {
			g = &group{doc: docs.find(f.Check), check: f.Check, severity: f.Severity, effect: f.Effect,
				message: f.Message, fix: f.Fix, fixUsers: true}
			byKey[k] = g
			groups = append(groups, g)
		}
		g.add(f, int32(i), limit)
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(
			cmp.Compare(b.severity, a.severity),
			cmp.Compare(effectRank(a.effect), effectRank(b.effect)),
			cmp.Compare(b.count, a.count),
			cmp.Compare(a.check, b.check))
	})
	return groups
}

func (g *group) add(f *audit.Finding, index int32, limit int) {
	g.count++
	if limit == 0 || len(g.first) < limit {
		g.first = append(g.first, index)
	}
	if f.Message != g.message {
		g.message = ""
	}
	if f.Fix != g.fix {
		g.fix = ""
	}
	g.fixUsers = g.fixUsers && strings.HasPrefix(f.Fix, fixUser)
}

func effectRank(e audit.Effect) int {
	return slices.Index([]audit.Effect{audit.Blocks, audit.Exposes, audit.Hardening, e}, e)
}

// fixUser begins the command that repairs one account.
const fixUser = "sshaudit fix --user "

// fixTogether is the number of accounts up to which one command names them all.
const fixTogether = 3

// repair returns the one command that repairs the group, or empty when every
// subject has its own.
func (g *group) repair(findings []audit.Finding) string {
	switch {
	case g.fix != "":
		return clean(g.fix)
	case !g.fixUsers || g.count == 0:
		return ""
	case g.count > min(fixTogether, len(g.first)):
		return fixUser + "NAME (for every account: sshaudit fix --all --dry-run, then without --dry-run)"
	}
	command, seen := "sshaudit fix", map[string]bool{}
	for _, i := range g.first {
		arg := strings.TrimPrefix(findings[i].Fix, "sshaudit fix")
		if !seen[arg] {
			command += clean(arg)
			seen[arg] = true
		}
	}
	return command
}

// ownFixes tells that the findings have repairs and no command joins them.
func (g *group) ownFixes(findings []audit.Finding) bool {
	return g.repair(findings) == "" && slices.ContainsFunc(g.first, func(i int32) bool { return findings[i].Fix != "" })
}

// why is the first sentence of what the catalogue says about the check.
func (g *group) why() string {
	text := clean(strings.Join(strings.Fields(g.doc.Why), " "))
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// compared words an observed and an expected value: "is 0666, should be 0600".
func compared(f *audit.Finding) string {
	var parts []string
	if f.Observed != "" {
		parts = append(parts, "is "+clean(f.Observed))
	}
	if f.Expected != "" {
		parts = append(parts, "should be "+clean(f.Expected))
	}
	return strings.Join(parts, ", ")
}
