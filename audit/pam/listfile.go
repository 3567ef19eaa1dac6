package pam

import (
	"fmt"
	"strings"

	"sshaudit/audit"
)

// listfileOptions are the arguments of pam_listfile.
type listfileOptions struct {
	onerr        Code
	deny, sensed bool
	file, item   string
	apply        string
	applied      bool
	wrong        *Code
}

// listfile is pam_listfile.c, the same for all its phases.
func listfile(c *call) answer {
	o := listfileArguments(c)
	if o.wrong != nil {
		return refuse(*o.wrong, "its arguments are wrong or incomplete (file, item and sense are needed)")
	}
	f := c.facts
	value := ""
	switch o.item {
	case "user", "group":
		value = f.User
	case "tty":
		value = strings.TrimPrefix(f.tty(), "/dev/")
	case "rhost":
		if value = f.RemoteHost; value == "" {
			return unsure("the client's address", Success, AuthErr)
		}
	case "shell":
		value = f.Shell
	case "ruser":
		value = f.RemoteUser
	}
	if o.applied && (o.item == "tty" || o.item == "rhost" || o.item == "shell") && !applies(f, o.apply) {
		return sure(Ignore)
	}
	if value == "" && o.item != "shell" {
		return o.result(c, false)
	}
	mode, err := c.source.Mode(o.file)
	if missing(err) {
		return refuse(o.onerr, audit.Untrusted(o.file).String()+" does not exist")
	}
	if err != nil {
		return c.unread(o.file, err)
	}
	if worldWritableOrSpecial(mode) {
		return refuse(AuthErr, audit.Untrusted(o.file).String()+" is world-writable or no regular file")
	}
	text, err := c.source.Read(o.file)
	if err != nil {
		return c.unread(o.file, err)
	}
	return o.result(c, o.listed(c, string(text), value))
}

func applies(f *Facts, to string) bool {
	if group, ok := strings.CutPrefix(to, "@"); ok {
		return f.inGroup(group)
	}
	return f.User == to
}

func (o *listfileOptions) result(c *call, listed bool) answer {
	if listed != o.deny {
		return sure(Success)
	}
	verb := "is not in"
	if listed {
		verb = "is in"
	}
	return refuse(AuthErr, fmt.Sprintf("the %s of %s %s %s", o.item, c.facts.shown(), verb, audit.Untrusted(o.file)))
}

// listed looks for the value; before 1.6 a line is read in pieces of 255 bytes,
// each of which counts as a line.
func (o *listfileOptions) listed(c *call, text, value string) bool {
	for line := range strings.Lines(text) {
		for line != "" {
			piece := line
			if !c.lib.AtLeast(1, 6) {
				piece = line[:min(len(line), 255)]
			}
			line = line[len(piece):]
			if o.matches(c, piece, value) {
				return true
			}
		}
	}
	return false
}

func (o *listfileOptions) matches(c *call, line, value string) bool {
	if c.lib.AtLeast(1, 6) {
		if i := strings.IndexAny(line, "\r\n"); i >= 0 {
			line = line[:i]
		}
	} else {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	}
	if line == "" {
		return false
	}
	switch o.item {
	case "tty":
		return strings.TrimPrefix(line, "/dev/") == value
	case "group":
		return c.facts.inGroup(line)
	}
	return line == value
}

// listfileArguments reads the arguments. Before 1.6 the first wrong one decides
// at once, with the onerr that has been read so far.
func listfileArguments(c *call) listfileOptions {
	o := listfileOptions{onerr: ServiceErr}
	fail := func(code Code) {
		if o.wrong == nil {
			o.wrong = &code
		}
	}
	for _, a := range c.args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			continue
		}
		if o.wrong != nil && !c.lib.AtLeast(1, 6) {
			return o
		}
		switch name {
		case "onerr":
			switch value {
			case "succeed":
				o.onerr = Success
			case "fail":
				o.onerr = ServiceErr
			default:
				fail(ServiceErr)
			}
		case "sense":
			o.deny, o.sensed = value == "deny", true
			if value != "deny" && value != "allow" {
				fail(o.onerr)
			}
		case "file":
			o.file = value
		case "item":
			o.item = value
			switch value {
			case "user", "group", "tty", "rhost", "shell", "ruser":
			default:
				o.item = ""
			}
		case "apply":
			o.apply, o.applied = value, true
		default:
			fail(o.onerr)
		}
	}
	if o.item == "" || o.file == "" || !o.sensed || o.applied && strings.TrimPrefix(o.apply, "@") == "" {
		fail(o.onerr)
	}
	return o
}
