package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
)

func textOf(t *testing.T, r *audit.Report, style Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := Text(&out, r, sampleDocs, style); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func firstLine(text string) string { return text[:strings.IndexByte(text, '\n')] }

func TestFirstLineIsAPluginsLine(t *testing.T) {
	for _, test := range []struct {
		report *audit.Report
		style  Style
		want   string
	}{
		{sampleReport(), Style{}, "CRITICAL - 9 critical, 2 warning, 2 notice; 10000 accounts on web1; incomplete"},
		{&audit.Report{Complete: true, Users: 2}, Style{}, "OK - 0 critical, 0 warning, 0 notice; 2 accounts on this host"},
		{&audit.Report{Users: 2}, Style{}, "UNKNOWN - 0 critical, 0 warning, 0 notice; 2 accounts on this host; incomplete"},
		{&audit.Report{Complete: true, Findings: []audit.Finding{{Severity: audit.Notice}}}, Style{FailOn: audit.Notice},
			"WARNING - 0 critical, 0 warning, 1 notice; 0 accounts on this host"},
		{&audit.Report{Complete: true, Users: 1, Root: "/mnt/a|b"}, Style{PerfData: true},
			"OK - 0 critical, 0 warning, 0 notice; 1 account on this host, root /mnt/a/b | " +
				"critical=0;;0;0 warning=0;0;;0 notice=0;;;0 accounts=1;;;0 blocked=0;;;0 time=0.000s;;;0"},
	} {
		if got := firstLine(textOf(t, test.report, test.style)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestColourChangesNothingElse: what is left without the four colours is the
// plain text, whatever the host's text is.
func TestColourChangesNothingElse(t *testing.T) {
	strip := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[36m", "", "\x1b[0m", "")
	for _, in := range append(attacks, "plain") {
		keys := slices.Values(append(sampleKeys(), attackKey(in)))
		for name, write := range map[string]func(io.Writer, Style) error{
			"Text":        func(w io.Writer, s Style) error { return Text(w, attackReport(in), nil, s) },
			"KeysText":    func(w io.Writer, s Style) error { return KeysText(w, keys, s) },
			"FixText":     func(w io.Writer, s Style) error { return FixText(w, attackFix(in), s) },
			"ExplainText": func(w io.Writer, s Style) error { return ExplainText(w, attackDoc(in), s) },
			"ChecksText":  func(w io.Writer, s Style) error { return ChecksText(w, []audit.Doc{attackDoc(in)}, s) },
		} {
			var plain, colored bytes.Buffer
			if err := write(&plain, Style{}); err != nil {
				t.Fatal(err)
			}
			if err := write(&colored, Style{Color: true}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(colored.String(), "\x1b[") {
				t.Errorf("%s has no colour", name)
			}
			if diff := cmp.Diff(plain.String(), strip.Replace(colored.String())); diff != "" {
				t.Errorf("%s of %.40q (-plain +coloured):\n%s", name, in, diff)
			}
		}
	}
}

// TestManyFaultsOfOneUserHideNobody: the short list names other accounts too.
func TestManyFaultsOfOneUserHideNobody(t *testing.T) {
	r := &audit.Report{Complete: true}
	for line := range 100 {
		r.Findings = append(r.Findings, audit.Finding{Check: "x", Severity: audit.Warning, User: "mallory", Line: line, Path: "/m"})
	}
	r.Findings = append(r.Findings, audit.Finding{Check: "x", Severity: audit.Warning, User: "victim", Path: "/v"})
	if text := textOf(t, r, Style{}); !strings.Contains(text, "victim") || !strings.Contains(text, "and 96 more: sshaudit check --only x") {
		t.Errorf("victim or the rest is not told of:\n%s", text)
	}
}

func TestRepairOfAGroup(t *testing.T) {
	for _, test := range []struct {
		name          string
		fixes         []string
		command, note string
	}{
		{"the same for all is told once", []string{"systemctl start ssh", "systemctl start ssh"}, "systemctl start ssh", ""},
		{"a few accounts are named together", []string{"sshaudit fix --user a", "sshaudit fix --user b"}, "sshaudit fix --user a --user b", ""},
		{"flags stay", []string{"sshaudit fix --user a --keys", "sshaudit fix --user b --keys"}, "sshaudit fix --user a --user b --keys", ""},
		{"flags that differ cannot be joined", []string{"sshaudit fix --user a --keys", "sshaudit fix --user b"}, "", ""},
		{"words behind the account are no command", []string{"sshaudit fix --user a, then b", "sshaudit fix --user b"}, "", ""},
		{"many accounts get a pattern", []string{"sshaudit fix --user a", "sshaudit fix --user b", "sshaudit fix --user c", "sshaudit fix --user d"},
			"sshaudit fix --user NAME", "every account: sshaudit fix --all --dry-run, then without --dry-run"},
		{"none is none", []string{"", ""}, "", ""},
	} {
		var findings []audit.Finding
		for i, fix := range test.fixes {
			findings = append(findings, audit.Finding{Check: "x", User: audit.Untrusted(fmt.Sprint("u", i)), Fix: fix})
		}
		for _, limit := range []int{0, 2, 5} {
			command, note := groupFindings(findings, nil, limit)[0].repair(findings)
			if command != test.command || note != test.note {
				t.Errorf("%s: got %q (%q), want %q (%q)", test.name, command, note, test.command, test.note)
			}
		}
	}
}

func TestFaultsAreToldWorstFirst(t *testing.T) {
	order := []audit.Finding{
		{Check: "z", Severity: audit.Critical, Effect: audit.Blocks},
		{Check: "y", Severity: audit.Critical, Effect: audit.Exposes},
		{Check: "x", Severity: audit.Warning, Effect: audit.Blocks},
		{Check: "a", Severity: audit.Warning, Effect: audit.Hardening},
		{Check: "b", Severity: audit.Warning, Effect: audit.Hardening},
		{Check: "w", Severity: audit.Notice, Effect: audit.Blocks},
	}
	given := slices.Clone(order)
	slices.Reverse(given)
	var got, want []string
	for _, g := range groupFindings(given, nil, 0) {
		got = append(got, g.check)
	}
	for i := range order {
		want = append(want, order[i].Check)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoArrayIsNull(t *testing.T) {
	none := slices.Values([]audit.KeyEntry{{}})
	for name, write := range map[string]func(io.Writer) error{
		"check":  func(w io.Writer) error { return JSON(w, &audit.Report{Findings: []audit.Finding{{}}}) },
		"keys":   func(w io.Writer) error { return KeysJSON(w, none) },
		"config": func(w io.Writer) error { return ConfigJSON(w, &audit.ConfigReport{}) },
		"fix":    func(w io.Writer) error { return FixJSON(w, &audit.FixReport{}) },
		"checks": func(w io.Writer) error { return DocsJSON(w, []audit.Doc{{}}) },
		"sarif":  func(w io.Writer) error { return SARIF(w, &audit.Report{}, nil, "") },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "null") || !strings.Contains(out.String(), "[]") {
			t.Errorf("%s has a null or no empty array:\n%s", name, out.String())
		}
	}
}
