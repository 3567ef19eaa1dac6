package sshdconf

// step is one element of the skeleton: a Match line, or the begin or end of an
// included file.
type step struct {
	kind  stepKind
	match criteria
	line  *line
	// matchOnly is that of the file that begins.
	matchOnly bool
}

type stepKind uint8

const (
	stepMatch stepKind = iota
	stepEnter
	stepLeave
)

// skeleton records Match lines and the files around them.
func (w *walker) skeleton(x *exec, s *scope) error {
	if x.l.word == nil {
		return nil
	}
	switch x.l.word.kind {
	case matchBlock:
		m, err := x.matchLine()
		if err != nil {
			return err
		}
		s.matchOnly = false
		if w.blocks++; w.blocks > maxBlocks {
			return &LimitError{x.l.file, x.l.num, "4096 Match lines"}
		}
		w.c.program = append(w.c.program, step{kind: stepMatch, match: m, line: x.l})
	case include:
		for _, pattern := range x.list() {
			if pattern != "" && pattern[0] != '/' && pattern[0] != '~' {
				pattern = "/etc/ssh/" + pattern
			}
			if err := w.skeletonFiles(pattern, s); err != nil {
				return err
			}
		}
	case setting, deprecated, ignored, unsupported:
	}
	return nil
}

func (w *walker) skeletonFiles(pattern string, s *scope) error {
	for _, item := range w.c.cache[pattern] {
		if item.file == "" {
			continue
		}
		before := len(w.c.program)
		w.c.program = append(w.c.program, step{kind: stepEnter, matchOnly: s.matchOnly})
		if err := w.file(item.file, item.lines, scope{depth: s.depth + 1, matchOnly: s.matchOnly}); err != nil {
			return err
		}
		if len(w.c.program) == before+1 {
			w.c.program = w.c.program[:before] // nothing inside that a connection could meet
			continue
		}
		w.c.program = append(w.c.program, step{kind: stepLeave})
	}
	return nil
}

// hit evaluates the skeleton for a connection: one byte a Match line, in the
// order in which a pass meets them, appended to out.
func (c *Config) hit(conn *Conn, out []byte) ([]byte, error) {
	type outer struct{ active, never bool }
	var stack []outer
	active, never := false, false
	for i := range c.program {
		switch p := &c.program[i]; p.kind {
		case stepEnter:
			stack = append(stack, outer{active, never})
			never = !p.matchOnly && !active
		case stepLeave:
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			active, never = top.active, top.never
		case stepMatch:
			if !never && conn.LocalPort == 0 && p.match.asks("localport") {
				return nil, &UnknownError{p.line.file, p.line.num, "Match LocalPort needs the local port of the connection"}
			}
			active = !never && p.match.matches(c.r, conn)
			if active {
				out = append(out, 1)
			} else {
				out = append(out, 0)
			}
		}
	}
	return out, nil
}
