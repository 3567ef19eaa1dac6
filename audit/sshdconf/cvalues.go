package sshdconf

import (
	"math"
	"strconv"
	"strings"
)

// Numbers and durations as sshd's C functions read them.

const blanks = " \t\n\v\f\r"

// strtonum reads a decimal number as strtonum(3) does: blanks and a sign may
// lead. The complaint is empty, "invalid", "too small" or "too large".
func strtonum(s string, low, high int64) (int64, string) {
	n, err := strconv.ParseInt(strings.TrimLeft(s, blanks), 10, 64)
	switch {
	case err != nil && n == 0:
		return 0, "invalid"
	case n < low:
		return 0, "too small"
	case n > high:
		return 0, "too large"
	}
	return n, ""
}

// strtol reads the longest number at the head of s as strtol(3) does; base 0
// follows the notation of C. It returns how many bytes were used, 0 for none,
// and saturates.
func strtol(s string, base int) (n int64, used int) {
	i := len(s) - len(strings.TrimLeft(s, blanks))
	start := i
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	sign := s[start:i]
	if (base == 0 || base == 16) && len(s) > i+2 && s[i] == '0' && s[i+1]|0x20 == 'x' && digit(s[i+2]) < 16 {
		base, i = 16, i+2
	} else if base == 0 && i < len(s) && s[i] == '0' {
		base = 8
	} else if base == 0 {
		base = 10
	}
	first := i
	for i < len(s) && digit(s[i]) < base {
		i++
	}
	if i == first {
		return 0, 0
	}
	n, _ = strconv.ParseInt(sign+s[first:i], base, 64) // out of range saturates, as in C
	return n, i
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	}
	return math.MaxInt
}

// scanInts reads up to max colon-separated numbers as sscanf(3) with
// "%d:%d:%d" does: whatever follows the last one is ignored.
func scanInts(s string, maximum int) []int {
	var out []int
	for {
		n, used := strtol(s, 10)
		if used == 0 {
			return out
		}
		out = append(out, int(int32(n))) //nolint:gosec // sscanf stores into an int
		s = s[used:]
		if len(out) == maximum || !strings.HasPrefix(s, ":") {
			return out
		}
		s = s[1:]
	}
}

var timeUnits = map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}

// convtime reads a duration such as 90 or 1h30m in seconds (misc.c convtime).
// Up to 9.2 strtol reads the numbers, so blanks and signs pass; 8.4 computes
// with more bits and cuts the result to an int.
func convtime(s string, r rel) (int, bool) {
	if s == "" {
		return 0, false
	}
	limit := int64(math.MaxInt32)
	if r < 805 {
		limit = math.MaxInt64 - 1
	}
	var total int64
	for s != "" {
		n, used := strtol(s, 10)
		if used == 0 || n < 0 || n > limit || r >= 903 && (s[0] < '0' || s[0] > '9') {
			return 0, false
		}
		s = s[used:]
		unit := int64(1)
		if s != "" {
			var ok bool
			if unit, ok = timeUnits[s[0]|0x20]; !ok || s[0] < 'A' {
				return 0, false
			}
			s = s[1:]
		}
		if n > limit/unit || total > limit-n*unit {
			return 0, false
		}
		total += n * unit
	}
	seconds := int(int32(total)) //nolint:gosec // stored into an int
	return seconds, seconds != -1
}

const scaleLetters = "bkmgtpe"

// scanScaled reads a size such as 1.5G (openbsd-compat/fmt_scaled.c).
func scanScaled(s string) (int64, bool) {
	s = strings.TrimLeft(s, blanks)
	sign := int64(0)
	for s != "" && (s[0] == '-' || s[0] == '+') {
		if sign != 0 {
			return 0, false
		}
		if sign = 1; s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	const maxDigits = 7 * 3
	var whole, fraction int64
	digits, places, dot := 0, 0, false
	for ; s != "" && (s[0] == '.' || '0' <= s[0] && s[0] <= '9'); s = s[1:] {
		d := int64(s[0] - '0')
		switch {
		case s[0] == '.':
			if dot {
				return 0, false
			}
			dot = true
		case dot:
			if places >= maxDigits-2 {
				continue
			}
			if fraction > (math.MaxInt64-d)/10 {
				return 0, false
			}
			fraction, places = fraction*10+d, places+1
		default:
			if digits++; digits >= maxDigits || whole > (math.MaxInt64-d)/10 {
				return 0, false
			}
			whole = whole*10 + d
		}
	}
	if sign != 0 {
		whole *= sign
	}
	if s == "" {
		return whole, true
	}
	power := strings.IndexByte(scaleLetters, s[0]|0x20)
	if power < 0 || s[0] < 'A' || len(s) > 1 && digit(s[1]) != math.MaxInt {
		return 0, false
	}
	factor := int64(1) << (10 * power)
	if whole > math.MaxInt64/factor || whole < math.MinInt64/factor {
		return 0, false
	}
	for fraction >= math.MaxInt64/factor {
		fraction, places = fraction/10, places-1
	}
	fraction *= factor
	for ; places > 0; places-- {
		fraction /= 10
	}
	if sign == -1 {
		fraction = -fraction
	}
	return whole*factor + fraction, true
}
