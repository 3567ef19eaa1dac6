//go:build linux

package watch

import (
	"bytes"
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// readPause lies between two reads, so that events come in batches; a queue of
	// 16,384 events holds a hundred times what a storm makes meanwhile.
	readPause = time.Millisecond
	readSize  = 64 << 10
)

// read takes events from the kernel until the instance is closed.
func (w *Accounts) read() {
	defer close(w.ended)
	buf := make([]byte, readSize)
	for {
		n, err := w.file.Read(buf)
		if err != nil {
			return
		}
		if w.take(buf[:n], time.Now()) {
			select {
			case w.signal <- struct{}{}:
			default: // it is told already
			}
		}
		if n < readSize/2 {
			time.Sleep(w.pause)
		}
	}
}

// take handles a batch of events as inotify(7) lays them out. It reports whether
// somebody is concerned.
func (w *Accounts) take(b []byte, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b)) //nolint:gosec // an int in struct inotify_event
		mask := binary.NativeEndian.Uint32(b[4:])
		size := int(binary.NativeEndian.Uint32(b[12:]))
		b = b[unix.SizeofInotifyEvent:]
		if size < 0 || size > len(b) {
			break // the kernel does not do that
		}
		name, _, _ := bytes.Cut(b[:size], []byte{0})
		b = b[size:]
		w.event(wd, mask, name, now)
	}
	return len(w.dirty) > 0 || w.overflow
}

func (w *Accounts) event(wd int32, mask uint32, name []byte, now time.Time) {
	if mask&unix.IN_Q_OVERFLOW != 0 {
		w.stats.Overflows++
		w.overflow = true
		return
	}
	t, known := w.targets[wd]
	if !known {
		return
	}
	changed := func(account int32) { w.changed(account, now) }
	if mask&(unix.IN_IGNORED|unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_UNMOUNT) != 0 {
		t.accounts(func(account int32) { w.stale(account); changed(account) })
		switch {
		case mask&unix.IN_IGNORED != 0:
			w.unknown(wd)
		case t.many != nil:
			w.drop(wd) // its path leads elsewhere now
		}
		return
	}
	if w.flooded(wd, now) {
		w.suspend(wd, &t, now)
		return
	}
	if len(name) == 0 {
		t.accounts(changed)
		return
	}
	t.about(name, w.filters[t.filter], changed)
}

func (w *Accounts) changed(account int32, now time.Time) {
	if _, told := w.dirty[account]; !told {
		w.dirty[account] = now
	}
}

// stale has the directories of an account gone through again.
func (w *Accounts) stale(account int32) {
	c := w.covered[account]
	c.hash = 0
	w.covered[account] = c
}
