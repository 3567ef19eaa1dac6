package sshdconf

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"sshaudit/audit"
)

// Setting is one line of sshd -T.
type Setting struct {
	// Keyword is lower case; Value is the rest of the line.
	Keyword, Value string
	// File and Line say where the value was set. A default has neither; an
	// argument has the file "command-line".
	File string
	Line int
}

// Settings is what is in force for a connection. It does not change and is safe
// for concurrent use.
type Settings struct {
	r     *rules
	vals  values
	lines func() []Setting
	// texts holds the elements of each option that was asked for, by its slot.
	texts []atomic.Pointer[[]string]
}

func (c *Config) newSettings(vals values) *Settings {
	s := &Settings{r: c.r, vals: vals, texts: make([]atomic.Pointer[[]string], len(vals))}
	s.lines = sync.OnceValue(s.print)
	return s
}

// Effective returns the settings for a connection. The error is a *ConfigError
// where sshd accepts the file and yet dies on this connection, an *UnknownError
// where the connection's local port is asked for and not given.
func (c *Config) Effective(conn Conn) (*Settings, error) {
	if c.fails != nil {
		return nil, c.fails
	}
	var buffer [64]byte
	hits, err := c.hit(&conn, buffer[:0])
	if err != nil {
		return nil, err
	}
	c.mu.RLock()
	known := c.memo[string(hits)]
	c.mu.RUnlock()
	if known == nil {
		key := string(hits)
		known = c.evaluate(key)
		c.remember(key, known)
	}
	return known.settings, known.err
}

// maxMemo bounds the outcomes that are kept.
const maxMemo = 512

func (c *Config) remember(key string, o *outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.memo) >= maxMemo {
		clear(c.memo)
	}
	c.memo[key] = o
}

// evaluate makes the connection pass.
func (c *Config) evaluate(hits string) *outcome {
	w := &walker{c: c, connected: true, vals: make(values, len(c.r.options)), hits: hits}
	if err := w.file(c.main, c.top, scope{matchOnly: true}); err != nil {
		return &outcome{err: err}
	}
	vals, err := c.merge(w.vals)
	if err != nil {
		return &outcome{err: err}
	}
	return &outcome{settings: c.newSettings(vals)}
}

// Version returns the release by whose rules the settings were found.
func (s *Settings) Version() audit.OpenSSH { return s.r.version }

// All returns the lines that sshd -T prints, in its order.
func (s *Settings) All() []Setting { return append([]Setting(nil), s.lines()...) }

// Values returns the lines of one keyword; any case and any alias will do.
func (s *Settings) Values(keyword string) []Setting {
	o := s.find(keyword)
	if o == nil {
		return nil
	}
	var out []Setting
	for _, l := range s.lines() {
		if l.Keyword == o.spelling(s.r.rel) {
			out = append(out, l)
		}
	}
	return out
}

// Get returns the first line of one keyword; false if sshd -T prints none.
func (s *Settings) Get(keyword string) (Setting, bool) {
	lines := s.Values(keyword)
	if len(lines) == 0 {
		return Setting{}, false
	}
	return lines[0], true
}

// find returns the option of a keyword, nil where the build has none.
func (s *Settings) find(keyword string) *option {
	name := strings.ToLower(keyword)
	if slot, ok := s.r.slots[name]; ok {
		if o := s.r.options[slot]; o.knows(s.r) && s.r.build.has(o.needs) {
			return o
		}
	}
	if w := s.r.words[name]; w != nil && w.kind == setting {
		return w.opt
	}
	return nil
}

// items returns an option's items or its default's; nil if it is unset.
func (s *Settings) items(o *option) []item {
	if o.algorithms != nil && s.vals[o.slot] == nil {
		return []item{{text: s.r.preset(o.algorithms)}}
	}
	if v := s.vals[o.slot]; v != nil {
		return v.items
	}
	if o.preset == nil {
		return nil
	}
	return manyTexts(o.preset(s.r), pos{}).items
}

// Strings returns the elements of a setting as sshd holds them, before they are
// printed: a path with a blank is one. Nil is an unset one, or one that "none"
// cleared. A "none" in a Match block that sshd takes for a name is an element.
// The slice is shared: it must not be changed.
func (s *Settings) Strings(keyword string) []string {
	o := s.find(keyword)
	if o == nil {
		return nil
	}
	if known := s.texts[o.slot].Load(); known != nil {
		return *known
	}
	var out []string
	for _, it := range s.items(o) {
		if !it.null {
			out = append(out, it.text)
		}
	}
	out = slices.Clip(out)
	s.texts[o.slot].Store(&out)
	return out
}

// Text returns a setting with one value; false if it is unset or cleared.
func (s *Settings) Text(keyword string) (string, bool) {
	texts := s.Strings(keyword)
	if len(texts) == 0 {
		return "", false
	}
	return texts[0], true
}

// Bool reports whether a setting is "yes".
func (s *Settings) Bool(keyword string) bool {
	text, ok := s.Text(keyword)
	return ok && text == "yes"
}

// Int returns a setting that is a number: seconds, a count or a size; 0 for others.
func (s *Settings) Int(keyword string) int {
	text, _ := s.Text(keyword)
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// Origin returns where a setting was set; an empty file is a default.
func (s *Settings) Origin(keyword string) (file string, line int) {
	if o := s.find(keyword); o != nil && s.vals[o.slot] != nil {
		return s.vals[o.slot].pos.file, s.vals[o.slot].pos.line
	}
	return "", 0
}
