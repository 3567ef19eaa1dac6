package collect

import (
	"errors"
	"io/fs"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
	"sshaudit/audit/hostfs"
)

// ftpPaths are where systems keep the FTP servers, the default build of each
// before Debian's builds with other sources of accounts.
var ftpPaths = []struct {
	kind  facts.FTPKind
	paths []string
}{
	{facts.Vsftpd, []string{"/usr/sbin/vsftpd", "/usr/local/sbin/vsftpd"}},
	{facts.Proftpd, []string{"/usr/sbin/proftpd", "/usr/local/sbin/proftpd"}},
	{facts.PureFTPd, []string{"/usr/sbin/pure-ftpd", "/usr/sbin/pure-ftpd-mysql", "/usr/sbin/pure-ftpd-ldap",
		"/usr/sbin/pure-ftpd-postgresql", "/usr/local/sbin/pure-ftpd"}},
}

// ftpRelease is how each program writes its own version into its text.
var ftpRelease = map[facts.FTPKind]*regexp.Regexp{
	facts.Vsftpd:   regexp.MustCompile(`vsftpd: version ([0-9.]{1,16})`),
	facts.Proftpd:  regexp.MustCompile(`ProFTPD Version ([0-9.]{1,12}[a-z0-9]{0,4})`),
	facts.PureFTPd: regexp.MustCompile(`pure-ftpd v([0-9.]{1,16})`),
}

// readFTPServers finds the FTP servers of the host: the running ones, and those
// that are installed.
func (c *Collector) readFTPServers(v *hostfs.View) {
	for _, row := range ftpPaths {
		running := c.ftpDaemons(row.kind)
		for i := range running {
			c.ftpServer(v, row.kind, running[i].Binary, &running[i])
		}
		for _, path := range row.paths {
			if len(running) > 0 {
				break
			}
			if _, err := v.Stat(path); err == nil {
				c.ftpServer(v, row.kind, path, nil)
				break
			}
		}
	}
}

// ftpDaemons are the running daemons of a kind, no more than are looked at.
func (c *Collector) ftpDaemons(kind facts.FTPKind) (list []facts.Daemon) {
	if c.host.Services == nil {
		return nil
	}
	for _, d := range c.host.Services.Daemons {
		if d.Program == string(kind) && len(list) < maxServers {
			list = append(list, d)
		}
	}
	return list
}

func (c *Collector) ftpServer(v *hostfs.View, kind facts.FTPKind, binary string, running *facts.Daemon) {
	s := &facts.FTPServer{Kind: kind, Binary: binary}
	if running != nil {
		s.Running, s.PID, s.Started, s.Args = true, running.PID, running.Started, running.Args
	}
	program, _, err := v.ReadFile(binary, binarySize, nil)
	if err != nil {
		c.missing(binary, "the release of %s is not known: %v", kind, err)
	}
	program = slices.Clone(program)
	if m := ftpRelease[kind].FindSubmatch(program); m != nil {
		s.Release = string(m[1])
	}
	src := c.ftpSource(v)
	switch kind {
	case facts.Vsftpd:
		c.vsftpd(s, src, program)
	case facts.Proftpd:
		c.proftpd(v, s, src, program)
	case facts.PureFTPd:
		c.pureFTPd(s, src, program)
	}
	if s.TLS.Offered {
		c.ftpCertificate(v, s)
	}
	for _, file := range ftpFiles(s) {
		if info, err := v.Stat(file); err == nil && info.Modified().After(s.Newest) {
			s.Newest, s.NewestFile = info.Modified(), file
		}
	}
	c.host.FTPServers = append(c.host.FTPServers, s)
}

// ftpFiles are the files that a server's configuration was read from.
func ftpFiles(s *facts.FTPServer) []string {
	switch {
	case s.Vsftpd != nil:
		return s.Vsftpd.Files
	case s.Proftpd != nil:
		return s.Proftpd.Files
	case s.Pure != nil:
		return s.Pure.Files
	}
	return nil
}

