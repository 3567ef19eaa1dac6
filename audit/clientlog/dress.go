package clientlog

import (
	"strings"
)

// dress is what a line wears before its text, by the program that wrote it.
type dress uint8

const (
	plain     dress = iota // nothing: PuTTY's events, messages of ssh, of libraries
	winSCP                 // mark and time
	fileZilla              // label
	eventLog               // "Event Log: ", PuTTY's file of packets
	packet                 // the head of a packet in it
	hexDump                // the bytes of a packet
	openSSH                // "debug1: "
	lftp                   // "---- ", "---> ", "<--- ", "**** "
	curl                   // "* ", "> ", "< "
)

// direction tells who speaks in a record.
type direction uint8

const (
	said     direction = iota // a message of the client itself
	sent                      // sent to the server
	received                  // received from the server
	failed                    // an error of the client
)

// record is one line without its dress.
type record struct {
	dress dress
	dir   direction
	// time is as written; empty if there is none.
	time string
	text string
	// tunnel tells that it is about the connection to a jump host.
	tunnel bool
	line   int
}

// undress takes off what a line wears.
func undress(r *record, s string) {
	s = unquote(s)
	*r = record{}
	if undressWinSCP(r, s) {
		return
	}
	if s == "" {
		return
	}
	t := s
	if t[0] == ' ' || t[0] == '\t' {
		t = strings.TrimLeft(s, " \t")
		if isHex(t) {
			r.dress, r.text = hexDump, t
			return
		}
	}
	if t[0] == '[' || t[0] >= '0' && t[0] <= '9' {
		r.time, t = clock(t)
	}
	if r.text = t; t == "" {
		return
	}
	switch t[0] {
	case '>', '<', '*', '-':
		if dressed(r) {
			return
		}
	case 'd':
		if len(t) > 8 && strings.HasPrefix(t, "debug") && t[6:8] == ": " {
			r.dress, r.text = openSSH, t[8:]
			return
		}
	case 'E':
		if rest, ok := strings.CutPrefix(t, "Event Log: "); ok {
			r.dress, r.text = eventLog, rest
			return
		}
	case 'O', 'I':
		if strings.HasPrefix(t, "Outgoing packet ") || strings.HasPrefix(t, "Incoming packet ") {
			r.dress = packet
			return
		}
	}
	label(r)
}

// undressWinSCP reads "M yyyy-mm-dd hh:nn:ss.zzz text", the mark and its blank
// possibly lost (WinSCP SessionInfo.cpp, TSessionLog::DoAddToSelf).
func undressWinSCP(r *record, s string) bool {
	t := s
	dir := said
	if len(t) > 2 && strings.IndexByte(".<>!*", t[0]) >= 0 {
		switch t[0] {
		case '<':
			dir = received
		case '>':
			dir = sent
		case '*':
			dir = failed
		}
		if t[1] == ' ' && t[2] > ' ' && t[2] < 0x80 {
			t = t[2:]
		} else {
			t = strings.TrimLeft(t[1:], " \t\u00a0")
		}
	}
	if len(t) < 23 || t[4] != '-' || t[7] != '-' || t[13] != ':' || t[16] != ':' || t[19] != '.' ||
		t[0] < '0' || t[0] > '9' || t[22] < '0' || t[22] > '9' {
		return false
	}
	r.dress, r.dir = winSCP, dir
	r.time, t = t[:23], strings.TrimPrefix(t[23:], " ")
	if strings.HasPrefix(t, "[") {
		if rest, ok := strings.CutPrefix(t, "[Tunnel] "); ok {
			t, r.tunnel = rest, true
		}
	}
	r.text = t
	return true
}

// dressed takes off what begins with a mark of lftp or curl, and a lost WinSCP time.
func dressed(r *record) bool {
	t := r.text
	if len(t) > 5 && t[4] == ' ' {
		d := lftp
		switch t[:4] {
		case "----":
			r.dir = said
		case "--->":
			r.dir = sent
		case "<---":
			r.dir = received
		case "****":
			r.dir = failed
		default:
			d = plain
		}
		if d == lftp {
			r.dress, r.text = d, t[5:]
			return true
		}
	}
	if len(t) < 3 || t[1] != ' ' || t[0] == '-' {
		return false
	}
	r.dress, r.text = curl, strings.TrimLeft(t[2:], " ")
	switch t[0] {
	case '>':
		r.dir = sent
	case '<':
		r.dir = received
	}
	return true
}

// isHex recognises a line of a packet dump: an offset of eight hexadecimal
// digits, two blanks, bytes (PuTTY logging.c, log_packet).
func isHex(t string) bool {
	if len(t) < 12 || t[8] != ' ' {
		return false
	}
	for i := range 8 {
		if hexDigit(t[i]) < 0 {
			return false
		}
	}
	return hexDigit(t[10]) >= 0 || t[10] == 'X'
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}

// clock takes a time off the beginning: "[12:34:56]", "12:34:56", "2026-11-22
// 16:42:01", "2026-11-22T16:42:01.123Z", with what FileZilla's log file and the
// logs of build services put behind it.
func clock(t string) (at, rest string) {
	open := t != "" && t[0] == '['
	if open {
		t = t[1:]
	}
	i := 0
	for i < len(t) && i < 40 && (t[i] >= '0' && t[i] <= '9' || strings.IndexByte(":-.,/TZ+ ", t[i]) >= 0) {
		i++
	}
	at = strings.TrimRight(t[:i], " ")
	if len(at) < 8 || strings.Count(at, ":") < 2 {
		if open {
			return "", "[" + t
		}
		return "", t
	}
	rest = t[i:]
	if open {
		_, after, ok := strings.Cut(t[i:], "]")
		if !ok || len(t)-i-len(after) > 6 {
			return "", "[" + t
		}
		rest = after
	}
	return at, strings.TrimLeft(rest, " \t")
}
