package clientlog

import "strings"

// rule is one message that a client is known to write. In its format "{}" stands
// for any text up to what follows it; what comes after the format is ignored.
type rule struct {
	format string
	do     func(a *attempt, r *record, f []string)
}

// compiled is a rule whose format is cut at the gaps.
type compiled struct {
	parts []string
	do    func(a *attempt, r *record, f []string)
}

// rules finds the rules of a message by its first word.
type rules map[string][]compiled

func compile(tables ...[]rule) rules {
	m := make(rules)
	for _, t := range tables {
		for _, r := range t {
			parts := strings.Split(r.format, "{}")
			word := firstWord(parts[0])
			m[word] = append(m[word], compiled{parts, r.do})
		}
	}
	return m
}

// firstWord returns what the text begins with, up to a blank or a colon.
func firstWord(s string) string {
	for i := range len(s) {
		if s[i] == ' ' || s[i] == ':' {
			return s[:i]
		}
	}
	return s
}

// apply runs the first rule that fits the record's text.
func (m rules) apply(a *attempt, r *record) bool {
	for _, c := range m[firstWord(r.text)] {
		if f, ok := c.match(r.text, a.fields[:0]); ok {
			c.do(a, r, f)
			return true
		}
	}
	return false
}

// match fills the gaps of the format.
func (c *compiled) match(s string, f []string) ([]string, bool) {
	rest, ok := strings.CutPrefix(s, c.parts[0])
	if !ok {
		return nil, false
	}
	for _, p := range c.parts[1:] {
		if p == "" {
			return append(f, rest), true
		}
		i := strings.Index(rest, p)
		if i < 0 {
			return nil, false
		}
		f, rest = append(f, rest[:i]), rest[i+len(p):]
	}
	return f, true
}

// prefixes are what programs write before the message of an error.
var prefixes = []string{
	"FATAL ERROR: ", "Fatal error: ", "Fatal: ", "FATAL: ", "Disconnected: ", "Error: ", "error: ", "fatal: ",
	"ssh: ", "scp: ", "sftp: ", "lost connection: ", "plink: ", "psftp: ", "pscp: ",
	"(ESshFatal) ", "(EFatal) ", "(ESsh) ", "(ECommand) ", "(EScp) ", "(ESshTerminate) ", "(Exception) ", "(EOSError) ", "(ExtException) ",
	"ssh_init: ", "Critical error: ", "Last error: ", "Login failed: ", "open: ", "ls: ", "cd: ", "get: ", "put: ",
}

// prefixesBy finds the prefixes by their first letter.
var prefixesBy = func() (by [256][]string) {
	for _, p := range prefixes {
		by[p[0]] = append(by[p[0]], p)
	}
	return by
}()

// bare takes prefixes off a message.
func bare(s string) string {
	for again := s != ""; again && s != ""; {
		again = false
		for _, p := range prefixesBy[s[0]] {
			if rest, ok := strings.CutPrefix(s, p); ok {
				s, again = rest, true
				break
			}
		}
	}
	return s
}
