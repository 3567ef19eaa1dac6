package sshdconf

import (
	"strings"

	"sshaudit/audit/sshpattern"
)

// algorithmList makes the parser of a list of algorithm names: what is behind a
// + or ^ must be known, what is behind a - need not be.
func algorithmList(missing, complaint string, valid func(*rules, string) bool) parser {
	return func(x *exec) error {
		arg, err := x.word(missing)
		if err != nil {
			return err
		}
		if len(arg) > maxNames {
			return &LimitError{x.l.file, x.l.num, "64 KiB of algorithm names"}
		}
		names := arg
		if arg[0] == '+' || arg[0] == '^' {
			names = arg[1:]
		}
		if arg[0] != '-' && !allValid(x.r, names, valid) {
			return x.fatal(complaint, arg)
		}
		x.first(oneText(arg, x.at()))
		return nil
	}
}

// allValid checks names up to the first empty one, as strsep loops in sshd do.
func allValid(r *rules, names string, valid func(*rules, string) bool) bool {
	if names == "" {
		return false
	}
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			break
		}
		if !valid(r, name) {
			return false
		}
	}
	return true
}

var (
	parseCipherList = algorithmList("missing argument.", "Bad SSH2 cipher spec '%s'.", exactly(&cipherSet))
	parseMACList    = algorithmList("missing argument.", "Bad SSH2 mac spec '%s'.", exactly(&macSet))
	parseKexList    = algorithmList("missing argument.", "Bad SSH2 KexAlgorithms '%s'.", kexValid)
	parseKeyList    = algorithmList("Missing argument.", "Bad key types '%s'.", keyValid)
	parseCAList     = algorithmList("Missing argument.", "Bad key types '%s'.", caValid)
	parseGSSList    = algorithmList("Missing argument.", "Bad GSSAPI KexAlgorithms '%s'.", gssValid)
)

func parseCiphers(x *exec) error       { return parseCipherList(x) }
func parseMACs(x *exec) error          { return parseMACList(x) }
func parseKex(x *exec) error           { return parseKexList(x) }
func parseKeyAlgorithms(x *exec) error { return parseKeyList(x) }
func parseCASigs(x *exec) error        { return parseCAList(x) }
func parseGSSKex(x *exec) error        { return parseGSSList(x) }

func exactly(set *algorithmSet) func(*rules, string) bool {
	return func(r *rules, name string) bool {
		for _, a := range r.all(set) {
			if a.name == name {
				return true
			}
		}
		return false
	}
}

func kexValid(r *rules, name string) bool {
	return exactly(&kexSet)(r, name) || gssPrefix(r, name)
}

func gssPrefix(r *rules, name string) bool {
	if !r.build.KeyExchange {
		return false
	}
	for _, prefix := range gssKexes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func gssValid(r *rules, name string) bool {
	return strings.HasPrefix(name, "gss-") && gssPrefix(r, name)
}

// keyValid takes names, up to 9.8 also short names of plain types, and patterns
// that any name matches, negated or not (sshkey.c sshkey_names_valid2).
func keyValid(r *rules, name string) bool {
	known, _ := keyType(r, name)
	return known || matchesAny(r, name)
}

// caValid refuses certificate types by name from 9.4 on; a pattern may name them.
func caValid(r *rules, name string) bool {
	known, cert := keyType(r, name)
	if known {
		return !cert || r.rel < 904
	}
	return matchesAny(r, name)
}

func keyType(r *rules, name string) (known, cert bool) {
	for _, a := range r.all(&keySet) {
		if a.name == name || r.rel < 909 && a.short != "" && strings.EqualFold(a.short, name) {
			return true, a.cert
		}
	}
	return name == "null" && r.build.GSSAPI, false
}

func matchesAny(r *rules, pattern string) bool {
	for _, a := range r.all(&keySet) {
		if r.matcher.List(a.name, pattern, false) != sshpattern.NoMatch {
			return true
		}
	}
	return r.build.GSSAPI && r.matcher.List("null", pattern, false) != sshpattern.NoMatch
}

// assemble makes the list that is in force from what the configuration says and
// the built-in default (kex_assemble_names); false where nothing would be left
// of it, which sshd refuses.
func (r *rules) assemble(set *algorithmSet, list string) (string, bool) {
	preset := r.preset(set)
	if list == "" {
		return preset, true
	}
	switch list[0] {
	case '+':
		list = joinNames(preset, list[1:])
	case '^':
		list = joinNames(list[1:], preset)
	case '-':
		return r.filter(preset, list[1:], false), true
	}
	out := ""
	for pattern := range strings.SplitSeq(list, ",") {
		if strings.HasPrefix(pattern, "!") {
			return "", false
		}
		out = joinNames(out, r.filter(r.allNames(set), pattern, true))
	}
	return out, out != ""
}

// filter keeps the names that match the patterns, or those that do not
// (match.c match_filter_allowlist, match_filter_denylist).
func (r *rules) filter(names, patterns string, matching bool) string {
	var kept []string
	for name := range strings.SplitSeq(names, ",") {
		if (r.matcher.List(name, patterns, false) == sshpattern.Match) == matching {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, ",")
}

// joinNames appends the names of b that a has not, up to the first empty one
// (kex_names_cat).
func joinNames(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	have := map[string]bool{}
	for name := range strings.SplitSeq(a, ",") {
		if name == "" {
			break
		}
		have[name] = true
	}
	var out strings.Builder
	out.WriteString(a)
	for name := range strings.SplitSeq(b, ",") {
		if name == "" {
			break
		}
		if !have[name] {
			have[name] = true
			out.WriteString("," + name)
		}
	}
	return out.String()
}
