package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the page's template and style sheet
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"sync"
	"time"

	"sshaudit/audit"
)

//go:embed page.html
var pageTemplate string

//go:embed why.html
var whyTemplate string

//go:embed page.css
var pageStyle string

// htmlRows is the number of subjects of one fault, and of things that could not
// be looked at, that a page lists: enough to work through, and few enough for a
// browser when every one of a hundred thousand accounts has the fault.
const htmlRows = 200

var parsePage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageTemplate))
})

// policy is the policy that a page declares: nothing may be loaded or run, and
// of styles only the page's own applies, known by its hash. Forms go where
// formAction says.
func policy(formAction string) string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action " + formAction
}

// ContentSecurityPolicy is the policy of a page on its own, and ServedPolicy
// that of a page with forms, for a server to send as a header too.
var (
	ContentSecurityPolicy = sync.OnceValue(func() string { return policy("'none'") })
	ServedPolicy          = sync.OnceValue(func() string { return policy("'self'") })
)

// HTML writes the outcome of a check as one page that needs nothing else: no
// script, no font, no image. Groups fold, severities and effects can be hidden,
// and it prints.
func HTML(w io.Writer, r *audit.Report, docs Docs, failOn audit.Severity) error {
	return execute(w, parsePage(), newPage(r, r.Findings, docs, failOn))
}

// ServedHTML writes the page with the forms of a server: one that looks for
// findings, and one that asks why a login is refused. It shows the findings
// that the filter lets pass; the sums are those of the whole report.
func ServedHTML(w io.Writer, r *audit.Report, docs Docs, failOn audit.Severity, f Filter) error {
	part := f.Apply(r, docs)
	p := newPage(r, part.Findings, docs, failOn)
	p.Policy = ServedPolicy()
	p.Form = &pageForm{Filter: f, Active: f != Filter{}, Shown: len(part.Findings), Total: len(r.Findings)}
	return execute(w, parsePage(), p)
}

func execute(w io.Writer, t *template.Template, data any) error {
	out := bufio.NewWriterSize(w, 32<<10)
	if err := t.Execute(out, data); err != nil {
		return err
	}
	return out.Flush()
}

// pageForm is the state of the form that looks for findings.
type pageForm struct {
	Filter
	Active       bool
	Shown, Total int
}

// Severities and Effects are what the form lets choose, with their words.
func (pageForm) Severities() []audit.Severity {
	return []audit.Severity{audit.Critical, audit.Warning, audit.Notice}
}

// Effects are the effects, each with its words.
func (pageForm) Effects() []pageEffect {
	list := []audit.Effect{audit.Blocks, audit.Exposes, audit.Hardening}
	effects := make([]pageEffect, 0, len(list))
	for _, e := range list {
		effects = append(effects, pageEffect{string(e), effectWords(e)})
	}
	return effects
}

type pageEffect struct{ Value, Words string }

// page is what the template shows. Its texts are escaped for the eye here and for
// HTML by the template.
type page struct {
	Policy                    string
	Style                     template.CSS
	State, Tone               string
	Host, Root                string
	Time, Machine, Duration   string
	Critical, Warning, Notice int
	Users, Blocked            int
	Incomplete                bool
	Groups                    []pageGroup
	Problems                  []pageProblem
	MoreProblems              int
	Servers                   []pageServer
	// Form is there on a page that a server makes.
	Form *pageForm
}

type pageProblem struct{ Subject, Message string }

type pageServer struct{ Binary, Version, ConfigFile, Rules, Running string }

