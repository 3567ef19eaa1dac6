package authkeys

import (
	"strings"
	"time"
)

// parseExpiry reads an expiry-time (misc.c parse_absolute_time): YYYYMMDD,
// YYYYMMDDHHMM or YYYYMMDDHHMMSS, from 9.1 also with Z or UTC behind. Without
// a zone in the rules a local time is read as UTC, which utc tells.
func parseExpiry(s string, r *Rules) (t time.Time, utc bool, unsure string, ok bool) {
	if r.atLeast(9, 1) {
		switch n := len(s); {
		case n > 1 && strings.EqualFold(s[n-1:], "z"):
			s, utc = s[:n-1], true
		case n > 3 && strings.EqualFold(s[n-3:], "utc"):
			s, utc = s[:n-3], true
		}
	}
	if len(s) != 8 && len(s) != 12 && len(s) != 14 {
		return t, utc, "", false
	}
	var field [6]int
	bounds := [6][2]int{{0, 9999}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 61}}
	field[1] = 1
	for i, pos := 0, 0; pos < len(s); i++ {
		width := 2
		if i == 0 {
			width = 4
		}
		n, rest, good := strpNumber(s[pos:pos+width], bounds[i][0], bounds[i][1])
		pos += width
		if !good || rest && pos < len(s) {
			return t, utc, "", false
		}
		// Up to 8.4 nobody looked whether strptime read the last number to its
		// end; in 9.1 somebody does.
		if rest && r.atLeast(9, 1) {
			return t, utc, "", false
		}
		if rest && r.atLeast(8, 5) {
			unsure = "whether this release takes so odd an expiry-time is not known"
		}
		field[i] = n
	}
	civil := time.Date(field[0], time.Month(field[1]), field[2], field[3], field[4], field[5], 0, time.UTC)
	unix := civil.Unix()
	if !utc && r.Zone != nil {
		unix = mktime(civil, r.Zone)
	}
	// A result before 1970 is an error to mktime's caller, 0 means none.
	return time.Unix(unix, 0).UTC(), utc, unsure, unix > 0
}

// strpNumber reads a number as glibc's strptime does: blanks may lead, and it
// stops before a digit that would exceed the upper bound. rest tells that text
// was left over.
func strpNumber(s string, low, high int) (n int, rest, ok bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false, false
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' && (i == 0 || n*10 <= high) {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, i < len(s), low <= n && n <= high
}

// mktime turns local civil time, given as if it were UTC, into Unix time as
// mktime does when told that daylight saving time is not in effect: sshd leaves
// tm_isdst at 0. A time within summer time is therefore read as standard time,
// an hour later than a clock on the wall would have it.
func mktime(civil time.Time, zone *time.Location) int64 {
	local := civil.Unix()
	// glibc looks in steps of 601200 seconds, first before, then after, over
	// about 17 years for a moment with the wanted tm_isdst, and takes its offset.
	const step, steps = 601200, 446
	guess := local - offsetAt(local, zone)
	guess = local - offsetAt(guess, zone)
	for _, t := range [...]int64{guess, guess - 3600, guess + 3600} {
		if at := time.Unix(t, 0).In(zone); !at.IsDST() && local-offsetAt(t, zone) == t {
			return t
		}
	}
	for i := range int64(steps) {
		for _, t := range [...]int64{guess - i*step, guess + i*step} {
			if !time.Unix(t, 0).In(zone).IsDST() {
				return local - offsetAt(t, zone)
			}
		}
	}
	return guess
}

// offsetAt returns the zone's offset from UTC in seconds at a moment.
func offsetAt(unix int64, zone *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return int64(offset)
}
