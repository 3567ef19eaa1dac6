package report

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"sshaudit/audit"
)

// attacks are the names and texts a tenant would choose (threat T-16, T-17, T-18).
var attacks = []string{
	"new\nline", "carriage\rreturn", "tab\tstop", "nul\x00byte", "bell\a", "back\b\b\bspace", "del\x7f",
	"\x1b[2J\x1b[31mred", "\x1b]0;title\a", "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "c1\u009b31m", "nel\u0085", "\x9b31m",
	"quote\"", "\"leading", "'apostrophe", "back\\slash", "`tick`",
	"over\u202eride", "iso\u2066late\u2069", "zero\u200bwidth", "\ufeffbom", "line\u2028sep", "tag\U000e0041",
	"bad\xff", "bad\xfe", "cut\xe2\x82", "surrogate\xed\xa0\x80",
	strings.Repeat("n", 255), strings.Repeat("é", 128), strings.Repeat("\n", 255), strings.Repeat("p/", 2047),
	"<script>alert(1)</script>", "</style><script>", "<img src=x onerror=alert(1)>", "{{.State}}", "<!--", "]]>", "&lt;", "javascript:alert(1)",
	"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1",
	"[click](https://evil.example)", "{0}", "a](b", "| load=1;2;3", "%s%n%x", "$(reboot)", "; reboot", "# comment", "a b  c",
	"CRITICAL - 0 critical", "\nOK - 0 critical, 0 warning, 0 notice", "\r\nSet-Cookie: a=b",
}

// attackReport puts one text everywhere a host's text can be, and, unescaped, also
// where texts are promised to be escaped.
func attackReport(s string) *audit.Report {
	u := audit.Untrusted(s)
	finding := audit.Finding{Check: "akf-strict-file", Severity: audit.Critical, Effect: audit.Blocks, User: u, Path: u, Line: 2,
		Observed: s, Expected: s, Message: s, Fix: s, References: []string{s}}
	other := finding
	other.User, other.Message = "alice", "another"
	return &audit.Report{Host: s, Root: u, Users: 2, Findings: []audit.Finding{finding, other},
		Errors:  []audit.Problem{{Subject: u, Message: s}},
		Servers: []audit.Server{{Binary: u, Version: s, ConfigFile: u, Rules: s}}}
}

func attackKey(s string) audit.KeyEntry {
	u := audit.Untrusted(s)
	return audit.KeyEntry{User: u, File: u, Line: 1, Type: s, Fingerprint: s, Comment: u,
		Options: []audit.Untrusted{u, "no-pty"}, Cause: s, Also: []audit.Untrusted{u, "bob"}}
}

func attackConfig(s string) *audit.ConfigReport {
	u := audit.Untrusted(s)
	return &audit.ConfigReport{Version: s, Files: []audit.Untrusted{u},
		Settings: []audit.Setting{{Keyword: s, Value: u, File: u, Line: 3}}}
}

func attackFix(s string) *audit.FixReport {
	u := audit.Untrusted(s)
	return &audit.FixReport{ID: s, Changes: []audit.Change{{User: u, Path: u, What: s, From: s, To: s, Result: "done", Note: s}},
		Refused: []audit.Refusal{{User: u, Path: u, Reason: s, Message: s}}}
}

func attackDoc(s string) audit.Doc {
	s = strings.ReplaceAll(s, "\n", " ")
	return audit.Doc{ID: s, Title: s, Why: s, Repair: s, Severity: audit.Notice, Effect: audit.Effect(s), Layer: audit.Layer(s), References: []string{s}}
}

