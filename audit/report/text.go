package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"sshaudit/audit"
)

// subjectLimit is the number of subjects of one fault, and of things that could
// not be looked at, which text shows when it is not verbose.
const subjectLimit = 5

// Text writes the outcome of a check for a person. The first line stands alone,
// as monitoring takes it: state, counts, accounts, host. Each fault follows once,
// the worst first, with why it matters, what repairs it and whom it concerns;
// then what could not be looked at, the sshd whose rules were applied, and a sum.
func Text(w io.Writer, r *audit.Report, docs Docs, style Style) error {
	p := newPrinter(w, style)
	p.headline(r)
	limit := subjectLimit
	if style.Verbose {
		limit = 0
	}
	for _, g := range groupFindings(r.Findings, docs, limit) {
		p.line("")
		p.group(g, r.Findings)
	}
	p.problems(r.Errors)
	p.met(r.Met)
	p.servers(r.Servers)
	p.sum(r)
	return p.close()
}

// counts is the part of the first line after the state.
func counts(r *audit.Report) string {
	line := fmt.Sprintf("%d critical, %d warning, %d notice; %s on %s", r.Count(audit.Critical),
		r.Count(audit.Warning), r.Count(audit.Notice), count(r.Users, "account"), hostName(r))
	if r.Root != "" && r.Root != "/" {
		line += ", root " + shown(r.Root)
	}
	if !r.Complete {
		line += "; incomplete"
	}
	return line
}

// hostName is the host's name, or words that stand for it.
func hostName(r *audit.Report) string {
	if r.Host == "" {
		return "this host"
	}
	return clean(r.Host)
}

func (p *printer) headline(r *audit.Report) {
	state := StateOf(r, p.style.FailOn)
	color := map[State]string{StateOK: green, StateWarning: yellow, StateCritical: red, StateUnknown: cyan}[state]
	line := counts(r)
	if p.style.PerfData {
		line = strings.ReplaceAll(line, "|", "/") + perfData(r)
	}
	p.line("%s - %s", p.style.paint(color, state.String()), line)
}

// perfData is what stands after the text in the first line of a plugin: label,
// value, the ranges that warn and alarm, the minimum (Monitoring Plugins
// guidelines, "Performance data").
func perfData(r *audit.Report) string {
	return fmt.Sprintf(" | critical=%d;;0;0 warning=%d;0;;0 notice=%d;;;0 accounts=%d;;;0 blocked=%d;;;0 time=%.3fs;;;0",
		r.Count(audit.Critical), r.Count(audit.Warning), r.Count(audit.Notice), r.Users, r.Blocked, r.Duration.Seconds())
}

func (p *printer) group(g *group, findings []audit.Finding) {
	p.line("%s, %s: %s", p.style.paint(severityColor(g.severity), g.severity.String()), effectWords(g.effect), clean(g.doc.Title))
	p.labelled("what", p.sentence(2+labelWidth, strings.Fields(g.what()))...)
	if why := g.why(); why != "" {
		words := append(strings.Fields(why), "More: sshaudit explain "+clean(g.check))
		p.labelled("why", p.sentence(2+labelWidth, words)...)
	}
	if command, note := g.repair(findings); note != "" {
		p.labelled("repair", command, note)
	} else if command != "" {
		p.labelled("repair", command)
	}
	if p.style.Verbose && len(findings[g.first[0]].References) > 0 {
		p.labelled("asked", "by "+strings.Join(cleans(findings[g.first[0]].References), "; "))
	}
	p.subjects(g, findings)
}

// subjects lists whom a fault concerns, a line each, as it goes: verbose output
// may have a hundred thousand of them.
func (p *printer) subjects(g *group, findings []audit.Finding) {
	widths := make([]int, 2)
	for _, i := range g.first {
		widen(widths, shown(findings[i].User), place(findings[i].Path, findings[i].Line))
	}
	label, own := "where", g.ownFixes(findings)
	for _, i := range g.first {
		f := &findings[i]
		p.labelled(label, p.subject(g, f, widths))
		if own && f.Fix != "" {
			p.labelled("", "  repair: "+clean(f.Fix))
		}
		label = ""
	}
	if more := g.count - len(g.first); more > 0 {
		p.labelled("", fmt.Sprintf("and %d more: sshaudit check --only %s", more, clean(g.check)))
	}
}

// subject is one line: account, file, what is wrong with it. A column that no
// finding of the group uses is left out.
func (p *printer) subject(g *group, f *audit.Finding, widths []int) string {
	detail := compared(f)
	if g.message == "" && (detail == "" || p.style.Verbose) {
		if detail != "" {
			detail += ": "
		}
		detail += clean(f.Message)
	}
	var cells []string
	var used []int
	for i, cell := range []string{shown(f.User), place(f.Path, f.Line)} {
		if widths[i] > 0 {
			cells, used = append(cells, cell), append(used, widths[i])
		}
	}
	if line := row(used, append(cells, detail)...); line != "" {
		return line
	}
	return "this host"
}

func (p *printer) problems(list []audit.Problem) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("%s: neither good nor bad is known of %s", p.style.paint(yellow, "not looked at"), count(len(list), "subject"))
	all := list
	if !p.style.Verbose && len(list) > subjectLimit {
		list = list[:subjectLimit]
	}
	for i := range list {
		p.line("  %s: %s", shown(list[i].Subject), clean(list[i].Message))
	}
	if more := len(all) - len(list); more > 0 {
		p.line("  and %d more: sshaudit check --format json", more)
	}
}

func (p *printer) servers(list []audit.Server) {
	if len(list) > 0 {
		p.line("")
		p.line("judged by the rules of")
	}
	for i := range list {
		s := &list[i]
		facts := []string{clean(s.Version), "configured by " + shown(s.ConfigFile)}
		if s.Running != nil {
			facts = append(facts, map[bool]string{true: "running", false: "not running"}[*s.Running])
		}
		p.line("  %s: %s", shown(s.Binary), strings.Join(facts, ", "))
		if s.Rules != "" {
			p.line("  StrictModes: %s", clean(s.Rules))
		}
	}
}

// sum closes the report with how much was looked at, and the worst of it.
func (p *printer) sum(r *audit.Report) {
	p.line("")
	sum := fmt.Sprintf("%s audited in %s", count(r.Users, "account"), r.Duration.Round(time.Millisecond))
	if !r.Complete {
		sum += ", not completely"
	}
	if r.Blocked > 0 {
		sum += fmt.Sprintf("; sshd refuses the keys of %d for a mode, an owner or a broken key file", r.Blocked)
	}
	p.line("%s.", sum)
}
