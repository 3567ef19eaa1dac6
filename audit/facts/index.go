package facts

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"

	"sshaudit/audit/authkeys"
)

// Index finds what several accounts have in common, such as a home or a key,
// while accounts come and go one by one: it remembers one account for each
// value, and all of them only for a value that is shared. It may be used by
// several goroutines. The zero value is empty.
type Index[K comparable] struct {
	mu     sync.Mutex
	first  map[K]int32
	shared map[K]*Shared
}

// Shared is a value that several accounts have.
type Shared struct {
	// Label names the value.
	Label string
	// Accounts are indexes into the accounts of the host, ascending, each once.
	Accounts []int32
}

// Add notes that an account has the value. label is asked for the value's name
// only if another account has it too.
func (x *Index[K]) Add(value K, account int32, label func() string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.first == nil {
		x.first, x.shared = make(map[K]int32), make(map[K]*Shared)
	}
	first, seen := x.first[value]
	switch s := x.shared[value]; {
	case !seen:
		x.first[value] = account
	case s != nil:
		s.Accounts = append(s.Accounts, account)
	case first != account:
		x.shared[value] = &Shared{Label: label(), Accounts: []int32{first, account}}
	}
}

// Remove takes back what Add noted of an account.
func (x *Index[K]) Remove(value K, account int32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.shared[value]
	if s == nil {
		if first, seen := x.first[value]; seen && first == account {
			delete(x.first, value)
		}
		return
	}
	s.Accounts = slices.DeleteFunc(s.Accounts, func(a int32) bool { return a == account })
	if len(s.Accounts) > 0 {
		x.first[value] = s.Accounts[0]
	}
	if !slices.ContainsFunc(s.Accounts, func(a int32) bool { return a != s.Accounts[0] }) {
		delete(x.shared, value)
	}
}

// Take moves everything that another index holds into this one, which is empty.
func (x *Index[K]) Take(from *Index[K]) {
	from.mu.Lock()
	first, shared := from.first, from.shared
	from.first, from.shared = nil, nil
	from.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.first, x.shared = first, shared
}

// Shared returns the values that several accounts have, ordered by their first
// account and their label.
func (x *Index[K]) Shared() []Shared {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := make([]Shared, 0, len(x.shared))
	for _, s := range x.shared {
		slices.Sort(s.Accounts)
		s.Accounts = slices.Compact(s.Accounts)
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Shared) int {
		return cmp.Or(cmp.Compare(a.Accounts[0], b.Accounts[0]), cmp.Compare(a.Label, b.Label))
	})
	return list
}

// With returns the other accounts that have the value.
func (x *Index[K]) With(value K, account int32) []int32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.shared[value]
	if s == nil {
		return nil
	}
	others := slices.Clone(s.Accounts)
	slices.Sort(others)
	return slices.DeleteFunc(slices.Compact(others), func(a int32) bool { return a == account })
}

// keySeed makes the hashes of keys unpredictable, so that nobody can craft two
// keys that collide.
var keySeed = maphash.MakeSeed()

// KeyHash is a key's place in the index of keys. It means nothing outside this process.
func KeyHash(k *authkeys.Key) uint64 { return maphash.Bytes(keySeed, k.Blob) }
