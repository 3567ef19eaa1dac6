package clientlog

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// corpus reads a table of texts: name, program, protocol, host, port, user, step.
func corpus(t *testing.T, name string) map[string]want {
	t.Helper()
	table, err := os.ReadFile(filepath.Join("testdata", name+".tsv"))
	must(t, err)
	rows := make(map[string]want)
	for line := range strings.Lines(string(table)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 7 {
			t.Fatalf("%s.tsv: %q has not seven fields", name, line)
		}
		port, err := strconv.Atoi(f[4])
		must(t, err)
		rows[f[0]] = want{program: f[1], protocol: f[2], host: f[3], port: port, user: f[5], step: f[6]}
	}
	return rows
}

// TestRealTextsTellTheirFailingStep reads texts of real programs, each of which
// met the fault that its row names (recorded with SSHAUDIT_RECORD; FileZilla's by
// hand, of its version 3.63 in eight languages).
func TestRealTextsTellTheirFailingStep(t *testing.T) {
	rows := corpus(t, "real")
	if len(rows) < 40 {
		t.Fatalf("%d texts only", len(rows))
	}
	for name, w := range rows {
		data, err := os.ReadFile(filepath.Join("testdata/real", name+".log"))
		must(t, err)
		for how, text := range disguises(string(data)) {
			got, err := Read(bytes.NewReader(text))
			must(t, err)
			compare(t, name+" "+how, string(text), got, w)
		}
	}
}

// disguises are the ways in which a text is sent.
func disguises(s string) map[string][]byte {
	wide := func(big bool) []byte {
		var out bytes.Buffer
		for _, r := range "\ufeff" + s {
			if r > 0xffff {
				r = '?'
			}
			if big {
				out.Write([]byte{byte(r >> 8), byte(r)})
			} else {
				out.Write([]byte{byte(r), byte(r >> 8)})
			}
		}
		return out.Bytes()
	}
	return map[string][]byte{
		"as it is":         []byte(s),
		"with a mark":      []byte("\ufeff" + s),
		"CRLF":             []byte(strings.ReplaceAll(s, "\n", "\r\n")),
		"CR only":          []byte(strings.ReplaceAll(s, "\n", "\r")),
		"UTF-16LE":         wide(false),
		"UTF-16BE":         wide(true),
		"indented":         []byte("    " + strings.ReplaceAll(s, "\n", "\n    ")),
		"with text around": []byte("Hello,\n\nit does not work:\n\n" + s + "\nKind regards\n"),
	}
}

// TestQuotedTextsTellTheSame quotes the texts as mail programs do.
func TestQuotedTextsTellTheSame(t *testing.T) {
	for name, w := range corpus(t, "real") {
		data, err := os.ReadFile(filepath.Join("testdata/real", name+".log"))
		must(t, err)
		if w.program == "curl" || strings.HasSuffix(name, "-packets") {
			continue // its own marks are those of a quotation
		}
		for _, mark := range []string{"> ", ">", ">> ", "> > "} {
			text := fmt.Sprintf("On Monday somebody wrote:\n%s%s\n", mark, strings.ReplaceAll(strings.TrimSuffix(string(data), "\n"), "\n", "\n"+mark))
			got, err := Read(strings.NewReader(text))
			must(t, err)
			compare(t, name+" quoted with "+mark, text, got, w)
		}
	}
}

// TestPasswordsAreNotKept looks for what was typed in the real texts.
func TestPasswordsAreNotKept(t *testing.T) {
	for name := range corpus(t, "real") {
		data, err := os.ReadFile(filepath.Join("testdata/real", name+".log"))
		must(t, err)
		got, err := Read(bytes.NewReader(data))
		must(t, err)
		if shown := fmt.Sprintf("%+v", got); strings.Contains(shown, labPassword) || strings.Contains(shown, "PASS wrong") {
			t.Errorf("%s: a password stands in %s", name, shown)
		}
	}
}

// TestWrittenTextsTellTheirFailingStep reads texts that were written after the
// published forms of programs that do not run here: WinSCP of several versions and
// languages, PuTTY's window, libraries.
func TestWrittenTextsTellTheirFailingStep(t *testing.T) {
	for name, w := range corpus(t, "written") {
		data, err := os.ReadFile(filepath.Join("testdata/written", name+".log"))
		must(t, err)
		got, err := Read(bytes.NewReader(data))
		must(t, err)
		if w.host == "" {
			w.host = "-"
		}
		if got.Host == "" {
			got.Host = "-"
		}
		compare(t, name, string(data), got, w)
		if w.program == "WinSCP" && !got.Zoned {
			t.Errorf("%s: the zone is not known", name)
		}
	}
}
