package ftpdconf

import (
	"bytes"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// The sections in which the directives that matter here are allowed (CHECK_CONF
// of each handler).
const (
	inServers   = "server virtualhost global"
	inAnonymous = inServers + " anonymous"
)

var proContexts = map[string]string{
	"<limit>": inAnonymous + " directory", "<virtualhost>": "server", "<global>": "server virtualhost", "<anonymous>": inServers,
	"<directory>": inAnonymous, "<class>": "server global",
	"include": inAnonymous + " directory limit", "loadmodule": "server", "modulepath": "server",
	"allowuser": "limit", "denyuser": "limit", "allowgroup": "limit", "denygroup": "limit", "allowclass": "limit",
	"denyclass": "limit", "allow": "limit", "deny": "limit", "order": "limit",
	"allowall": "anonymous directory limit", "denyall": "anonymous directory limit",
	"requirevalidshell": inAnonymous, "useftpusers": inAnonymous, "rootlogin": inAnonymous, "defaultroot": inServers,
	"defaultchdir": inAnonymous, "authpam": inServers, "authpamconfig": inServers, "authorder": inServers,
	"authuserfile": inServers, "authgroupfile": inServers, "port": inServers, "passiveports": inServers,
	"masqueradeaddress": inServers, "maxclients": inAnonymous, "maxclientsperhost": inAnonymous, "createhome": inServers,
	"anonrequirepassword": "anonymous", "user": inAnonymous, "group": inAnonymous, "servertype": "server",
	"maxinstances": "server", "tlsengine": inServers, "tlsrsacertificatefile": inServers,
	"tlsrsacertificatekeyfile": inServers, "tlsoptions": inServers, "defaultserver": "server virtualhost",
	"tlsrequired": inAnonymous + " directory", "usereversedns": "server",
}

// contexts are the sections in which a directive may stand; ok is false where that
// does not matter here.
func (p *proParser) contexts(name string) (where string, ok bool) {
	if name == "port" && bytes.Contains(p.o.Program, []byte("ProFTPD Version 1.3.7")) {
		return "server virtualhost", true
	}
	where, ok = proContexts[name]
	return where, ok
}

// proArguments is how many words each of these wants at least (CHECK_ARGS).
var proArguments = map[string]int{
	"requirevalidshell": 1, "useftpusers": 1, "rootlogin": 1, "defaultroot": 1, "authpam": 1, "authpamconfig": 1,
	"authorder": 1, "authuserfile": 1, "port": 1, "passiveports": 2, "masqueradeaddress": 1, "maxclients": 1,
	"maxclientsperhost": 1, "maxinstances": 1, "anonrequirepassword": 1, "user": 1, "group": 1, "include": 1,
	"loadmodule": 1, "modulepath": 1, "tlsengine": 1, "tlsrequired": 1, "tlsrsacertificatefile": 1,
	"tlsrsacertificatekeyfile": 1, "defaultserver": 1, "useipv6": 1, "usereversedns": 1, "allowemptypasswords": 1,
	"persistentpasswd": 1, "createhome": 1, "timeoutlogin": 1, "umask": 1, "servertype": 1, "order": 1,
	"allowuser": 1, "denyuser": 1, "allowgroup": 1, "denygroup": 1, "allowclass": 1, "denyclass": 1,
	"allowoverwrite": 1, "deferwelcome": 1, "showsymlinks": 1, "useralias": 2, "authaliasonly": 1, "tlsoptions": 1,
}

// proSwitches are directives whose first word is a switch.
var proSwitches = []string{
	"requirevalidshell", "useftpusers", "rootlogin", "authpam", "anonrequirepassword", "tlsengine", "defaultserver",
	"useipv6", "usereversedns", "allowemptypasswords", "persistentpasswd", "allowoverwrite", "deferwelcome",
	"showsymlinks", "authaliasonly",
}

// proBool reads a switch (str.c pr_str_is_boolean).
func proBool(word string) (on, ok bool) {
	switch strings.ToLower(word) {
	case "on", "yes", "true", "1":
		return true, true
	case "off", "no", "false", "0":
		return false, true
	}
	return false, false
}

// literal reads an address; ok is false for a name.
func literal(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil
}

// act does what a directive does by itself, or refuses its words.
func (p *proParser) act(name, shown string, args []string, at Place) error {
	switch name {
	case "include":
		return p.include(shown, args, at)
	case "loadmodule":
		return p.load(shown, args, at)
	case "modulepath":
		p.modulePath = path.Clean(args[0])
	case "authfileoptions":
		p.insecure = p.insecure || slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "InsecurePerms") })
	case "port":
		return p.port(shown, args, at)
	case "passiveports":
		return p.passive(shown, args, at)
	case "user", "group":
		return p.owner(name, shown, args, at)
	case "maxclients", "maxclientsperhost", "maxinstances":
		if !strings.EqualFold(args[0], "none") && atoi(args[0]) < 1 {
			return &Error{at.File, at.Line, shown + ": parameter must be 'none' or a number greater than 0"}
		}
	case "umask":
		if len(args) > 2 {
			return &Error{at.File, at.Line, shown + ": missing parameters"}
		}
	case "authuserfile":
		return p.userFile(shown, args, at)
	case "authorder":
		if p.top().Find("authorder") != nil {
			return &Error{at.File, at.Line, shown + ": AuthOrder has already been configured"}
		}
	case "tlsrequired":
		if _, _, ok := TLSRequired(args[0]); !ok {
			return &Error{at.File, at.Line, shown + ": bad parameter"}
		}
	case "tlsrsacertificatefile":
		return p.pem(shown, args[0], "-----BEGIN CERTIFICATE-----", "' does not exist or does not contain a certificate", at)
	case "tlsrsacertificatekeyfile":
		return p.pem(shown, args[0], "PRIVATE KEY-----", "' does not exist or does not contain a private key", at)
	}
	return nil
}

