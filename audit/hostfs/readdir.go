//go:build linux

package hostfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

const (
	dirBuffer = 32 << 10
	// direntName is where the name starts in struct linux_dirent64; getdents(2).
	direntName = 19
)

// Entry is one name in a directory.
type Entry struct {
	Name audit.Untrusted
	// Info is that of the object itself, a link not followed.
	Info Info
	// Err says why Info is missing: an ErrFilesystem for a mount point, or the
	// kernel's reason.
	Err error
}

// ReadDir lists a directory, following links to it, sorted by bytes. After max
// names it stops and truncated is true: which names are missing is then up to
// whoever filled the directory. Mount points are listed but not entered.
func (v *View) ReadDir(path string, maxEntries int) (entries []Entry, truncated bool, err error) {
	_, entries, truncated, err = v.List(path, maxEntries)
	return entries, truncated, err
}

// List is ReadDir with the directory itself, whose Path is canonical: it differs
// from path where links were followed.
func (v *View) List(path string, maxEntries int) (d Dir, entries []Entry, truncated bool, err error) {
	return v.ListToRead(path, maxEntries, nil)
}

// ListToRead is List for somebody who is going to read the files whose names are
// wanted; it saves opening them twice.
func (v *View) ListToRead(path string, maxEntries int, wanted func(name string) bool) (d Dir, entries []Entry, truncated bool, err error) {
	if err := v.begin(); err != nil {
		return Dir{}, nil, false, err
	}
	defer v.end()
	names, truncated, err := v.names(path, maxEntries)
	if err != nil {
		return Dir{}, nil, false, err
	}
	d = Dir{Path: audit.Untrusted(v.canonical(v.depth, "", path)), Info: v.top().info}
	entries = make([]Entry, 0, len(names))
	v.heldDepth = v.depth
	for i := range names {
		name := names[i].name
		n, ok := node{}, false
		if names[i].regular && wanted != nil && wanted(name) {
			n, ok = v.openCertain(name)
		}
		if !ok {
			if n, err = v.open("stat", name, false); err != nil {
				if !errors.Is(err, unix.ENOENT) { // or it was removed meanwhile
					entries = append(entries, Entry{Name: audit.Untrusted(name), Err: err})
				}
				continue
			}
		}
		entries = append(entries, Entry{Name: audit.Untrusted(name), Info: n.info})
		if v.kept && n.info.Type == Regular && len(v.held) < maxHeld {
			v.held = append(v.held, n)
		} else {
			closeFD(n.fd)
		}
	}
	return d, entries, truncated, nil
}

// openCertain opens a file for reading at once, instead of pinning it first, if it
// turns out to be one that the account is certain to be able to read. The listing
// said that it is a regular file; O_NONBLOCK is for a FIFO that took its place.
func (v *View) openCertain(name string) (node, bool) {
	if !v.waiting || len(v.held) >= maxHeld || !v.certainSearch(v.top()) {
		return node{}, false
	}
	n := node{name: name, plain: v.top().plain, readable: true}
	e := forced("open listed")
	if e != 0 {
		return node{}, false
	}
	if n.fd, e = v.openFor(name, readFlags|unix.O_NOFOLLOW); e != 0 {
		return node{}, false
	}
	if n.info, e = statFD(v.root.procFD, n.fd); e != 0 || !v.certainRead(n.plain, &n.info) {
		closeFD(n.fd)
		return node{}, false
	}
	return n, true
}

// Lacks reports for certain that a directory of the account has no such name, at
// the price of one look; false says nothing.
func (v *View) Lacks(dir, name string) bool {
	if v.begin() != nil {
		return false
	}
	defer v.end()
	l, err := v.resolve("stat", dir, true, false)
	if err != nil || !l.isDir {
		l.close()
		return false
	}
	return !v.top().transit && v.searched() == nil && v.name.set(name) && absent(v.top().fd, &v.name)
}

// listed is a name in a directory; regular tells what the listing says of it.
type listed struct {
	name    string
	regular bool
}

// names lists the names in a directory, and leaves it as the directory reached.
func (v *View) names(path string, maxNames int) ([]listed, bool, error) {
	v.tellListed(path)
	l, err := v.resolve("list", path, true, true)
	if err != nil {
		return nil, false, err
	}
	if !l.isDir {
		l.close()
		return nil, false, &PathError{"list", audit.Untrusted(path), unix.ENOTDIR}
	}
	fd, err := v.listable(v.top())
	if err != nil {
		return nil, false, &PathError{"list", audit.Untrusted(path), err}
	}
	if fd != v.top().fd {
		defer closeFD(fd)
	}
	v.cutHeld()
	if v.dir == nil {
		v.dir = make([]byte, dirBuffer)
	}
	v.text = v.text[:0]
	count, truncated := 0, false
	for !truncated {
		n, e := getdents(fd, v.dir)
		if e != 0 {
			return nil, false, &PathError{"list", audit.Untrusted(path), e}
		}
		if n == 0 {
			break
		}
		count, truncated = v.collectNames(v.dir[:n], count, maxNames)
	}
	names := make([]listed, 0, count)
	for text := string(v.text); text != ""; {
		name, rest, _ := strings.Cut(text[1:], "\x00")
		names, text = append(names, listed{name, text[0] == unix.DT_REG}), rest
	}
	slices.SortFunc(names, func(a, b listed) int { return strings.Compare(a.name, b.name) })
	return names, truncated, nil
}

// listable returns a descriptor of the directory d from which names can be read
// from the first one on.
func (v *View) listable(d *node) (int, error) {
	if !d.readable {
		if v.waiting && !v.certainList(d) {
			if err := v.become(); err != nil {
				return -1, err
			}
		}
		v.name.set(".")
		fd, e := openat(d.fd, &v.name, readFlags|unix.O_DIRECTORY)
		if e == unix.EACCES { // "." needs the right to search, a list does not
			fd, e = reopen(v.root.procFD, d.fd, readFlags|unix.O_DIRECTORY)
		}
		if e != 0 {
			return -1, e
		}
		return fd, nil
	}
	if d.listed {
		if _, err := unix.Seek(d.fd, 0, unix.SEEK_SET); err != nil {
			return -1, err
		}
	}
	d.listed = true
	return d.fd, nil
}

// collectNames adds the names of one answer of getdents64 to v.text, each with its
// type before it and a NUL behind, until there are maxNames; more of them is true.
func (v *View) collectNames(dents []byte, count, maxNames int) (int, bool) {
	for len(dents) > direntName {
		size := int(binary.NativeEndian.Uint16(dents[16:]))
		if size <= direntName || size > len(dents) {
			break
		}
		name, kind := dents[direntName:size], dents[direntName-1]
		dents = dents[size:]
		if i := bytes.IndexByte(name, 0); i >= 0 {
			name = name[:i]
		}
		if string(name) == "." || string(name) == ".." || len(name) == 0 {
			continue
		}
		if count == maxNames {
			return count, true
		}
		v.text = append(append(append(v.text, kind), name...), 0)
		count++
	}
	return count, false
}
