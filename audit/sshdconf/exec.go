package sshdconf

import "fmt"

// parser applies one line to the values that are being gathered, as the case of
// its keyword in servconf.c process_server_config_line_depth does. It checks
// the line even where a Match block that did not match keeps it from counting.
type parser func(*exec) error

// exec is one line being applied.
type exec struct {
	r      *rules
	vals   values
	active bool
	l      *line
	opt    *option
	// cur and taken are how far the arguments are used up, by release.
	cur   delim
	taken int
	// finished tells that what is left of the line is not looked at.
	finished bool
	// dead is the line that decided instead; counts tells that some of the line's
	// values do count.
	dead   *pos
	counts bool
	// seen gathers what Config says about the file; nil in a connection pass.
	seen *observations
	// portsFixed: -p on the command line makes Port in the file ignored.
	portsFixed bool
}

// fatal makes the refusal of the line.
func (x *exec) fatal(format string, args ...any) error {
	return &ConfigError{File: x.l.file, Line: x.l.num, Message: fmt.Sprintf(format, args...)}
}

func (x *exec) at() pos { return pos{x.l.file, x.l.num} }

// next takes the next argument; false when there is none.
func (x *exec) next() (string, bool) {
	if !x.r.argv {
		return x.cur.next(true)
	}
	if x.taken >= len(x.l.args) {
		return "", false
	}
	x.taken++
	return x.l.args[x.taken-1], true
}

// more reports whether something is left.
func (x *exec) more() bool {
	if x.r.argv {
		return x.taken < len(x.l.args)
	}
	return x.cur.ok
}

// word takes an argument that must be there and not be empty.
func (x *exec) word(missing string) (string, error) {
	arg, ok := x.next()
	if !ok || arg == "" {
		return "", x.fatal("%s", missing)
	}
	return arg, nil
}

// list takes the arguments of a list keyword: up to 8.6 as far as the first
// empty one, from 8.7 all, and the parser complains about empty ones.
func (x *exec) list() []string {
	var out []string
	for {
		arg, ok := x.next()
		if !ok || arg == "" && !x.r.argv {
			return out
		}
		out = append(out, arg)
	}
}

// finish leaves the rest of the line alone.
func (x *exec) finish() { x.finished = true }

// leftover complains about what the keyword did not take.
func (x *exec) leftover() error {
	if x.finished {
		return nil
	}
	if x.r.argv {
		if x.taken < len(x.l.args) {
			return x.fatal("keyword %s extra arguments at end of line", x.l.keyword)
		}
		return nil
	}
	if arg, ok := x.cur.next(true); ok && arg != "" {
		return x.fatal("garbage at end of line; \"%.200s\".", arg)
	}
	return nil
}

// isSet reports whether the option has a value in this pass.
func (x *exec) isSet() bool { return x.vals[x.opt.slot] != nil }

// first stores a value unless the option has one: the first line wins.
func (x *exec) first(v *value) { x.firstIn(x.opt.slot, v) }

func (x *exec) firstIn(slot int, v *value) {
	x.seen.notice(x, slot)
	if x.active && x.vals[slot] == nil {
		x.vals[slot] = v
	}
}

// last stores a value over an earlier one.
func (x *exec) last(v *value) {
	if x.active {
		x.seen.replace(x, x.opt.slot)
		x.vals[x.opt.slot] = v
	}
}

// add appends to the option's list.
func (x *exec) add(items ...item) {
	if !x.active {
		return
	}
	v := x.vals[x.opt.slot]
	if v == nil {
		v = &value{pos: x.at()}
		x.vals[x.opt.slot] = v
	}
	for i := range items {
		items[i].pos = x.at()
	}
	v.items = append(v.items, items...)
}

// addTexts appends texts to the option's list.
func (x *exec) addTexts(texts []string) {
	for _, t := range texts {
		x.add(item{text: t})
	}
}
