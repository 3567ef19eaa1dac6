package collect

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
	"sshaudit/audit/sshdconf"
)

const (
	// configSize bounds one file of sshd's configuration; sshdconf bounds them in all.
	configSize = 1 << 20
	// maxIncluded bounds the files that one Include matches.
	maxIncluded = 4096
	// maxServers bounds the sshds of one host.
	maxServers = 16
)

// sshdPaths are where systems keep the program.
var sshdPaths = []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd", "/usr/lib/ssh/sshd"}

// readServers finds the sshds of the host: the running listeners, else those
// that units would start, else the one that the program would be by default.
func (c *Collector) readServers(v *hostfs.View) {
	var found []listener
	switch {
	case c.opts.SSHDConfig != "":
		found = []listener{{args: []string{"-f", c.opts.SSHDConfig}}}
	case c.root.Live():
		found = c.listeners()
	}
	if len(found) == 0 {
		found = c.units(v)
	}
	if len(found) == 0 {
		found = []listener{{}}
	}
	if len(found) > maxServers {
		c.missing("sshd", "%d listeners run; the first %d are looked at", len(found), maxServers)
		found = found[:maxServers]
	}
	for _, l := range found {
		if s := c.server(v, l); s != nil {
			c.host.Servers = append(c.host.Servers, s)
		}
	}
}

// server reads one sshd: its program's release and its configuration. It is nil
// where there is neither a program nor a configuration.
func (c *Collector) server(v *hostfs.View, l listener) *facts.Server {
	s := &facts.Server{
		Binary: l.binary, Args: l.args, Running: l.pid != 0, PID: l.pid, Started: l.started,
		ConfigFile: argument(l.args, 'f', sshdconf.DefaultFile), Named: c.opts.SSHDConfig != "",
	}
	b := c.program(v, s)
	if c.opts.Release.Known() {
		b = build{version: c.wantedRelease(v, b)}
	}
	s.Version, s.Globs = b.version, !b.version.Known() || b.version.AtLeast(10, 0)
	s.Rules, s.RulesFrom = c.strictRules(v, b)
	s.Wrapped = b.wrapped
	options := sshdconf.Options{File: s.ConfigFile, Version: b.version, Args: l.args, RootHome: c.rootHome(), Home: c.homeOf}
	if b.found {
		build := sshdconf.DefaultBuild(b.version)
		build.PAM = b.pam
		options.Build = &build
	}
	config, err := sshdconf.Load(source{v}, options)
	switch {
	case err == nil:
		s.Config = config
	case errors.Is(err, fs.ErrNotExist) && !b.found && c.opts.SSHDConfig == "":
		return nil
	case errors.As(err, &s.Refused):
	default:
		s.Unread = err.Error()
		c.missing(s.ConfigFile, "sshd's configuration was not evaluated: %v", err)
	}
	c.evaluated(v, s)
	return s
}

// evaluated fills in what follows from a configuration.
func (c *Collector) evaluated(v *hostfs.View, s *facts.Server) {
	if s.Config == nil {
		return
	}
	s.Port = 22
	settings, err := s.Config.Effective(sshdconf.Conn{LocalPort: s.Port})
	if err != nil {
		s.Unread = err.Error()
		c.missing(s.ConfigFile, "sshd's configuration was not evaluated: %v", err)
		return
	}
	if port := settings.Int("port"); port != 0 {
		s.Port = port
	}
	s.Settings = settings
	if s.Running {
		s.Started = configRead(v, s)
	}
	for _, file := range s.Config.Files() {
		info, err := v.Stat(file)
		if err == nil && info.Modified().After(s.Newest) {
			s.Newest, s.NewestFile = info.Modified(), file
		}
	}
	c.sinceReload(v, s)
	c.readHostKeys(v, s)
	c.readKeysCommand(v, s)
}

// configRead is when the running listener read its configuration. A reload keeps
// the process, which starts itself anew and writes its pid file again (sshd.c
// sighup_restart), so the pid file's age tells; without one nobody can.
func configRead(v *hostfs.View, s *facts.Server) time.Time {
	file, ok := s.Settings.Text("pidfile")
	if !ok || file == "" || file == "none" {
		return time.Time{}
	}
	text, info, err := v.ReadFile(file, smallFile, nil)
	if err != nil || strings.TrimSpace(string(text)) != strconv.Itoa(s.PID) {
		return time.Time{}
	}
	return info.Modified()
}

