package pam

import (
	"io/fs"
	"sync"
)

const (
	// maxRemembered bounds how many files a Stack remembers, maxRememberedSize
	// how large one may be in bytes.
	maxRemembered     = 256
	maxRememberedSize = 1 << 20
)

// remembered wraps a source so that evaluating many accounts looks at every
// file once. What belongs to one account (a tally, a home) is asked for with
// [Source] itself. It may be used by several goroutines.
func (s Source) remembered() Source {
	return Source{
		Read: remember(s.Read, func(b []byte) bool { return len(b) <= maxRememberedSize }),
		Mode: remember(s.Mode, func(fs.FileMode) bool { return true }),
		List: rememberList(s.List),
	}
}

func rememberList(list func(string) ([]string, error)) func(string) ([]string, error) {
	if list == nil {
		return nil
	}
	return remember(list, func(names []string) bool { return len(names) <= maxRemembered })
}

func remember[T any](get func(string) (T, error), small func(T) bool) func(string) (T, error) {
	type result struct {
		value T
		err   error
	}
	var lock sync.Mutex
	known := make(map[string]result)
	return func(path string) (T, error) {
		lock.Lock()
		r, ok := known[path]
		lock.Unlock()
		if ok {
			return r.value, r.err
		}
		r.value, r.err = get(path)
		lock.Lock()
		defer lock.Unlock()
		if len(known) < maxRemembered && small(r.value) {
			known[path] = r
		}
		return r.value, r.err
	}
}