// ftpRefused notes why there is no configuration.
func (c *Collector) ftpRefused(s *facts.FTPServer, err error) bool {
	switch {
	case err == nil:
		return false
	case errors.As(err, &s.Refused):
	default:
		s.Unread = err.Error()
		c.missing(s.ConfigFile, "the configuration of %s was not evaluated: %v", s.Kind, err)
	}
	return true
}

func (c *Collector) vsftpd(s *facts.FTPServer, src ftpdconf.Source, program []byte) {
	s.ConfigFile = ftpdconf.VsftpdFile
	for _, a := range s.Args {
		if a != "" && a[0] != '-' {
			s.ConfigFile = a
		}
	}
	conf, err := ftpdconf.LoadVsftpd(src, program, s.Args)
	if c.ftpRefused(s, err) {
		return
	}
	s.Vsftpd = conf
	s.PAMService, _ = conf.Text("pam_service_name")
	if conf.Bool("listen") || conf.Bool("listen_ipv6") {
		address, _ := conf.Text("listen_address")
		if conf.Bool("listen_ipv6") {
			address, _ = conf.Text("listen_address6")
		}
		s.Ports = []facts.FTPPort{{
			Port: int(uint16(conf.Uint("listen_port"))), Address: address, //nolint:gosec // the program's own cast
			Implicit: conf.Bool("ssl_enable") && conf.Bool("implicit_ssl"),
		}}
	}
	s.Passive, s.PassivePlace = conf.Passive(), conf.Origin("pasv_max_port")
	s.PassiveAddress, _ = conf.Text("pasv_address")
	s.PassiveAddressAt = conf.Origin("pasv_address")
	s.TLS = facts.FTPTLS{
		Offered: conf.Bool("ssl_enable"), At: conf.Origin("ssl_enable"),
		Required: conf.Bool("ssl_enable") && conf.Bool("force_local_logins_ssl"),
	}
}

func (c *Collector) proftpd(v *hostfs.View, s *facts.FTPServer, src ftpdconf.Source, program []byte) {
	s.ConfigFile = ftpdconf.ProftpdFile
	groups := make(map[string]bool)
	if text, _, err := v.ReadFile("/etc/group", configSize, nil); err == nil {
		for _, l := range lines(string(text)) {
			name, _, _ := strings.Cut(l, ":")
			groups[name] = true
		}
	}
	conf, err := ftpdconf.LoadProftpd(src, ftpdconf.ProOptions{
		Program: program,
		Module: func(path string) ([]byte, error) {
			text, _, err := v.ReadFile(path, binarySize, nil)
			return slices.Clone(text), err
		},
		User:  func(name string) bool { return c.host.Accounts.Lookup(name) != nil || c.host.OtherAccounts != "" },
		Group: func(name string) bool { return groups[name] || len(groups) == 0 || c.host.OtherAccounts != "" },
	})
	if c.ftpRefused(s, err) {
		return
	}
	s.Proftpd = conf
	main := &conf.Servers[0].Section
	if main.Bool("authpam", true) {
		s.PAMService = "proftpd"
		if d := main.Find("authpamconfig"); d != nil {
			s.PAMService = d.Args[0]
		}
	}
	for _, server := range conf.Servers {
		port := facts.FTPPort{Port: server.Port, Implicit: server.Bool("tlsengine", false) && proOption(&server.Section, "tlsoptions", "UseImplicitSSL")}
		if server.Kind == "virtualhost" {
			if _, err := netip.ParseAddr(server.Args[0]); err == nil {
				port.Address = server.Args[0]
			}
		}
		if port.Port != 0 && !slices.ContainsFunc(s.Ports, func(p facts.FTPPort) bool { return p.Port == port.Port }) {
			s.Ports = append(s.Ports, port)
		}
	}
	if d := main.Find("servertype"); d != nil && len(d.Args) > 0 && d.Args[0] == "inetd" {
		s.Ports = nil
	}
	if d := main.Find("passiveports"); d != nil {
		s.Passive, s.PassivePlace = ftpdconf.Range{Low: leading(d.Args[0]), High: leading(d.Args[1])}, d.At
	}
	if d := main.Find("masqueradeaddress"); d != nil {
		s.PassiveAddress, s.PassiveAddressAt = d.Args[0], d.At
	}
	if d := main.Find("tlsengine"); d != nil {
		s.TLS.At, s.TLS.Offered = d.At, main.Bool("tlsengine", false) && conf.Has("mod_tls")
	}
	if d := main.Find("tlsrequired"); d != nil && s.TLS.Offered {
		s.TLS.Required, _, _ = ftpdconf.TLSRequired(d.Args[0])
	}
}

