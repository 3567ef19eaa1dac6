package sshdconf

import "strings"

// Parsers of keywords that take the rest of the line as it stands.

// raw returns the rest of the line.
func (x *exec) raw() (string, error) {
	if !x.l.ok || x.l.rest == "" {
		return "", x.fatal("%s missing argument.", x.l.keyword)
	}
	x.finish()
	return strings.TrimLeft(x.l.rest, whitespace), nil
}

func parseForceCommand(x *exec) error {
	text, err := x.raw()
	if err == nil {
		x.first(oneText(text, x.at()))
	}
	return err
}

// parseVersionAddendum refuses a carriage return; up to 8.6 only where the line counts.
func parseVersionAddendum(x *exec) error {
	text, err := x.raw()
	if err != nil {
		return err
	}
	if strings.ContainsRune(text, '\r') && (x.r.argv || x.active && !x.isSet()) {
		return x.fatal("Invalid %s argument", x.l.keyword)
	}
	if strings.EqualFold(text, "none") {
		x.first(&value{pos: x.at()})
		return nil
	}
	x.first(oneText(text, x.at()))
	return nil
}

// command checks a command's path; up to 8.6 only where the line counts.
func (x *exec) command() (string, error) {
	if !x.l.ok {
		return "", x.fatal("Missing argument.")
	}
	x.finish()
	text := strings.TrimLeft(x.l.rest, whitespace)
	if !x.r.argv && (!x.active || x.isSet()) {
		return text, nil
	}
	if !strings.HasPrefix(text, "/") && !strings.EqualFold(text, "none") {
		return "", x.fatal("%s must be an absolute path", x.l.keyword)
	}
	return text, nil
}

func parseCommand(x *exec) error {
	text, err := x.command()
	if err == nil {
		x.first(oneText(text, x.at()))
	}
	return err
}

// parsePrincipalsCommand: from 8.7 to 9.3 it was stored only while
// AuthorizedKeysCommand was unset, and then over an earlier line.
func parsePrincipalsCommand(x *exec) error {
	if x.r.rel < 807 || x.r.rel >= 904 {
		return parseCommand(x)
	}
	text, err := x.command()
	if err == nil && x.vals[x.r.slot("authorizedkeyscommand")] == nil {
		x.last(oneText(text, x.at()))
	}
	return err
}
