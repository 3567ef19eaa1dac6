package ftpdconf

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit"
)

func lineText(n int) string { return strconv.Itoa(n) }

// directive takes one line over, in the way of its module.
func (p *proParser) directive(words []string, at Place) error {
	name, args := strings.ToLower(words[0]), words[1:]
	fault := func(message string) error { return &Error{at.File, at.Line, message} }
	if known, sure := p.knows(words[0]); !sure {
		p.giveUp(at.File, at.Line, "the directive "+audit.Untrusted(words[0]).String()+" is not known here")
		return p.unknown
	} else if !known {
		return fault("unknown configuration directive '" + words[0] + "'")
	}
	if strings.HasPrefix(name, "</") {
		return p.close(name, words[0], at)
	}
	if where, ok := p.contexts(name); ok && !strings.HasPrefix(p.top().Kind, "if") && !slices.Contains(strings.Fields(where), p.top().Kind) {
		return fault(words[0] + ": directive not allowed in " + contextName(p.top()) + " context")
	}
	if strings.HasPrefix(name, "<") {
		return p.open(name, words[0], args, at)
	}
	if n, ok := proArguments[name]; ok && len(args) < n {
		return fault(words[0] + ": missing parameters")
	}
	if slices.Contains(proSwitches, name) {
		if _, ok := proBool(args[0]); !ok {
			return fault(words[0] + ": expected Boolean parameter")
		}
	}
	if err := p.act(name, words[0], args, at); err != nil {
		return err
	}
	p.top().List = append(p.top().List, &Directive{Name: name, Args: args, At: at})
	return nil
}

// knows tells whether a module that is there has the directive. It is not sure
// where a module that is not of ProFTPD's own could.
func (p *proParser) knows(name string) (known, sure bool) {
	modules := modulesOf(name)
	if slices.ContainsFunc(modules, p.c.Has) {
		return true, true
	}
	for _, text := range append(p.texts, p.o.Program) {
		if text != nil && holdsWord(text, name) && (len(modules) == 0 || p.o.Program == nil) {
			return false, false
		}
	}
	return false, p.o.Program != nil || len(modules) == 0
}

// contextName is how ProFTPD calls a section in a message (dirtree.c get_context_name).
func contextName(s *Section) string {
	switch s.Kind {
	case "server":
		return "server config"
	case "virtualhost":
		return "<VirtualHost>"
	}
	return "<" + strings.ToUpper(s.Kind[:1]) + s.Kind[1:] + ">"
}

// open opens a section.
func (p *proParser) open(name, shown string, args []string, at Place) error {
	kind := strings.Trim(name, "<>")
	fault := func(message string) error { return &Error{at.File, at.Line, shown + ": " + message} }
	if len(args) == 0 && kind != "global" && kind != "ifauthenticated" {
		return fault("missing parameters")
	}
	switch kind {
	case "ifmodule", "ifdefine":
		wanted, negated := strings.CutPrefix(args[0], "!")
		met := slices.Contains(p.o.Defines, wanted)
		if kind == "ifmodule" {
			met = strings.HasSuffix(wanted, ".c") && p.c.Has(strings.TrimSuffix(wanted, ".c"))
		}
		if met == negated {
			return p.skip(kind, shown)
		}
		return nil
	case "ifversion", "ifuser", "ifgroup", "ifclass":
		if kind == "ifversion" {
			p.giveUp(at.File, at.Line, "<IfVersion> is not followed here")
			return p.unknown
		}
	case "anonymous":
		if args[0][0] != '/' && args[0][0] != '~' {
			return fault("(" + args[0] + ") absolute pathname required")
		}
		if strings.Contains(args[0], "*") || args[0] == "/" {
			return fault("(" + args[0] + ") is not permitted")
		}
	}
	section := &Section{Kind: kind, Args: args, At: at}
	if kind == "virtualhost" {
		p.server = &ProServer{Section: *section, Port: 21}
		section = &p.server.Section
		p.c.Servers = append(p.c.Servers, p.server)
		p.resolve(args...)
	} else {
		p.top().List = append(p.top().List, &Directive{Name: name, Args: args, At: at, Section: section})
	}
	p.stack = append(p.stack, section)
	return nil
}

// close ends a section, which must be the one that was opened last.
func (p *proParser) close(name, shown string, at Place) error {
	kind := strings.Trim(name, "</>")
	if kind == "ifmodule" || kind == "ifdefine" {
		return nil
	}
	if kind != p.top().Kind {
		return &Error{at.File, at.Line, shown + ": directive not allowed in " + contextName(p.top()) + " context"}
	}
	p.stack = p.stack[:len(p.stack)-1]
	if kind == "virtualhost" {
		p.server = p.c.Servers[0]
	}
	return nil
}

