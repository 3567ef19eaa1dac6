// Package report turns the words of package audit into what a person or a
// program reads: text, JSON, SARIF, HTML, CSV. It knows no rule of sshd and
// judges nothing; it groups, words and escapes.
//
// Three rules hold for every presenter. Text that came from the audited host
// reaches an output only through shown or whole, which escape, so one finding
// can never become two lines or an escape sequence. Where a JSON string differs
// from the raw bytes, the bytes stand beside it under the same name with _b64.
// Output is written as it is made: a report over a hundred thousand accounts
// needs no second copy of itself in memory.
//
// Every function returns the first error of the writer and nothing else can
// fail.
package report

import "sshaudit/audit"

// Docs looks up what the catalogue says about an id. A nil Docs knows nothing,
// and presenters then show ids instead of titles.
type Docs func(id string) (audit.Doc, bool)

// find returns the catalogue's words for id; if there are none, a Doc whose
// title is the id itself.
func (d Docs) find(id string) audit.Doc {
	if d != nil {
		if doc, ok := d(id); ok {
			return doc
		}
	}
	return audit.Doc{ID: id, Title: id}
}
