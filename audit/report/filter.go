package report

import (
	"net/url"
	"strings"

	"sshaudit/audit"
)

// Filter says which findings a page shows; the zero value shows all.
type Filter struct {
	// User is an account; Check a check's id. Both must be equal to the finding's.
	User, Check string
	// Severity and Effect must be equal to the finding's, spelt as in JSON.
	Severity, Effect string
	// Text must stand somewhere in account, path, check, title or message, in
	// whatever case.
	Text string
}

// ParseFilter reads a filter from the query of an address.
func ParseFilter(q url.Values) Filter {
	return Filter{User: strings.TrimSpace(q.Get("user")), Check: q.Get("check"), Severity: q.Get("severity"), Effect: q.Get("effect"),
		Text: strings.TrimSpace(q.Get("q"))}
}

// Apply returns the report with the findings that the filter lets pass.
func (f Filter) Apply(r *audit.Report, docs Docs) *audit.Report {
	if f == (Filter{}) {
		return r
	}
	text := strings.ToLower(f.Text)
	part := *r
	part.Findings = nil
	for i := range r.Findings {
		x := &r.Findings[i]
		switch {
		case f.User != "" && string(x.User) != f.User:
		case f.Check != "" && x.Check != f.Check:
		case f.Severity != "" && x.Severity.String() != f.Severity:
		case f.Effect != "" && string(x.Effect) != f.Effect:
		case text != "" && !mentions(x, docs, text):
		default:
			part.Findings = append(part.Findings, *x)
		}
	}
	return &part
}

// mentions reports whether a lower-case text stands in what is shown of a finding.
func mentions(x *audit.Finding, docs Docs, text string) bool {
	for _, s := range []string{string(x.User), string(x.Path), x.Check, docs.find(x.Check).Title, x.Message} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}
