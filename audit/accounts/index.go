package accounts

import (
	"hash/maphash"
	"math/bits"
	"slices"
)

// sorted returns the indexes of n things in the order of their number, file
// order among equals.
func sorted(n int, number func(int) uint32) []int32 {
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(number(i))<<32 | uint64(uint32(i))
	}
	slices.Sort(keys)
	list := make([]int32, n)
	for k, key := range keys {
		list[k] = int32(uint32(key))
	}
	return list
}

// nameTable finds an account by its name: a hash table with open addressing,
// which takes a fraction of a map's time and memory. It holds indexes plus one.
type nameTable struct {
	seed  maphash.Seed
	slots []int32
}

// grow empties the table and makes room for n names.
func (t *nameTable) grow(n int) {
	t.seed = maphash.MakeSeed()
	t.slots = make([]int32, 1<<bits.Len(uint(2*n)))
}

// slot is where a name stands, or where it would have to.
func (t *nameTable) slot(accounts []Account, name string) int {
	mask := len(t.slots) - 1
	at := int(maphash.String(t.seed, name)) & mask
	for t.slots[at] != 0 && accounts[t.slots[at]-1].Name != name {
		at = (at + 1) & mask
	}
	return at
}

// add notes that the account behind the known ones has the name; false if one
// of them has it.
func (t *nameTable) add(known []Account, name string) bool {
	at := t.slot(known, name)
	if t.slots[at] != 0 {
		return false
	}
	t.slots[at] = int32(len(known)) + 1
	return true
}

func (t *nameTable) find(accounts []Account, name string) (int, bool) {
	i := t.slots[t.slot(accounts, name)]
	return int(i) - 1, i != 0
}
