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
	data, from, info, err := v.readPart(path, limit, func(size int64) int64 { return max(0, size-limit) })
	if from > 0 {
		_, data, _ = bytes.Cut(data, []byte("\n")) // the rest of a line
	}
	return data, info, err
}

// ReadFrom reads at most limit bytes of a regular file from an offset on,
// following links: for files that only grow, such as logs.
func (v *View) ReadFrom(path string, offset, limit int64) ([]byte, Info, error) {
	data, _, info, err := v.readPart(path, limit, func(int64) int64 { return offset })
	return data, info, err
}

// readPart reads at most limit bytes from where start says, which is told the size.
func (v *View) readPart(path string, limit int64, start func(size int64) int64) (data []byte, from int64, _ Info, _ error) {
	if err := v.begin(); err != nil {
		return nil, 0, Info{}, err
	}
	defer v.end()
	if err := v.become(); err != nil {
		return nil, 0, Info{}, err
	}
	l, err := v.resolve("read", path, true, false)
	if err != nil {
		return nil, 0, Info{}, err
	}
	defer l.close()
	p := Pin{root: v.root, fd: l.fd, Path: audit.Untrusted(path), Info: l.info}
	if p.Info.Type != Regular {
		return nil, 0, p.Info, p.fail("read", ErrType)
	}
	fd, e := reopen(v.root.procFD, p.fd, readFlags)
	if e == unix.EAGAIN {
		return nil, 0, p.Info, p.fail("read", ErrLeased)
	}
	if e != 0 {
		return nil, 0, p.Info, p.fail("read", e)
	}
	defer closeFD(fd)
	from = start(p.Info.Size)
	data, _, err = readBounded(fd, from, max(0, p.Info.Size-from), limit, nil)
	if err != nil {
		return nil, 0, p.Info, p.fail("read", err)
	}
	return data, from, p.Info, nil
}
