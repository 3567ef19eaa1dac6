package serverlog

import (
	"iter"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// stamp is the length of "Jan _2 15:04:05" (RFC 3164, 4.1.2).
const stamp = len(time.Stamp)

// Syslog reads a file such as auth.log or secure. A time of RFC 3164 has neither
// year nor zone: it is taken as that of the host's zone, of the latest year that
// does not put it more than a day after now. Lines of other programs are skipped.
func Syslog(text string, now time.Time, zone *time.Location) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for raw := range strings.Lines(text) {
			e, ok := syslogLine(strings.TrimRight(raw, "\r\n"), now, zone)
			if ok && !yield(e) {
				return
			}
		}
	}
}

// syslogLine reads "TIME HOST TAG[PID]: MESSAGE".
func syslogLine(s string, now time.Time, zone *time.Location) (e Entry, ok bool) {
	var when string
	switch {
	case s == "":
		return e, false
	case s[0] >= '0' && s[0] <= '9':
		when, s, ok = strings.Cut(s, " ")
	case len(s) > stamp && s[stamp] == ' ':
		when, s, ok = s[:stamp], s[stamp+1:], true
	}
	if !ok {
		return e, false
	}
	_, s, _ = strings.Cut(s, " ") // the host's name
	tag, message, ok := strings.Cut(s, ": ")
	if !ok {
		return e, false
	}
	program, pid, ok := strings.Cut(tag, "[")
	ftp := slices.Contains(ftpServers, program)
	if !ok || !strings.HasSuffix(pid, "]") || !ftp && !slices.Contains(programs, program) {
		return e, false
	}
	// The program is one of ours: only now is the time worth reading.
	if e.Time, ok = moment(when, now, zone); !ok {
		return e, false
	}
	e.Program, e.PID, e.Message = program, number(pid[:len(pid)-1]), audit.Untrusted(message)
	if ftp {
		classifyFTP(&e)
		return e, e.Cause != ""
	}
	Classify(&e)
	return e, true
}

func moment(s string, now time.Time, zone *time.Location) (time.Time, bool) {
	if s[0] >= '0' && s[0] <= '9' {
		t, err := time.Parse(time.RFC3339Nano, s)
		return t, err == nil
	}
	// The year is a leap year, or the 29th of February would be refused.
	t, err := time.Parse("2006 "+time.Stamp, "2000 "+s)
	if err != nil {
		return t, false
	}
	for year := now.In(zone).Year() + 1; ; year-- {
		at := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
		if !at.After(now.Add(24*time.Hour)) && (at.Day() == t.Day() || year < now.Year()-8) {
			return at, true
		}
	}
}
