package ftpdconf

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"sshaudit/audit"
)

// ProftpdFile is the configuration that Debian's ProFTPD reads.
const ProftpdFile = "/etc/proftpd/proftpd.conf"

// Proftpd is a configuration of ProFTPD.
type Proftpd struct {
	// Files are the files that were read, in order.
	Files []string
	// Servers are the main server and then the <VirtualHost>s. What <Global>
	// sections say stands at the end of each, as ProFTPD copies it.
	Servers []*ProServer
	// Modules are those that are built in or loaded, such as "mod_tls".
	Modules []string
	// Faults are lines of included files that ProFTPD cannot use. It starts all the
	// same, and does not read what follows in the file that includes them.
	Faults []*Error
	// Unresolved are names of hosts in the configuration that have to be resolved at
	// the start; it fails if one cannot be.
	Unresolved []string
}

// ProServer is the main server or a <VirtualHost>.
type ProServer struct {
	Section
	// Port is where it listens; 0 for a server that does not.
	Port int
}

// Section is a part of the configuration with its directives in order.
type Section struct {
	// Kind is the lower-case name of the section, "server" for the main one.
	Kind string
	// Args are the words that follow its name.
	Args []string
	At   Place
	// List are the directives and sections in it.
	List []*Directive
}

// Directive is one line, or a section.
type Directive struct {
	// Name is in lower case.
	Name string
	Args []string
	At   Place
	// Section is set if the directive opens one.
	Section *Section
}

// Find returns the first directive of a name, which is the one that counts; nil
// without one.
func (s *Section) Find(name string) *Directive {
	for _, d := range s.List {
		if d.Section == nil && strings.EqualFold(d.Name, name) {
			return d
		}
	}
	return nil
}

// All returns every directive of a name.
func (s *Section) All(name string) (list []*Directive) {
	for _, d := range s.List {
		if d.Section == nil && strings.EqualFold(d.Name, name) {
			list = append(list, d)
		}
	}
	return list
}

// Sections returns the sections of a kind.
func (s *Section) Sections(kind string) (list []*Section) {
	for _, d := range s.List {
		if d.Section != nil && d.Section.Kind == kind {
			list = append(list, d.Section)
		}
	}
	return list
}

// Bool returns a switch, or the default where it is not set.
func (s *Section) Bool(name string, otherwise bool) bool {
	if d := s.Find(name); d != nil && len(d.Args) > 0 {
		if on, ok := proBool(d.Args[0]); ok {
			return on
		}
	}
	return otherwise
}

// Has tells whether a module is built in or loaded.
func (c *Proftpd) Has(module string) bool { return slices.Contains(c.Modules, module) }

// ProOptions is what the reader has to know of the host.
type ProOptions struct {
	// File is the configuration, ProftpdFile if empty.
	File string
	// Defines are the words given by -D.
	Defines []string
	// Program is the text of the program, in which the directives of its modules
	// stand; nil if it is not at hand.
	Program []byte
	// Module returns the text of a loaded module by its path.
	Module func(path string) ([]byte, error)
	// User and Group tell whether the host has one of that name.
	User, Group func(name string) bool
}

// LoadProftpd reads the configuration as ProFTPD does (parser.c). An *Error is a
// fault for which it does not start.
func LoadProftpd(src Source, o ProOptions) (*Proftpd, error) {
	if o.File == "" {
		o.File = ProftpdFile
	}
	main := &ProServer{Section: Section{Kind: "server"}, Port: 21}
	p := &proParser{src: src, o: o, c: &Proftpd{Servers: []*ProServer{main}}, modulePath: "/usr/lib/proftpd", server: main}
	p.stack = []*Section{&main.Section}
	p.builtIn()
	err := p.parse(o.File)
	var fault *Error
	switch {
	case p.unknown != nil:
		return nil, p.unknown
	case errors.As(err, &fault), err != nil:
		return nil, err
	case len(p.stack) > 1:
		return nil, &Error{File: o.File, Message: "unclosed configuration section " + p.top().Kind + " of line " + lineText(p.top().At.Line)}
	}
	p.globals()
	return p.c, nil
}

