//go:build linux

package hostfs

import (
	"time"

	"golang.org/x/sys/unix"
)

// Type is the kind of object behind a name. The zero value is an unknown kind.
type Type uint8

// Types of objects.
const (
	Regular Type = iota + 1
	Directory
	Symlink
	FIFO
	Socket
	CharDevice
	BlockDevice
)

var typeNames = [...]string{"unknown object", "regular file", "directory", "symbolic link", "FIFO", "socket",
	"character device", "block device"}

// String returns the type in words.
func (t Type) String() string {
	if int(t) >= len(typeNames) {
		t = 0
	}
	return typeNames[t]
}

// Info is what the kernel says about one object. Two values are equal when
// nothing that can be seen from outside differs.
type Info struct {
	Type Type
	// Immutable and AppendOnly are the inode flags of chattr(1), where the file
	// system reports them.
	Immutable, AppendOnly bool
	// Mode holds the permission, set-id and sticky bits, 07777.
	Mode            uint32
	UID, GID, Nlink uint32
	// Size is in bytes.
	Size int64
	// Dev and Ino name the inode; MntID is the mount through which it was reached,
	// as the first field of /proc/self/mountinfo.
	Dev, Ino, MntID uint64
	// Mtime, Ctime and Btime are nanoseconds since 1970-01-01 UTC. Btime, the time
	// of creation, is 0 where the file system does not keep it. An inode number is
	// reused at once after a deletion; together with Btime it is an identity.
	Mtime, Ctime, Btime int64
}

// SameObject reports whether two values describe the same inode through the
// same mount, not one that was deleted and made anew.
func (i Info) SameObject(j Info) bool {
	return i.Dev == j.Dev && i.Ino == j.Ino && i.MntID == j.MntID && i.Btime == j.Btime && i.Type == j.Type
}

// Modified returns Mtime as a time.
func (i Info) Modified() time.Time { return time.Unix(0, i.Mtime) }

// unchanged reports whether the content is still that of an earlier look.
func (i Info) unchanged(j Info) bool {
	return i.Size == j.Size && i.Mtime == j.Mtime && i.Ctime == j.Ctime
}

func typeOf(mode uint32) Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Regular
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Symlink
	case unix.S_IFIFO:
		return FIFO
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR:
		return CharDevice
	case unix.S_IFBLK:
		return BlockDevice
	}
	return 0
}

func infoOf(x *unix.Statx_t) Info {
	info := Info{
		Type: typeOf(uint32(x.Mode)), Mode: uint32(x.Mode) & 07777,
		Immutable:  x.Attributes&unix.STATX_ATTR_IMMUTABLE != 0,
		AppendOnly: x.Attributes&unix.STATX_ATTR_APPEND != 0,
		UID:        x.Uid, GID: x.Gid, Nlink: x.Nlink, Size: int64(x.Size), //nolint:gosec // the kernel's sizes are signed
		Dev: unix.Mkdev(x.Dev_major, x.Dev_minor), Ino: x.Ino,
		Mtime: nanoseconds(x.Mtime), Ctime: nanoseconds(x.Ctime),
	}
	if x.Mask&unix.STATX_BTIME != 0 {
		info.Btime = nanoseconds(x.Btime)
	}
	if x.Mask&unix.STATX_MNT_ID != 0 {
		info.MntID = x.Mnt_id
	}
	return info
}

func nanoseconds(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }

// infoOfStat is infoOf for kernels and filters without statx(2): no time of
// creation, no inode flags, and the caller finds the mount.
func infoOfStat(s *unix.Stat_t) Info {
	return Info{
		Type: typeOf(s.Mode), Mode: s.Mode & 07777, UID: s.Uid, GID: s.Gid, Nlink: uint32(s.Nlink), //nolint:unconvert // uint32 on some architectures
		Size: s.Size, Dev: uint64(s.Dev), Ino: s.Ino, //nolint:unconvert // as above
		Mtime: s.Mtim.Nano(), Ctime: s.Ctim.Nano(),
	}
}
