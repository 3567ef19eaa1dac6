package ftpdconf

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PureTLSFile is the certificate with its key that Debian's Pure-FTPd reads
// where no option names another.
const PureTLSFile = "/etc/ssl/private/pure-ftpd.pem"

// Pure is what Pure-FTPd was told by its arguments, which is all of its
// configuration: Debian's wrapper and upstream's pure-ftpd.conf only write them.
type Pure struct {
	// Files are the files that were read, in order.
	Files []string
	// Auth are the ways to authenticate, in the order in which they are tried.
	Auth []PureAuth
	// Set are the options by their letter, as they are given last.
	Set map[byte]PureOption

	program []byte
}

// PureAuth is one -l option.
type PureAuth struct {
	// Method is "unix", "pam", "puredb", "mysql", "pgsql", "ldap" or "extauth"; File what follows the colon.
	Method, File string
	At           Place
}

// PureOption is one option with its value.
type PureOption struct {
	Value string
	At    Place
}

// argument is one word of the command line with the place it comes from.
type argument struct {
	text string
	at   Place
}

// pureOptions are the options of 1.0.49 and 1.0.50 by letter, with their long
// names; a trailing "=" tells that a value follows (ftpd_p.h long_options). The
// letters 8 and 9 are those of older releases.
var pureOptions = map[byte]string{
	'0': "notruncate", '1': "logpid", '2': "certfile=", '3': "extcert=", '4': "ipv4only", '6': "ipv6only",
	'A': "chrooteveryone", 'a': "trustedgid=", 'b': "brokenclientscompatibility", 'B': "daemonize",
	'C': "maxclientsperip=", 'c': "maxclientsnumber=", 'd': "verboselog", 'D': "displaydotfiles",
	'e': "anonymousonly", 'E': "noanonymous", 'f': "syslogfacility=", 'F': "fortunesfile=", 'g': "pidfile=",
	'G': "norename", 'h': "help", 'H': "dontresolve", 'I': "maxidletime=", 'i': "anonymouscantupload",
	'j': "createhomedir", 'J': "tlsciphersuite=", 'K': "keepallfiles", 'k': "maxdiskusagepct=", 'l': "login=",
	'L': "limitrecursion=", 'M': "anonymouscancreatedirs", 'm': "maxload=", 'N': "natmode", 'n': "quota=",
	'o': "uploadscript", 'O': "altlog=", 'p': "passiveportrange=", 'P': "forcepassiveip=", 'q': "anonymousratio=",
	'Q': "userratio=", 'r': "autorename", 'R': "nochmod", 's': "antiwarez", 'S': "bind=", 't': "anonymousbandwidth=",
	'T': "userbandwidth=", 'U': "umask=", 'u': "minuid=", 'V': "trustedip=", 'w': "allowuserfxp",
	'W': "allowanonymousfxp", 'x': "prohibitdotfileswrite", 'X': "prohibitdotfilesread", 'y': "peruserlimits=",
	'Y': "tls=", 'z': "allowdotfiles", 'Z': "customerproof", '8': "fscharset=", '9': "clientcharset=",
}

// LoadPureArgs reads the arguments of Pure-FTPd; a single one that is no option
// is a configuration file of upstream's form (main.c). An *Error is a fault for
// which it does not start. Builds differ in the ways to authenticate; program is
// the text of the program, which names them, or nil.
func LoadPureArgs(src Source, program []byte, args []string) (*Pure, error) {
	if len(args) == 1 && !strings.HasPrefix(args[0], "-") {
		return loadPureConf(src, program, args[0])
	}
	list := make([]argument, len(args))
	for i, a := range args {
		list[i] = argument{a, Place{"", -1}}
	}
	return parsePure(program, list)
}

