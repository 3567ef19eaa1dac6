//go:build linux

package hostfs

import (
	"bytes"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// ReadTail reads the end of a regular file, following links: whole lines of at
// most limit bytes. It is for files that only grow, such as logs: what is written
// meanwhile does not matter.
func (v *View) ReadTail(path string, limit int64) ([]byte, Info, error) {
	if err := v.begin(); err != nil {
		return nil, Info{}, err
	}
	defer v.end()
	if err := v.become(); err != nil {
		return nil, Info{}, err
	}
	l, err := v.resolve("read", path, true, false)
	if err != nil {
		return nil, Info{}, err
	}
	defer l.close()
	p := Pin{root: v.root, fd: l.fd, Path: audit.Untrusted(path), Info: l.info}
	if p.Info.Type != Regular {
		return nil, p.Info, p.fail("read", ErrType)
	}
	fd, e := reopen(v.root.procFD, p.fd, readFlags)
	if e == unix.EAGAIN {
		return nil, p.Info, p.fail("read", ErrLeased)
	}
	if e != 0 {
		return nil, p.Info, p.fail("read", e)
	}
	defer closeFD(fd)
	from := max(0, p.Info.Size-limit)
	if _, err := unix.Seek(fd, from, unix.SEEK_SET); err != nil {
		return nil, p.Info, p.fail("read", err)
	}
	data, _, err := readBounded(fd, p.Info.Size-from, limit, nil)
	if err != nil {
		return nil, p.Info, p.fail("read", err)
	}
	if from > 0 {
		_, data, _ = bytes.Cut(data, []byte("\n")) // the rest of a line
	}
	return data, p.Info, nil
}
