package sshdconf

import (
	"errors"
	"strings"
)

// Bounds of this reader. sshd has only the depth: it would work on for minutes.
const (
	maxDepth       = 16
	maxFiles       = 256
	maxEvaluations = 1024
	maxLines       = 1 << 20 // over all evaluations
	maxFileSize    = 1 << 20
	maxTotalSize   = 4 << 20
	maxFound       = 4096 // paths for one pattern
	maxBlocks      = 4096 // Match lines in one pass
	maxSubsystems  = 1024
	maxNames       = 64 << 10 // bytes of a list of algorithms
	maxRemarks     = 1000     // notes, and shadowed lines
)

// walker goes through the lines as parse_server_config_depth does.
type walker struct {
	c    *Config
	src  Source
	vals values
	// connected is false in the start-up pass.
	connected bool
	active    bool
	// portsFixed is -p on the command line, debugging -d.
	portsFixed  bool
	debugging   bool
	seen        *observations
	evaluations int
	lines       int
	total       int
	read        map[string][]*line
	// record gathers the skeleton of Match lines, in a pass of its own; blocks
	// counts them.
	record bool
	blocks int
	// hits answers the Match lines in turn, in a connection pass: 1 is yes.
	hits string
}

// scope is the state that belongs to one file's turn.
type scope struct {
	depth int
	// matchOnly: no Match was met yet on the way here, in a connection pass.
	matchOnly bool
	// never: an Include in a block that does not match; nothing in it can.
	never bool
}

// start makes the start-up pass: arguments, file, defaults, sanity.
func (w *walker) start(args *arguments) error {
	c := w.c
	w.vals = make(values, len(c.r.options))
	w.read = map[string][]*line{}
	w.active = true
	if err := w.arguments(args); err != nil {
		return err
	}
	if !strings.EqualFold(c.main, "none") {
		lines, err := w.load(c.main)
		if err != nil {
			return err
		}
		c.top = lines
	}
	if err := w.file(c.main, c.top, scope{}); err != nil {
		return err
	}
	if err := c.listen(w.vals); err != nil {
		return err
	}
	c.global = w.vals
	if err := c.settle(c.global); err != nil {
		return err
	}
	if err := c.sanity(c.global); err != nil {
		return err
	}
	skeleton := &walker{c: c, connected: true, record: true}
	c.fails = skeleton.file(c.main, c.top, scope{matchOnly: true})
	if _, limit := errors.AsType[*LimitError](c.fails); limit {
		return c.fails
	}
	return nil
}

// load reads and cuts a file; the same path is read once.
func (w *walker) load(path string) ([]*line, error) {
	if lines, ok := w.read[path]; ok {
		return lines, nil
	}
	if len(w.read) >= maxFiles {
		return nil, &LimitError{path, 0, "256 files"}
	}
	data, err := w.src.ReadFile(path)
	if err != nil {
		return nil, readError(path, err)
	}
	if w.total += len(data); len(data) > maxFileSize || w.total > maxTotalSize {
		return nil, &LimitError{path, 0, "1 MiB in a file or 4 MiB in all"}
	}
	lines := []*line{}
	r := w.c.r
	for i, text := range splitFile(data, !r.argv) {
		if l, ok := splitLine(path, i+1, text, r.argv); ok {
			l.word = r.words[strings.ToLower(l.keyword)]
			lines = append(lines, l)
		}
	}
	w.read[path] = lines
	w.c.files = append(w.c.files, path)
	return lines, nil
}

// file applies a file's lines.
func (w *walker) file(path string, lines []*line, s scope) error {
	if s.depth > maxDepth {
		return &ConfigError{File: path, Message: "Too many recursive configuration includes"}
	}
	if w.evaluations++; w.evaluations > maxEvaluations {
		return &LimitError{path, 0, "1024 evaluations of included files"}
	}
	if w.lines += len(lines); w.lines > maxLines {
		return &LimitError{path, 0, "a million lines in all evaluations"}
	}
	for _, l := range lines {
		if err := w.line(l, &s); err != nil {
			return err
		}
	}
	return nil
}

