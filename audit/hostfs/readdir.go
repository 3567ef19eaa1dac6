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
	if err := v.begin(); err != nil {
		return Dir{}, nil, false, err
	}
	defer v.end()
	names, truncated, err := v.names(path, maxEntries)
	if err != nil {
		return Dir{}, nil, false, err
	}
	d = Dir{Path: audit.Untrusted(v.here()), Info: v.top().info}
	entries = make([]Entry, 0, len(names))
	v.heldDepth = v.depth
	for _, name := range names {
		n, err := v.open("stat", name, false)
		if err != nil {
			if !errors.Is(err, unix.ENOENT) { // or it was removed meanwhile
				entries = append(entries, Entry{Name: audit.Untrusted(name), Err: err})
			}
			continue
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

// names lists the names in a directory, and leaves it as the directory reached.
func (v *View) names(path string, maxNames int) ([]string, bool, error) {
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
	names := make([]string, 0, count)
	for text := string(v.text); text != ""; {
		name, rest, _ := strings.Cut(text, "\x00")
		names, text = append(names, name), rest
	}
	slices.Sort(names)
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

// collectNames adds the names of one answer of getdents64 to v.text, each with a
// NUL behind it, until there are maxNames; more of them is true.
func (v *View) collectNames(dents []byte, count, maxNames int) (int, bool) {
	for len(dents) > direntName {
		size := int(binary.NativeEndian.Uint16(dents[16:]))
		if size <= direntName || size > len(dents) {
			break
		}
		name := dents[direntName:size]
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
		v.text = append(append(v.text, name...), 0)
		count++
	}
	return count, false
}