// program finds the server's program and what its bytes tell.
func (c *Collector) program(v *hostfs.View, s *facts.Server) build {
	paths := sshdPaths
	if s.Binary != "" {
		paths = []string{s.Binary}
	}
	for _, p := range paths {
		b, err := c.buildOf(v, p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		s.Binary = p
		if err != nil {
			c.missing(p, "the release of sshd is not known: %v", err)
			return build{}
		}
		s.Installed, s.VersionFrom = true, "the program "+p
		return b
	}
	return build{}
}

// wantedRelease is the release that was asked for; without a vendor it is taken
// to be the build of the host's own vendor, whose keywords would be printed.
func (c *Collector) wantedRelease(v *hostfs.View, installed build) audit.OpenSSH {
	wanted := c.opts.Release
	if wanted.Vendor == "" {
		if rules, _ := c.strictRules(v, installed); rules == facts.RulesDebian {
			wanted.Vendor = "Debian"
		}
	}
	return wanted
}

// homeOf is where a leading ~NAME in the configuration leads.
func (c *Collector) homeOf(name string) (string, bool) {
	if a := c.host.Accounts.Lookup(name); a != nil {
		return a.Home, true
	}
	return "", false
}

// rootHome is where a leading ~ in the configuration leads.
func (c *Collector) rootHome() string {
	if list := c.host.Accounts.WithUID(0); len(list) > 0 {
		return list[0].Home
	}
	return ""
}

// argument returns the value of a one-letter flag of sshd, or the default.
func argument(args []string, letter byte, otherwise string) string {
	for i, a := range args {
		switch {
		case len(a) < 2 || a[0] != '-' || a[1] != letter:
		case len(a) > 2:
			return a[2:]
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return otherwise
}

// source reads the configuration for sshdconf.
type source struct{ v *hostfs.View }

// ReadFile reads one file; a directory reads as empty, as it does for sshd.
func (s source) ReadFile(name string) ([]byte, error) {
	data, _, err := s.v.ReadFile(name, configSize, nil)
	if errors.Is(err, hostfs.ErrType) {
		if info, statErr := s.v.Stat(name); statErr == nil && info.Type == hostfs.Directory {
			return nil, nil
		}
	}
	return data, err
}

// Glob finds the files of an Include.
func (s source) Glob(pattern string) ([]string, error) { return s.v.Glob(pattern, maxIncluded) }

// unitDirs are where units lie, the administrator's before the packages'.
var unitDirs = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system"}

// units finds the sshds that systemd would start: the units whose ExecStart is
// an sshd, each name once. A template counts when nothing else was found.
func (c *Collector) units(v *hostfs.View) []listener {
	var plain, templates []listener
	var seen []string
	for _, dir := range unitDirs {
		entries, _, err := v.ReadDir(dir, maxIncluded)
		if err != nil {
			continue // most hosts have some of these directories only
		}
		for _, e := range entries {
			name := string(e.Name)
			if !strings.HasSuffix(name, ".service") || !strings.Contains(name, "ssh") || slices.Contains(seen, name) {
				continue
			}
			seen = append(seen, name)
			l, ok := c.unit(v, dir+"/"+name)
			switch {
			case !ok:
			case strings.Contains(name, "@"):
				templates = append(templates, l)
			default:
				plain = append(plain, l)
			}
		}
	}
	if len(plain) > 0 {
		return distinct(plain)
	}
	return distinct(templates)
}

// distinct leaves one of several units that start the same.
func distinct(list []listener) []listener {
	var kept []listener
	for _, l := range list {
		if !slices.ContainsFunc(kept, func(k listener) bool { return k.binary == l.binary && slices.Equal(k.args, l.args) }) {
			kept = append(kept, l)
		}
	}
	return kept
}

// unit reads the ExecStart of one unit and replaces the variables in it by the
// unit's environment files.
func (c *Collector) unit(v *hostfs.View, file string) (listener, bool) {
	environment := make(map[string]string)
	command := ""
	for _, line := range lines(strings.ReplaceAll(c.text(v, file), "\\\n", " ")) {
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "Environment":
			assign(environment, strings.Trim(value, `"`))
		case "EnvironmentFile":
			for _, l := range lines(c.text(v, strings.TrimPrefix(value, "-"))) {
				assign(environment, l)
			}
		case "ExecStart":
			command = value
		}
	}
	fields := strings.Fields(strings.TrimLeft(command, "-@:+!"))
	if len(fields) == 0 || path.Base(fields[0]) != "sshd" {
		return listener{}, false
	}
	l := listener{binary: fields[0]}
	for _, f := range fields[1:] {
		if name, ok := strings.CutPrefix(f, "$"); ok {
			l.args = append(l.args, strings.Fields(environment[strings.Trim(name, "{}")])...)
			continue
		}
		l.args = append(l.args, f)
	}
	return l, true
}

// assign notes NAME=VALUE, quotes around the value removed.
func assign(environment map[string]string, line string) {
	if name, value, ok := strings.Cut(line, "="); ok {
		environment[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
	}
}

// readHostKeys looks at the host keys that the server would load.
func (c *Collector) readHostKeys(v *hostfs.View, s *facts.Server) {
	for _, set := range s.Settings.Values("hostkey") {
		k := facts.HostKey{SystemFile: c.systemFile(v, set.Value), Configured: set.File != ""}
		if info, err := v.Stat(set.Value); err == nil {
			k.Modified = info.Modified()
		}
		if k.Problem == nil && k.Type == facts.Regular && c.host.Privileged {
			data, _, err := v.ReadFile(set.Value, smallFile, nil)
			if err == nil {
				k.Malformed, k.Encrypted = !keyfiles.LooksPrivate(data), keyfiles.Encrypted(data)
				k.Public, _ = authkeys.ParseBlob(keyfiles.PublicHalf(data))
			}
		}
		s.HostKeys = append(s.HostKeys, k)
	}
}

// readKeysCommand looks at the program that prints keys.
func (c *Collector) readKeysCommand(v *hostfs.View, s *facts.Server) {
	command, _ := s.Settings.Text("authorizedkeyscommand")
	s.KeysCommand = c.keysCommand(v, command)
}

// keysCommand looks at the program of a command; nil if it names no absolute path.
func (c *Collector) keysCommand(v *hostfs.View, command string) *facts.Program {
	fields := strings.Fields(command)
	if len(fields) == 0 || !strings.HasPrefix(fields[0], "/") {
		return nil
	}
	p := &facts.Program{Setting: fields[0]}
	walked, err := v.Walk(fields[0])
	if err != nil {
		p.Problem = problem(fields[0], err, c.host.Privileged)
		return p
	}
	defer walked.Close()
	p.Node = node(walked.Path, &walked.Info)
	for i := range walked.Chain {
		p.Dirs = append(p.Dirs, node(walked.Chain[i].Path, &walked.Chain[i].Info))
	}
	return p
}

// systemFile looks at a file of the system, links followed.
func (c *Collector) systemFile(v *hostfs.View, name string) facts.SystemFile {
	info, err := v.Stat(name)
	if err != nil {
		return facts.SystemFile{
			Node: facts.Node{Path: audit.Untrusted(name)}, Problem: problem(name, err, c.host.Privileged),
		}
	}
	return facts.SystemFile{Node: node(audit.Untrusted(name), &info)}
}

// readSystemFiles looks at the files and directories that decide what sshd does.
func (c *Collector) readSystemFiles(v *hostfs.View) {
	for _, s := range c.host.Servers {
		if s.Version.Debian() {
			c.host.PrivsepDir = "/run/sshd"
		}
		var names []string
		if s.Config != nil {
			names = s.Config.Files()
		}
		for _, name := range names {
			c.look(v, name)
			c.look(v, path.Dir(name))
		}
		for _, k := range s.HostKeys {
			c.look(v, string(k.Path)+".pub")
		}
	}
	if c.host.PrivsepDir != "" && c.root.Live() {
		c.look(v, c.host.PrivsepDir)
	}
}

func (c *Collector) look(v *hostfs.View, name string) {
	if _, known := c.host.Files[name]; !known {
		c.host.Files[name] = c.systemFile(v, name)
	}
}
