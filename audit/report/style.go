package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sshaudit/audit"
)

// Style says how text is laid out. The zero value is plain text for a pipe.
type Style struct {
	// Color writes ANSI colours around words of severity and outcome.
	Color bool
	// Width is the terminal's width in columns; 0 means 80. Only sentences are
	// broken to it, never commands and paths, which people copy.
	Width int
	// Verbose lists every subject with its own message and repair, instead of a
	// few; the program sets it with --only, to which the short list points.
	Verbose bool
	// FailOn is the lowest severity that counts for the state in the first
	// line; 0 means Warning.
	FailOn audit.Severity
	// PerfData ends the first line with counts for a monitoring system's graphs;
	// it is ugly for people and hence not the default.
	PerfData bool
}

// Colours are the four that terminals of any background show; written by hand,
// since that is all a library would be used for.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (s Style) paint(color, text string) string {
	if !s.Color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func severityColor(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return red
	case audit.Warning:
		return yellow
	default:
		return cyan
	}
}

func (s Style) width() int {
	if s.Width <= 0 {
		return 80
	}
	return s.Width
}

// effectWords says what an effect means to somebody who has not read the manual.
func effectWords(e audit.Effect) string {
	switch e {
	case audit.Blocks:
		return "refuses logins"
	case audit.Exposes:
		return "exposes"
	case audit.Hardening:
		return "advice"
	default:
		return clean(string(e))
	}
}

// printer writes text; the first error of the writer sticks and comes out of
// close, so that layout code need not ask after every line.
type printer struct {
	w     *bufio.Writer
	style Style
}

func newPrinter(w io.Writer, style Style) *printer {
	return &printer{w: bufio.NewWriterSize(w, 32<<10), style: style}
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p.w, format, args...)
	p.w.WriteByte('\n')
}

func (p *printer) close() error { return p.w.Flush() }

// labelled writes text under a label in a hanging column:
//
//	why     first line
//	        and the next
func (p *printer) labelled(label string, lines ...string) {
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		p.line("  %s%s", pad(label, labelWidth), line)
	}
}

// labelWidth is the width of the longest label and two blanks.
const labelWidth = 8

// sentence breaks words to the style's width, less what stands left of them.
// A word may hold blanks where it must not be broken, such as a command.
func (p *printer) sentence(indent int, words []string) []string {
	var lines []string
	room := max(p.style.width()-indent, 20)
	line, used := "", 0
	for _, word := range words {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > room {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// pad fills text with blanks up to width runes, and never cuts it.
func pad(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return text + strings.Repeat(" ", width-n)
	}
	return text
}

// row joins cells, each padded to its column, without trailing blanks. A cell
// that is coloured must be padded before: an escape sequence has no width on a
// screen, but would be counted here.
func row(widths []int, cells ...string) string {
	var b strings.Builder
	for i, cell := range cells {
		if i < len(widths) {
			cell = pad(cell, widths[i])
		}
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(cell)
	}
	return strings.TrimRight(b.String(), " ")
}

// columnBound is the width past which one long name would push every other
// line's columns off the screen. A key's fingerprint has 50 columns.
const columnBound = 52

// widen raises each width to that of its cell, up to columnBound.
func widen(widths []int, cells ...string) {
	for i := range widths {
		widths[i] = max(widths[i], min(utf8.RuneCountInString(cells[i]), columnBound))
	}
}

// count writes "1 account" or "5 accounts".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// place writes a path with its line, where there is one.
func place(path audit.Untrusted, line int) string {
	if line <= 0 {
		return shown(path)
	}
	return fmt.Sprintf("%s:%d", shown(path), line)
}
