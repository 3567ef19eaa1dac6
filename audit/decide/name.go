package decide

import (
	"strings"
	"time"

	"sshaudit/audit/accounts"
)

// timeOf is the beginning of a day of shadow.
func timeOf(day int32) time.Time { return time.Unix(int64(day)*secondsPerDay, 0).UTC() }

// Suggest returns up to limit names of accounts that somebody may have meant who
// typed name: another case, blanks around it, a domain before or behind it, signs
// that look alike, or one slip of the finger. The most likely come first.
func Suggest(db *accounts.DB, name string, limit int) []string {
	plain := strings.TrimSpace(name)
	if i := strings.LastIndexByte(plain, '\\'); i >= 0 {
		plain = plain[i+1:]
	}
	if i := strings.IndexByte(plain, '@'); i > 0 {
		plain = plain[:i]
	}
	if i := strings.IndexByte(plain, ':'); i > 0 {
		plain = plain[:i]
	}
	if plain == "" || len(plain) > maxSuggested {
		return nil
	}
	alike := looks(plain)
	var same, similar, near []string
	for i := range db.Len() {
		switch known := db.At(i).Name; {
		case known == plain:
			same = append(same, known)
		case strings.EqualFold(known, plain), len(known) == len(plain) && looks(known) == alike:
			similar = append(similar, known)
		case len(plain) > 2 && oneSlip(known, plain):
			near = append(near, known)
		}
	}
	if len(same) > 0 { // only what stood around it was wrong
		return same
	}
	list := append(similar, near...)
	return list[:min(len(list), limit)]
}

// maxSuggested bounds the names that are compared, in bytes.
const maxSuggested = 64

// alike maps signs that are taken for each other to one of them.
var alike = strings.NewReplacer("0", "o", "1", "l", "i", "l", "_", "-", ".", "-")

// looks is a name as a hurried reader sees it.
func looks(name string) string { return alike.Replace(strings.ToLower(name)) }

// oneSlip tells whether one letter was added, left out, mistyped, or swapped
// with its neighbour.
func oneSlip(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > 1 {
		return false
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	if len(a) > len(b) {
		return a[i+1:] == b[i:]
	}
	if i == len(b) {
		return false // the same name
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(b) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
