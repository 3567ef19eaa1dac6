//go:build linux

package hostfs

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// attempts is how often a file that changes meanwhile is read.
const attempts = 3

// Pin is an object that is held by an O_PATH descriptor: renames and exchanges
// of its name no longer matter. Close it.
//
// One that a View of [Root.As] found can be read only while that account's
// rights last: it may have led, by a link, to what the account must not read.
type Pin struct {
	root *Root
	fd   int
	// view and its turn at the time are set if an account's View found the object.
	view *View
	turn uint64
	// plain and readable: see node.
	plain, readable bool
	// Path is where it was found, inside the root.
	Path audit.Untrusted
	// Info is how it was when it was pinned; ReadAll and Refresh bring it up to date.
	Info Info
}

// Fd is the descriptor, for the calls of audit/repair that change the pinned
// object. It is valid until Close.
func (p *Pin) Fd() int { return p.fd }

// Close releases the object.
func (p *Pin) Close() {
	if p.fd >= 0 {
		closeFD(p.fd)
		p.fd = -1
	}
}

// Refresh looks at the object again and stores the result in Info.
func (p *Pin) Refresh() error {
	info, e := statFD(p.root.procFD, p.fd)
	if e != 0 {
		return p.fail("stat", e)
	}
	p.Info = info
	return nil
}

// bind ties the object to the rights of an account's View.
func (p *Pin) bind(v *View) {
	if v.kept {
		p.view, p.turn = v, v.turn
	}
}

// waiting reports whether the object is looked at without the account's rights as yet.
func (p *Pin) waiting() bool { return p.view != nil && p.view.turn == p.turn && p.view.waiting }

func (p *Pin) fail(op string, err error) error { return &PathError{op, p.Path, err} }

// ReadAll reads a regular file into buf, which is enlarged if need be, and
// returns what was read. At most limit bytes are returned; if there are more,
// with ErrTooLarge. A file that was modified meanwhile is read again, three times
// in all, then the error is ErrChanging and there is no content. A write(2) that
// had begun before and is still under way cannot be seen; sshd, too, would then
// read some of the old and some of the new.
func (p *Pin) ReadAll(limit int64, buf []byte) ([]byte, error) {
	if !p.waiting() {
		return p.readAll(limit, buf)
	}
	if p.Info.Type != Regular {
		return nil, p.fail("read", ErrType)
	}
	if p.view.certainRead(p.plain, &p.Info) {
		data, err := p.readAsIs(limit, buf)
		if (err == nil || errors.Is(err, ErrTooLarge)) && p.view.certainRead(p.plain, &p.Info) {
			return data, err
		}
	}
	if err := p.view.become(); err != nil {
		return nil, err
	}
	return p.readAll(limit, buf)
}

// readAsIs reads with the rights that the thread has, through the pinned
// descriptor itself if that was opened for reading.
func (p *Pin) readAsIs(limit int64, buf []byte) ([]byte, error) {
	if p.readable {
		return p.readFrom(p.fd, limit, buf)
	}
	return p.readAll(limit, buf)
}

func (p *Pin) readAll(limit int64, buf []byte) ([]byte, error) {
	if p.Info.Type != Regular {
		return nil, p.fail("read", ErrType)
	}
	if p.view != nil && (p.view.over || p.view.turn != p.turn) {
		return nil, p.fail("read", errOver)
	}
	fd, e := reopen(p.root.procFD, p.fd, readFlags)
	if e == unix.EAGAIN {
		return nil, p.fail("read", ErrLeased)
	}
	if e != 0 {
		return nil, p.fail("read", e)
	}
	defer closeFD(fd)
	return p.readFrom(fd, limit, buf)
}

// readFrom reads the file through fd until it held still meanwhile.
func (p *Pin) readFrom(fd int, limit int64, buf []byte) ([]byte, error) {
	for range attempts {
		before := p.Info
		data, more, err := readBounded(fd, 0, before.Size, limit, buf)
		if err != nil {
			return nil, p.fail("read", err)
		}
		if e := forced("refresh"); e != 0 {
			return nil, p.fail("read", e)
		}
		if err := p.Refresh(); err != nil {
			return nil, err
		}
		if p.Info.unchanged(before) && (more || int64(len(data)) == before.Size) {
			if more {
				return data, p.fail("read", ErrTooLarge)
			}
			return data, nil
		}
		buf = data
	}
	return nil, p.fail("read", ErrChanging)
}

// readBounded reads up to limit bytes from an offset and reports whether there
// are more. size is what there is said to be; it saves calls but is not relied upon.
func readBounded(fd int, from, size, limit int64, buf []byte) ([]byte, bool, error) {
	want := min(size, limit) + 1
	if int64(cap(buf)) < want {
		buf = make([]byte, 0, want)
	}
	buf = buf[:0]
	for {
		room := buf[len(buf):min(int64(cap(buf)), limit+1)]
		if len(room) == 0 {
			if int64(len(buf)) > limit {
				return buf[:limit], true, nil
			}
			grown := make([]byte, len(buf), min(int64(2*cap(buf)), limit+1))
			copy(grown, buf)
			buf = grown
			continue
		}
		n, e := preadFD(fd, room, from+int64(len(buf)))
		if e != 0 {
			return nil, false, e
		}
		buf = buf[:len(buf)+n]
		// A regular file answers a short read only at its end.
		if n < len(room) && int64(len(buf)) >= size || n == 0 {
			return buf, false, nil
		}
	}
}

// ReadFile reads a regular file, following links; see [Pin.ReadAll]. With
// ErrTooLarge the first limit bytes are returned.
func (v *View) ReadFile(path string, limit int64, buf []byte) ([]byte, Info, error) {
	if err := v.begin(); err != nil {
		return nil, Info{}, err
	}
	defer v.end()
	l, err := v.resolve("read", path, true, false)
	if err != nil {
		return nil, Info{}, err
	}
	defer l.close()
	p := Pin{root: v.root, fd: l.fd, Path: audit.Untrusted(path), Info: l.info, plain: l.plain, readable: l.readable}
	p.bind(v)
	data, err := p.ReadAll(limit, buf)
	return data, p.Info, err
}

// ReadText is ReadFile for a text that is kept.
func (v *View) ReadText(path string, limit int64) (string, Info, error) {
	data, info, err := v.ReadFile(path, limit, nil)
	return unsafe.String(unsafe.SliceData(data), len(data)), info, err // nobody else has data
}

// Stat describes what path leads to.
func (v *View) Stat(path string) (Info, error) { return v.stat(path, true) }

// Lstat describes what path names: a link itself, if it is one.
func (v *View) Lstat(path string) (Info, error) { return v.stat(path, false) }

func (v *View) stat(path string, follow bool) (Info, error) {
	if err := v.begin(); err != nil {
		return Info{}, err
	}
	defer v.end()
	l, err := v.resolve("stat", path, follow, false)
	if err != nil {
		return Info{}, err
	}
	l.close()
	return l.info, nil
}

// Readlink returns the text of a symbolic link; ErrType if path names something else.
func (v *View) Readlink(path string) (audit.Untrusted, error) {
	if err := v.begin(); err != nil {
		return "", err
	}
	defer v.end()
	l, err := v.resolve("read link", path, false, false)
	if err != nil {
		return "", err
	}
	defer l.close()
	if l.info.Type != Symlink {
		return "", &PathError{"read link", audit.Untrusted(path), ErrType}
	}
	n, e := readlinkFD(l.fd, v.link[:])
	if e != 0 {
		return "", &PathError{"read link", audit.Untrusted(path), e}
	}
	return audit.Untrusted(v.link[:n]), nil
}
