package sshdconf

import "strings"

// Parsers of names and files.

// single parses a keyword with one argument of any form; convert may be nil.
func single(missing string, convert func(*exec, string) (string, error)) parser {
	return func(x *exec) error {
		arg, err := x.word(missing)
		if err != nil {
			return err
		}
		if convert != nil {
			if arg, err = convert(x, arg); err != nil {
				return err
			}
		}
		x.first(oneText(arg, x.at()))
		return nil
	}
}

// whenTaken converts only where the value would be stored, as sshd does: a
// conversion that fails then goes unnoticed elsewhere.
func whenTaken(convert func(*exec, string) (string, error)) func(*exec, string) (string, error) {
	return func(x *exec, arg string) (string, error) {
		if !x.active || x.isSet() {
			return arg, nil
		}
		return convert(x, arg)
	}
}

var (
	parsePlain          = single("missing argument.", nil)
	parseFilenameWord   = single("missing file name.", whenTaken((*exec).absolute))
	parseAgentWord      = single("missing socket name.", whenTaken((*exec).agentPath))
	parseProviderWord   = single("missing argument.", whenTaken((*exec).providerPath))
	parsePrincipalsWord = single("missing argument.", whenTaken((*exec).tilde))
)

func parsePAMService(x *exec) error     { return parsePlain(x) }
func parseName(x *exec) error           { return parsePlain(x) }
func parseChroot(x *exec) error         { return parsePlain(x) }
func parseFilename(x *exec) error       { return parseFilenameWord(x) }
func parseAgent(x *exec) error          { return parseAgentWord(x) }
func parseKeyProvider(x *exec) error    { return parseProviderWord(x) }
func parsePrincipalsFile(x *exec) error { return parsePrincipalsWord(x) }

func (x *exec) agentPath(arg string) (string, error) {
	if arg == "SSH_AUTH_SOCK" {
		return arg, nil
	}
	return x.absolute(arg)
}

func (x *exec) providerPath(arg string) (string, error) {
	if strings.EqualFold(arg, "internal") {
		return arg, nil
	}
	return x.absolute(arg)
}

// absolute makes a path absolute from sshd's working directory (servconf.c
// derelativise_path); "none" stays.
func (x *exec) absolute(path string) (string, error) {
	if strings.EqualFold(path, "none") {
		return "none", nil
	}
	path, err := x.tilde(path)
	if err != nil || strings.HasPrefix(path, "/") {
		return path, err
	}
	return x.r.dir + "/" + path, nil
}

// tilde expands a leading ~ for the account that sshd runs as, which is root,
// or for a named one (misc.c tilde_expand). Up to 8.4 a name needs a slash
// behind it, and only one slash is dropped.
func (x *exec) tilde(path string) (string, error) {
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	name, rest, slash := strings.Cut(path[1:], "/")
	if x.r.argv {
		rest = strings.TrimLeft(rest, "/")
	} else if !slash {
		name, rest = "", path[1:]
	}
	home := x.r.rootHome
	if name != "" {
		if x.r.home == nil {
			return "", &UnknownError{x.l.file, x.l.num, "the home of " + name + " is not known here"}
		}
		var ok bool
		if home, ok = x.r.home(name); !ok {
			return "", &ConfigError{Message: "tilde_expand: No such user " + name}
		}
	}
	if !strings.HasSuffix(home, "/") {
		home += "/"
	}
	if len(home)+len(rest) >= 4096 {
		return "", &ConfigError{Message: "tilde_expand: Path too long"}
	}
	return home + rest, nil
}

// parseHostKey and parseHostCertificate gather files over all lines.
func parseHostKey(x *exec) error         { return parseFiles(x) }
func parseHostCertificate(x *exec) error { return parseFiles(x) }

func parseFiles(x *exec) error {
	arg, err := x.word("missing file name.")
	if err != nil || !x.active {
		return err
	}
	path, err := x.absolute(arg)
	if err != nil {
		return err
	}
	x.add(item{text: path})
	return nil
}
