package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"sshaudit/audit"
)

// bigReport has two faults on each account.
func bigReport(users int) *audit.Report {
	r := cleanReport()
	r.Users = users
	f, g := sampleReport().Findings[1], sampleReport().Findings[8]
	for i := range r.Users {
		user := audit.Untrusted(fmt.Sprintf("user%06d", i))
		f.User, f.Path, f.Fix = user, "/home/"+user+"/.ssh/authorized_keys", "sshaudit fix --user "+string(user)
		g.User, g.Path, g.Fix = user, "/home/"+user+"/.ssh/id_rsa", f.Fix
		r.Findings = append(r.Findings, f, g)
	}
	return r
}

func BenchmarkPresenters(b *testing.B) {
	r := bigReport(100_000)
	key := sampleKeys()[0]
	keys := func(yield func(audit.KeyEntry) bool) {
		for range r.Users {
			if !yield(key) {
				return
			}
		}
	}
	for _, test := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"Text", func(w io.Writer) error { return Text(w, r, sampleDocs, Style{}) }},
		{"TextVerbose", func(w io.Writer) error { return Text(w, r, sampleDocs, Style{Verbose: true}) }},
		{"JSON", func(w io.Writer) error { return JSON(w, r) }},
		{"SARIF", func(w io.Writer) error { return SARIF(w, r, sampleDocs, "1") }},
		{"HTML", func(w io.Writer) error { return HTML(w, r, sampleDocs, 0) }},
		{"KeysText", func(w io.Writer) error { return KeysText(w, keys, Style{}) }},
		{"KeysJSON", func(w io.Writer) error { return KeysJSON(w, keys) }},
		{"KeysCSV", func(w io.Writer) error { return KeysCSV(w, keys) }},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := test.write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestSubjectsOfAPageAreBounded: the page of a large host is still a page.
func TestSubjectsOfAPageAreBounded(t *testing.T) {
	var size counter
	if err := HTML(&size, bigReport(5000), sampleDocs, 0); err != nil {
		t.Fatal(err)
	}
	if size > 256<<10 {
		t.Errorf("the page has %d bytes", size)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// TestWriterErrorComesBack: a full disk must not read as a written report.
func TestWriterErrorComesBack(t *testing.T) {
	for _, p := range presenters("plain") {
		if err := p.write(fullDisk{}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: got %v, want the writer's error", p.name, err)
		}
	}
	if err := KeysCSV(fullDisk{}, slices.Values([]audit.KeyEntry{{}})); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("KeysCSV: got %v, want the writer's error", err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
