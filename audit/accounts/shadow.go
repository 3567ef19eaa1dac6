package accounts

import (
	"strings"
	"sync"
)

// shadowFile is the text of shadow, of which one line is looked for at first. When
// many are wanted all are read, and the text with its hashes is let go.
type shadowFile struct {
	db    *DB
	mu    sync.Mutex // for text, asked and whole
	text  string
	asked int
	whole bool
	// entries belong to the accounts that passwd has, in their order.
	entries []Shadow
	bad     []Problem
}

// entry returns the line of a name that getspnam(3) returns, the first that can
// be read; zero if there is none.
func (f *shadowFile) entry(name string) Shadow {
	if s, found := f.one(name); found {
		return s
	}
	f.readOnce()
	if i, ok := f.db.find(name); ok && i < len(f.entries) {
		return f.entries[i]
	}
	return Shadow{}
}

// one answers the first few questions; found is false for those after them.
func (f *shadowFile) one(name string) (s Shadow, found bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked++; f.asked > few || f.whole {
		return Shadow{}, false
	}
	return f.search(name), true
}

func (f *shadowFile) readOnce() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.whole {
		f.read()
		f.whole, f.text = true, ""
	}
}

func (f *shadowFile) problems() []Problem {
	f.readOnce()
	return f.bad
}

// search looks for the line of one name.
func (f *shadowFile) search(name string) Shadow {
	if name == "" {
		return Shadow{}
	}
	for from := 0; ; {
		at := strings.Index(f.text[from:], name+":")
		if at < 0 {
			return Shadow{}
		}
		at += from
		from = at + len(name)
		line := f.text[strings.LastIndexByte(f.text[:at], '\n')+1:]
		line, _, _ = strings.Cut(line, "\n")
		if found, s, err := ParseShadow(clean(line)); err == "" && found == name {
			return s
		}
	}
}

// read reads every line.
func (f *shadowFile) read() {
	f.entries = make([]Shadow, len(f.db.accounts))
	bad := problems{file: "shadow"}
	next := 0 // shadow has the order of passwd mostly
	eachLine(f.text, func(number int, line string) {
		name, s, err := ParseShadow(line)
		if err != "" {
			bad.add(number, "%s", err)
			return
		}
		k, ok := next, next < len(f.entries) && f.db.accounts[next].Name == name
		if !ok {
			k, ok = f.db.find(name)
		}
		if !ok || k >= len(f.entries) {
			return
		}
		if !f.entries[k].Present {
			f.entries[k] = s
		}
		next = k + 1
	})
	f.bad = bad.done()
}

// ParseShadow reads a line of shadow as glibc's _nss_files_parse_spent does; bad says why
// it is skipped. The three dates before the warning must be there, and either
// none of the others or all three.
func ParseShadow(line string) (name string, s Shadow, bad string) {
	name = field(&line)
	s = Shadow{Present: true, Password: passwordState(field(&line), false), Warn: -1, Inactive: -1, ExpireOn: -1}
	for k, into := range []*int32{&s.LastChange, &s.Min, &s.Max, &s.Warn, &s.Inactive, &s.ExpireOn} {
		if k == shortForm {
			if line = strings.TrimLeft(line, blanks); line == "" {
				break
			}
		}
		if line == "" {
			return name, s, "it ends before its last date: the line is ignored"
		}
		var ok bool
		if *into, ok = days(field(&line)); !ok {
			return name, s, "a date field is not a number: the line is ignored"
		}
	}
	if line != "" {
		if _, ok := id(line); !ok { // a reserved field
			return name, s, "its last field is not a number: the line is ignored"
		}
	}
	if name == "" {
		return name, s, "no account name: the line is ignored"
	}
	return name, s, ""
}

// shortForm is how many dates a line of the old form has.
const shortForm = 3