// Bounds of this reader.
const (
	maxProFiles = 256
	maxProLines = 200000
)

// proParser reads one configuration. sources is the stack of files, of which
// ProFTPD always reads the topmost: a file given up for a fault stays there.
type proParser struct {
	src        Source
	o          ProOptions
	c          *Proftpd
	sources    []*proSource
	stack      []*Section
	server     *ProServer
	modulePath string
	// texts are the texts of loaded modules that this package does not know.
	texts [][]byte
	// insecure is AuthFileOptions InsecurePerms.
	insecure bool
	lines    int
	// unknown is why nothing can be said; nil if it can.
	unknown *UnknownError
}

func (p *proParser) top() *Section { return p.stack[len(p.stack)-1] }

// builtIn notes the modules that the program holds: those that could be loaded
// and for which there is no file.
func (p *proParser) builtIn() {
	p.c.Modules = slices.Clone(proBuiltIn)
	for _, m := range proMaybe {
		if _, err := p.src.Stat(p.modulePath + "/" + m + ".so"); err == nil {
			continue
		}
		held, names := 0, strings.Fields(proDirectives[m])
		for _, d := range names {
			if holdsWord(p.o.Program, d) {
				held++
			}
		}
		// Releases differ by a directive or two, and some names stand in other modules.
		if 2*held > len(names) {
			p.c.Modules = append(p.c.Modules, m)
		}
	}
}

func holdsWord(text []byte, word string) bool {
	return bytes.Contains(text, []byte("\x00"+word+"\x00"))
}

// gaveUp is a file that could not be opened, by the errno's text.
type gaveUp struct{ why string }

func (e *gaveUp) Error() string { return e.why }

// parse reads one file (pr_parser_parse_file). After an error the file stays on
// the stack, so that whoever goes on reading reads its rest.
func (p *proParser) parse(file string) error {
	text, err := p.src.Read(file)
	switch {
	case missing(err):
		if len(p.sources) == 0 {
			return &Error{File: file, Message: "No such file or directory"}
		}
		return &gaveUp{"No such file or directory"}
	case err != nil:
		p.giveUp(file, 0, "cannot be read: "+audit.Untrusted(err.Error()).String())
		return p.unknown
	}
	if p.c.Files = append(p.c.Files, file); len(p.c.Files) > maxProFiles {
		p.giveUp(file, 0, "more files are included than are followed")
		return p.unknown
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	p.sources = append(p.sources, &proSource{file: file, rest: string(text)})
	for {
		s := p.sources[len(p.sources)-1]
		line, ok := s.next()
		if !ok {
			break
		}
		if p.lines++; p.lines > maxProLines || len(line) > maxProLine {
			p.giveUp(s.file, s.line, "more or longer lines than are followed")
			return p.unknown
		}
		words := proWords(line)
		if len(words) == 0 {
			continue
		}
		if err := p.directive(words, Place{s.file, s.line}); err != nil {
			return err
		}
		if p.unknown != nil {
			return p.unknown
		}
	}
	p.sources = p.sources[:len(p.sources)-1]
	return nil
}

func (p *proParser) giveUp(file string, line int, what string) {
	if p.unknown == nil {
		p.unknown = &UnknownError{file, line, what}
	}
}

// globals copies what <Global> sections say to the end of every server
// (dirtree.c fixup_globals).
func (p *proParser) globals() {
	for _, s := range p.c.Servers {
		kept := s.List[:0:0]
		for _, d := range s.List {
			if d.Section != nil && d.Section.Kind == "global" {
				continue
			}
			kept = append(kept, d)
		}
		globals := s.Sections("global")
		s.List = kept
		for _, g := range globals {
			for _, other := range p.c.Servers {
				other.List = append(other.List, g.List...)
			}
		}
	}
}
