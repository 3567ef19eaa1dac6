//go:build linux && !386 && !arm

package hostfs

import "golang.org/x/sys/unix"

// Where ids always had 32 bits the calls have their plain names.
const (
	sysSetresuid = unix.SYS_SETRESUID
	sysSetresgid = unix.SYS_SETRESGID
	sysSetgroups = unix.SYS_SETGROUPS
)
