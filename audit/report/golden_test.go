package report

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden keeps every format as it was read and agreed to; -update accepts.
func TestGolden(t *testing.T) {
	dry := sampleFix()
	dry.ID, dry.DryRun, dry.Changes = "", true, slices.Clone(dry.Changes[:1])
	dry.Changes[0].Result = "planned"
	for _, test := range []struct {
		file  string
		write func(io.Writer) error
	}{
		{"check.txt", func(w io.Writer) error { return Text(w, sampleReport(), sampleDocs, Style{}) }},
		{"check-verbose.txt", func(w io.Writer) error { return Text(w, sampleReport(), sampleDocs, Style{Verbose: true, Width: 120}) }},
		{"check-color.txt", func(w io.Writer) error { return Text(w, sampleReport(), sampleDocs, Style{Color: true}) }},
		{"check-clean.txt", func(w io.Writer) error { return Text(w, cleanReport(), sampleDocs, Style{}) }},
		{"check.json", func(w io.Writer) error { return JSON(w, sampleReport()) }},
		{"check-clean.json", func(w io.Writer) error { return JSON(w, cleanReport()) }},
		{"check.sarif", func(w io.Writer) error { return SARIF(w, sampleReport(), sampleDocs, "1.2.3") }},
		{"check-clean.sarif", func(w io.Writer) error { return SARIF(w, cleanReport(), sampleDocs, "1.2.3") }},
		{"check.html", func(w io.Writer) error { return HTML(w, sampleReport(), sampleDocs, 0) }},
		{"check-clean.html", func(w io.Writer) error { return HTML(w, cleanReport(), sampleDocs, 0) }},
		{"served.html", func(w io.Writer) error {
			return ServedHTML(w, sampleReport(), sampleDocs, 0, Filter{Severity: "critical", Text: "CAROL"})
		}},
		{"why.html", func(w io.Writer) error {
			return WhyHTML(w, Question{User: "alice", Key: "SHA256:abc", Service: "sftp"}, []string{"ssh", "sftp"}, []string{"publickey"}, whySample(), nil)
		}},
		{"why-none.html", func(w io.Writer) error {
			return WhyHTML(w, Question{User: hostile}, []string{"ssh"}, []string{"publickey"}, nil, errors.New("from: not an address"))
		}},
		{"keys.txt", func(w io.Writer) error { return KeysText(w, slices.Values(sampleKeys()), Style{}) }},
		{"keys.json", func(w io.Writer) error { return KeysJSON(w, slices.Values(sampleKeys())) }},
		{"keys.csv", func(w io.Writer) error { return KeysCSV(w, slices.Values(sampleKeys())) }},
		{"keys-none.txt", func(w io.Writer) error { return KeysText(w, slices.Values([]audit.KeyEntry(nil)), Style{}) }},
		{"config.txt", func(w io.Writer) error { return ConfigText(w, sampleConfig(), false) }},
		{"config-origin.txt", func(w io.Writer) error { return ConfigText(w, sampleConfig(), true) }},
		{"config.json", func(w io.Writer) error { return ConfigJSON(w, sampleConfig()) }},
		{"fix.txt", func(w io.Writer) error { return FixText(w, sampleFix(), Style{}) }},
		{"fix-dry.txt", func(w io.Writer) error { return FixText(w, dry, Style{}) }},
		{"fix-none.txt", func(w io.Writer) error { return FixText(w, &audit.FixReport{}, Style{}) }},
		{"fix.json", func(w io.Writer) error { return FixJSON(w, sampleFix()) }},
		{"explain.txt", func(w io.Writer) error { return ExplainText(w, sampleCatalogue()[0], Style{}) }},
		{"checks.txt", func(w io.Writer) error { return ChecksText(w, sampleCatalogue(), Style{}) }},
		{"checks.json", func(w io.Writer) error { return DocsJSON(w, sampleCatalogue()) }},
	} {
		t.Run(test.file, func(t *testing.T) {
			var got bytes.Buffer
			if err := test.write(&got); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", test.file)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s differs (-want +got; accept with -update):\n%s", path, diff)
			}
		})
	}
}
