package accounts

import (
	"iter"
	"sort"
)

// PrimaryBehind yields the accounts whose primary group is gid as getpwent(3)
// comes to them behind a line of passwd, 0 for all. A line whose name an earlier
// one has is among them; an account that Add brought is not, because the name
// service did not enumerate it.
func (db *DB) PrimaryBehind(gid uint32, line int32) iter.Seq[*Account] {
	return func(yield func(*Account) bool) {
		byGID := db.byGID()
		start := sort.Search(len(byGID), func(k int) bool {
			a := &db.accounts[byGID[k]]
			return a.GID > gid || a.GID == gid && (a.Line == 0 || a.Line > line)
		})
		repeated := db.repeated
		for _, i := range byGID[start:] {
			a := &db.accounts[i]
			if a.GID != gid || a.Line == 0 {
				break
			}
			for len(repeated) > 0 && repeated[0].Line < a.Line {
				r := &repeated[0]
				repeated = repeated[1:]
				if r.GID == gid && r.Line > line && !yield(r) {
					return
				}
			}
			if !yield(a) {
				return
			}
		}
		for k := range repeated {
			if r := &repeated[k]; r.GID == gid && r.Line > line && !yield(r) {
				return
			}
		}
	}
}

// UIDName returns the name that getpwuid(3) returns for a uid, that of the first
// line, "" if there is none.
func (db *DB) UIDName(uid uint32) string {
	var first *Account
	if list := db.WithUID(uid); len(list) > 0 {
		first = list[0]
	}
	for i := range db.repeated {
		if r := &db.repeated[i]; r.UID == uid && (first == nil || first.Line == 0 || r.Line < first.Line) {
			first = r
		}
	}
	if first == nil {
		return ""
	}
	return first.Name
}