func newPage(r *audit.Report, findings []audit.Finding, docs Docs, failOn audit.Severity) page {
	state := StateOf(r, failOn)
	p := page{
		Policy: ContentSecurityPolicy(), Style: template.CSS(pageStyle), //nolint:gosec // a file of this package
		State: state.String(), Tone: [...]string{"ok", "warning", "critical", "notice"}[state],
		Host: hostName(r), Root: shown(r.Root),
		Time: r.Started.UTC().Format("2006-01-02 15:04:05 UTC"), Machine: r.Started.UTC().Format(time.RFC3339),
		Duration: r.Duration.Round(time.Millisecond).String(),
		Critical: r.Count(audit.Critical), Warning: r.Count(audit.Warning), Notice: r.Count(audit.Notice),
		Users: r.Users, Blocked: r.Blocked, Incomplete: !r.Complete,
	}
	if p.Root == "" {
		p.Root = "/"
	}
	for i, g := range groupFindings(findings, docs, htmlRows) {
		p.Groups = append(p.Groups, newPageGroup(i, g, findings))
	}
	for i := range r.Errors[:min(len(r.Errors), htmlRows)] {
		e := &r.Errors[i]
		p.Problems = append(p.Problems, pageProblem{shown(e.Subject), clean(e.Message)})
	}
	p.MoreProblems = len(r.Errors) - len(p.Problems)
	for i := range r.Servers {
		s := &r.Servers[i]
		running := "unknown"
		if s.Running != nil {
			running = map[bool]string{true: "yes", false: "no"}[*s.Running]
		}
		p.Servers = append(p.Servers, pageServer{shown(s.Binary), clean(s.Version), shown(s.ConfigFile), clean(s.Rules), running})
	}
	return p
}

// pageGroup is one fault on the page.
type pageGroup struct {
	// Anchor is our own number, for an id in a page must not be a host's text.
	Anchor, Check, Title    string
	Severity, Class, Effect string
	Count, More             int
	Open                    bool
	Message, Why            string
	Fix, FixNote, Repair    string
	References              []string
	// Users, Places, Values, Messages and OwnFixes tell which columns have anything to show.
	Users, Places, Values, Messages, OwnFixes bool
	group                                     *group
	findings                                  []audit.Finding
}

func newPageGroup(number int, g *group, findings []audit.Finding) pageGroup {
	v := pageGroup{
		Anchor: fmt.Sprintf("f%d", number+1), Check: clean(g.check), Title: clean(g.doc.Title),
		Severity: g.severity.String(), Class: effectClass(g.effect), Effect: effectWords(g.effect),
		Count: g.count, More: g.count - len(g.first), Open: g.severity > audit.Notice,
		OwnFixes: g.ownFixes(findings), Why: cleanText(g.doc.Why),
		Message: g.what(), Repair: cleanText(g.doc.Repair),
		References: cleans(findings[g.first[0]].References), group: g, findings: findings,
	}
	v.Fix, v.FixNote = g.repair(findings)
	for _, i := range g.first {
		f := &findings[i]
		v.Users = v.Users || f.User != ""
		v.Places = v.Places || f.Path != ""
		v.Values = v.Values || f.Observed != "" || f.Expected != ""
	}
	v.Messages = g.message == ""
	return v
}

// effectClass is the effect as a class of the style sheet, which knows three.
func effectClass(e audit.Effect) string {
	switch e {
	case audit.Blocks, audit.Exposes, audit.Hardening:
		return string(e)
	default:
		return ""
	}
}

// pageRow is one subject.
type pageRow struct {
	User, Place, Observed, Expected, Message, Fix string
	// Link asks why this account cannot log in.
	Link string
}

// Rows makes the rows when the template comes to them, so that one group's are in
// memory at a time.
func (v pageGroup) Rows() []pageRow {
	rows := make([]pageRow, 0, len(v.group.first))
	for _, i := range v.group.first {
		f := &v.findings[i]
		row := pageRow{User: shown(f.User), Place: place(f.Path, f.Line), Observed: clean(f.Observed), Expected: clean(f.Expected),
			Message: clean(f.Message), Fix: clean(f.Fix)}
		if f.User != "" {
			row.Link = "why?user=" + url.QueryEscape(string(f.User))
		}
		rows = append(rows, row)
	}
	return rows
}
