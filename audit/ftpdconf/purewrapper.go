package ftpdconf

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Debian's directories of one-option files, and of links that order the ways to
// authenticate (pure-ftpd-wrapper(8)).
const (
	PureConfDir = "/etc/pure-ftpd/conf"
	PureAuthDir = "/etc/pure-ftpd/auth"
)

// wrapped is how the wrapper reads one file and what it writes for it.
type wrapped struct {
	// option is the letter, or the method of -l for a way to authenticate.
	option string
	read   func(src Source, value string) (string, bool)
}

// wrapperConf are the files that the wrapper knows; another file whose name looks
// like an option's stops it.
var wrapperConf = map[string]wrapped{
	"AllowAnonymousFXP": {"W", nil}, "AllowDotFiles": {"z", nil}, "AllowUserFXP": {"w", nil}, "AltLog": {"O", aWord},
	"AnonymousBandwidth": {"t", oneOrTwo}, "AnonymousCanCreateDirs": {"M", nil}, "AnonymousCantUpload": {"i", nil},
	"AnonymousOnly": {"e", nil}, "AnonymousRatio": {"q", twoNumbers}, "AntiWarez": {"s", nil}, "AutoRename": {"r", nil},
	"Bind": {"S", aWord}, "BrokenClientsCompatibility": {"b", nil}, "CallUploadScript": {"o", nil},
	"ChrootEveryone": {"A", nil}, "CreateHomeDir": {"j", nil}, "CustomerProof": {"Z", nil}, "Daemonize": {"B", nil},
	"DisplayDotFiles": {"D", nil}, "DontResolve": {"H", nil}, "ForcePassiveIP": {"P", aWord},
	"FortunesFile": {"F", aFile}, "FSCharset": {"", skipped}, "ClientCharset": {"", skipped}, "IPV4Only": {"4", nil},
	"IPV6Only": {"6", nil}, "KeepAllFiles": {"K", nil}, "LimitRecursion": {"L", twoNumbers}, "LogPID": {"1", nil},
	"MaxClientsNumber": {"c", aNumber}, "MaxClientsPerIP": {"C", aNumber}, "MaxDiskUsage": {"k", aNumber},
	"MaxIdleTime": {"I", aNumber}, "MaxLoad": {"m", aNumber}, "MinUID": {"u", aNumber}, "NATmode": {"N", nil},
	"NoAnonymous": {"E", nil}, "NoChmod": {"R", nil}, "NoRename": {"G", nil}, "NoTruncate": {"0", nil},
	"PassivePortRange": {"p", twoNumbers}, "PerUserLimits": {"y", twoNumbers}, "ProhibitDotFilesRead": {"X", nil},
	"ProhibitDotFilesWrite": {"x", nil}, "Quota": {"n", twoNumbers}, "SyslogFacility": {"f", wordCharacters},
	"TLS": {"Y", aNumber}, "TLSCipherSuite": {"J", aWord}, "TrustedGID": {"a", aNumber}, "TrustedIP": {"V", anAddress},
	"Umask": {"U", twoOctal}, "UserBandwidth": {"T", oneOrTwo}, "UserRatio": {"Q", twoNumbers}, "VerboseLog": {"d", nil},
}

// wrapperAuth are the files that stand for ways to authenticate.
var wrapperAuth = map[string]wrapped{
	"ExtAuth": {"extauth", aSocket}, "LDAPConfigFile": {"ldap", aFile}, "MySQLConfigFile": {"mysql", aFile},
	"PGSQLConfigFile": {"pgsql", aFile}, "PAMAuthentication": {"pam", nil}, "PureDB": {"puredb", aFile},
	"UnixAuthentication": {"unix", nil},
}

var optionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]+\n?$`)

// LoadPureWrapper reads Debian's directories as pure-ftpd-wrapper does and then
// the arguments that it writes as Pure-FTPd does. An *Error is a fault for which
// either of them does not start.
func LoadPureWrapper(src Source, program []byte) (*Pure, error) {
	w := wrapper{src: src}
	if err := w.auth(); err != nil {
		return nil, err
	}
	if err := w.conf(); err != nil {
		return nil, err
	}
	p, err := parsePure(program, w.args)
	if err != nil {
		return nil, err
	}
	p.Files = w.files
	return p, nil
}

type wrapper struct {
	src   Source
	args  []argument
	files []string
}

func (w *wrapper) list(dir string) ([]string, error) {
	names, err := w.src.List(dir)
	if missing(err) {
		return nil, &Error{File: dir, Message: "Couldn't examine directory " + dir}
	}
	if err != nil {
		return nil, unread(dir, err)
	}
	slices.Sort(names)
	return names, nil
}

// auth follows the links of the directory in alphabetical order.
func (w *wrapper) auth() error {
	names, err := w.list(PureAuthDir)
	if err != nil {
		return err
	}
	for _, name := range names {
		link := PureAuthDir + "/" + name
		info, err := w.src.Lstat(link)
		if err != nil || info.Mode.Type() != fs.ModeSymlink {
			continue
		}
		file, err := w.src.Readlink(link)
		if err != nil {
			return unread(link, err)
		}
		if !strings.HasPrefix(file, "/") {
			file = path.Join(PureAuthDir, file)
		}
		if target, err := w.src.Stat(file); err != nil || !target.Mode.IsRegular() {
			continue
		}
		value, line, err := w.file(wrapperAuth, file, path.Base(file))
		if err != nil {
			return err
		}
		if line > 0 {
			at := Place{file, line}
			w.args = append(w.args, argument{"-l", at}, argument{value, at})
		}
	}
	return nil
}

func (w *wrapper) conf() error {
	names, err := w.list(PureConfDir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, isAuth := wrapperAuth[name]; isAuth || !optionName.MatchString(name) {
			continue
		}
		file := PureConfDir + "/" + name
		value, line, err := w.file(wrapperConf, file, name)
		if err != nil {
			return err
		}
		if line == 0 {
			continue
		}
		at := Place{file, line}
		w.args = append(w.args, argument{"-" + wrapperConf[name].option, at})
		if value != "" {
			w.args = append(w.args, argument{value, at})
		}
	}
	return nil
}

// file reads one file: its first line that says something counts. line is 0 if
// it says nothing.
func (w *wrapper) file(table map[string]wrapped, file, name string) (value string, line int, err error) {
	row, ok := table[name]
	if !ok {
		return "", 0, &Error{File: file, Message: "Invalid configuration file " + file + ": No corresponding directive"}
	}
	text, err := w.src.Read(file)
	if missing(err) {
		return "", 0, &Error{File: file, Message: "Couldn't open configuration file " + file}
	}
	if err != nil {
		return "", 0, unread(file, err)
	}
	w.files = append(w.files, file)
	for i, l := range strings.Split(string(text), "\n") {
		l = trim(l)
		if l == "" || l[0] == '#' {
			continue
		}
		if row.read == nil {
			switch strings.ToLower(l) {
			case "yes", "1", "on":
				return switchValue(table, row), i + 1, nil
			case "no", "0", "off":
				continue
			}
			return "", 0, &Error{file, i + 1, "\"" + l + "\" not convertible to true or false"}
		}
		value, ok := row.read(w.src, l)
		if !ok {
			return "", 0, &Error{file, i + 1, "\"" + l + "\" is no value for " + name}
		}
		if row.option == "" {
			continue
		}
		if _, isAuth := wrapperAuth[name]; isAuth {
			value = row.option + ":" + value
		}
		return value, i + 1, nil
	}
	return "", 0, nil
}

// switchValue is what the wrapper writes for a switch: nothing after the letter,
// the method after -l.
func switchValue(table map[string]wrapped, row wrapped) string {
	if _, ok := table["PureDB"]; ok {
		return row.option
	}
	return ""
}

// The parsers of values. Each returns the value as the wrapper writes it.

func skipped(Source, string) (string, bool) { return "", true }

func aWord(_ Source, v string) (string, bool) { return v, !strings.ContainsAny(v, spaces) }

func aNumber(_ Source, v string) (string, bool) { return v, digits(v) }

func digits(v string) bool {
	return v != "" && strings.Trim(v, "0123456789") == ""
}

// twoNumbers are given with blanks between and written with a colon. Those of
// LimitRecursion may be negative, which Pure-FTPd itself then refuses.
func twoNumbers(_ Source, v string) (string, bool) {
	f := strings.FieldsFunc(v, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) })
	if len(f) != 2 || !digits(strings.TrimPrefix(f[0], "-")) || !digits(strings.TrimPrefix(f[1], "-")) {
		return "", false
	}
	return f[0] + ":" + f[1], true
}

var (
	twoFigures = regexp.MustCompile(`^(\d+)(?:[ \t\v\f\r]+|:)(\d+)$`)
	oneFigure  = regexp.MustCompile(`^:?\d+$|^\d+:`)
	octals     = regexp.MustCompile(`^([0-7]{3})[ \t\v\f\r]+([0-7]{3})$`)
	aName      = regexp.MustCompile(`^\w+$`)
)

func oneOrTwo(_ Source, v string) (string, bool) {
	if m := twoFigures.FindStringSubmatch(v); m != nil {
		return m[1] + ":" + m[2], true
	}
	m := oneFigure.FindString(v)
	return m, m != ""
}

func twoOctal(_ Source, v string) (string, bool) {
	m := octals.FindStringSubmatch(v)
	if m == nil {
		return "", false
	}
	return m[1] + ":" + m[2], true
}

func wordCharacters(_ Source, v string) (string, bool) { return v, aName.MatchString(v) }

func anAddress(_ Source, v string) (string, bool) {
	parts := strings.Split(v, ".")
	if len(parts) != 4 {
		return "", false
	}
	for _, p := range parts {
		if n, err := strconv.Atoi(p); err != nil || !digits(p) || len(p) > 3 || n > 255 {
			return "", false
		}
	}
	return v, true
}

func aFile(src Source, v string) (string, bool) {
	info, err := src.Stat(v)
	return v, err == nil && info.Mode.IsRegular()
}

func aSocket(src Source, v string) (string, bool) {
	info, err := src.Stat(v)
	return v, err == nil && info.Mode.Type() == fs.ModeSocket
}