// presenters are all of them, each with the number of lines that its output may
// have whatever the text is; 0 where sentences are broken or members come and go.
func presenters(s string) []presenter {
	keys := slices.Values([]audit.KeyEntry{attackKey(s)})
	none := Docs(nil)
	docs := Docs(func(string) (audit.Doc, bool) { return attackDoc(s), true })
	return []presenter{
		{"Text", 0, func(w io.Writer) error { return Text(w, attackReport(s), docs, Style{}) }},
		{"Text without docs", 15, func(w io.Writer) error { return Text(w, attackReport(s), none, Style{Width: 1 << 20}) }},
		{"Text verbose", 0, func(w io.Writer) error { return Text(w, attackReport(s), docs, Style{Verbose: true}) }},
		{"JSON", 0, func(w io.Writer) error { return JSON(w, attackReport(s)) }},
		{"SARIF", 0, func(w io.Writer) error { return SARIF(w, attackReport(s), docs, "1") }},
		{"HTML", 0, func(w io.Writer) error { return HTML(w, attackReport(s), docs, 0) }},
		{"KeysText", 3, func(w io.Writer) error { return KeysText(w, keys, Style{}) }},
		{"KeysJSON", 6, func(w io.Writer) error { return KeysJSON(w, keys) }},
		{"KeysCSV", 2, func(w io.Writer) error { return KeysCSV(w, keys) }},
		{"ConfigText", 1, func(w io.Writer) error { return ConfigText(w, attackConfig(s), true) }},
		{"ConfigJSON", 0, func(w io.Writer) error { return ConfigJSON(w, attackConfig(s)) }},
		{"FixText", 5, func(w io.Writer) error { return FixText(w, attackFix(s), Style{}) }},
		{"FixJSON", 0, func(w io.Writer) error { return FixJSON(w, attackFix(s)) }},
		{"ExplainText", 0, func(w io.Writer) error { return ExplainText(w, attackDoc(s), Style{}) }},
		{"ChecksText", 4, func(w io.Writer) error { return ChecksText(w, []audit.Doc{attackDoc(s)}, Style{}) }},
		{"DocsJSON", 6, func(w io.Writer) error { return DocsJSON(w, []audit.Doc{attackDoc(s)}) }},
	}
}

type presenter struct {
	name  string
	lines int
	write func(io.Writer) error
}

// checkOutput holds for every presenter and every text.
func checkOutput(t *testing.T, p presenter, in string) {
	t.Helper()
	var out bytes.Buffer
	if err := p.write(&out); err != nil {
		t.Fatalf("%s of %.40q: %v", p.name, in, err)
	}
	for i, r := range out.String() {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(out.String()[i:]); size == 1 {
				t.Fatalf("%s of %.40q: invalid UTF-8 at byte %d", p.name, in, i)
			}
		}
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%s of %.40q: %U at byte %d cannot be printed", p.name, in, r, i)
		}
	}
	if n := strings.Count(out.String(), "\n"); p.lines > 0 && n > p.lines {
		t.Errorf("%s of %.40q: %d lines, want at most %d:\n%s", p.name, in, n, p.lines, out.String())
	}
	switch p.name {
	case "JSON", "SARIF", "KeysJSON", "ConfigJSON", "FixJSON", "DocsJSON":
		if !json.Valid(out.Bytes()) || !strings.HasSuffix(out.String(), "}\n") {
			t.Errorf("%s of %.40q: not one JSON document and a newline", p.name, in)
		}
	case "HTML":
		checkMarkup(t, out.Bytes(), in)
	}
}

// checkMarkup parses a page and allows only the elements and attributes that the
// template has, so that no text became markup.
func checkMarkup(t *testing.T, doc []byte, in string) {
	t.Helper()
	elements := strings.Fields("html head meta title style body header h1 h2 h3 span bdi p time code ul li b nav fieldset legend label input ol a main details summary div dl dt dd table thead tbody tr th td footer")
	attributes := strings.Fields("lang charset http-equiv content name class dir datetime href aria-label type id checked open scope")
	for z := html.NewTokenizer(bytes.NewReader(doc)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Errorf("HTML of %.40q: %v", in, z.Err())
			}
			return
		case html.CommentToken:
			t.Errorf("HTML of %.40q: comment %q", in, z.Token())
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if !slices.Contains(elements, token.Data) {
				t.Errorf("HTML of %.40q: element %q", in, token)
			}
			for _, a := range token.Attr {
				if !slices.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("HTML of %.40q: attribute %q of %q", in, a.Key, token)
				}
			}
		}
	}
}

func TestHostileTextStaysTextInEveryPresenter(t *testing.T) {
	for _, in := range attacks {
		for _, p := range presenters(in) {
			checkOutput(t, p, in)
		}
	}
}

func FuzzPresenters(f *testing.F) {
	for _, in := range attacks {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		in = in[:min(len(in), 4096)] // a path has no more; longer texts only take longer
		for _, p := range presenters(in) {
			checkOutput(t, p, in)
		}
	})
}

