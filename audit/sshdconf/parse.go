package sshdconf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parsers of flags, words and numbers.

// choice is a word and what sshd prints for it; later is printed from release on.
type choice struct {
	in, out string
	later   string
	release rel
}

var (
	flagWords        = []choice{{in: "yes", out: "yes"}, {in: "no", out: "no"}}
	familyWords      = []choice{{in: "inet", out: "inet"}, {in: "inet6", out: "inet6"}, {in: "any", out: "any"}}
	rhostsWords      = []choice{{in: "yes", out: "yes"}, {in: "no", out: "no"}, {in: "shosts-only", out: "shosts-only"}}
	compressionWords = []choice{{in: "yes", out: "yes"}, {in: "delayed", out: "yes"}, {in: "no", out: "no"}}
	gatewayWords     = []choice{{in: "clientspecified", out: "clientspecified"}, {in: "yes", out: "yes"}, {in: "no", out: "no"}}
	forwardWords     = []choice{{in: "yes", out: "yes"}, {in: "all", out: "yes"}, {in: "no", out: "no"}, {in: "remote", out: "remote"}, {in: "local", out: "local"}}
	rootWords        = []choice{
		{in: "without-password", out: "without-password", later: "prohibit-password", release: 1001},
		{in: "prohibit-password", out: "without-password", later: "prohibit-password", release: 1001},
		{in: "forced-commands-only", out: "forced-commands-only"}, {in: "yes", out: "yes"}, {in: "no", out: "no"},
	}
)

// oneOf parses a keyword with fixed words, in any case; the first line wins.
func oneOf(choices []choice) parser {
	return func(x *exec) error {
		arg, err := x.word("missing argument.")
		if err != nil {
			return err
		}
		for _, c := range choices {
			if !strings.EqualFold(arg, c.in) {
				continue
			}
			out := c.out
			if c.release != 0 && x.r.rel >= c.release {
				out = c.later
			}
			x.first(oneText(out, x.at()))
			return nil
		}
		return x.fatal("unsupported option \"%s\".", arg)
	}
}

var parseFlagWords = oneOf(flagWords)

func parseFlag(x *exec) error { return parseFlagWords(x) }

// integer takes a number from 0 to 2147483647.
func (x *exec) integer(arg string) (int64, error) {
	complaint := "missing"
	var n int64
	if arg != "" {
		n, complaint = strtonum(arg, 0, math.MaxInt32)
	}
	if complaint != "" {
		return 0, x.fatal("%s integer value %s.", x.l.keyword, complaint)
	}
	return n, nil
}

func parseInt(x *exec) error {
	arg, _ := x.next()
	n, err := x.integer(arg)
	if err != nil {
		return err
	}
	x.first(oneText(strconv.FormatInt(n, 10), x.at()))
	return nil
}

func parseTime(x *exec) error { return x.timeInto(x.opt.slot) }

func (x *exec) timeInto(slot int) error {
	arg, err := x.word("missing time value.")
	if err != nil {
		return err
	}
	n, ok := convtime(arg, x.r.rel)
	if !ok {
		return x.fatal("invalid time value.")
	}
	x.firstIn(slot, oneText(strconv.Itoa(n), x.at()))
	return nil
}

// parseUnusedTimeout: "none" overrides an earlier line, a number does not.
func parseUnusedTimeout(x *exec) error {
	if len(x.l.args) > 0 && strings.EqualFold(x.l.args[0], "none") {
		x.taken++
		x.last(oneText("0", x.at()))
		return nil
	}
	return parseTime(x)
}

func parseBindMask(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	mask, used := strtol(arg, 8)
	if used == 0 || mask < 0 || mask > 0o777 {
		return x.fatal("Invalid %s.", x.l.keyword)
	}
	x.last(oneText(fmt.Sprintf("0%o", mask), x.at()))
	return nil
}

func parseHash(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	for _, name := range []string{"MD5", "SHA1", "SHA256", "SHA384", "SHA512"} {
		if strings.EqualFold(arg, name) {
			x.last(oneText(name, x.at()))
			return nil
		}
	}
	return x.fatal("Invalid %s algorithm \"%s\".", x.l.keyword, arg)
}

var logLevels = []choice{
	{in: "SILENT", out: "SILENT"}, {in: "QUIET", out: "SILENT"}, {in: "FATAL", out: "FATAL"}, {in: "ERROR", out: "ERROR"},
	{in: "INFO", out: "INFO"}, {in: "VERBOSE", out: "VERBOSE"}, {in: "DEBUG", out: "DEBUG"}, {in: "DEBUG1", out: "DEBUG"},
	{in: "DEBUG2", out: "DEBUG2"}, {in: "DEBUG3", out: "DEBUG3"},
}

func parseLogLevel(x *exec) error {
	arg, ok := x.next()
	for _, c := range logLevels {
		if c.in == "SILENT" && !x.r.build.Debian || !strings.EqualFold(arg, c.in) {
			continue
		}
		out := c.out
		if out == "SILENT" && !x.r.build.Debian {
			out = "QUIET"
		}
		x.first(oneText(out, x.at()))
		return nil
	}
	if !ok {
		arg = "<NONE>"
	}
	return x.fatal("unsupported log level '%s'", arg)
}

var facilities = []string{"DAEMON", "USER", "AUTH", "AUTHPRIV", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7"}

func parseFacility(x *exec) error {
	arg, ok := x.next()
	for _, name := range facilities {
		if strings.EqualFold(arg, name) {
			x.first(oneText(name, x.at()))
			return nil
		}
	}
	if !ok {
		arg = "<NONE>"
	}
	return x.fatal("unsupported log facility '%s'", arg)
}

// parseTunnel and parseUserEnvironment heed case, unlike other words.
func parseTunnel(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	switch arg {
	case "no", "point-to-point", "ethernet", "yes":
		x.first(oneText(arg, x.at()))
		return nil
	}
	return x.fatal("bad %s argument %s", x.l.keyword, arg)
}

func parseUserEnvironment(x *exec) error { return parsePlain(x) }

func parseRDomain(x *exec) error {
	return x.fatal("setting RDomain not supported on this platform.")
}