// skip passes over a section whose condition is not met; it reads lines itself,
// in which only the names of such sections mean something (mod_core.c start_ifmodule).
func (p *proParser) skip(kind, shown string) error {
	s := p.sources[len(p.sources)-1]
	for depth := 1; depth > 0; {
		line, ok := s.next()
		if !ok {
			return &Error{s.file, s.line, shown + ": unclosed " + shown + " context"}
		}
		switch lower := strings.ToLower(line); {
		case strings.HasPrefix(lower, "<"+kind):
			depth++
		case lower == "</"+kind+">":
			depth--
		}
	}
	return nil
}

// resolve notes names that are no addresses.
func (p *proParser) resolve(names ...string) {
	for _, n := range names {
		if _, ok := literal(n); !ok {
			p.c.Unresolved = append(p.c.Unresolved, n)
		}
	}
}

// include reads a file, a directory's files, or those that a pattern matches
// (parser.c parse_config_path2). Faults in them do not stop ProFTPD.
func (p *proParser) include(shown string, args []string, at Place) error {
	name := args[0]
	fault := func(message string) error { return &Error{at.File, at.Line, shown + ": " + message} }
	if !strings.HasPrefix(name, "/") {
		return fault("unable to use path for configuration file '" + name + "'")
	}
	dir, pattern := name, ""
	if strings.ContainsAny(name, "*?[") {
		dir, pattern = path.Split(name)
		dir = path.Clean(dir)
		if strings.ContainsAny(dir, "*?[") {
			p.giveUp(at.File, at.Line, "a pattern for directories is not followed here")
			return p.unknown
		}
	}
	info, err := p.src.Lstat(dir)
	switch {
	case missing(err):
		p.c.Faults = append(p.c.Faults, &Error{at.File, at.Line, "unable to include '" + name + "': No such file or directory"})
		return nil
	case err != nil:
		p.giveUp(at.File, at.Line, audit.Untrusted(dir).String()+" cannot be looked at")
		return p.unknown
	case pattern == "" && !info.Mode.IsDir():
		return p.included(name)
	case pattern != "" && info.Mode.Type() == fs.ModeSymlink:
		p.c.Faults = append(p.c.Faults, &Error{at.File, at.Line, "cannot read configuration path '" + name + "': Symbolic link"})
		return nil
	}
	names, err := p.src.List(dir)
	if err != nil {
		p.giveUp(at.File, at.Line, audit.Untrusted(dir).String()+" cannot be listed")
		return p.unknown
	}
	slices.Sort(names)
	for _, n := range names {
		if pattern != "" {
			if ok, err := path.Match(pattern, n); err != nil {
				p.giveUp(at.File, at.Line, "a pattern that is not followed here")
				return p.unknown
			} else if !ok || n[0] == '.' && pattern[0] != '.' {
				continue
			}
		}
		file := path.Join(dir, n)
		if info, err := p.src.Stat(file); err == nil && info.Mode.IsDir() {
			p.c.Faults = append(p.c.Faults, &Error{File: file, Message: "unable to open parse file: Is a directory"})
			continue
		}
		if err := p.included(file); err != nil {
			return err
		}
	}
	return nil
}

// included reads one file, and goes on after a fault.
func (p *proParser) included(file string) error {
	err := p.parse(file)
	var fault *Error
	var gone *gaveUp
	switch {
	case p.unknown != nil:
		return p.unknown
	case errors.As(err, &fault):
		p.c.Faults = append(p.c.Faults, fault)
	case errors.As(err, &gone):
		p.c.Faults = append(p.c.Faults, &Error{File: file, Message: gone.why})
	}
	return nil
}

// load takes a module in (mod_dso.c).
func (p *proParser) load(shown string, args []string, at Place) error {
	module, ok := strings.CutSuffix(args[0], ".c")
	if !ok || !strings.HasPrefix(module, "mod_") {
		return &Error{at.File, at.Line, shown + ": error loading module '" + args[0] + "': Invalid argument"}
	}
	file := p.modulePath + "/" + module + ".so"
	if _, err := p.src.Stat(file); missing(err) && !p.c.Has(module) {
		return &Error{at.File, at.Line, shown + ": error loading module '" + args[0] + "': No such file or directory"}
	} else if err != nil && !missing(err) {
		p.giveUp(file, 0, "cannot be looked at")
		return p.unknown
	}
	if p.c.Has(module) {
		return nil
	}
	p.c.Modules = append(p.c.Modules, module)
	if _, known := proDirectives[module]; !known && p.o.Module != nil {
		if text, err := p.o.Module(file); err == nil {
			p.texts = append(p.texts, text)
		}
	}
	return nil
}
