//go:build linux

package hostfs

import (
	"bytes"
	"encoding/binary"
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
	if err := v.begin(); err != nil {
		return nil, false, err
	}
	defer v.end()
	names, truncated, err := v.names(path, maxEntries)
	if err != nil {
		return nil, false, err
	}
	entries = make([]Entry, 0, len(names))
	for _, name := range names {
		e := Entry{Name: audit.Untrusted(name)}
		fd, errno := v.pin(name)
		switch errno {
		case 0:
			e.Info, errno = statFD(v.root.procFD, fd)
			closeFD(fd)
			if errno != 0 {
				e.Err = v.fail("stat", name, errno)
			}
		case unix.ENOENT:
			continue // it was removed meanwhile
		case unix.EXDEV:
			e.Err = v.fail("stat", name, v.root.mountOn(v.top().info.MntID, v.pathTo(v.depth, name)))
		default:
			e.Err = v.fail("stat", name, reason(errno))
		}
		entries = append(entries, e)
	}
	return entries, truncated, nil
}

// names lists the names in a directory, and leaves it as the directory reached.
func (v *View) names(path string, maxNames int) ([]string, bool, error) {
	l, err := v.resolve("list", path, true)
	if err != nil {
		return nil, false, err
	}
	if !l.isDir {
		l.close()
		return nil, false, &PathError{"list", audit.Untrusted(path), unix.ENOTDIR}
	}
	fd, e := reopen(v.root.procFD, l.fd, readFlags|unix.O_DIRECTORY)
	if e != 0 {
		return nil, false, &PathError{"list", audit.Untrusted(path), e}
	}
	defer closeFD(fd)
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
