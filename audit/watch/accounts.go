//go:build linux

package watch

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Dir is a directory to be watched for an account.
type Dir struct {
	// Path is where it is; Dev and Ino are its inode as far as that is known.
	Path     string
	Dev, Ino uint64
	// Names are the entries that matter; nil for all.
	Names []string
	// Shared tells that each entry is another account's; Names then holds this
	// account's.
	Shared bool
	// Content tells that what is written to its files matters.
	Content bool
}

// Adder puts a watch on a directory and returns its descriptor and the directory's
// inode: it is inotify_add_watch(2) by somebody who resolves paths safely.
type Adder func(instance int, dir string, mask uint32) (wd int, dev, ino uint64, err error)

// What the kernel is asked to tell of a directory.
const (
	maskSelf    = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
	maskNames   = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	maskModes   = unix.IN_ATTRIB
	maskContent = unix.IN_MODIFY | unix.IN_CLOSE_WRITE
)

// Accounts watches directories for accounts, which are known by their index.
type Accounts struct {
	fd       int
	file     *os.File
	ended    chan struct{}
	signal   chan struct{}
	seed     maphash.Seed
	pause    time.Duration
	overflow bool

	mu      sync.Mutex
	closed  bool
	targets map[int32]target
	filters [][]string
	covered map[int32]cover
	rates   map[int32]*rate
	quiet   map[int32]*suspension
	// quietDirs are directories of several accounts that are suspended.
	quietDirs map[string]*suspension
	// shared are the watches of directories that concern several accounts.
	shared map[string]int32
	dirty  map[int32]time.Time
	failed map[int32]int
	stats  Stats
	// limit is set when the kernel gave no more watches.
	limit bool
}

// Stats are what a watcher counts.
type Stats struct {
	// Watched directories have a watch; Unwatched ones should and do not.
	Watched, Unwatched int
	// Overflows counts the times that the kernel dropped events; Suspensions the
	// times that a directory was given up because of too many.
	Overflows, Suspensions uint64
	// Limit tells that fs.inotify.max_user_watches is reached.
	Limit bool
}

// cover is what is watched for an account.
type cover struct {
	// hash is that of the directories; 0 if they are to be gone through again.
	hash uint64
	wds  []int32
}

// NewAccounts opens an inotify instance. Close it.
func NewAccounts() (*Accounts, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w; raise fs.inotify.max_user_instances", err)
	}
	w := &Accounts{
		fd: fd, file: os.NewFile(uintptr(fd), "inotify"), //nolint:gosec // a descriptor
		ended: make(chan struct{}), signal: make(chan struct{}, 1), seed: maphash.MakeSeed(), pause: readPause,
		targets: make(map[int32]target), filters: [][]string{nil}, covered: make(map[int32]cover),
		rates: make(map[int32]*rate), quiet: make(map[int32]*suspension), quietDirs: make(map[string]*suspension), shared: make(map[string]int32), dirty: make(map[int32]time.Time),
		failed: make(map[int32]int),
	}
	go w.read()
	return w, nil
}

// Close ends the watching.
func (w *Accounts) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	err := w.file.Close()
	w.mu.Unlock()
	<-w.ended
	return err
}

// Changed is sent to when Changes has something new.
func (w *Accounts) Changed() <-chan struct{} { return w.signal }

// Changes returns the accounts whose directories changed since the last call,
// with the time at which the first of their events was read, and whether the
// kernel dropped events, so that any other account may have changed too.
func (w *Accounts) Changes() (changed map[int32]time.Time, overflow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed, overflow = w.dirty, w.overflow
	w.dirty, w.overflow = make(map[int32]time.Time), false
	return changed, overflow
}

// Stats returns the counters.
func (w *Accounts) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Watched, s.Limit = len(w.targets), w.limit
	for _, n := range w.failed {
		s.Unwatched += n
	}
	return s
}

// Polled returns the accounts that are not wholly watched and have to be looked
// at now and then instead; suspended those among them that are so because of
// their own events.
func (w *Accounts) Polled() (all, suspended []int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for account := range w.failed {
		all = append(all, account)
	}
	for account, s := range w.quiet {
		if _, failed := w.failed[account]; failed && !s.over {
			suspended = append(suspended, account)
		}
	}
	return all, suspended
}

