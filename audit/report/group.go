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
	// count is the number of findings, users that of accounts, as far as a report
	// keeps the findings of an account together.
	count, users int
	// first are the indices of the findings to show, heads those of the first of
	// each account, a few of them.
	first, heads []int32
	last         int32
	// message and fix are what all findings have in common, empty otherwise.
	message, fix string
	// fixUsers tells that every fix is a `sshaudit fix --user`, with fixFlags behind.
	fixUsers bool
	fixFlags string
}

// groupFindings groups a report's findings, the worst first, keeping at most
// limit of each; a limit of zero keeps all. Of those kept, as many accounts as
// can be have one: a user who makes a hundred faults must not hide the others'.
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
				message: f.Message, fix: f.Fix}
			_, g.fixFlags, g.fixUsers = fixUser(f.Fix)
			byKey[k] = g
			groups = append(groups, g)
		}
		g.add(f, findings, int32(i), limit)
	}
	for _, g := range groups {
		g.spread(limit)
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

func (g *group) add(f *audit.Finding, findings []audit.Finding, index int32, limit int) {
	if g.count == 0 || f.User != findings[g.last].User {
		g.users++
		if len(g.heads) < max(limit, fixTogether) {
			g.heads = append(g.heads, index)
		}
	}
	g.count++
	g.last = index
	if limit == 0 || len(g.first) < limit {
		g.first = append(g.first, index)
	}
	if f.Message != g.message {
		g.message = ""
	}
	if f.Fix != g.fix {
		g.fix = ""
	}
	_, flags, ok := fixUser(f.Fix)
	g.fixUsers = g.fixUsers && ok && flags == g.fixFlags
}

// spread chooses what to show from the accounts' first findings, filled up to
// limit with others, in the order of the report.
func (g *group) spread(limit int) {
	if limit == 0 || g.count <= limit {
		return
	}
	chosen := slices.Clone(g.heads[:min(len(g.heads), limit)])
	for _, i := range g.first {
		if len(chosen) < limit && !slices.Contains(chosen, i) {
			chosen = append(chosen, i)
		}
	}
	slices.Sort(chosen)
	g.first = chosen
}

func effectRank(e audit.Effect) int {
	return slices.Index([]audit.Effect{audit.Blocks, audit.Exposes, audit.Hardening, e}, e)
}

// fixUser takes a repair apart that is our own command for one account, such as
// "sshaudit fix --user alice --keys": the account, and the flags behind it.
func fixUser(fix string) (user, flags string, ok bool) {
	rest, ok := strings.CutPrefix(fix, "sshaudit fix --user ")
	user, flags, _ = strings.Cut(rest, " ")
	return user, flags, ok && user != "" && (flags == "" || strings.HasPrefix(flags, "--"))
}

// fixTogether is the number of accounts up to which one command names them all.
const fixTogether = 3

// repair returns the one command or instruction that repairs the group, and what
// is to be added to it; both are empty when every subject has its own.
func (g *group) repair(findings []audit.Finding) (command, note string) {
	flags := strings.TrimRight(" "+clean(g.fixFlags), " ")
	switch {
	case g.fix != "":
		return clean(g.fix), ""
	case !g.fixUsers:
		return "", ""
	case g.users > fixTogether:
		return "sshaudit fix --user NAME" + flags, "every account: sshaudit fix --all" + flags + " --dry-run, then without --dry-run"
	}
	var users []string
	for _, i := range g.heads {
		if user, _, _ := fixUser(findings[i].Fix); !slices.Contains(users, clean(user)) {
			users = append(users, clean(user))
		}
	}
	return "sshaudit fix --user " + strings.Join(users, " --user ") + flags, ""
}

// ownFixes tells that the findings have repairs and no command joins them.
func (g *group) ownFixes(findings []audit.Finding) bool {
	command, _ := g.repair(findings)
	return command == "" && slices.ContainsFunc(g.first, func(i int32) bool { return findings[i].Fix != "" })
}

// what is the message that all findings share, unless the title says it already.
func (g *group) what() string {
	if message := clean(g.message); message != clean(g.doc.Title) {
		return message
	}
	return ""
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
