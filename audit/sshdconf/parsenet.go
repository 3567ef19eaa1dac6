package sshdconf

import (
	"math"
	"strconv"
	"strings"
)

// Parsers of ports, addresses, forwarding, traffic and connection limits.

const maxPorts = 256

// port reads a port number or the name of a TCP service (misc.c a2port); -1 if
// it is neither.
func (x *exec) port(s string) int {
	if n, complaint := strtonum(s, 0, 65535); complaint == "" {
		return int(n)
	}
	return x.r.service(s)
}

func parsePort(x *exec) error {
	if x.portsFixed {
		x.seen.shadowByPorts(x)
		x.finish()
		return nil
	}
	if v := x.vals[x.opt.slot]; v != nil && len(v.items) >= maxPorts {
		return x.fatal("too many ports.")
	}
	arg, err := x.word("missing port number.")
	if err != nil {
		return err
	}
	port := x.port(arg)
	if port <= 0 {
		return x.fatal("Badly formatted port number.")
	}
	x.add(item{text: strconv.Itoa(port)})
	return nil
}

// hostPort cuts HOST:PORT (misc.c hpdelim): ok is false for a slash after the
// host and for a bracket that is not closed or not followed by a colon.
func hostPort(s string) (host, port string, hasPort, ok bool) {
	end := 0
	if strings.HasPrefix(s, "[") {
		if end = strings.IndexByte(s, ']') + 1; end == 0 {
			return "", "", false, false
		}
	} else if end = strings.IndexAny(s, ":/"); end < 0 {
		end = len(s)
	}
	switch {
	case end == len(s):
		return s, "", false, true
	case s[end] == ':':
		return s[:end], s[end+1:], true, true
	}
	return "", "", false, false
}

// unbracket drops the brackets around an IPv6 address (misc.c cleanhostname).
func unbracket(host string) string {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	return host
}

// parseListenAddress gathers addresses; they meet the ports after the whole file.
func parseListenAddress(x *exec) error {
	arg, err := x.word("missing address")
	if err != nil {
		return err
	}
	port := 0
	if strings.Contains(arg, "[") || strings.Count(arg, ":") < 2 {
		host, portText, hasPort, ok := hostPort(arg)
		if !ok {
			return x.fatal("bad address:port usage")
		}
		arg = unbracket(host)
		if hasPort {
			if port = x.port(portText); port <= 0 {
				return x.fatal("bad port number")
			}
		}
	}
	if word, ok := x.next(); ok {
		if _, domain := x.next(); word != "rdomain" || !domain {
			return x.fatal("bad ListenAddress syntax")
		}
		return x.fatal("bad routing domain")
	}
	x.add(item{text: arg, key: strconv.Itoa(port)})
	return nil
}

// permit checks one HOST:PORT of PermitOpen or PermitListen; a bare port of
// PermitListen means every host.
func (x *exec) permit(arg string) (string, error) {
	text, portText, hasPort := arg, arg, true
	if x.opt.name == "permitlisten" && !strings.Contains(arg, ":") {
		text = "*:" + arg
	} else {
		var ok bool
		if _, portText, hasPort, ok = hostPort(arg); !ok {
			return "", x.fatal("%s missing host", x.l.keyword)
		}
	}
	if !hasPort || portText != "*" && x.port(portText) <= 0 {
		return "", x.fatal("%s bad port number", x.l.keyword)
	}
	return text, nil
}

func parsePermit(x *exec) error {
	var kept []string
	for {
		arg, ok := x.next()
		if !ok || arg == "" && x.r.rel < strictLists {
			break
		}
		if arg == "any" || arg == "none" {
			if x.r.rel >= strictLists && len(kept) > 0 {
				return x.fatal("%s must appear alone on a %s line.", arg, x.l.keyword)
			}
			if x.r.rel >= strictLists || len(kept) == 0 {
				kept = append(kept, arg)
				if x.r.rel < strictLists {
					break
				}
				continue
			}
		}
		text, err := x.permit(arg)
		if err != nil {
			return err
		}
		kept = append(kept, text)
	}
	if len(kept) == 0 {
		return x.fatal("%s missing argument.", x.l.keyword)
	}
	x.first(manyTexts(kept, x.at()))
	return nil
}

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
		bad = n[0] > n[2] || n[1] > 100 || n[1] < 1 || x.r.rel >= 805 && (n[2] <= 0 || n[0] <= 0)
	case 1:
		full = strconv.Itoa(n[0])
		if x.r.rel < 1001 || x.r.rel > 1002 {
			begin = full
		}
		bad = x.r.rel >= 805 && n[0] <= 0
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
	if x.r.rel < strictLists {
		x.last(oneText(arg, x.at()))
	} else {
		x.first(oneText(arg, x.at()))
	}
	return nil
}

// parseNetBlockSize: the last line wins up to 10.0. With a single number sshd
// 8.5 to 10.2 leaves the IPv6 length to chance; the default stands here.
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
		x.seen.note(x, "PerSourceNetBlockSize without an IPv6 length: this release uses an undefined one, write both")
	}
	v := manyTexts([]string{strconv.Itoa(n[0]), strconv.Itoa(six)}, x.at())
	if x.r.rel < 1001 {
		x.last(v)
	} else {
		x.first(v)
	}
	return nil
}

// parseRekeyLimit reads a size and an optional time; each is won on its own.
func parseRekeyLimit(x *exec) error {
	arg, err := x.word(x.l.keyword + " missing argument.")
	if err != nil {
		return err
	}
	size := int64(0)
	if arg != "default" {
		var ok bool
		if size, ok = scanScaled(arg); !ok {
			return x.fatal("Bad %s number '%s'", x.l.keyword, arg)
		}
		if size != 0 && size < 16 {
			return x.fatal("%s too small", x.l.keyword)
		}
	}
	x.first(oneText(strconv.FormatInt(size, 10), x.at()))
	if !x.more() {
		return nil
	}
	if x.r.argv && x.l.args[x.taken] == "none" || !x.r.argv && x.cur.s == "none" {
		x.next()
		return nil
	}
	return x.timeInto(x.r.slot("rekeylimit interval"))
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
		seconds, ok := convtime(text, x.r.rel)
		if !ok {
			return "", "", x.fatal("invalid %s time value.", x.l.keyword)
		}
		return name, strconv.Itoa(seconds), nil
	}
	return "", "", x.fatal("unsupported %s keyword %s", x.l.keyword, arg)
}
