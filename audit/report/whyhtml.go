package report

import (
	"html/template"
	"io"
	"sync"
	"time"

	"sshaudit/audit"
)

var parseWhy = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("why").Parse(whyTemplate))
})

// Question is what somebody asks about one login, as it was typed.
type Question struct{ User, From, Port, Service, Method, Key string }

// whyPage is what the template shows. Its texts are escaped for the eye here
// and for HTML by the template.
type whyPage struct {
	Policy            string
	Style             template.CSS
	Question          Question
	Services, Methods []string
	Problem           string
	Tone, Head        string
	Answer            *whyAnswer
}

type whyAnswer struct {
	User, Verdict, Customer, Log string
	Causes                       []whyCause
	Steps                        []whyStep
	Observed                     []whyLine
}

type (
	whyCause struct{ ID, Layer, Message, Path, Observed, Expected, Fix string }
	whyStep  struct{ Layer, Verdict, Message string }
	whyLine  struct{ Time, Source, Line, Cause string }
)

// WhyHTML writes the page that asks about a login. The answer is nil before a
// question, or if problem says why there is none.
func WhyHTML(w io.Writer, q Question, services, methods []string, r *audit.WhyReport, problem error) error {
	p := whyPage{Policy: ServedPolicy(), Style: template.CSS(pageStyle), //nolint:gosec // a file of this package
		Question: q, Services: services, Methods: methods}
	for _, typed := range []*string{&p.Question.User, &p.Question.From, &p.Question.Port, &p.Question.Service, &p.Question.Method, &p.Question.Key} {
		*typed = clean(*typed)
	}
	if problem != nil {
		p.Problem = clean(problem.Error())
	}
	if r != nil {
		p.Tone = map[audit.Verdict]string{audit.Accept: "ok", audit.Refuse: "critical", audit.Unknown: "warning"}[r.Verdict]
		p.Head, p.Answer = whyHead(r), newWhyAnswer(r)
	}
	return execute(w, parseWhy(), p)
}

func newWhyAnswer(r *audit.WhyReport) *whyAnswer {
	a := &whyAnswer{User: shown(r.User), Verdict: r.Verdict.String(), Customer: clean(r.Customer), Log: clean(r.Log)}
	for i := range r.Causes {
		c := &r.Causes[i]
		v := whyCause{clean(c.ID), clean(string(c.Layer)), clean(c.Message), "", clean(c.Observed), clean(c.Expected), clean(c.Fix)}
		if c.Path != "" {
			v.Path = place(c.Path, c.Line)
		}
		a.Causes = append(a.Causes, v)
	}
	for _, s := range r.Steps {
		a.Steps = append(a.Steps, whyStep{string(s.Layer), s.Verdict.String(), clean(s.Message)})
	}
	for i := range r.Observed {
		o := &r.Observed[i]
		a.Observed = append(a.Observed, whyLine{o.Time.Format(time.DateTime), clean(o.Source), shown(o.Line), clean(o.Cause)})
	}
	return a
}
