package sshdconf

import (
	"strings"
)

// settle fills in what depends on the whole file: assembled algorithm lists and
// "none" (servconf.c fill_default_server_options).
func (c *Config) settle(vals values) error {
	if err := c.assemble(vals); err != nil {
		return err
	}
	for _, o := range c.r.options {
		v := vals[o.slot]
		if v == nil {
			continue
		}
		if o.clears && len(v.items) == 1 && strings.EqualFold(v.items[0].text, "none") {
			vals[o.slot] = &value{pos: v.pos}
		}
		if o.name == "hostkey" || o.name == "hostcertificate" {
			for i := range v.items {
				v.items[i].null = strings.EqualFold(v.items[i].text, "none")
			}
		}
		if o.clearsList != "" && len(v.items) == 1 && strings.EqualFold(v.items[0].text, o.clearsList) &&
			(o.name != "authorizedkeysfile" || c.r.rel >= 1003) {
			vals[o.slot] = &value{pos: v.pos}
		}
	}
	// Challenge-response was done by keyboard-interactive (sshd.c main, up to 8.6).
	if c.r.rel < 807 && c.r.text(vals, "challengeresponseauthentication") == "yes" {
		kbd := c.r.slot("kbdinteractiveauthentication")
		at := pos{}
		if v := vals[c.r.slot("challengeresponseauthentication")]; v != nil {
			at = v.pos
		}
		vals[kbd] = oneText("yes", at)
	}
	return nil
}

// assemble turns the lists of names into what is in force.
func (c *Config) assemble(vals values) error {
	for _, o := range c.r.options {
		if o.algorithms == nil || vals[o.slot] == nil {
			continue
		}
		v := vals[o.slot]
		list, ok := c.r.assemble(o.algorithms, v.items[0].text)
		if !ok {
			return &ConfigError{File: v.pos.file, Line: v.pos.line, Message: "assemble_algorithms: " + o.spelling(c.r.rel) + ": invalid argument"}
		}
		vals[o.slot] = oneText(list, v.pos)
	}
	return nil
}

// sanity makes the checks of sshd.c main that concern settings only.
func (c *Config) sanity(vals values) error {
	for _, what := range []string{"AuthorizedKeysCommand", "AuthorizedPrincipalsCommand"} {
		name := strings.ToLower(what)
		command := vals[c.r.slot(name)]
		if command == nil || strings.EqualFold(command.items[0].text, "none") || vals[c.r.slot(name+"user")] != nil {
			continue
		}
		return &ConfigError{File: command.pos.file, Line: command.pos.line, Message: what + " set without " + what + "User"}
	}
	methods := vals[c.r.slot("authenticationmethods")]
	if methods == nil || len(methods.items) == 0 {
		return nil
	}
	for _, list := range methods.items {
		if c.enabled(vals, list.text) {
			return nil
		}
	}
	return &ConfigError{File: methods.pos.file, Line: methods.pos.line,
		Message: "AuthenticationMethods cannot be satisfied by enabled authentication methods"}
}

// merge copies what the matching blocks set over the global values (servconf.c
// copy_set_server_options).
func (c *Config) merge(block values) (values, error) {
	if err := c.checkSubsystems(block); err != nil {
		return nil, err
	}
	out := append(values(nil), c.global...)
	for _, o := range c.r.options {
		v := block[o.slot]
		if v == nil || !o.takesFromMatch(c.r.rel) {
			continue
		}
		out[o.slot] = v
	}
	for _, o := range c.r.options {
		if v := out[o.slot]; o.clearsInMatch && v != nil && len(v.items) == 1 && strings.EqualFold(v.items[0].text, "none") {
			out[o.slot] = &value{pos: v.pos}
		}
	}
	if err := c.assemble(out); err != nil {
		return nil, err
	}
	return out, nil
}

// checkSubsystems: from 9.5 to 10.3 sshd, replacing the global subsystems by a
// block's, clears as many of them as the block has. With none there it crashes;
// with fewer it reads past their table, which a table of one survives.
func (c *Config) checkSubsystems(block values) error {
	slot := c.r.slot("subsystem")
	v := block[slot]
	if v == nil || c.r.rel < 905 || c.r.rel >= 1004 {
		return nil
	}
	have := 0
	if g := c.global[slot]; g != nil {
		have = len(g.items)
	}
	switch {
	case have == 0:
		return &ConfigError{File: v.pos.file, Line: v.pos.line, Message: "sshd crashes: Subsystem in a Match block and none outside"}
	case len(v.items) > have && (have > 1 || len(v.items) > 3):
		return &UnknownError{v.pos.file, v.pos.line,
			"more Subsystem lines in Match blocks than outside: what sshd does then is undefined, it may crash"}
	}
	return nil
}
