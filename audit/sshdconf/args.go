package sshdconf

import (
	"slices"
	"strconv"
	"strings"
)

// arguments is sshd's command line as far as it configures (sshd.c main).
type arguments struct {
	file string
	// flags are those that set something, in order.
	flags []argument
}

type argument struct {
	letter byte
	value  string
}

const (
	lettersWithValue    = "CEbcfghkopu"
	lettersWithoutValue = "46DGQRTdeiqrtV"
)

// readArgs takes the command line apart as getopt(3) does.
func readArgs(args []string) (*arguments, error) {
	out := &arguments{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" && i+1 == len(args) {
			break
		}
		if len(arg) < 2 || arg[0] != '-' || arg == "--" {
			return nil, &ConfigError{File: "command-line", Message: "Extra argument " + arg + "."}
		}
		for j := 1; j < len(arg); j++ {
			switch {
			case strings.IndexByte(lettersWithoutValue, arg[j]) >= 0:
				out.add(arg[j], "")
				continue
			case strings.IndexByte(lettersWithValue, arg[j]) < 0:
				return nil, &ConfigError{File: "command-line", Message: "unknown option -- " + arg[j:j+1]}
			}
			value := arg[j+1:]
			if value == "" {
				if i++; i == len(args) {
					return nil, &ConfigError{File: "command-line", Message: "option requires an argument -- " + arg[j:]}
				}
				value = args[i]
			}
			out.add(arg[j], value)
			break
		}
	}
	return out, nil
}

func (a *arguments) add(letter byte, value string) {
	if letter == 'f' {
		a.file = value
		return
	}
	a.flags = append(a.flags, argument{letter, value})
}

// arguments applies the command line, before the file.
func (w *walker) arguments(args *arguments) error {
	r := w.c.r
	for _, a := range args.flags {
		l := &line{file: "command-line"}
		x := &exec{r: r, vals: w.vals, active: true, l: l}
		set := func(name, text string) { w.vals[r.slot(name)] = oneText(text, x.at()) }
		switch a.letter {
		case '4':
			set("addressfamily", "inet")
		case '6':
			set("addressfamily", "inet6")
		case 'q':
			set("loglevel", orQuiet(r))
		case 'd':
			w.moreDebug()
		case 'g':
			seconds, ok := convtime(a.value, r.rel)
			if !ok {
				return x.fatal("Invalid login grace time.")
			}
			set("logingracetime", strconv.Itoa(seconds))
		case 'h', 'c':
			name := map[byte]string{'h': "hostkey", 'c': "hostcertificate"}[a.letter]
			path, err := x.absolute(a.value)
			if err != nil {
				return err
			}
			x.opt = r.option(name)
			x.add(item{text: path})
		case 'p':
			w.portsFixed = true
			x.opt = r.option("port")
			port := x.port(a.value)
			if port <= 0 {
				return x.fatal("Bad port number.")
			}
			x.add(item{text: strconv.Itoa(port)})
		case 'o':
			if err := w.argumentLine(a.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// argumentLine applies -o as a line of its own; Include and Match have no place there.
func (w *walker) argumentLine(text string) error {
	l, ok := splitLine("command-line", 0, text, w.c.r.argv)
	if !ok {
		return nil
	}
	l.word = w.c.r.words[strings.ToLower(l.keyword)]
	if l.word != nil && (l.word.kind == include || l.word.kind == matchBlock) {
		return &ConfigError{File: l.file, Message: l.keyword + " directive not supported as a command-line option"}
	}
	return w.line(l, &scope{})
}

func orQuiet(r *rules) string {
	if r.build.Debian {
		return "SILENT"
	}
	return "QUIET"
}

// moreDebug is one -d: the first sets DEBUG, each further one a level more.
func (w *walker) moreDebug() {
	slot := w.c.r.slot("loglevel")
	levels := []string{orQuiet(w.c.r), "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG", "DEBUG2", "DEBUG3"}
	level := "DEBUG"
	if w.debugging {
		level = levels[min(slices.Index(levels, w.vals[slot].items[0].text)+1, len(levels)-1)]
	}
	w.debugging = true
	w.vals[slot] = oneText(level, pos{file: "command-line"})
}
