package sshdconf

import (
	"slices"
	"strings"
)

// Parsers of keywords with several arguments.

// strictLists is the release from which a list keyword wants an argument that
// is not a comment, and keeps the words of one line apart until it is read.
const strictLists rel = 907

func (x *exec) wantSome(n int) error {
	if n == 0 && x.r.rel >= strictLists {
		return x.fatal("no %s specified", x.l.keyword)
	}
	return nil
}

// parseUserPatterns gathers over all lines.
func parseUserPatterns(x *exec) error {
	args := x.list()
	for _, arg := range args {
		if arg == "" || x.r.matcher.CheckUser(arg) != nil {
			return x.fatal("invalid %s pattern: \"%s\"", x.l.keyword, arg)
		}
	}
	x.addTexts(args)
	return x.wantSome(len(args))
}

func parseGroupPatterns(x *exec) error {
	args := x.list()
	if slices.Contains(args, "") {
		return x.fatal("empty %s pattern", x.l.keyword)
	}
	x.addTexts(args)
	return x.wantSome(len(args))
}

func parseAcceptEnv(x *exec) error {
	args := x.list()
	for _, arg := range args {
		if arg == "" || strings.Contains(arg, "=") {
			return x.fatal("Invalid environment name.")
		}
	}
	x.addTexts(args)
	return x.wantSome(len(args))
}

// parseSetEnv takes the first line; from 9.1 a name's first value on it.
func parseSetEnv(x *exec) error {
	var kept []string
	named := map[string]bool{}
	for {
		arg, ok := x.envWord()
		if !ok {
			break
		}
		name, _, set := strings.Cut(arg, "=")
		if !set {
			return x.fatal("Invalid environment.")
		}
		if x.r.rel < 901 || !named[name] {
			named[name] = true
			kept = append(kept, arg)
		}
	}
	if err := x.wantSome(len(kept)); err != nil {
		return err
	}
	x.firstList(kept)
	return nil
}

// envWord takes an argument in which an equals sign separates nothing.
func (x *exec) envWord() (string, bool) {
	if x.r.argv {
		return x.next()
	}
	arg, ok := x.cur.next(false)
	return arg, ok && arg != ""
}

// firstList stores a line's arguments unless an earlier line gave some.
func (x *exec) firstList(args []string) {
	if len(args) > 0 {
		x.first(manyTexts(args, x.at()))
	}
}

// parseKeysFile: up to 8.6 a line that does not count is not even split.
func parseKeysFile(x *exec) error {
	if !x.r.argv && (!x.active || x.isSet()) {
		x.seen.notice(x, x.opt.slot)
		x.finish()
		return nil
	}
	var paths []string
	for _, arg := range x.list() {
		if arg == "" {
			return x.fatal("keyword %s empty argument", x.l.keyword)
		}
		path, err := x.tilde(arg)
		if err != nil {
			return err
		}
		paths = append(paths, path)
	}
	if err := x.noneAlone(paths); err != nil {
		return err
	}
	x.finished = !x.r.argv
	if err := x.wantSome(len(paths)); err != nil {
		return err
	}
	x.firstList(paths)
	return nil
}

// noneAlone refuses "none" beside other files from 10.3 on.
func (x *exec) noneAlone(paths []string) error {
	if x.r.rel < 1003 || len(paths) < 2 {
		return nil
	}
	for _, p := range paths {
		if strings.EqualFold(p, "none") {
			return x.fatal("keyword %s \"none\" argument must appear alone.", x.l.keyword)
		}
	}
	return nil
}

// parseRevokedKeys takes one file, from 10.3 several, which stay relative.
func parseRevokedKeys(x *exec) error {
	if x.r.rel < 1003 {
		return parseFilename(x)
	}
	var paths []string
	for _, arg := range x.list() {
		if arg == "" {
			return x.fatal("keyword %s empty argument", x.l.keyword)
		}
		path, err := x.tilde(arg)
		if err != nil {
			return err
		}
		paths = append(paths, path)
	}
	if err := x.noneAlone(paths); err != nil {
		return err
	}
	if err := x.wantSome(len(paths)); err != nil {
		return err
	}
	x.firstList(paths)
	return nil
}

