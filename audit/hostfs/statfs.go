//go:build linux

package hostfs

import (
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// Filesystem is what statfs(2) tells of the file system of an object, and
// /proc/self/mountinfo of its mount.
type Filesystem struct {
	// Point is where it is mounted, inside the root ("/" for what is mounted above
	// it), Type is such as "ext4"; both empty when the mount is not listed.
	Point, Type audit.Untrusted
	// ReadOnly tells that the file system or this mount of it takes no writes.
	ReadOnly bool
	// Size, Free and Available are bytes; what is Free and not Available is kept for
	// root. Size is 0 where the file system does not count.
	Size, Free, Available uint64
	// Inodes and FreeInodes are how many files there may be; Inodes is 0 where there
	// is no bound, as in btrfs.
	Inodes, FreeInodes uint64
}

// Filesystem describes the file system of a pinned object. It asks the kernel's
// superblock, which for the file systems that are entered means no waiting.
func (p *Pin) Filesystem() (Filesystem, error) {
	var s unix.Statfs_t
	for {
		err := unix.Fstatfs(p.fd, &s)
		if err == unix.EINTR { //nolint:errorlint // a number of the kernel's
			continue
		}
		if err != nil {
			return Filesystem{}, p.fail("statfs", err)
		}
		break
	}
	unit := uint64(s.Bsize) //nolint:gosec // not negative
	if s.Frsize > 0 {
		unit = uint64(s.Frsize) //nolint:gosec // as above
	}
	f := Filesystem{
		ReadOnly: s.Flags&unix.ST_RDONLY != 0,
		Size:     s.Blocks * unit, Free: s.Bfree * unit, Available: s.Bavail * unit,
		Inodes: s.Files, FreeInodes: s.Ffree,
	}
	table, err := p.root.mounts.current()
	if err != nil {
		return f, err
	}
	if m, ok := table.byID[p.Info.MntID]; ok {
		f.Point, f.Type = audit.Untrusted("/"), audit.Untrusted(m.fstype)
		if inside, ok := strings.CutPrefix(m.point, p.root.host+"/"); ok {
			f.Point += audit.Untrusted(inside)
		}
	}
	return f, nil
}

// MountPoints returns the places inside the root on which something is mounted.
func (r *Root) MountPoints() (map[string]bool, error) {
	table, err := r.mounts.current()
	if err != nil {
		return nil, err
	}
	points := make(map[string]bool)
	for at := range table.at {
		if inside, ok := strings.CutPrefix(at.point, r.host+"/"); ok {
			points["/"+inside] = true
		}
	}
	return points, nil
}
