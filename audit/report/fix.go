package report

import (
	"fmt"
	"io"
	"slices"

	"sshaudit/audit"
)

// The results of a change, as package audit names them.
const (
	resultDone    = "done"
	resultPlanned = "planned"
	resultFailed  = "failed"
)

// FixText writes the outcome of a fix or an undo: what was changed, what was not
// and why, a sum, and the command that takes it back.
func FixText(w io.Writer, f *audit.FixReport, style Style) error {
	p := newPrinter(w, style)
	widths := make([]int, 4)
	for i := range f.Changes {
		widen(widths, changeCells(&f.Changes[i])...)
	}
	for i := range f.Refused {
		widen(widths, refusalCells(&f.Refused[i])...)
	}
	for i := range f.Changes {
		p.outcome(widths, resultColor(f.Changes[i].Result), changeCells(&f.Changes[i]))
	}
	for i := range f.Refused {
		p.outcome(widths, yellow, refusalCells(&f.Refused[i]))
	}
	if len(f.Changes)+len(f.Refused) > 0 {
		p.line("")
	}
	p.line("%s", fixSum(f))
	if f.ID != "" && slices.ContainsFunc(f.Changes, func(c audit.Change) bool { return c.Result == resultDone }) {
		p.line("To take it back: sshaudit undo %s", clean(f.ID))
	}
	return p.close()
}

// outcome writes a row whose first cell is coloured after it was padded, for an
// escape sequence has no width on a screen.
func (p *printer) outcome(widths []int, color string, cells []string) {
	cells[0] = p.style.paint(color, pad(cells[0], widths[0]))
	p.line("%s", row(widths, cells...))
}

func changeCells(c *audit.Change) []string {
	what := clean(c.What)
	if c.From != "" || c.To != "" {
		what += " " + clean(c.From) + " -> " + clean(c.To)
	}
	return []string{clean(c.Result), shown(c.User), shown(c.Path), what, clean(c.Note)}
}

func refusalCells(r *audit.Refusal) []string {
	return []string{"refused", shown(r.User), shown(r.Path), clean(r.Reason), clean(r.Message)}
}

func resultColor(result string) string {
	switch result {
	case resultFailed:
		return red
	case resultPlanned:
		return cyan
	default:
		return green
	}
}

func fixSum(f *audit.FixReport) string {
	byResult := map[string]int{}
	for i := range f.Changes {
		byResult[f.Changes[i].Result]++
	}
	sum := ""
	for _, result := range []string{resultDone, resultPlanned, "undone", resultFailed} {
		if n := byResult[result]; n > 0 {
			sum += fmt.Sprintf("%d %s, ", n, result)
		}
	}
	if len(f.Changes) == 0 {
		sum = "nothing to change, "
	}
	sum += fmt.Sprintf("%d refused", len(f.Refused))
	if f.DryRun {
		sum += " (dry run: nothing was changed)"
	}
	return sum
}

type jsonChange struct {
	User    string `json:"user"`
	UserB64 string `json:"user_b64,omitempty"`
	Path    string `json:"path"`
	PathB64 string `json:"path_b64,omitempty"`
	What    string `json:"what"`
	From    string `json:"from"`
	To      string `json:"to"`
	Result  string `json:"result"`
	Note    string `json:"note"`
}

func toJSONChange(c audit.Change) jsonChange {
	return jsonChange{
		User: whole(c.User), UserB64: raw(c.User), Path: whole(c.Path), PathB64: raw(c.Path),
		What: clean(c.What), From: clean(c.From), To: clean(c.To), Result: clean(c.Result), Note: clean(c.Note),
	}
}

type jsonRefusal struct {
	User    string `json:"user"`
	UserB64 string `json:"user_b64,omitempty"`
	Path    string `json:"path"`
	PathB64 string `json:"path_b64,omitempty"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func toJSONRefusal(r audit.Refusal) jsonRefusal {
	return jsonRefusal{
		User: whole(r.User), UserB64: raw(r.User), Path: whole(r.Path), PathB64: raw(r.Path),
		Reason: clean(r.Reason), Message: clean(r.Message),
	}
}

// FixJSON writes the outcome of a fix or an undo as one sshaudit.fix/1 document.
func FixJSON(w io.Writer, f *audit.FixReport) error {
	d := newObject(w, "sshaudit.fix/1")
	d.member("id", clean(f.ID))
	d.member("dry_run", f.DryRun)
	array(d, "changes", apply(slices.Values(f.Changes), toJSONChange))
	array(d, "refused", apply(slices.Values(f.Refused), toJSONRefusal))
	return d.close()
}