// line applies one line.
func (w *walker) line(l *line, s *scope) error {
	r := w.c.r
	x := &exec{r: r, vals: w.vals, active: w.active, l: l, cur: delim{l.rest, l.ok}, seen: w.seen, portsFixed: w.portsFixed}
	if w.record {
		return w.skeleton(x, s)
	}
	if r.argv && (!l.ok || l.rest == "") {
		return x.fatal("no argument after keyword \"%s\"", l.keyword)
	}
	if l.word == nil {
		return x.fatal("Bad configuration option: %s", l.keyword)
	}
	if l.bad {
		return x.fatal("invalid quotes")
	}
	if !w.active && !l.word.inMatch {
		if !w.connected {
			return x.fatal("Directive '%s' is not allowed within a Match block", l.keyword)
		}
		return nil // it had its turn in the start-up pass
	}
	var err error
	switch l.word.kind {
	case include:
		err = w.include(x, s)
	case matchBlock:
		err = w.match(x, s)
	case deprecated, unsupported, ignored:
		w.seen.useless(x)
		return nil
	case setting:
		x.opt = l.word.opt
		err = l.word.opt.parse(x)
		w.seen.judge(x)
	}
	if err != nil {
		return err
	}
	return x.leftover()
}

// match opens a block.
func (w *walker) match(x *exec, s *scope) error {
	m, err := x.matchLine()
	if err != nil {
		return err
	}
	if w.connected {
		w.active, w.hits = w.hits[0] == 1, w.hits[1:]
	} else {
		w.active = !s.never && m.always(x.r)
	}
	s.matchOnly = false
	w.seen.block(x, m)
	return nil
}

// matchLine reads a Match line; from 8.7 to 9.8 what it leaves over is judged by
// its own way of cutting.
func (x *exec) matchLine() (criteria, error) {
	m, err := x.parseMatch()
	if err == nil && x.r.argv && x.r.rel < 909 && (!x.cur.ok || x.cur.s == "") {
		x.finish()
	}
	return m, err
}

// include applies the files that the patterns name. Only the start-up pass looks
// for files; what it found is what every later pass sees.
func (w *walker) include(x *exec, s *scope) error {
	patterns := x.list()
	for _, pattern := range patterns {
		if pattern == "" {
			return x.fatal("keyword %s empty argument", x.l.keyword)
		}
		if pattern[0] != '/' && pattern[0] != '~' {
			pattern = "/etc/ssh/" + pattern
		}
		if err := w.includePattern(x, s, pattern); err != nil {
			return err
		}
	}
	if len(patterns) == 0 {
		return x.fatal("%s missing filename argument", x.l.keyword)
	}
	return nil
}

func (w *walker) includePattern(x *exec, s *scope, pattern string) error {
	if w.lines++; w.lines > maxLines {
		return &LimitError{x.l.file, x.l.num, "a million lines in all evaluations"}
	}
	for i := 0; i < len(w.c.cache[pattern]); i++ { // the list may grow meanwhile, as sshd's does
		item := w.c.cache[pattern][i]
		if item.file == "" {
			continue
		}
		if err := w.included(item.file, item.lines, s); err != nil {
			return err
		}
	}
	if len(w.c.cache[pattern]) > 0 || w.src == nil {
		return nil
	}
	paths, err := w.src.Glob(pattern)
	if err != nil {
		return &ReadError{pattern, err}
	}
	if len(paths) > maxFound {
		return &LimitError{x.l.file, x.l.num, "4096 files for one pattern"}
	}
	if len(paths) == 0 {
		w.c.cache[pattern] = []included{{}}
	}
	for _, path := range paths {
		lines, err := w.load(path)
		if err != nil {
			return err
		}
		if err := w.included(path, lines, s); err != nil {
			return err
		}
		w.c.cache[pattern] = append(w.c.cache[pattern], included{path, lines})
	}
	return nil
}

// included applies one file; its Match blocks end with it.
func (w *walker) included(path string, lines []*line, s *scope) error {
	outer := w.active
	inner := scope{depth: s.depth + 1, matchOnly: s.matchOnly, never: !s.matchOnly && !outer}
	w.seen.enter()
	err := w.file(path, lines, inner)
	w.active = outer
	w.seen.leave()
	return err
}