// parsePure goes through the words as getopt_long(3) does. An option that it
// does not know is logged and passed over.
func parsePure(program []byte, args []argument) (*Pure, error) {
	p := &Pure{Set: make(map[byte]PureOption), program: program}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a.text == "--":
			i = len(args)
		case strings.HasPrefix(a.text, "--"):
			letter, value, inline := longOption(a.text[2:])
			if letter == 0 {
				continue
			}
			if takesValue(letter) && !inline {
				if i++; i >= len(args) {
					continue
				}
				value = args[i].text
			}
			if err := p.option(letter, value, a.at); err != nil {
				return nil, err
			}
		case len(a.text) > 1 && a.text[0] == '-':
			for k := 1; k < len(a.text); k++ {
				letter, value := a.text[k], ""
				if takesValue(letter) {
					if value = a.text[k+1:]; value == "" {
						if i++; i >= len(args) {
							break
						}
						value = args[i].text
					}
					k = len(a.text)
				}
				if err := p.option(letter, value, a.at); err != nil {
					return nil, err
				}
			}
		}
	}
	p.otherwise()
	return p, nil
}

// otherwise is the way to authenticate where none is given: PAM if the program is
// built with it (ftpd_p.h DEFAULT_AUTHENTICATION).
func (p *Pure) otherwise() {
	if len(p.Auth) > 0 || p.program == nil {
		return
	}
	p.Auth = []PureAuth{{Method: "unix"}}
	if bytes.Contains(p.program, []byte("libpam.so")) {
		p.Auth[0].Method = "pam"
	}
}

func takesValue(letter byte) bool { return strings.HasSuffix(pureOptions[letter], "=") }

// longOption finds a long option, also by a beginning that only one has.
func longOption(text string) (letter byte, value string, inline bool) {
	name, value, inline := strings.Cut(text, "=")
	found := 0
	for l, long := range pureOptions {
		long = strings.TrimSuffix(long, "=")
		if long == name {
			return l, value, inline
		}
		if strings.HasPrefix(long, name) {
			letter = l
			found++
		}
	}
	if found != 1 {
		return 0, "", false
	}
	return letter, value, inline
}

// option takes one option over, or refuses its value as ftpd.c pureftpd_start does.
func (p *Pure) option(letter byte, value string, at Place) error {
	bad := func(what string) error {
		return &Error{at.File, max(at.Line, 0), "Configuration error: " + what + ": " + value}
	}
	number := func(base int) (uint64, bool) { return strtoul(value, base) }
	switch letter {
	case 'l':
		return p.login(value, at)
	case 'c', 'C':
		if n, ok := number(0); !ok || uint32(n) == 0 {
			return bad("illegal user limit")
		}
	case 'y':
		if _, _, ok := pair(value); !ok {
			return bad("illegal user limit")
		}
	case 'a':
		if _, ok := number(0); !ok {
			return bad("illegal trusted gid")
		}
	case 'u':
		if n, ok := number(10); !ok || n > 1<<63-1 {
			return bad("illegal uid limit")
		}
	case 'Y':
		if n := atoi(value); n < 0 || n > 3 {
			return bad("TLS")
		}
	case 'p':
		if low, high, ok := pair(value); !ok || low < 1024 || high > 65535 || high < low {
			return bad("illegal port range")
		}
	case 'L', 'q', 'Q':
		if a, b, ok := pair(value); !ok || a < 1 || b < 1 {
			return bad("illegal pair of numbers for -" + string(letter))
		}
	case 'O':
		if format, file, two := strings.Cut(value, ":"); two && !slices.ContainsFunc(pureLogs, func(f string) bool { return strings.EqualFold(f, format) }) {
			return bad("unknown format of a log")
		} else if two && !strings.HasPrefix(file, "/") || !two && !strings.HasPrefix(value, "/") {
			return bad("prohibited file name")
		}
	case 'm':
		if n, err := strconv.ParseFloat(trimLeft(value), 64); err != nil || n <= 0 {
			return bad("illegal load limit")
		}
	}
	if _, known := pureOptions[letter]; known {
		p.Set[letter] = PureOption{value, at}
	}
	return nil
}

