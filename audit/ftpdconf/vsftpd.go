package ftpdconf

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// VsftpdFile is the configuration that vsftpd reads without an argument (defs.h).
const VsftpdFile = "/etc/vsftpd.conf"

// vsftpdSize is as much of a configuration file or a list as vsftpd reads
// (defs.h VSFTP_CONF_FILE_MAX).
const vsftpdSize = 100000

// Vsftpd is a configuration of vsftpd. Settings have the names of vsftpd.conf(5).
type Vsftpd struct {
	// Files are the files that were read, in order.
	Files []string

	program []byte

	flags map[string]bool
	uints map[string]uint32
	texts map[string]string
	// places are the settings that somebody made.
	places map[string]Place
}

// LoadVsftpd reads the configuration as vsftpd with these arguments does
// (main.c main, parseconf.c): each argument that does not begin with "-" is a
// file, -oNAME=VALUE a setting, and without a file /etc/vsftpd.conf is read if
// it exists. An *Error is a fault for which vsftpd does not start.
//
// Releases and vendors differ in the names they know; program is the text of the
// program, in which the names stand, or nil if it is not at hand.
func LoadVsftpd(src Source, program []byte, args []string) (*Vsftpd, error) {
	c := &Vsftpd{
		program: program, flags: make(map[string]bool), uints: maps.Clone(vsftpdUints),
		texts: maps.Clone(vsftpdTexts), places: make(map[string]Place),
	}
	if !bytes.Contains(program, []byte("vsftpd: version")) {
		c.program = nil // another program's text says nothing
	}
	for _, name := range vsftpdOn {
		c.flags[name] = true
	}
	loaded := false
	for _, a := range args {
		switch {
		case !strings.HasPrefix(a, "-"):
			loaded = true
			if err := c.load(src, a); err != nil {
				return nil, err
			}
		case strings.HasPrefix(a, "-o"):
			if err := c.set(a[2:], Place{"", -1}); err != nil {
				return nil, err
			}
		default:
			return nil, &Error{Message: "unrecognise option: " + a}
		}
	}
	if loaded {
		return c, nil
	}
	if _, err := src.Stat(VsftpdFile); missing(err) {
		return c, nil
	}
	if err := c.load(src, VsftpdFile); err != nil {
		return nil, err
	}
	return c, nil
}

// For returns the settings for one user: those of the file NAME in
// user_config_dir on top (twoprocess.c handle_per_user_config). vsftpd reads it
// once the user is in, so an *Error ends that user's session.
func (c *Vsftpd) For(src Source, user string) (*Vsftpd, error) {
	dir, ok := c.Text("user_config_dir")
	if !ok || strings.Contains(user, "/") {
		return c, nil
	}
	file := dir + "/" + user
	if _, err := src.Stat(file); missing(err) {
		return c, nil
	}
	own := c.clone()
	if err := own.load(src, file); err != nil {
		return nil, err
	}
	return own, nil
}

// Bool returns a boolean setting.
func (c *Vsftpd) Bool(name string) bool { return c.flags[name] }

// Uint returns a number, octal numbers converted.
func (c *Vsftpd) Uint(name string) uint32 { return c.uints[name] }

// Text returns a text; ok is false if it is not set or set to nothing.
func (c *Vsftpd) Text(name string) (value string, ok bool) {
	value, ok = c.texts[name]
	return value, ok
}

// Origin tells where a setting stands.
func (c *Vsftpd) Origin(name string) Place { return c.places[name] }

// Passive is the range from which vsftpd takes the ports of passive mode
// (privops.c vsf_privop_pasv_listen).
func (c *Vsftpd) Passive() Range {
	const unprivileged, last = 1024, 65535
	r := Range{unprivileged, last}
	if low := c.uints["pasv_min_port"]; low > unprivileged && low <= last {
		r.Low = int(low)
	}
	if high := c.uints["pasv_max_port"]; high >= uint32(r.Low) && high < last {
		r.High = int(high)
	}
	return r
}

