//go:build linux

package watch

import (
	"slices"

	"golang.org/x/sys/unix"
)

// target is whom the events of a watch concern. Most concern one account.
type target struct {
	// one is the account, -1 if there are several or none.
	one int32
	// filter is the index of the names that matter to one and to many.whole.
	filter int32
	many   *many
}

// many are the accounts of a directory that concerns several.
type many struct {
	path   string
	mask   uint32
	whole  []int32
	byName map[string][]int32
}

// attach has the events of a watch concern an account. It reports whether they
// did not before.
func (w *Accounts) attach(wd, account int32, d *Dir) bool {
	t, known := w.targets[wd]
	if !known {
		t = target{one: -1}
	}
	fresh := t.attach(account, d, w.filter(d.Names))
	w.targets[wd] = t
	if t.many != nil && d.Shared {
		t.many.path, t.many.mask = d.Path, t.many.mask|maskOf(d)
		w.shared[d.Path] = wd
	}
	return fresh
}

func (t *target) attach(account int32, d *Dir, filter int32) bool {
	if !d.Shared && t.many == nil && (t.one < 0 || t.one == account) {
		fresh := t.one < 0 || t.filter != filter
		t.one, t.filter = account, filter
		return fresh
	}
	if t.many == nil {
		t.many = &many{path: d.Path, byName: make(map[string][]int32)}
		if t.one >= 0 {
			t.many.whole = append(t.many.whole, t.one)
		} else {
			t.filter = filter
		}
		t.one = -1
	}
	fresh := false
	if d.Shared {
		for _, name := range d.Names {
			if list := t.many.byName[name]; !slices.Contains(list, account) {
				t.many.byName[name], fresh = append(list, account), true
			}
		}
		return fresh
	}
	if len(t.many.whole) == 0 {
		t.filter = filter
	} else if t.filter != filter {
		t.filter = 0 // all names: too much is told rather than too little
	}
	if !slices.Contains(t.many.whole, account) {
		t.many.whole, fresh = append(t.many.whole, account), true
	}
	return fresh
}

// filter returns the index of a set of names. There are few of them: they come
// from the settings of sshd.
func (w *Accounts) filter(names []string) int32 {
	if names == nil {
		return 0
	}
	i := slices.IndexFunc(w.filters, func(f []string) bool { return f != nil && slices.Equal(f, names) })
	if i >= 0 {
		return int32(i) //nolint:gosec // bounded below
	}
	const maxFilters = 256
	if len(w.filters) >= maxFilters {
		return 0
	}
	w.filters = append(w.filters, slices.Clone(names))
	return int32(len(w.filters) - 1) //nolint:gosec // bounded above
}

// detach has the events of a watch not concern an account any more.
func (w *Accounts) detach(wd, account int32) {
	t, known := w.targets[wd]
	if !known {
		return
	}
	if t.one == account {
		t.one = -1
	}
	if m := t.many; m != nil {
		is := func(a int32) bool { return a == account }
		m.whole = slices.DeleteFunc(m.whole, is)
		for name, list := range m.byName {
			if list = slices.DeleteFunc(list, is); len(list) == 0 {
				delete(m.byName, name)
			} else {
				m.byName[name] = list
			}
		}
	}
	if t.one >= 0 || t.many != nil && len(t.many.whole)+len(t.many.byName) > 0 {
		w.targets[wd] = t
		return
	}
	w.drop(wd)
}

// drop takes a watch away.
func (w *Accounts) drop(wd int32) {
	w.unknown(wd)
	_, _ = unix.InotifyRmWatch(w.fd, uint32(wd)) //nolint:gosec // as the kernel gave it; it may be gone already
}

// unknown forgets a watch.
func (w *Accounts) unknown(wd int32) {
	if m := w.targets[wd].many; m != nil && w.shared[m.path] == wd {
		delete(w.shared, m.path)
	}
	delete(w.targets, wd)
	delete(w.rates, wd)
}

// accounts calls f with everybody whom the watch concerns.
func (t *target) accounts(f func(int32)) {
	if t.one >= 0 {
		f(t.one)
	}
	if t.many == nil {
		return
	}
	for _, a := range t.many.whole {
		f(a)
	}
	for _, list := range t.many.byName {
		for _, a := range list {
			f(a)
		}
	}
}

// about calls f with those whom an event about an entry concerns.
func (t *target) about(name []byte, filter []string, f func(int32)) {
	if t.one >= 0 || t.many != nil && len(t.many.whole) > 0 {
		if filter == nil || slices.ContainsFunc(filter, func(n string) bool { return n == string(name) }) {
			if t.one >= 0 {
				f(t.one)
			} else {
				for _, a := range t.many.whole {
					f(a)
				}
			}
		}
	}
	if t.many != nil {
		for _, a := range t.many.byName[string(name)] {
			f(a)
		}
	}
}

// Renumber gives the accounts the indexes that they have in another list; ok is
// false for one that is not in it.
func (w *Accounts) Renumber(to func(int32) (index int32, ok bool)) {
	w.mu.Lock()
	gone := []int32{}
	for account := range w.covered {
		if _, ok := to(account); !ok {
			gone = append(gone, account)
		}
	}
	w.mu.Unlock()
	for _, account := range gone {
		w.Forget(account)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	number := func(old int32) int32 {
		if index, ok := to(old); ok {
			return index
		}
		return -1
	}
	for wd, t := range w.targets {
		t.renumber(number)
		w.targets[wd] = t
	}
	w.covered = renumbered(w.covered, number)
	w.failed = renumbered(w.failed, number)
	w.quiet = renumbered(w.quiet, number)
	w.dirty = renumbered(w.dirty, number)
}

func (t *target) renumber(number func(int32) int32) {
	if t.one >= 0 {
		t.one = number(t.one)
	}
	if t.many == nil {
		return
	}
	for i, a := range t.many.whole {
		t.many.whole[i] = number(a)
	}
	for _, list := range t.many.byName {
		for i, a := range list {
			list[i] = number(a)
		}
	}
}

func renumbered[T any](m map[int32]T, number func(int32) int32) map[int32]T {
	next := make(map[int32]T, len(m))
	for old, value := range m {
		if index := number(old); index >= 0 {
			next[index] = value
		}
	}
	return next
}