// Cover has exactly these directories watched for an account. It reports whether
// a watch was added, in which case the account has to be looked at again: what
// changed before is not told.
func (w *Accounts) Cover(account int32, dirs []Dir, add Adder) bool {
	sum, now := w.Sum(dirs), time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.covered[account]
	switch {
	case w.closed, old.hash == sum && sum != 0:
		return false
	case isQuiet(w.quiet, account, now):
		w.failed[account] = max(1, len(dirs))
		return false
	}
	added, failed := false, 0
	wds := make([]int32, 0, len(dirs))
	var found, missing []Dir
	for _, d := range dirs {
		wd, err := w.add(&d, add, now)
		switch {
		case err == nil:
			added = w.attach(wd, account, &d) || added
			wds, found = append(wds, wd), append(found, d)
			continue
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, d)
			continue
		case errors.Is(err, unix.ENOSPC):
			w.limit = true
		}
		failed++
	}
	for i := range missing {
		if !named(found, missing[i].Path) {
			failed++
		}
	}
	for _, wd := range old.wds {
		if !slices.Contains(wds, wd) {
			w.detach(wd, account)
		}
	}
	w.settle(account, cover{w.Sum(found), wds}, failed)
	return added
}

// errQuiet refuses a directory that has too many events.
var errQuiet = errors.New("the directory is suspended")

// add puts a watch on a directory, whose inode it fills in. One that many accounts
// share keeps the watch that it has.
func (w *Accounts) add(d *Dir, add Adder, now time.Time) (int32, error) {
	if isQuiet(w.quietDirs, d.Path, now) {
		return -1, errQuiet
	}
	mask := maskOf(d)
	if wd, known := w.shared[d.Path]; known && d.Shared && w.targets[wd].many.mask&mask == mask {
		return wd, nil
	}
	wd, dev, ino, err := add(w.fd, d.Path, mask|unix.IN_MASK_ADD)
	if !d.Shared {
		d.Dev, d.Ino = dev, ino
	}
	return int32(wd), err //nolint:gosec // the kernel's are of this size
}

// settle notes the outcome of Cover.
func (w *Accounts) settle(account int32, c cover, failed int) {
	if failed > 0 {
		w.failed[account] = failed
		c.hash = 0 // try again the next time that it is looked at
	} else {
		delete(w.failed, account)
	}
	w.covered[account] = c
}

// named tells whether another of the directories will tell that one appears.
func named(dirs []Dir, name string) bool {
	return slices.ContainsFunc(dirs, func(d Dir) bool {
		return d.Path == path.Dir(name) && (d.Names == nil || slices.Contains(d.Names, path.Base(name)))
	})
}

func maskOf(d *Dir) uint32 {
	switch {
	case d.Content:
		return maskSelf | maskNames | maskModes | maskContent
	case d.Shared:
		return maskSelf | maskNames
	}
	return maskSelf | maskNames | maskModes
}

// Sum is a hash of what is to be watched for an account; never 0.
func (w *Accounts) Sum(dirs []Dir) uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	for i := range dirs {
		d := &dirs[i]
		maphash.WriteComparable(&h, [2]uint64{d.Dev, d.Ino})
		maphash.WriteComparable(&h, d.Path)
		maphash.WriteComparable(&h, [2]bool{d.Shared, d.Content})
		for _, name := range d.Names {
			maphash.WriteComparable(&h, name)
		}
	}
	return h.Sum64() | 1
}

// Covers tells whether directories with this Sum are watched for an account.
func (w *Accounts) Covers(account int32, sum uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.covered[account].hash == sum
}

// Forget ends the watching for an account that is no more.
func (w *Accounts) Forget(account int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wd := range w.covered[account].wds {
		w.detach(wd, account)
	}
	delete(w.covered, account)
	delete(w.failed, account)
	delete(w.quiet, account)
	delete(w.dirty, account)
}