// parseLogVerbose: 8.5 and 8.6 gather over lines, later the first line wins.
func parseLogVerbose(x *exec) error {
	args := x.list()
	if x.r.rel < 807 {
		x.addTexts(args)
		return nil
	}
	for i, arg := range args {
		if arg == "" {
			return x.fatal("keyword %s empty argument", x.l.keyword)
		}
		if strings.EqualFold(arg, "none") && (i > 0 || len(args) > 1) {
			return x.fatal("keyword %s \"none\" argument must appear alone.", x.l.keyword)
		}
	}
	if err := x.wantSome(len(args)); err != nil {
		return err
	}
	x.firstList(args)
	return nil
}

// parseChannelTimeout: up to 9.6 only what follows a "none" was refused.
func parseChannelTimeout(x *exec) error {
	args := x.list()
	for i, arg := range args {
		if strings.EqualFold(arg, "none") {
			if i < len(args)-1 || i > 0 && x.r.rel >= strictLists {
				return x.fatal("keyword %s \"none\" argument must appear alone.", x.l.keyword)
			}
			continue
		}
		kind, interval, ok := strings.Cut(arg, "=")
		if _, valid := convtime(interval, x.r.rel); !ok || kind == "" || !valid {
			return x.fatal("invalid channel timeout %s", arg)
		}
	}
	if err := x.wantSome(len(args)); err != nil {
		return err
	}
	x.firstList(args)
	return nil
}

func parsePubkeyOptions(x *exec) error {
	v := &value{pos: x.at()}
	found := map[string]bool{}
	for _, arg := range x.list() {
		word := strings.ToLower(arg)
		if word != "none" && word != "touch-required" && word != "verify-required" {
			return x.fatal("unsupported %s option %s", x.l.keyword, arg)
		}
		found[word] = true
	}
	for _, name := range []string{"touch-required", "verify-required"} {
		if found[name] {
			v.items = append(v.items, item{text: name, pos: x.at()})
		}
	}
	x.first(v)
	return nil
}

func parseExemptList(x *exec) error {
	arg, err := x.word("missing argument.")
	if err != nil {
		return err
	}
	if x.r.matcher.CheckAddrList(arg) != nil {
		return x.fatal("keyword %s invalid address argument.", x.l.keyword)
	}
	x.first(oneText(arg, x.at()))
	return nil
}

// parseSubsystem: a repeated name is refused up to 9.4, ignored from 9.5. In a
// block that does not match the command may be missing up to 10.3.
func parseSubsystem(x *exec) error {
	merging := x.r.rel >= 905
	if v := x.vals[x.opt.slot]; !merging && v != nil && len(v.items) >= 256 {
		return x.fatal("too many subsystems defined.")
	}
	name, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	if !x.active {
		if x.r.rel >= 1004 {
			_, err = x.word(x.l.keyword + " missing argument.")
		}
		x.finish()
		return err
	}
	if v := x.vals[x.opt.slot]; v != nil {
		if len(v.items) >= maxSubsystems {
			return &LimitError{x.l.file, x.l.num, "1024 subsystems"}
		}
		for i := range v.items {
			if v.items[i].key != name {
				continue
			}
			if !merging {
				return x.fatal("Subsystem '%s' already defined.", name)
			}
			x.dead = &v.items[i].pos
			x.finish()
			return nil
		}
	}
	program, err := x.word("Missing subsystem command.")
	if err != nil {
		return err
	}
	rest := x.list()
	args := strings.Join(append([]string{program}, rest...), " ")
	if merging {
		args = joinArgs([]string{program})
		if tail := joinArgs(rest); tail != "" || x.r.rel < 907 {
			args += " " + tail // up to 9.6 with the blank alone
		}
	}
	x.add(item{text: name + " " + args, key: name})
	return nil
}
