package report

import (
	"io"
	"slices"
	"strings"

	"sshaudit/audit"
)

// ExplainText writes what the catalogue says about one check or cause.
func ExplainText(w io.Writer, doc audit.Doc, style Style) error {
	p := newPrinter(w, style)
	p.line("%s: %s", clean(doc.ID), clean(doc.Title))
	p.line("%s", p.standing(doc))
	p.section("What it means", doc.Why)
	p.section("How it is repaired", doc.Repair)
	p.section("What clients show", clientLines(doc.Client))
	p.section("What to tell the customer", doc.Customer)
	p.section("Who asks for it", strings.Join(doc.References, "\n"))
	return p.close()
}

// clientLines names each client program with its words.
func clientLines(c audit.ClientWords) string {
	var lines []string
	for _, program := range []struct{ name, words string }{
		{"OpenSSH", c.OpenSSH}, {"PuTTY", c.PuTTY}, {"WinSCP", c.WinSCP}, {"FileZilla", c.FileZilla},
	} {
		if program.words != "" {
			lines = append(lines, program.name+": "+program.words)
		}
	}
	return strings.Join(lines, "\n")
}

// standing is the line below the title: how bad, where met, who repairs it.
func (p *printer) standing(doc audit.Doc) string {
	var parts []string
	if doc.Severity != 0 {
		parts = append(parts, p.style.paint(severityColor(doc.Severity), doc.Severity.String()))
	}
	if doc.Effect != "" {
		parts = append(parts, effectWords(doc.Effect))
	}
	if doc.Layer != "" {
		parts = append(parts, "met in a login at the "+clean(string(doc.Layer))+" layer")
	}
	if doc.Automatic {
		parts = append(parts, "sshaudit fix repairs it")
	} else {
		parts = append(parts, "repaired by hand")
	}
	return strings.Join(parts, ", ")
}

// section writes a headed text. A line of the text that is indented is a command
// and stays as it is, the others are paragraphs.
func (p *printer) section(head, text string) {
	if text = strings.Trim(text, "\n"); text == "" {
		return
	}
	p.line("")
	p.line("%s", head)
	for paragraph := range strings.SplitSeq(text, "\n") {
		command := strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t")
		switch paragraph = strings.TrimSpace(paragraph); {
		case paragraph == "":
			p.line("")
		case command:
			p.line("      %s", clean(paragraph))
		default:
			for _, line := range p.sentence(2, strings.Fields(clean(paragraph))) {
				p.line("  %s", line)
			}
		}
	}
}

// ChecksText writes the catalogue as a table.
func ChecksText(w io.Writer, docs []audit.Doc, style Style) error {
	p := newPrinter(w, style)
	header := []string{"ID", "SEVERITY", "EFFECT", "REPAIR", "TITLE"}
	widths := make([]int, len(header)-1)
	widen(widths, header...)
	for i := range docs {
		widen(widths, docCells(&docs[i])...)
	}
	p.line("%s", row(widths, header...))
	for i := range docs {
		cells := docCells(&docs[i])
		if docs[i].Severity != 0 {
			cells[1] = p.style.paint(severityColor(docs[i].Severity), pad(cells[1], widths[1]))
		}
		p.line("%s", row(widths, cells...))
	}
	p.line("")
	p.line("What one means and how it is repaired: sshaudit explain ID")
	return p.close()
}

func docCells(doc *audit.Doc) []string {
	severity, repair := "-", "by hand"
	if doc.Severity != 0 {
		severity = doc.Severity.String()
	}
	if doc.Automatic {
		repair = "fix"
	}
	effect := effectWords(doc.Effect)
	if effect == "" {
		effect = "-"
	}
	return []string{clean(doc.ID), severity, effect, repair, clean(doc.Title)}
}

type jsonDoc struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Why        string   `json:"why"`
	Repair     string   `json:"repair"`
	Severity   string   `json:"severity"`
	Effect     string   `json:"effect"`
	Layer      string   `json:"layer"`
	Automatic  bool     `json:"automatic"`
	References []string `json:"references"`
}

// DocsJSON writes the catalogue, or the one entry that was asked for, as one
// sshaudit.checks/1 document.
func DocsJSON(w io.Writer, docs []audit.Doc) error {
	d := newObject(w, "sshaudit.checks/1")
	array(d, "checks", apply(slices.Values(docs), func(doc audit.Doc) jsonDoc {
		return jsonDoc{
			ID: clean(doc.ID), Title: clean(doc.Title), Why: cleanText(doc.Why), Repair: cleanText(doc.Repair),
			Severity: doc.Severity.String(), Effect: clean(string(doc.Effect)), Layer: clean(string(doc.Layer)),
			Automatic: doc.Automatic, References: cleans(doc.References),
		}
	}))
	return d.close()
}
