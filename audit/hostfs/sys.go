//go:build linux

package hostfs

import (
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below exist in golang.org/x/sys/unix too; there each of them copies
// its path to the heap, and a scan of 100,000 accounts makes a million of them.
// Calls that can wait for a disk go through Syscall, so that the runtime can run
// another goroutine meanwhile; calls on a pinned inode go through RawSyscall.

const (
	pinFlags  = unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC
	readFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC

	// strict makes the kernel refuse what only this package may decide.
	strict = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

	// patience bounds the repetition of a call that lost a race with a rename.
	patience = 2 * time.Millisecond
)

// testHook lets this package's tests make system calls fail as on an old kernel
// or behind a seccomp filter. It is nil outside of tests.
var testHook func(call string) syscall.Errno

func forced(call string) syscall.Errno {
	if testHook == nil {
		return 0
	}
	return testHook(call)
}

// cname is a name as the kernel takes it: at most 255 bytes and a NUL.
type cname [256]byte

// set stores name; false means that it is too long for any file system.
func (c *cname) set(name string) bool {
	if len(name) >= len(c) {
		return false
	}
	c[copy(c[:], name)] = 0
	return true
}

// openat2 pins one component strictly.
func openat2(dir int, name *cname, how *unix.OpenHow) (int, syscall.Errno) {
	if e := forced("openat2"); e != 0 {
		return -1, e
	}
	var deadline time.Time
	for {
		fd, _, e := unix.Syscall6(unix.SYS_OPENAT2, uintptr(dir), uintptr(unsafe.Pointer(name)),
			uintptr(unsafe.Pointer(how)), unsafe.Sizeof(*how), 0, 0)
		if e == 0 {
			return int(fd), 0
		}
		switch {
		case e == unix.EAGAIN && deadline.IsZero():
			deadline = time.Now().Add(patience)
		case e == unix.EINTR, e == unix.EAGAIN && time.Now().Before(deadline):
		default:
			return -1, e
		}
	}
}

func openat(dir int, name *cname, flags int) (int, syscall.Errno) {
	for {
		fd, _, e := unix.Syscall6(unix.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(name)), uintptr(flags), 0, 0, 0)
		if e != unix.EINTR {
			return int(fd), e
		}
	}
}

func closeFD(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

var emptyName cname

const wanted = unix.STATX_BASIC_STATS | unix.STATX_BTIME | unix.STATX_MNT_ID

// statFD describes a pinned object without asking a server for fresh values.
// procFD is a descriptor of /proc/self/fd.
func statFD(procFD, fd int) (Info, syscall.Errno) {
	e := forced("statx")
	var x unix.Statx_t
	if e == 0 {
		_, _, e = unix.RawSyscall6(unix.SYS_STATX, uintptr(fd), uintptr(unsafe.Pointer(&emptyName)),
			unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, wanted, uintptr(unsafe.Pointer(&x)), 0)
	}
	var info Info
	switch e {
	case 0:
		info = infoOf(&x)
	case unix.ENOSYS, unix.EPERM:
		var s unix.Stat_t
		if err := unix.Fstat(fd, &s); err != nil {
			return Info{}, Errno(err)
		}
		info = infoOfStat(&s)
	default:
		return Info{}, e
	}
	if info.MntID == 0 {
		info.MntID, e = mountOfFD(procFD, fd)
		return info, e
	}
	return info, 0
}

// readlinkFD reads a pinned symbolic link.
func readlinkFD(fd int, buf []byte) (int, syscall.Errno) {
	n, _, e := unix.Syscall6(unix.SYS_READLINKAT, uintptr(fd), uintptr(unsafe.Pointer(&emptyName)),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0)
	return int(n), e
}

// absent reports whether a directory has no such name. Looking for a link's text
// asks no more of a file system than to find the name, not even of one that is
// mounted there.
func absent(dir int, name *cname) bool {
	var text [1]byte
	_, _, e := unix.Syscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(name)),
		uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)), 0, 0)
	return e == unix.ENOENT
}

// reopen opens the pinned object itself, whatever its name leads to now.
// The caller knows its type. The rights are checked anew, for the thread's identity.
func reopen(procFD, fd, flags int) (int, syscall.Errno) {
	var c cname
	c[len(strconv.AppendUint(c[:0], uint64(fd), 10))] = 0 //nolint:gosec // descriptors are not negative
	return openat(procFD, &c, flags)
}

func readFD(fd int, buf []byte) (int, syscall.Errno) {
	for {
		n, _, e := unix.Syscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
		if e == 0 {
			return int(n), 0
		}
		if e != unix.EINTR {
			return 0, e
		}
	}
}

func preadFD(fd int, buf []byte, offset int64) (int, syscall.Errno) {
	for {
		n, err := unix.Pread(fd, buf, offset)
		if err == nil {
			return n, 0
		}
		if e := Errno(err); e != unix.EINTR {
			return 0, e
		}
	}
}

func getdents(fd int, buf []byte) (int, syscall.Errno) {
	for {
		n, _, e := unix.Syscall(unix.SYS_GETDENTS64, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
		if e == 0 {
			return int(n), 0
		}
		if e != unix.EINTR {
			return 0, e
		}
	}
}

// procPath is the name of a pinned object for calls that take no descriptor of it.
func procPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
