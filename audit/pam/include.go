package pam

import (
	"strings"

	"sshaudit/audit"
)

// line adds one line's module (pam_handlers.c _pam_parse_conf_file).
func (l *loader) line(file string, ln line, in scope) loading {
	if l.count++; l.count > maxLines {
		l.unread = &Problem{audit.Untrusted(file), ln.number, "the files include each other into too many lines to be evaluated"}
		return aborted
	}
	h := handler{level: in.level, file: file, line: ln.number}
	word, rest, ok := cutToken(ln.text)
	typ, known := typeOf(strings.TrimPrefix(word, "-"))
	switch {
	case ok && l.lib.Debian && strings.EqualFold(strings.TrimPrefix(word, "-"), "@include"):
		return l.include(h, in.only, rest, in, false)
	case !known:
		h.kind = fails
		typ = Auth // the most sensitive, says libpam
		if in.only != 0 {
			typ = in.only
		}
		l.problem(file, ln.number, "unknown type %s: the line fails in the %s stack", audit.Untrusted(word), typ)
	}
	if in.only != 0 && typ != in.only {
		return loaded
	}
	word, rest, ok = cutToken(rest)
	switch {
	case !ok:
		h.kind = fails
		for i := range h.action {
			h.action[i] = actBad
		}
		l.problem(file, ln.number, "no control word: the line fails")
	case strings.EqualFold(word, "include"):
		return l.include(h, typ, rest, in, false)
	case strings.EqualFold(word, "substack"):
		return l.include(h, typ, rest, in, true)
	default:
		var wrong string
		if h.action, wrong = parseControl(word); wrong != "" {
			l.problem(file, ln.number, "control %s: %s; every answer of the module counts as bad", audit.Untrusted(word), wrong)
		}
	}
	if h.module, rest, ok = cutToken(rest); !ok {
		h.kind = fails
		l.problem(file, ln.number, "no module: the line fails")
	}
	h.args = tokens(rest)
	return l.add(typ, h)
}

func typeOf(word string) (Type, bool) {
	for t := Auth; t <= Password; t++ {
		if strings.EqualFold(word, typeNames[t]) {
			return t, true
		}
	}
	return 0, false
}

// add appends a module; libpam gives up over a name without letters
// (extract_modulename).
func (l *loader) add(typ Type, h handler) loading {
	if typ == 0 {
		return l.abort(h.file, h.line, "@include of a file that is not there or cannot be used")
	}
	name := moduleName(h.module)
	if h.module != "" && (name == "" || name == "?") {
		l.problem(h.file, h.line, "the module's name is empty: libpam gives up")
		return l.abort(h.file, h.line, "the module's name is empty")
	}
	l.into[typ] = append(l.into[typ], h)
	return loaded
}

// moduleName is the file name up to its last dot.
func moduleName(module string) string {
	name := module[strings.LastIndexByte(module, '/')+1:]
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = name[:dot]
	}
	return name
}

// include reads another file's lines of one type, 0 for all. Where that fails
// the line itself becomes one that fails.
func (l *loader) include(h handler, typ Type, rest string, in scope, sub bool) loading {
	name, _, ok := cutToken(rest)
	if !ok && l.lib.Debian {
		// Debian's patch looks at the first byte of the missing name.
		l.problem(h.file, h.line, "include without a name: libpam crashes")
		l.broken = &Problem{audit.Untrusted(h.file), h.line, "include without a name crashes libpam"}
		return aborted
	}
	inner := in
	inner.only, inner.include = typ, in.include+1
	if sub {
		marker := h
		marker.kind, marker.module = substack, name
		if l.add(typ, marker) == aborted {
			return aborted
		}
		inner.level++
	}
	got := absent
	if ok && l.mayNest(h, inner) && !l.over() {
		got = l.included(name, inner)
	}
	switch {
	case l.over():
		return aborted
	case got == loaded:
		return loaded
	}
	l.problem(h.file, h.line, "%s cannot be included: the line fails", audit.Untrusted(name))
	if typ != 0 {
		l.reason = nil
	}
	h.kind = fails
	for i := range h.action {
		h.action[i] = actBad
	}
	return l.add(typ, h)
}

func (l *loader) included(name string, in scope) loading {
	if l.lib.Debian && !strings.HasPrefix(name, "/") {
		name = dirs[0] + name
	}
	file, text, got := l.open(name)
	if got == loaded {
		got = l.file(file, text, in)
	}
	return got
}

// mayNest tells whether libpam opens the file at this depth. Before 1.7 it
// counts substacks only, and a loop of includes ends when the process runs out
// of stack or descriptors. Where every file is included with @include that ends
// the connection either way; otherwise nobody can tell what the stack becomes.
func (l *loader) mayNest(h handler, in scope) bool {
	if l.lib.AtLeast(1, 7) {
		return in.include < maxInclude
	}
	if in.level >= maxInclude {
		return false
	}
	if in.include >= 4*maxInclude {
		p := &Problem{audit.Untrusted(h.file), h.line, "the files include each other without end; break the loop"}
		if in.only == 0 {
			l.broken = p
		} else {
			l.unread = p
		}
	}
	return true
}