// decoded returns the raw bytes of a JSON member: those of its _b64 neighbour, or
// the string itself.
func decoded(t *testing.T, object map[string]any, name string) string {
	t.Helper()
	b64, ok := object[name+"_b64"].(string)
	if !ok {
		return object[name].(string)
	}
	bytes, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes)
}

func TestJSONGivesRawBytesBack(t *testing.T) {
	for _, in := range attacks {
		for _, test := range []struct {
			write   func(io.Writer) error
			list    string
			members []string
		}{
			{func(w io.Writer) error { return JSON(w, attackReport(in)) }, "findings", []string{"user", "path"}},
			{func(w io.Writer) error { return JSON(w, attackReport(in)) }, "errors", []string{"subject"}},
			{func(w io.Writer) error { return JSON(w, attackReport(in)) }, "servers", []string{"binary", "config_file"}},
			{func(w io.Writer) error { return KeysJSON(w, slices.Values([]audit.KeyEntry{attackKey(in)})) }, "keys", []string{"user", "file", "comment"}},
			{func(w io.Writer) error { return ConfigJSON(w, attackConfig(in)) }, "settings", []string{"value", "file"}},
			{func(w io.Writer) error { return FixJSON(w, attackFix(in)) }, "changes", []string{"user", "path"}},
			{func(w io.Writer) error { return FixJSON(w, attackFix(in)) }, "refused", []string{"user", "path"}},
		} {
			var out bytes.Buffer
			if err := test.write(&out); err != nil {
				t.Fatal(err)
			}
			var doc map[string]any
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			object := doc[test.list].([]any)[0].(map[string]any)
			for _, member := range test.members {
				if got := decoded(t, object, member); got != in {
					t.Errorf("%s[0].%s: got %q, want %q", test.list, member, got, in)
				}
			}
		}
	}
}

func TestJSONListsGiveRawBytesBack(t *testing.T) {
	var out bytes.Buffer
	if err := KeysJSON(&out, slices.Values([]audit.KeyEntry{attackKey("bad\xff")})); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Keys []struct {
			Options []string `json:"options"`
			Raw     [][]byte `json:"options_b64"`
			Also    []string `json:"also"`
			AlsoRaw [][]byte `json:"also_b64"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	k := doc.Keys[0]
	if !slices.Equal(k.Options, []string{`"bad\xff"`, "no-pty"}) || string(k.Raw[0]) != "bad\xff" || string(k.Raw[1]) != "no-pty" {
		t.Errorf("options %q and %q do not stand beside each other", k.Options, k.Raw)
	}
	if len(k.Also) != 2 || string(k.AlsoRaw[0]) != "bad\xff" || string(k.AlsoRaw[1]) != "bob" {
		t.Errorf("also %q and %q do not stand beside each other", k.Also, k.AlsoRaw)
	}
}

func TestNamesThatDifferInOneInvalidByteStayTwo(t *testing.T) {
	for _, p := range []func(*audit.Report, io.Writer) error{
		func(r *audit.Report, w io.Writer) error { return JSON(w, r) },
		func(r *audit.Report, w io.Writer) error { return SARIF(w, r, nil, "1") },
		func(r *audit.Report, w io.Writer) error { return Text(w, r, nil, Style{}) },
		func(r *audit.Report, w io.Writer) error { return HTML(w, r, nil, 0) },
	} {
		var one, two bytes.Buffer
		if err := p(&audit.Report{Findings: []audit.Finding{{Path: "/a\xff"}}}, &one); err != nil {
			t.Fatal(err)
		}
		if err := p(&audit.Report{Findings: []audit.Finding{{Path: "/a\xfe"}}}, &two); err != nil {
			t.Fatal(err)
		}
		if one.String() == two.String() {
			t.Errorf("two names read alike:\n%s", one.String())
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, in := range attacks {
		var out bytes.Buffer
		if err := KeysCSV(&out, slices.Values([]audit.KeyEntry{attackKey(in)})); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if len(records) != 2 || len(records[1]) != len(records[0]) {
			t.Fatalf("%q: %d records of %d cells", in, len(records), len(records[1]))
		}
		for i, cell := range records[1] {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%q: cell %s is %q, a formula", in, records[0][i], cell)
			}
		}
	}
}
