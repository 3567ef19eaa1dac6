package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// KeysText writes the inventory as a table, a line a key, so that it can be
// searched by lines: account, whether sshd takes the key, type and bits,
// fingerprint, place, and what else is to be said. It ranges over keys twice,
// once for the widths of the columns.
func KeysText(w io.Writer, keys iter.Seq[audit.KeyEntry], style Style) error {
	p := newPrinter(w, style)
	header := []string{"USER", "SSHD", "KEY", "FINGERPRINT", "FILE", "COMMENT"}
	widths := make([]int, len(header)-1)
	widen(widths, header...)
	total, accepted := 0, 0
	for k := range keys {
		widen(widths, keyCells(&k)...)
		if total++; k.Accepted == audit.Accept {
			accepted++
		}
	}
	if total > 0 {
		p.line("%s", row(widths, header...))
	}
	for k := range keys {
		cells := keyCells(&k)
		cells[1] = p.style.paint(verdictColor(k.Accepted), pad(cells[1], widths[1]))
		p.line("%s", row(widths, append(cells, keyNote(&k))...))
	}
	p.line("%s, %d accepted by sshd.", count(total, "key"), accepted)
	return p.close()
}

func keyCells(k *audit.KeyEntry) []string {
	key := clean(k.Type)
	if k.Bits > 0 {
		key += " " + strconv.Itoa(k.Bits)
	}
	return []string{shown(k.User), k.Accepted.String(), key, clean(k.Fingerprint), place(k.File, k.Line)}
}

// keyNote is the last column: the comment, then in brackets what limits or
// refuses the key and who else holds it.
func keyNote(k *audit.KeyEntry) string {
	var notes []string
	if k.Cause != "" {
		notes = append(notes, clean(k.Cause))
	}
	for _, option := range k.Options {
		notes = append(notes, shown(option))
	}
	if n := len(k.Also); n > 0 {
		also := k.Also[:min(n, subjectLimit)]
		names := make([]string, len(also))
		for i, name := range also {
			names[i] = shown(name)
		}
		note := "also held by " + strings.Join(names, " ")
		if n > len(also) {
			note += fmt.Sprintf(" and %d more", n-len(also))
		}
		notes = append(notes, note)
	}
	note := shown(k.Comment)
	if len(notes) > 0 {
		note += " [" + strings.Join(notes, "; ") + "]"
	}
	return strings.TrimSpace(note)
}

func verdictColor(v audit.Verdict) string {
	switch v {
	case audit.Accept:
		return green
	case audit.Refuse:
		return red
	default:
		return yellow
	}
}

type jsonKey struct {
	User        string   `json:"user"`
	UserB64     string   `json:"user_b64,omitempty"`
	File        string   `json:"file"`
	FileB64     string   `json:"file_b64,omitempty"`
	Line        int      `json:"line"`
	Type        string   `json:"type"`
	Bits        int      `json:"bits"`
	Fingerprint string   `json:"fingerprint"`
	Comment     string   `json:"comment"`
	CommentB64  string   `json:"comment_b64,omitempty"`
	Options     []string `json:"options"`
	OptionsB64  []string `json:"options_b64,omitempty"`
	Accepted    bool     `json:"accepted"`
	// Verdict tells a key that sshd refuses from one of which nothing is known.
	Verdict string   `json:"verdict"`
	Cause   string   `json:"cause"`
	Also    []string `json:"also"`
	AlsoB64 []string `json:"also_b64,omitempty"`
}

func toJSONKey(k audit.KeyEntry) jsonKey {
	return jsonKey{
		User: whole(k.User), UserB64: raw(k.User), File: whole(k.File), FileB64: raw(k.File), Line: k.Line,
		Type: clean(k.Type), Bits: k.Bits, Fingerprint: clean(k.Fingerprint),
		Comment: whole(k.Comment), CommentB64: raw(k.Comment),
		Options: wholes(k.Options), OptionsB64: raws(k.Options),
		Accepted: k.Accepted == audit.Accept, Verdict: k.Accepted.String(), Cause: clean(k.Cause),
		Also: wholes(k.Also), AlsoB64: raws(k.Also),
	}
}

// KeysJSON writes the inventory as one sshaudit.keys/1 document. Beyond the
// members of the interface a key has verdict.
func KeysJSON(w io.Writer, keys iter.Seq[audit.KeyEntry]) error {
	d := newObject(w, "sshaudit.keys/1")
	array(d, "keys", apply(keys, toJSONKey))
	return d.close()
}

// KeysCSV writes the inventory as comma-separated values (RFC 4180, but with
// lines that end in a newline) under a header of the JSON member names. The lists
// in options and also are joined by blanks.
func KeysCSV(w io.Writer, keys iter.Seq[audit.KeyEntry]) error {
	c := csv.NewWriter(w)
	c.Write([]string{"user", "file", "line", "type", "bits", "fingerprint", "comment", "options", "accepted", "verdict", "cause", "also"})
	for k := range keys {
		record := []string{
			whole(k.User), whole(k.File), strconv.Itoa(k.Line), clean(k.Type), strconv.Itoa(k.Bits),
			clean(k.Fingerprint), whole(k.Comment), strings.Join(wholes(k.Options), " "),
			strconv.FormatBool(k.Accepted == audit.Accept), k.Accepted.String(), clean(k.Cause),
			strings.Join(wholes(k.Also), " "),
		}
		for i := range record {
			record[i] = cell(record[i])
		}
		c.Write(record)
	}
	c.Flush()
	return c.Error()
}

// cell keeps a spreadsheet from running a cell as a formula, which it does for
// these first characters; an apostrophe makes it text.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
