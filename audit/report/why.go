package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// WhyText writes the answer about one login in two voices: for the administrator
// what refuses it and what repairs it, then a paragraph for the customer.
func WhyText(w io.Writer, r *audit.WhyReport, style Style) error {
	p := newPrinter(w, style)
	color := map[audit.Verdict]string{audit.Accept: green, audit.Refuse: red, audit.Unknown: yellow}[r.Verdict]
	p.line("%s: %s", p.style.paint(color, strings.ToUpper(r.Verdict.String())), whyHead(r))
	for i := range r.Causes {
		p.line("")
		p.cause(&r.Causes[i], i == 0)
	}
	if r.Verdict == audit.Refuse && r.ClientMessage != "" {
		p.labelled("client", clean(r.ClientMessage))
	}
	p.line("")
	p.line("layer by layer")
	for _, s := range r.Steps {
		lines := p.sentence(2+layerWidth+verdictWidth, strings.Fields(clean(s.Message)))
		head := pad(string(s.Layer), layerWidth) + pad(s.Verdict.String(), verdictWidth)
		if len(lines) == 0 {
			lines = []string{""}
		}
		for _, line := range lines {
			p.line("  %s", strings.TrimRight(head+line, " "))
			head = pad("", layerWidth+verdictWidth)
		}
	}
	if r.Client != nil {
		p.client(r.Client)
	}
	p.observed(r.Observed)
	if r.Log != "" {
		p.line("")
		for _, line := range p.sentence(0, strings.Fields(clean(r.Log))) {
			p.line("%s", line)
		}
	}
	p.line("")
	p.line("For the customer:")
	for _, line := range p.sentence(0, strings.Fields(clean(r.Customer))) {
		p.line("%s", line)
	}
	return p.close()
}

// Widths of the first columns of the table of layers.
const layerWidth, verdictWidth = 11, 9

// whyHead says which login the answer is about.
func whyHead(r *audit.WhyReport) string {
	user := shown(r.User)
	if user == "" {
		user = "a user who is not named"
	}
	head := fmt.Sprintf("%s by %s, %s", user, clean(r.Service), clean(r.Method))
	if r.Key != "" {
		head += " " + clean(r.Key)
	}
	if r.From != "" {
		head += ", from " + clean(r.From)
	}
	return head + fmt.Sprintf(", port %d", r.Port)
}

func (p *printer) cause(c *audit.Cause, first bool) {
	what := "then"
	if first {
		what = "cause"
	}
	p.labelled(what, append([]string{fmt.Sprintf("%s (%s)", clean(c.ID), clean(string(c.Layer)))},
		p.sentence(2+labelWidth, strings.Fields(clean(c.Message)))...)...)
	if c.Path != "" {
		p.labelled("where", place(c.Path, c.Line))
	}
	if c.Observed != "" {
		found := clean(c.Observed)
		if c.Expected != "" {
			found += ", expected " + clean(c.Expected)
		}
		p.labelled("found", found)
	}
	if c.Fix != "" {
		p.labelled("repair", clean(c.Fix))
	}
}

func (p *printer) observed(list []audit.Observation) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("what the server logged")
	for i := range list {
		o := &list[i]
		proves := ""
		if o.Cause != "" {
			proves = " [" + clean(o.Cause) + "]"
		}
		p.line("  %s %s: %s%s", o.Time.Format(time.DateTime), clean(o.Source), shown(o.Line), proves)
	}
}

type jsonCause struct {
	ID        string `json:"id"`
	Layer     string `json:"layer"`
	Message   string `json:"message"`
	Path      string `json:"path"`
	PathB64   string `json:"path_b64,omitempty"`
	Line      int    `json:"line"`
	Observed  string `json:"observed"`
	Expected  string `json:"expected"`
	Fix       string `json:"fix"`
	Automatic bool   `json:"automatic"`
}

type jsonStep struct {
	Layer   string `json:"layer"`
	Verdict string `json:"verdict"`
	Message string `json:"message"`
}

type jsonObservation struct {
	Time    string `json:"time"`
	Source  string `json:"source"`
	Line    string `json:"line"`
	LineB64 string `json:"line_b64,omitempty"`
	Cause   string `json:"cause"`
}

// WhyJSON writes the answer about one login as one sshaudit.why/1 document.
func WhyJSON(w io.Writer, r *audit.WhyReport) error {
	d := newObject(w, "sshaudit.why/1")
	d.text("user", r.User)
	d.member("from", clean(r.From))
	d.member("service", clean(r.Service))
	d.member("port", r.Port)
	d.member("method", clean(r.Method))
	d.member("key", clean(r.Key))
	d.member("verdict", r.Verdict.String())
	d.member("client_message", clean(r.ClientMessage))
	array(d, "causes", apply(slices.Values(r.Causes), func(c audit.Cause) jsonCause {
		return jsonCause{
			ID: clean(c.ID), Layer: clean(string(c.Layer)), Message: clean(c.Message), Path: whole(c.Path), PathB64: raw(c.Path),
			Line: c.Line, Observed: clean(c.Observed), Expected: clean(c.Expected), Fix: clean(c.Fix), Automatic: c.Automatic,
		}
	}))
	array(d, "steps", apply(slices.Values(r.Steps), func(s audit.Step) jsonStep {
		return jsonStep{clean(string(s.Layer)), s.Verdict.String(), clean(s.Message)}
	}))
	array(d, "observed", apply(slices.Values(r.Observed), func(o audit.Observation) jsonObservation {
		return jsonObservation{o.Time.UTC().Format(time.RFC3339), clean(o.Source), whole(o.Line), raw(o.Line), clean(o.Cause)}
	}))
	d.member("log", clean(r.Log))
	d.member("customer", clean(r.Customer))
	if r.Client != nil {
		d.member("client", clientObject(r.Client))
	}
	return d.close()
}
