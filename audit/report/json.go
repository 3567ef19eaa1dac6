package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"time"

	"sshaudit/audit"
)

// document writes one JSON object member by member, so that a long array never
// stands in memory. Elements of arrays take a line each: a document can be
// compared and searched by lines, and is as small as a compact one.
type document struct {
	w       *bufio.Writer
	buf     bytes.Buffer
	encoder *json.Encoder
	members int
	end     string
	err     error
}

// newDocument begins a document with the texts that stand before its first and
// after its last member.
func newDocument(w io.Writer, open, end string) *document {
	d := &document{w: bufio.NewWriterSize(w, 32<<10), end: end}
	d.encoder = json.NewEncoder(&d.buf)
	d.w.WriteString(open)
	return d
}

// newObject begins one of our own documents, which name their schema first.
func newObject(w io.Writer, schema string) *document {
	d := newDocument(w, "{", "}\n")
	d.member("schema", schema)
	return d
}

func (d *document) name(name string) {
	if d.members++; d.members > 1 {
		d.w.WriteByte(',')
	}
	d.w.WriteString("\n ")
	d.value(name)
	d.w.WriteString(": ")
}

func (d *document) value(v any) {
	d.buf.Reset()
	if err := d.encoder.Encode(v); err != nil && d.err == nil {
		d.err = err
	}
	d.w.Write(bytes.TrimSuffix(d.buf.Bytes(), []byte("\n")))
}

func (d *document) member(name string, v any) {
	d.name(name)
	d.value(v)
}

// text writes an untrusted text, and its bytes beside it where they differ.
func (d *document) text(name string, u audit.Untrusted) {
	d.member(name, whole(u))
	if b64 := raw(u); b64 != "" {
		d.member(name+"_b64", b64)
	}
}

// array writes a list as an array that is never null.
func array[T any](d *document, name string, elements iter.Seq[T]) {
	d.name(name)
	d.w.WriteByte('[')
	n := 0
	var element T // one for all, so that the encoder's interface needs no copy of each
	for element = range elements {
		if n++; n > 1 {
			d.w.WriteByte(',')
		}
		d.w.WriteString("\n  ")
		d.value(&element)
	}
	if n > 0 {
		d.w.WriteString("\n ")
	}
	d.w.WriteByte(']')
}

// apply converts what a sequence yields, an element at a time.
func apply[From, To any](list iter.Seq[From], convert func(From) To) iter.Seq[To] {
	return func(yield func(To) bool) {
		for v := range list {
			if !yield(convert(v)) {
				return
			}
		}
	}
}

func (d *document) close() error {
	d.w.WriteString("\n" + d.end)
	if err := d.w.Flush(); err != nil {
		return err
	}
	return d.err
}

type jsonFinding struct {
	Check      string   `json:"check"`
	Severity   string   `json:"severity"`
	Effect     string   `json:"effect"`
	User       string   `json:"user"`
	UserB64    string   `json:"user_b64,omitempty"`
	Path       string   `json:"path"`
	PathB64    string   `json:"path_b64,omitempty"`
	Line       int      `json:"line"`
	Observed   string   `json:"observed"`
	Expected   string   `json:"expected"`
	Message    string   `json:"message"`
	Fix        string   `json:"fix"`
	References []string `json:"references"`
}

func toJSONFinding(f audit.Finding) jsonFinding {
	return jsonFinding{
		Check: clean(f.Check), Severity: f.Severity.String(), Effect: clean(string(f.Effect)),
		User: whole(f.User), UserB64: raw(f.User), Path: whole(f.Path), PathB64: raw(f.Path), Line: f.Line,
		Observed: clean(f.Observed), Expected: clean(f.Expected),
		Message: clean(f.Message), Fix: clean(f.Fix), References: cleans(f.References),
	}
}

type jsonProblem struct {
	Subject    string `json:"subject"`
	SubjectB64 string `json:"subject_b64,omitempty"`
	Message    string `json:"message"`
}

func toJSONProblem(p audit.Problem) jsonProblem {
	return jsonProblem{Subject: whole(p.Subject), SubjectB64: raw(p.Subject), Message: clean(p.Message)}
}

type jsonServer struct {
	Binary        string `json:"binary"`
	BinaryB64     string `json:"binary_b64,omitempty"`
	Version       string `json:"version"`
	ConfigFile    string `json:"config_file"`
	ConfigFileB64 string `json:"config_file_b64,omitempty"`
	Rules         string `json:"rules"`
	// Running is null when nobody looked.
	Running *bool `json:"running"`
}

func toJSONServer(s audit.Server) jsonServer {
	return jsonServer{
		Binary: whole(s.Binary), BinaryB64: raw(s.Binary), Version: clean(s.Version),
		ConfigFile: whole(s.ConfigFile), ConfigFileB64: raw(s.ConfigFile),
		Rules: clean(s.Rules), Running: s.Running,
	}
}

type jsonSummary struct {
	Critical int `json:"critical"`
	Warning  int `json:"warning"`
	Notice   int `json:"notice"`
}

// JSON writes the outcome of a check as one sshaudit.check/1 document. Beyond the
// members of the interface it has blocked and servers, and met where the
// listeners were connected to.
func JSON(w io.Writer, r *audit.Report) error {
	d := newObject(w, "sshaudit.check/1")
	d.member("host", clean(r.Host))
	d.text("root", r.Root)
	d.member("started", r.Started.UTC().Format(time.RFC3339))
	d.member("duration_seconds", r.Duration.Round(time.Microsecond).Seconds())
	d.member("complete", r.Complete)
	array(d, "errors", apply(slices.Values(r.Errors), toJSONProblem))
	d.member("users", r.Users)
	d.member("blocked", r.Blocked)
	d.member("summary", jsonSummary{r.Count(audit.Critical), r.Count(audit.Warning), r.Count(audit.Notice)})
	array(d, "servers", apply(slices.Values(r.Servers), toJSONServer))
	if len(r.Met) > 0 {
		array(d, "met", apply(slices.Values(r.Met), toJSONMet))
	}
	array(d, "findings", apply(slices.Values(r.Findings), toJSONFinding))
	return d.close()
}