// Lines returns the lines of a list as vsftpd sees them (filestr.c, str.c
// str_getline): whole lines, nothing trimmed, and no more than it reads.
func Lines(text string) []string {
	text = text[:min(len(text), vsftpdSize)]
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func (c *Vsftpd) load(src Source, file string) error {
	info, err := src.Stat(file)
	var text []byte
	if err == nil && info.Mode.IsRegular() {
		text, err = src.Read(file)
	}
	switch {
	case missing(err):
		return &Error{File: file, Message: "cannot read config file: " + file}
	case err != nil:
		return unread(file, err)
	case info.UID != 0 || !info.Mode.IsRegular():
		return &Error{File: file, Message: "config file not owned by correct user, or not a file"}
	}
	c.Files = append(c.Files, file)
	for i, line := range Lines(string(text)) {
		if line == "" || line[0] == '#' || trim(line) == "" {
			continue
		}
		if err := c.set(line, Place{file, i + 1}); err != nil {
			return err
		}
	}
	return nil
}

// set is parseconf.c vsf_parseconf_load_setting: blanks before the name are
// skipped, none is allowed around "=" except in texts, which Debian trims.
func (c *Vsftpd) set(line string, at Place) error {
	line, _, _ = strings.Cut(line, "\x00")
	name, value, _ := strings.Cut(trimLeft(line), "=")
	fault := func(message string) error { return &Error{File: at.File, Line: max(at.Line, 0), Message: message} }
	kind := kindOf(name)
	if c.program != nil && (kind == unknownName) == c.holds(name, kind) {
		if kind == unknownName {
			return &UnknownError{at.File, max(at.Line, 0), "a setting that only this build of vsftpd knows"}
		}
		kind = unknownName
	}
	switch {
	case kind == isText:
		delete(c.texts, name)
		if value = trim(value); value != "" {
			c.texts[name] = value
		}
	case value == "":
		return fault("missing value in config file for: " + name)
	case kind == isFlag:
		switch strings.ToUpper(value) {
		case "YES", "TRUE", "1":
			c.flags[name] = true
		case "NO", "FALSE", "0":
			c.flags[name] = false
		default:
			return fault("bad bool value in config file for: " + name)
		}
	case kind == isUint:
		c.uints[name] = number(value)
	default:
		return fault("unrecognised variable in config file: " + name)
	}
	c.places[name] = at
	return nil
}

// number reads an unsigned setting: octal if it begins with 0.
func number(value string) uint32 {
	if value[0] != '0' {
		return uint32(atoi(value)) //nolint:gosec // the program's own cast
	}
	n := uint32(0)
	for i := 0; i < len(value) && value[i] >= '0' && value[i] <= '7'; i++ {
		n = n<<3 + uint32(value[i]-'0')
	}
	return n
}

// clone copies the settings, so that a user's own do not touch those of others.
func (c *Vsftpd) clone() *Vsftpd {
	return &Vsftpd{
		Files: slices.Clone(c.Files), program: c.program, flags: maps.Clone(c.flags), uints: maps.Clone(c.uints),
		texts: maps.Clone(c.texts), places: maps.Clone(c.places),
	}
}

// holds tells whether the program's text holds a name. The end of one name may
// serve as another ("write_enable" in "anon_mkdir_write_enable"): linkers join them.
func (c *Vsftpd) holds(name string, kind kind) bool {
	if kind == unknownName {
		return name != "" && holdsWord(c.program, name)
	}
	return bytes.Contains(c.program, []byte(name+"\x00"))
}

// Dirs returns the directories that a session changes into one after the other:
// the home of the account, and what follows it, empty without one (twoprocess.c
// calculate_chdir_dir, secutil.c vsf_secutil_change_credentials). user is the name
// that the client gave.
func (c *Vsftpd) Dirs(home, user string) (first, then string) {
	token, hasToken := c.Text("user_sub_token")
	if hasToken {
		home = strings.ReplaceAll(home, token, user)
	}
	if root, ok := c.Text("local_root"); ok {
		if then = root; hasToken {
			then = strings.ReplaceAll(then, token, user)
		}
	}
	if c.Bool("passwd_chroot_enable") {
		if root, _, ok := strings.Cut(home, "/./"); ok {
			return root, root
		}
	}
	return home, then
}

// IsAnonymous tells whether vsftpd and Pure-FTPd take a name for an anonymous
// user's, if they let such in.
func IsAnonymous(user string) bool {
	return strings.EqualFold(user, "ftp") || strings.EqualFold(user, "anonymous")
}
