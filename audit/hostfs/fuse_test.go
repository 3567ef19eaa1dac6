//go:build linux

package hostfs_test

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A FUSE server of one directory with one file "keys", which denies everything
// to uid 0, as a file server with root_squash does, and has lost "stale". The
// messages are those of include/uapi/linux/fuse.h, protocol 7.31.

const (
	fuseContent = "key of a squashed home\n"
	fuseKeys    = 2

	fuseLookup      = 1
	fuseForget      = 2
	fuseGetattr     = 3
	fuseOpen        = 14
	fuseRead        = 15
	fuseRelease     = 18
	fuseFlush       = 25
	fuseInit        = 26
	fuseBatchForget = 42
)

func serveFUSE(t *testing.T, target string) {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	mount(t, "stub", target, "fuse.stub", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd))
	go func() {
		buf := make([]byte, 1<<20)
		for {
			n, err := unix.Read(fd, buf)
			if err == unix.EINTR || err == unix.ENOENT || err == unix.EAGAIN {
				continue
			}
			if err != nil {
				return
			}
			if reply := answerFUSE(buf[:n]); reply != nil {
				unix.Write(fd, reply)
			}
		}
	}()
	t.Cleanup(func() { unix.Close(fd) })
}

func answerFUSE(request []byte) []byte {
	le := binary.LittleEndian
	op, unique, node, uid := le.Uint32(request[4:]), request[8:16], le.Uint64(request[16:]), le.Uint32(request[24:])
	body := request[40:]
	reply := func(errno syscall.Errno, payload []byte) []byte {
		out := make([]byte, 16, 16+len(payload))
		le.PutUint32(out, uint32(16+len(payload)))
		le.PutUint32(out[4:], uint32(-int32(errno)))
		copy(out[8:], unique)
		return append(out, payload...)
	}
	if op == fuseInit {
		out := make([]byte, 64)
		le.PutUint32(out, 7)
		le.PutUint32(out[4:], 31)
		le.PutUint32(out[20:], 4096) // max_write
		return reply(0, out)
	}
	if op == fuseForget || op == fuseBatchForget {
		return nil
	}
	if uid == 0 && node != 1 || uid == 0 && op == fuseLookup {
		return reply(unix.EACCES, nil)
	}
	switch op {
	case fuseLookup:
		switch string(body[:len(body)-1]) {
		case "keys":
			out := make([]byte, 40)
			le.PutUint64(out, fuseKeys)
			return reply(0, append(out, attrFUSE(fuseKeys)...))
		case "stale":
			return reply(unix.ESTALE, nil)
		}
		return reply(unix.ENOENT, nil)
	case fuseGetattr:
		return reply(0, append(make([]byte, 16), attrFUSE(node)...))
	case fuseOpen:
		return reply(0, make([]byte, 16))
	case fuseRead:
		offset := min(le.Uint64(body[8:]), uint64(len(fuseContent)))
		return reply(0, []byte(fuseContent[offset:]))
	case fuseFlush, fuseRelease:
		return reply(0, nil)
	}
	return reply(unix.ENOSYS, nil)
}

// attrFUSE is struct fuse_attr of the root or of keys.
func attrFUSE(node uint64) []byte {
	le := binary.LittleEndian
	a := make([]byte, 88)
	le.PutUint64(a, node)
	mode := uint32(unix.S_IFDIR | 0o755)
	if node == fuseKeys {
		mode = unix.S_IFREG | 0o600
		le.PutUint64(a[8:], uint64(len(fuseContent)))
	}
	le.PutUint32(a[60:], mode)
	le.PutUint32(a[64:], 1)
	le.PutUint32(a[68:], alice)
	le.PutUint32(a[72:], alice)
	return a
}
