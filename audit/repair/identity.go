//go:build linux

package repair

import (
	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
)

// identityOf describes a pinned object well enough to know it again later.
func identityOf(p *hostfs.Pin) Identity {
	id := Identity{
		Dev: p.Info.Dev, Ino: p.Info.Ino, Btime: p.Info.Btime, MntID: p.Info.MntID,
		Type: p.Info.Type.String(), Nlink: p.Info.Nlink, Ctime: p.Info.Ctime,
	}
	// Not every file system has handles; then birth time alone must do.
	if h, _, err := unix.NameToHandleAt(p.Fd(), "", unix.AT_EMPTY_PATH); err == nil {
		id.Handle = append([]byte{byte(h.Type()), byte(h.Type() >> 8), byte(h.Type() >> 16), byte(h.Type() >> 24)}, h.Bytes()...)
	}
	return id
}
