package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// System watches files of the system: those that root alone can change, so that
// they may be named by their paths.
type System struct {
	fs     *fsnotify.Watcher
	signal chan struct{}
	ended  chan struct{}

	mu sync.Mutex
	// names holds the entries that matter of each watched directory; a nil map
	// stands for all of them.
	names     map[string]map[string]struct{}
	unwatched int
	changed   time.Time
	overflows uint64
}

// NewSystem opens an inotify instance. Close it.
func NewSystem() (*System, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("inotify: %w; raise fs.inotify.max_user_instances", err)
	}
	s := &System{fs: w, signal: make(chan struct{}, 1), ended: make(chan struct{}), names: make(map[string]map[string]struct{})}
	go s.read()
	return s, nil
}

// Close ends the watching.
func (s *System) Close() error {
	err := s.fs.Close()
	<-s.ended
	return err
}

// Changed is sent to when something changed.
func (s *System) Changed() <-chan struct{} { return s.signal }

// Since returns when the first event since the last call was read; zero if there was none.
func (s *System) Since() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.changed
	s.changed = time.Time{}
	return at
}

// Stats returns the counters.
func (s *System) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{Watched: len(s.names), Unwatched: s.unwatched, Overflows: s.overflows}
}

// Cover watches for changes to these paths, which are added to those of earlier
// calls; a slash at the end means everything in the directory. A path whose
// directory does not exist is watched for from the next one above. secure looks
// at a directory first: an error that is no [fs.ErrNotExist] refuses it. Cover
// reports whether something is watched that was not before: whatever was read of
// that is to be read again.
func (s *System) Cover(paths []string, secure func(dir string) error) (added bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refused := make(map[string]bool)
	for _, p := range paths {
		if name, listed := strings.CutSuffix(p, "/"); listed && name != "" {
			added = s.want(name, "", secure, refused) || added
			p = name
		}
		added = s.want(path.Dir(p), path.Base(p), secure, refused) || added
	}
	s.unwatched = len(refused)
	return added
}

// kernels are file systems of the kernel's own, which tell nothing.
var kernels = []string{"/proc", "/sys", "/dev"}

// want watches an entry of a directory, or all of them if name is empty. It
// reports whether that is new.
func (s *System) want(dir, name string, secure func(string) error, refused map[string]bool) bool {
	for {
		if refused[dir] || slices.ContainsFunc(kernels, func(k string) bool { return dir == k || strings.HasPrefix(dir, k+"/") }) {
			return false
		}
		names, watched := s.names[dir]
		if !watched {
			err := secure(dir)
			if err == nil {
				err = s.fs.Add(dir)
			}
			if errors.Is(err, fs.ErrNotExist) && dir != "/" {
				dir, name = path.Dir(dir), path.Base(dir)
				continue
			}
			if err != nil {
				refused[dir] = true
				return false
			}
			names = make(map[string]struct{})
		}
		if _, known := names[name]; watched && (names == nil || known) {
			return false
		}
		if name == "" {
			names = nil
		} else {
			names[name] = struct{}{}
		}
		s.names[dir] = names
		return true
	}
}

func (s *System) read() {
	defer close(s.ended)
	events, failures := s.fs.Events, s.fs.Errors
	for events != nil || failures != nil {
		select {
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			s.event(e, time.Now())
		case err, ok := <-failures:
			if !ok {
				failures = nil
				continue
			}
			s.failure(err, time.Now())
		}
	}
}

func (s *System) event(e fsnotify.Event, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, self := s.names[e.Name]; self {
		if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
			delete(s.names, e.Name) // fsnotify watches it no more
		}
		s.tell(now)
		return
	}
	names, watched := s.names[path.Dir(e.Name)]
	if _, matters := names[path.Base(e.Name)]; watched && (names == nil || matters) {
		s.tell(now)
	}
}

func (s *System) failure(err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, fsnotify.ErrEventOverflow) {
		s.overflows++
	}
	s.tell(now)
}

// tell notes a change and wakes whoever waits.
func (s *System) tell(now time.Time) {
	if s.changed.IsZero() {
		s.changed = now
	}
	select {
	case s.signal <- struct{}{}:
	default: // it is told already
	}
}
