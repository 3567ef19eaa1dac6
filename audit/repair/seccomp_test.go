//go:build linux

package repair

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

var callNumbers = map[string]uint32{
	"openat2": unix.SYS_OPENAT2, "fchmodat2": unix.SYS_FCHMODAT2, "statx": unix.SYS_STATX,
	"name_to_handle_at": unix.SYS_NAME_TO_HANDLE_AT, "renameat2": unix.SYS_RENAMEAT2,
}

// filterCalls makes system calls fail in all threads of this process, for good:
// as on a kernel that does not have them (ENOSYS), or behind a filter (EPERM).
func filterCalls(errno string, calls []string) error {
	answer := uint32(unix.SECCOMP_RET_ERRNO)
	switch errno {
	case "ENOSYS":
		answer |= uint32(unix.ENOSYS)
	case "EPERM":
		answer |= uint32(unix.EPERM)
	default:
		return fmt.Errorf("no answer %q", errno)
	}
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	program := []unix.SockFilter{{Code: load, K: 0}} // struct seccomp_data: nr
	for i, call := range calls {
		nr, ok := callNumbers[call]
		if !ok {
			return fmt.Errorf("no number for %s", call)
		}
		program = append(program, unix.SockFilter{Code: equal, Jt: uint8(len(calls) - i), K: nr})
	}
	program = append(program, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: ret, K: answer})
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&fprog))); e != 0 {
		return e
	}
	for _, call := range calls {
		if _, _, e := unix.Syscall6(uintptr(callNumbers[call]), ^uintptr(0), 0, 0, 0, 0, 0); e != unix.ENOSYS && e != unix.EPERM {
			return fmt.Errorf("%s still answers %w", call, e)
		}
	}
	return nil
}
