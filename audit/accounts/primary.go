package accounts

import (
	"cmp"
	"iter"
	"slices"
)

// PrimaryFrom yields the accounts whose primary group is gid with their indexes,
// in file order, beginning with the index from: a walk of getpwent(3) that goes
// on in the middle of passwd.
func (db *DB) PrimaryFrom(gid uint32, from int) iter.Seq2[int, *Account] {
	return func(yield func(int, *Account) bool) {
		start, _ := slices.BinarySearchFunc(db.byGID, gid, func(i int32, gid uint32) int {
			return cmp.Or(cmp.Compare(db.accounts[i].GID, gid), cmp.Compare(int(i), from))
		})
		for _, i := range db.byGID[start:] {
			if a := &db.accounts[i]; a.GID != gid || !yield(int(i), a) {
				return
			}
		}
	}
}
