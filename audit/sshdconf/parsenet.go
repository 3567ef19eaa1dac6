package sshdconf

import (
	"strconv"
	"strings"
)

// Parsers of ports, addresses, forwarding and traffic.

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
		x.dead = &pos{file: "command-line"}
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
