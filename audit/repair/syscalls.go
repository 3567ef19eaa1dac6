//go:build linux

package repair

import (
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// chmodFD sets the mode of the pinned object itself: by fchmodat2(2), or, on
// kernels before 6.6 and behind filters that do not know the call, through the
// descriptor's entry in /proc, which hostfs.Open found to be a proc file
// system. The name of the object plays no part in either.
func chmodFD(fd int, mode uint32) error {
	empty := [1]byte{}
	_, _, errno := unix.Syscall6(unix.SYS_FCHMODAT2, uintptr(fd), uintptr(unsafe.Pointer(&empty[0])),
		uintptr(mode), unix.AT_EMPTY_PATH, 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.ENOSYS, unix.EPERM, unix.EOPNOTSUPP, unix.EINVAL:
		return unix.Fchmodat(unix.AT_FDCWD, fdPath(fd), mode, 0)
	}
	return errno
}

// chownFD sets owner and group of the pinned object itself.
func chownFD(fd int, uid, gid uint32) error {
	return unix.Fchownat(fd, "", int(uid), int(gid), unix.AT_EMPTY_PATH)
}

func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
