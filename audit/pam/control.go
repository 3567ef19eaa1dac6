package pam

import "strings"

// action says what a return code does to the stack; a positive one jumps over
// that many modules (pam_private.h _PAM_ACTION_…).
type action int32

const (
	actIgnore action = -iota
	actOK
	actDone
	actBad
	actDie
	actReset
	actUnset
)

var actionNames = [...]string{"ignore", "ok", "done", "bad", "die", "reset"}

type control [codes]action

func (c *control) setDefault(a action) {
	for i := range c {
		if c[i] == actUnset {
			c[i] = a
		}
	}
}

// maxJump bounds a jump: more than any stack has modules. libpam's int wraps
// around at 2^31, which nobody writes.
const maxJump = 1 << 24

// parseControl reads a control word other than include and substack. It
// reports what is wrong; then every answer of the module counts as bad, as in
// libpam (pam_handlers.c, pam_misc.c _pam_parse_control).
func parseControl(word string) (c control, problem string) {
	for i := range c {
		c[i] = actUnset
	}
	c[Success], c[NewAuthTokReqd] = actOK, actOK
	switch strings.ToLower(word) {
	case "required":
		c[Ignore] = actIgnore
		c.setDefault(actBad)
	case "requisite":
		c[Ignore] = actIgnore
		c.setDefault(actDie)
	case "optional":
		c.setDefault(actIgnore)
	case "sufficient":
		c[Success], c[NewAuthTokReqd] = actDone, actDone
		c.setDefault(actIgnore)
	default:
		c[Success], c[NewAuthTokReqd] = actUnset, actUnset
		if problem = c.parse(word); problem != "" {
			for i := range c {
				c[i] = actBad
			}
		}
		c.setDefault(actBad)
	}
	return c, problem
}

// parse reads pairs of value and action. A pair need not be parted from the
// next by a blank: libpam looks for the first name that begins the rest.
func (c *control) parse(s string) string {
	for {
		if s = trimSpace(s); s == "" {
			return ""
		}
		code, rest, ok := cutCode(s)
		if !ok || rest == "" {
			return "expecting a return value"
		}
		if rest = trimSpace(rest); rest == "" || rest[0] != '=' {
			return "expecting \"=\""
		}
		if rest = trimSpace(rest[1:]); rest == "" {
			return "expecting an action"
		}
		act, rest, problem := cutAction(rest)
		if problem != "" {
			return problem
		}
		if code == codes {
			c.setDefault(act)
		} else {
			c[code] = act
		}
		s = rest
	}
}

// cutCode takes the return value's name off; codes stands for "default".
func cutCode(s string) (Code, string, bool) {
	for code, name := range codeNames {
		if rest, ok := strings.CutPrefix(s, name); ok {
			return Code(code), rest, true
		}
	}
	rest, ok := strings.CutPrefix(s, "default")
	return codes, rest, ok
}

func cutAction(s string) (action, string, string) {
	for i, name := range actionNames {
		if rest, ok := strings.CutPrefix(s, name); ok {
			return action(-i), rest, ""
		}
	}
	n := 0
	jump := action(0)
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		jump = min(jump*10+action(s[n]-'0'), maxJump)
	}
	switch {
	case n == 0:
		return 0, "", "expecting a number of modules to skip"
	case jump == 0:
		return 0, "", "expecting a number other than 0"
	}
	return jump, s[n:], ""
}

// trimSpace drops what isspace(3) calls a blank in the C locale.
func trimSpace(s string) string { return strings.TrimLeft(s, " \t\n\v\f\r") }
