package report

import (
	"io"
	"slices"
	"strconv"

	"sshaudit/audit"
)

// ConfigText writes an effective configuration as sshd -T does (servconf.c,
// dump_config): keyword, blank, value. With origin a comment names the file and
// line that set it; a default has none. A value that cannot be printed is quoted,
// where sshd would send the bytes to the terminal.
func ConfigText(w io.Writer, c *audit.ConfigReport, origin bool) error {
	p := newPrinter(w, Style{})
	for i := range c.Settings {
		s := &c.Settings[i]
		line := clean(s.Keyword)
		if s.Value != "" {
			line += " " + verbatim(s.Value)
		}
		if origin && s.File != "" {
			line += " # " + place(s.File, s.Line)
		}
		p.line("%s", line)
	}
	return p.close()
}

// verbatim keeps every value that can be printed, quotes in it or not.
func verbatim(u audit.Untrusted) string {
	if printable(string(u)) {
		return string(u)
	}
	return strconv.Quote(string(u))
}

type jsonSetting struct {
	Keyword  string `json:"keyword"`
	Value    string `json:"value"`
	ValueB64 string `json:"value_b64,omitempty"`
	File     string `json:"file"`
	FileB64  string `json:"file_b64,omitempty"`
	Line     int    `json:"line"`
}

func toJSONSetting(s audit.Setting) jsonSetting {
	return jsonSetting{
		Keyword: clean(s.Keyword), Value: whole(s.Value), ValueB64: raw(s.Value),
		File: whole(s.File), FileB64: raw(s.File), Line: s.Line,
	}
}

// ConfigJSON writes an effective configuration as one sshaudit.config/1 document.
// A default has an empty file and line 0.
func ConfigJSON(w io.Writer, c *audit.ConfigReport) error {
	d := newObject(w, "sshaudit.config/1")
	d.member("version", clean(c.Version))
	d.member("files", wholes(c.Files))
	if b64 := raws(c.Files); b64 != nil {
		d.member("files_b64", b64)
	}
	array(d, "settings", apply(slices.Values(c.Settings), toJSONSetting))
	return d.close()
}
