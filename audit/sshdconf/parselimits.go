package sshdconf

import (
	"math"
	"strconv"
	"strings"
)

// Parsers of connection limits and penalties.

// parseMaxStartups: up to 10.0 the last line wins, and a single number keeps the
// rate of an earlier line.
func parseMaxStartups(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	n := scanInts(arg, 3)
	begin, rate, full := "10", "30", ""
	if v := x.vals[x.opt.slot]; v != nil {
		rate = v.items[1].text
	}
	bad := false
	switch len(n) {
	case 3:
		begin, rate, full = strconv.Itoa(n[0]), strconv.Itoa(n[1]), strconv.Itoa(n[2])
		bad = n[0] > n[2] || n[1] > 100 || n[1] < 1 || x.r.rel >= 902 && (n[2] <= 0 || n[0] <= 0)
	case 1:
		full = strconv.Itoa(n[0])
		if x.r.rel < 1001 || x.r.rel > 1002 {
			begin = full
		}
		bad = x.r.rel >= 902 && n[0] <= 0
	default:
		bad = true
	}
	if bad {
		return x.fatal("Invalid %s spec.", x.l.keyword)
	}
	v := manyTexts([]string{begin, rate, full}, x.at())
	if x.r.rel < 1001 {
		x.last(v)
	} else {
		x.first(v)
	}
	return nil
}

// parsePerSourceMax: the last line wins up to 9.4.
func parsePerSourceMax(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	if arg != "none" {
		n, err := x.integer(arg)
		if err != nil {
			return err
		}
		if arg = strconv.FormatInt(n, 10); n == math.MaxInt32 {
			arg = "none"
		}
	}
	if x.r.rel < 905 {
		x.last(oneText(arg, x.at()))
	} else {
		x.first(oneText(arg, x.at()))
	}
	return nil
}

// parseNetBlockSize: the last line wins up to 10.0. With a single number sshd
// 8.5 to 10.2 does not set the IPv6 length; Debian's builds then have 0.
func parseNetBlockSize(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	n := scanInts(arg, 2)
	if len(n) == 0 || n[0] < 0 || n[0] > 32 || len(n) == 2 && (n[1] < 0 || n[1] > 128) {
		return x.fatal("Invalid %s spec.", x.l.keyword)
	}
	six := 128
	if len(n) == 2 {
		six = n[1]
	} else if x.r.rel < 1003 {
		six = 0
		x.seen.note(x, "PerSourceNetBlockSize without an IPv6 length: this release does not set it, all of IPv6 may count as one source; write both")
	}
	v := manyTexts([]string{strconv.Itoa(n[0]), strconv.Itoa(six)}, x.at())
	if x.r.rel < 1001 {
		x.last(v)
	} else {
		x.first(v)
	}
	return nil
}

var penaltyTimes = []struct {
	name  string
	since rel
}{
	{"crash", 0}, {"authfail", 0}, {"invaliduser", 1003}, {"noauth", 0}, {"grace-exceeded", 0},
	{"refuseconnection", 909}, {"max", 0}, {"min", 0},
}

// parsePenalties reads sub-options; each is won by the first line that names it,
// and naming one switches the penalties on.
func parsePenalties(x *exec) error {
	args := x.list()
	for i, arg := range args {
		if strings.EqualFold(arg, "no") || strings.EqualFold(arg, "yes") {
			if i < len(args)-1 {
				return x.fatal("keyword %s \"%s\" argument must appear alone.", x.l.keyword, arg)
			}
			x.first(oneText(strings.ToLower(arg), x.at()))
			continue
		}
		name, text, err := x.penalty(arg)
		if err != nil {
			return err
		}
		slot := x.r.slot("penalty " + name)
		if x.active && x.vals[slot] == nil {
			x.vals[x.opt.slot] = oneText("yes", x.at())
		}
		x.firstIn(slot, oneText(text, x.at()))
	}
	if len(args) == 0 {
		return x.fatal("no %s specified", x.l.keyword)
	}
	return nil
}

func (x *exec) penalty(arg string) (name, text string, err error) {
	name, text, _ = strings.Cut(arg, ":")
	switch arg {
	case "overflow:deny-all", "overflow:permissive", "overflow6:deny-all", "overflow6:permissive":
		return name, text, nil
	}
	if strings.HasPrefix(arg, "max-sources4:") || strings.HasPrefix(arg, "max-sources6:") {
		n, complaint := strtonum(text, 0, math.MaxInt32)
		if text == "" {
			complaint = "missing"
		}
		if complaint != "" {
			return "", "", x.fatal("%s value %s.", x.l.keyword, complaint)
		}
		return name, strconv.FormatInt(n, 10), nil
	}
	for _, p := range penaltyTimes {
		if !strings.HasPrefix(arg, p.name+":") || x.r.rel < p.since {
			continue
		}
		read := wholeSeconds
		if x.r.rel >= 1003 {
			read = decimalSeconds
		}
		seconds, ok := read(text, x.r.rel)
		if !ok {
			return "", "", x.fatal("invalid %s time value.", x.l.keyword)
		}
		return name, seconds, nil
	}
	return "", "", x.fatal("unsupported %s keyword %s", x.l.keyword, arg)
}

func wholeSeconds(text string, r rel) (string, bool) {
	n, ok := convtime(text, r)
	return strconv.Itoa(n), ok
}

// decimalSeconds reads a duration whose numbers may have decimals, since 10.3.
func decimalSeconds(text string, _ rel) (string, bool) {
	if text == "" {
		return "", false
	}
	total := 0.0
	for text != "" {
		end := 0
		for end < len(text) && (text[end] == '.' || '0' <= text[end] && text[end] <= '9') {
			end++
		}
		n, err := strconv.ParseFloat(text[:end], 64)
		if err != nil {
			return "", false
		}
		unit := int64(1)
		if text = text[end:]; text != "" {
			var ok bool
			if unit, ok = timeUnits[text[0]|0x20]; !ok || text[0] < 'A' {
				return "", false
			}
			text = text[1:]
		}
		if total += n * float64(unit); total > math.MaxInt32 {
			return "", false
		}
	}
	return strconv.FormatFloat(total, 'f', -1, 64), true
}
