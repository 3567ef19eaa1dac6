// Package sshdconf reads sshd_config and says what is in force for a connection,
// setting by setting as sshd -T -C does, for OpenSSH 8.4 to 10.5. Later releases
// are read by the rules of the newest known one.
//
// [Load] reads the file and everything it includes, and refuses what sshd would
// refuse. [Config.Effective] evaluates the Match blocks for one connection. Both
// walk the lines in sshd's own two passes, because values, and even errors,
// depend on them (comment above match_cfg_line_group in servconf.c).
//
// The package touches no file itself: a [Source] reads for it.
package sshdconf

import (
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"sync"

	"sshaudit/audit"
)

// DefaultFile is where sshd looks for its configuration.
const DefaultFile = "/etc/ssh/sshd_config"

// Source reads the host's files. Paths are absolute and those of the host;
// symbolic links resolve as they do for sshd there.
type Source interface {
	// ReadFile returns a file's content; a directory reads as empty, as it does
	// for sshd. Errors satisfy errors.Is with fs.ErrNotExist or fs.ErrPermission.
	ReadFile(path string) ([]byte, error)
	// Glob returns the paths that match a pattern of glob(3), sorted by bytes; none
	// is no error.
	Glob(pattern string) ([]string, error)
}

// Options say how sshd runs.
type Options struct {
	// File is the configuration's path; empty is /etc/ssh/sshd_config.
	File string
	// Version is the release whose rules count. Unknown: the newest known.
	Version audit.OpenSSH
	// Build says what was compiled in; nil is DefaultBuild of Version.
	Build *Build
	// Args are the command line's arguments without the program's name. Those
	// that set something (-o, -p, -h, -c, -f, -g, -4, -6, -d, -q) count.
	Args []string
	// Dir is sshd's working directory, which relative paths start from; empty is "/".
	Dir string
	// RootHome is the home of uid 0, for a leading ~; empty is "/root".
	RootHome string
	// Home returns another account's home, for ~name; nil where that is not known.
	Home func(name string) (string, bool)
}

// Note is a remark about the configuration that refuses nothing.
type Note struct {
	File string
	Line int
	// Text may quote the configuration.
	Text string
}

// Config is a configuration that was read. It is safe for concurrent use.
type Config struct {
	r    *rules
	main string
	// files are the parsed files in the order of reading; cache is sshd's own
	// memory of includes by pattern, which every later pass takes files from.
	files []string
	cache map[string][]included

	global values
	notes  []Note
	shadow []Shadowed
	blocks []Block
	// program is the skeleton of Match lines that a connection is held against.
	program []step
	// fails is why sshd starts and yet no connection can be evaluated: files that
	// include each other in a way that only its memory of the first pass shows.
	fails error
	// top is the main file's lines.
	top []*line

	mu   sync.RWMutex
	memo map[string]*outcome
}

// outcome is what a set of matching blocks leads to.
type outcome struct {
	settings *Settings
	err      error
}

// included is one file that an Include brought in.
type included struct {
	// file is empty for a pattern that matched nothing.
	file  string
	lines []*line
}

// Load reads a configuration. The error is a *ConfigError when sshd would refuse
// it (one for a missing file is also fs.ErrNotExist), a *ReadError when a file could not be read, a *LimitError beyond the
// bounds of this reader, an *UnknownError when a home was needed and unknown.
func Load(src Source, o Options) (*Config, error) {
	args, err := readArgs(o.Args)
	if err != nil {
		return nil, err
	}
	build := DefaultBuild(o.Version)
	if o.Build != nil {
		build = *o.Build
	}
	r := newRules(o.Version, build)
	r.dir, r.rootHome, r.home = orElse(o.Dir, "/"), orElse(o.RootHome, "/root"), o.Home
	// Without these files getservbyname(3) and getaddrinfo(3) find nothing in them either.
	r.services = sync.OnceValue(func() map[string]int {
		data, _ := src.ReadFile("/etc/services")
		return parseServices(data)
	})
	r.hosts = sync.OnceValue(func() map[string][]netip.Addr {
		data, _ := src.ReadFile("/etc/hosts")
		return parseHosts(data)
	})
	c := &Config{r: r, main: orElse(args.file, orElse(o.File, DefaultFile)), cache: map[string][]included{}, memo: map[string]*outcome{}}
	if o.Version.Known() && relOf(o.Version) == newest && !o.Version.AtLeast(int(newest)/100, int(newest)%100) ||
		o.Version.AtLeast(int(newest)/100, int(newest)%100+1) || !o.Version.Known() {
		c.notes = append(c.notes, Note{Text: "the rules of OpenSSH 10.5 were applied to " + o.Version.String()})
	}
	w := &walker{c: c, src: src, seen: &observations{c: c}}
	if err := w.start(args); err != nil {
		return nil, err
	}
	return c, nil
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// Files returns the files that were read, in that order, each once.
func (c *Config) Files() []string { return append([]string(nil), c.files...) }

// Notes returns remarks about deprecated keywords, undefined values and the like.
func (c *Config) Notes() []Note { return append([]Note(nil), c.notes...) }

// Version returns the release whose rules were applied.
func (c *Config) Version() audit.OpenSSH { return c.r.version }

// Shadowed returns the lines that have no effect because another line decided.
func (c *Config) Shadowed() []Shadowed { return append([]Shadowed(nil), c.shadow...) }

// Matches returns the Match lines in the order in which sshd meets them.
func (c *Config) Matches() []Block { return append([]Block(nil), c.blocks...) }

// DependsOnUser reports whether a Match asks for the user, the groups or
// whether the account exists.
func (c *Config) DependsOnUser() bool { return c.uses("user", "group", "invalid-user") }

// DependsOnAddress reports whether a Match asks for an end of the connection.
func (c *Config) DependsOnAddress() bool {
	return c.uses("host", "address", "localaddress", "localport", "rdomain")
}

func (c *Config) uses(names ...string) bool {
	for i := range c.program {
		if slices.ContainsFunc(names, c.program[i].match.asks) {
			return true
		}
	}
	return false
}

// readError turns a source's error into one of this package.
func readError(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		// load_server_config: perror and exit.
		return &ConfigError{File: file, Message: "No such file or directory", Err: fs.ErrNotExist}
	}
	return &ReadError{File: file, Err: err}
}