// proOption tells whether an option is given on a line of options.
func proOption(s *ftpdconf.Section, directive, option string) bool {
	for _, d := range s.All(directive) {
		if slices.Contains(d.Args, option) {
			return true
		}
	}
	return false
}

// leading is the number at the beginning of a word that was found to be a port.
func leading(word string) int {
	end := 0
	for end < len(word) && word[end] >= '0' && word[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(word[:end])
	return n
}

func (c *Collector) pureFTPd(s *facts.FTPServer, src ftpdconf.Source, program []byte) {
	s.ConfigFile = ftpdconf.PureConfDir
	var conf *ftpdconf.Pure
	var err error
	// A running Pure-FTPd overwrites its arguments, so what started it is read.
	if _, missing := src.Stat(ftpdconf.PureConfDir); missing == nil {
		conf, err = ftpdconf.LoadPureWrapper(src, program)
	} else {
		s.ConfigFile = "/etc/pure-ftpd.conf"
		for _, file := range []string{"/etc/pure-ftpd/pure-ftpd.conf", "/usr/local/etc/pure-ftpd.conf"} {
			if _, err := src.Stat(file); err == nil {
				s.ConfigFile = file
			}
		}
		conf, err = ftpdconf.LoadPureArgs(src, program, []string{s.ConfigFile})
	}
	if c.ftpRefused(s, err) {
		return
	}
	s.Pure = conf
	for _, a := range conf.Auth {
		if a.Method == "pam" {
			s.PAMService = "pure-ftpd"
		}
	}
	address, port := conf.Bind()
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		s.Ports = []facts.FTPPort{{Port: int(n), Address: address}}
	} else if port == "ftp" {
		s.Ports = []facts.FTPPort{{Port: 21, Address: address}}
	}
	s.Passive, s.PassivePlace = conf.Passive(), conf.Set['p'].At
	s.PassiveAddress, s.PassiveAddressAt = conf.Set['P'].Value, conf.Set['P'].At
	s.TLS = facts.FTPTLS{Offered: conf.TLS() > 0, Required: conf.TLS() > 1, At: conf.Set['Y'].At}
}

// ftpSource gives the readers the host's files, as root sees them.
func (c *Collector) ftpSource(v *hostfs.View) ftpdconf.Source {
	described := func(info hostfs.Info, err error) (ftpdconf.Info, error) {
		return ftpdconf.Info{Mode: fileMode(&info), UID: info.UID}, err
	}
	return ftpdconf.Source{
		Read: func(path string) ([]byte, error) {
			data, _, err := v.ReadFile(path, configSize, nil)
			return slices.Clone(data), err
		},
		Stat:  func(path string) (ftpdconf.Info, error) { return described(v.Stat(path)) },
		Lstat: func(path string) (ftpdconf.Info, error) { return described(v.Lstat(path)) },
		Readlink: func(path string) (string, error) {
			target, err := v.Readlink(path)
			return string(target), err
		},
		List: func(dir string) ([]string, error) {
			entries, truncated, err := v.ReadDir(dir, maxIncluded)
			if err == nil && truncated {
				err = errors.New("too many entries")
			}
			var names []string
			for i := range entries {
				names = append(names, string(entries[i].Name))
			}
			return names, err
		},
	}
}

// fileMode is the mode of an object as package fs has it.
func fileMode(info *hostfs.Info) fs.FileMode {
	mode := fs.FileMode(info.Mode & 0o777)
	switch info.Type {
	case hostfs.Regular:
	case hostfs.Directory:
		mode |= fs.ModeDir
	case hostfs.Symlink:
		mode |= fs.ModeSymlink
	case hostfs.Socket:
		mode |= fs.ModeSocket
	default:
		mode |= fs.ModeIrregular
	}
	return mode
}
