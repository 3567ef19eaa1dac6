package sshdconf

import "strings"

// methodSwitch names the setting that enables an authentication method; none is
// always enabled (auth2.c authmethods[]).
var methodSwitch = map[string]string{
	"none":                 "",
	"publickey":            "pubkeyauthentication",
	"gssapi-keyex":         "gssapikeyexchange",
	"gssapi-with-mic":      "gssapiauthentication",
	"password":             "passwordauthentication",
	"keyboard-interactive": "kbdinteractiveauthentication",
	"hostbased":            "hostbasedauthentication",
}

// methodKnown reports whether the build has the method.
func methodKnown(r *rules, name string) bool {
	toggle, ok := methodSwitch[name]
	return ok && (toggle == "" || r.build.has(r.option(toggle).needs))
}

// badMethod returns what is wrong with a comma-separated list of methods; empty
// if nothing (auth2.c auth2_methods_valid). What follows a colon is a device.
func badMethod(r *rules, list string) string {
	if list == "" {
		return "empty authentication method list"
	}
	for method := range strings.SplitSeq(list, ",") {
		name, _, _ := strings.Cut(method, ":")
		if !methodKnown(r, name) {
			return "Unknown authentication method \"" + name + "\" in list"
		}
	}
	return ""
}

// parseMethods: up to 9.6 "any" is refused beside lists of earlier lines too;
// up to 8.6 a line is not looked at when an earlier one counted.
func parseMethods(x *exec) error {
	if !x.r.argv && x.isSet() {
		x.seen.notice(x, x.opt.slot)
		x.finish()
		return nil
	}
	before := 0
	if x.r.rel < strictLists && x.isSet() {
		before = len(x.vals[x.opt.slot].items)
	}
	anyMethod := false
	args := x.list()
	for i, arg := range args {
		stored := i
		if x.r.rel < strictLists && (!x.active || x.isSet()) {
			stored = before
		}
		switch {
		case arg == "any" && stored > 0, arg != "any" && anyMethod:
			return x.fatal("\"any\" must appear alone in %s", x.l.keyword)
		case arg == "any":
			anyMethod = true
		default:
			if problem := badMethod(x.r, arg); problem != "" {
				return x.fatal("invalid %s method list: %s", x.l.keyword, problem)
			}
		}
	}
	if len(args) == 0 {
		return x.fatal("no %s specified", x.l.keyword)
	}
	if !x.r.argv {
		x.finish()
	}
	x.first(manyTexts(args, x.at()))
	return nil
}

// enabled reports whether the settings enable every method of a list.
func (c *Config) enabled(vals values, list string) bool {
	for method := range strings.SplitSeq(list, ",") {
		name, _, _ := strings.Cut(method, ":")
		toggle := methodSwitch[name]
		if toggle != "" && c.r.text(vals, toggle) != "yes" {
			return false
		}
	}
	return true
}