// pureLogs are the formats of -O (altlog.h).
var pureLogs = []string{"clf", "stats", "w3c", "xferlog"}

// pureMethods are the methods in the order of the program's table: a method is
// recognised by how the word begins (ftpd.c, case 'l').
var pureMethods = []string{"pgsql", "mysql", "ldap", "puredb", "extauth", "pam", "unix"}

func (p *Pure) login(value string, at Place) error {
	for _, m := range pureMethods {
		if len(value) < len(m) || !strings.EqualFold(value[:len(m)], m) || !p.builtWith(m) {
			continue
		}
		file, _ := strings.CutPrefix(value[len(m):], ":")
		if m == "puredb" && file == "" {
			return &Error{at.File, max(at.Line, 0), "no virtual user database is named"}
		}
		p.Auth = append(p.Auth, PureAuth{m, file, at})
		return nil
	}
	return &Error{at.File, max(at.Line, 0), "unknown authentication method: " + value}
}

// builtWith tells whether the build has a method; the others are in every build.
func (p *Pure) builtWith(method string) bool {
	return p.program == nil || !slices.Contains(pureMethods[:3], method) || holdsWord(p.program, method)
}

// Has tells whether an option is given.
func (p *Pure) Has(letter byte) bool { _, ok := p.Set[letter]; return ok }

// Uint returns an option's number, 0 if it is not given.
func (p *Pure) Uint(letter byte) int {
	n, _ := strtoul(p.Set[letter].Value, 0)
	if letter == 'u' {
		n, _ = strtoul(p.Set[letter].Value, 10)
	}
	return int(min(n, 1<<62))
}

// TLS is the level of -Y: 0 none, 1 offered, 2 needed for logins, 3 for data too.
func (p *Pure) TLS() int { return int(atoi(p.Set['Y'].Value)) }

// Certificate returns the files that hold the certificate and its key.
func (p *Pure) Certificate() (cert, key string) {
	option, ok := p.Set['2']
	if !ok {
		return PureTLSFile, PureTLSFile
	}
	cert, key, two := strings.Cut(option.Value, ",")
	if !two || key == "" {
		key = cert
	}
	return cert, key
}

// Passive is the range of -p; not set if any free port is taken.
func (p *Pure) Passive() Range {
	low, high, ok := pair(p.Set['p'].Value)
	if !ok {
		return Range{}
	}
	return Range{int(low), int(high)}
}

// Bind is the address, empty for all, and the port of -S.
func (p *Pure) Bind() (address, port string) {
	option, ok := p.Set['S']
	if !ok {
		return "", "21"
	}
	address, port, two := strings.Cut(option.Value, ",")
	if !two {
		address, port = "", address
	}
	if port == "" {
		port = "21"
	}
	return address, port
}

// pair reads "%u:%u" as sscanf(3) does.
func pair(value string) (a, b uint32, ok bool) {
	first, second, found := strings.Cut(value, ":")
	x, okX := leadingUint(first, true)
	y, okY := leadingUint(second, false)
	return x, y, found && okX && okY
}

// leadingUint reads a number at the start of a text; whole tells that nothing may follow.
func leadingUint(s string, whole bool) (uint32, bool) {
	s = strings.TrimPrefix(trimLeft(s), "+")
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end == 0 || whole && end < len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:end], 10, 64)
	if err != nil {
		n = 1<<64 - 1
	}
	return uint32(n), true //nolint:gosec // %u keeps the low bits
}

// strtoul reads a whole text as strtoul(3) does.
func strtoul(s string, base int) (uint64, bool) {
	s = trimLeft(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	switch {
	case base == 0 && len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case base == 0 && len(s) > 1 && s[0] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	if s == "" || s[0] == '+' || s[0] == '-' || strings.Contains(s, "_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// String writes the arguments as Debian's wrapper shows them, for a message.
func (a PureAuth) String() string {
	if a.File == "" {
		return a.Method
	}
	return fmt.Sprintf("%s:%s", a.Method, a.File)
}