func (p *proParser) port(shown string, args []string, at Place) error {
	n := int(atoi(args[0]))
	if n < 0 || n > 65535 {
		return &Error{at.File, at.Line, shown + ": value must be between 0 and 65535"}
	}
	if k := p.top().Kind; k == "server" || k == "virtualhost" {
		p.server.Port = n
	}
	return nil
}

func (p *proParser) passive(shown string, args []string, at Place) error {
	low, high := int(atoi(args[0])), int(atoi(args[1]))
	switch {
	case low < 1024 || high < 1024:
		return &Error{at.File, at.Line, shown + ": port numbers must be above 1023"}
	case low > 65535 || high > 65535:
		return &Error{at.File, at.Line, shown + ": port must be allowable port number"}
	case high <= low:
		return &Error{at.File, at.Line, shown + ": min port must be less than max port"}
	}
	return nil
}

// owner refuses an account or a group that the host does not have.
func (p *proParser) owner(name, shown string, args []string, at Place) error {
	known := p.o.User
	if name == "group" {
		known = p.o.Group
	}
	if p.top().Kind != "anonymous" && known != nil && !known(args[0]) {
		return &Error{at.File, at.Line, shown + ": Unknown " + name + " '" + args[0] + "'"}
	}
	return nil
}

// TLSRequired reads the value of TLSRequired (mod_tls.c set_tlsrequired): whether
// a login, or any command, needs TLS.
func TLSRequired(word string) (auth, control, ok bool) {
	if on, isBool := proBool(word); isBool {
		return on, on, true
	}
	switch word {
	case "control", "ctrl", "both", "ctrl+data", "ctrl+!data":
		return true, true, true
	case "auth", "auth+data", "auth+!data":
		return true, false, true
	case "data", "!data":
		return false, false, true
	}
	return false, false, false
}

// userFile refuses a file that others may read or write (mod_auth_file.c af_check_file).
func (p *proParser) userFile(shown string, args []string, at Place) error {
	file := args[0]
	fault := func(why string) error {
		return &Error{at.File, at.Line, shown + ": unable to use " + file + ": " + why}
	}
	if !strings.HasPrefix(file, "/") {
		return fault("a relative path")
	}
	if p.insecure {
		return nil
	}
	info, err := p.src.Stat(file)
	dir, dirErr := p.src.Stat(path.Dir(file))
	switch {
	case missing(err):
		return fault("No such file or directory")
	case err != nil || dirErr != nil:
		p.giveUp(file, 0, "cannot be looked at")
		return p.unknown
	case info.Mode.IsDir():
		return fault("Is a directory")
	case info.Mode.Perm()&0o006 != 0, dir.Mode.Perm()&0o002 != 0:
		return fault("Operation not permitted")
	}
	return nil
}

// pem refuses a file without what it should hold.
func (p *proParser) pem(shown, file, want, message string, at Place) error {
	if !strings.HasPrefix(file, "/") {
		return &Error{at.File, at.Line, shown + ": parameter must be an absolute path"}
	}
	text, err := p.src.Read(file)
	if err != nil && !missing(err) {
		p.giveUp(file, 0, "cannot be read")
		return p.unknown
	}
	if err != nil || !bytes.Contains(text, []byte(want)) {
		return &Error{at.File, at.Line, shown + ": '" + file + message}
	}
	return nil
}
