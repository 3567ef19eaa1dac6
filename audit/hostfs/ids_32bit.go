//go:build linux && (386 || arm)

package hostfs

import "golang.org/x/sys/unix"

// The plain names of these calls take 16-bit ids here.
const (
	sysSetresuid = unix.SYS_SETRESUID32
	sysSetresgid = unix.SYS_SETRESGID32
	sysSetgroups = unix.SYS_SETGROUPS32
)
