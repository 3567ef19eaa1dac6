//go:build linux

package hostfs

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// entered lists the file systems that are entered: local ones, whose answers
// come from the kernel and not from a process or a machine that can stop.
// "proc" is missing on purpose: its links lead to other processes' files.
var entered = map[string]bool{
	"ext2": true, "ext3": true, "ext4": true, "xfs": true, "btrfs": true, "zfs": true, "f2fs": true, "jfs": true,
	"reiserfs": true, "bcachefs": true, "tmpfs": true, "ramfs": true, "overlay": true, "squashfs": true, "erofs": true,
}

const (
	maxMountinfo = 16 << 20
	// maxStacked bounds the mounts on top of each other at one place.
	maxStacked = 64
)

// mount is one line of /proc/self/mountinfo; see proc_pid_mountinfo(5).
type mount struct {
	id, parent  uint64
	point       string
	fstype      string
	nosymfollow bool
}

type mountKey struct {
	parent uint64
	point  string
}

// mountTable is what is mounted where.
type mountTable struct {
	at   map[mountKey]mount
	byID map[uint64]mount
}

// parseMountinfo reads the lines it understands and leaves the others out: a
// mount that is not in the table is not entered.
func parseMountinfo(data []byte) *mountTable {
	t := &mountTable{at: map[mountKey]mount{}, byID: map[uint64]mount{}}
	for line := range bytes.Lines(data) {
		if m, ok := parseMount(string(bytes.TrimRight(line, "\n"))); ok {
			t.at[mountKey{m.parent, m.point}] = m
			t.byID[m.id] = m
		}
	}
	return t
}

func parseMount(line string) (mount, bool) {
	left, right, ok := strings.Cut(line, " - ")
	f := strings.Split(left, " ")
	if !ok || len(f) < 6 {
		return mount{}, false
	}
	id, err1 := strconv.ParseUint(f[0], 10, 64)
	parent, err2 := strconv.ParseUint(f[1], 10, 64)
	fstype, _, _ := strings.Cut(right, " ")
	if err1 != nil || err2 != nil || fstype == "" {
		return mount{}, false
	}
	m := mount{id: id, parent: parent, point: unescapeOctal(f[4]), fstype: unescapeOctal(fstype)}
	for option := range strings.SplitSeq(f[5], ",") {
		m.nosymfollow = m.nosymfollow || option == "nosymfollow"
	}
	return m, true
}

// unescapeOctal undoes the kernel's \040, \011, \012, \134 and \043.
func unescapeOctal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(v))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// on returns the mount that is on top at point of the mount parent.
func (t *mountTable) on(parent uint64, point string) (mount, bool) {
	top, found := mount{id: parent}, false
	for range maxStacked {
		m, ok := t.at[mountKey{top.id, point}]
		if !ok {
			break
		}
		top, found = m, true
	}
	return top, found
}

// mounts keeps the table and knows when it is out of date.
type mounts struct {
	mu    sync.Mutex
	fd    int // /proc/self/mountinfo; poll(2) tells of changes
	table *mountTable
}

// current returns the table, read anew if the kernel says that it changed.
func (m *mounts) current() (*mountTable, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.table != nil {
		p := [1]unix.PollFd{{Fd: int32(m.fd), Events: unix.POLLPRI}} //nolint:gosec // descriptors are small
		if _, err := unix.Poll(p[:], 0); err == nil && p[0].Revents&(unix.POLLPRI|unix.POLLERR) == 0 {
			return m.table, nil
		}
	}
	var data []byte
	buf := make([]byte, 64<<10)
	if _, err := unix.Seek(m.fd, 0, unix.SEEK_SET); err != nil {
		return nil, err
	}
	for {
		n, e := readFD(m.fd, buf)
		if e != 0 {
			return nil, e
		}
		if n == 0 {
			break
		}
		if data = append(data, buf[:n]...); len(data) > maxMountinfo {
			return nil, &PathError{"read", "/proc/self/mountinfo", ErrTooLarge}
		}
	}
	m.table = parseMountinfo(data)
	return m.table, nil
}

// mountOfFD reads the mount of a pinned object from /proc/self/fdinfo, which
// asks no file system: for kernels before 5.8, and before a mount is trusted.
func mountOfFD(procFD, fd int) (uint64, syscall.Errno) {
	var c cname
	if !c.set("../fdinfo/" + strconv.Itoa(fd)) {
		return 0, unix.ENAMETOOLONG
	}
	f, e := openat(procFD, &c, unix.O_RDONLY|unix.O_CLOEXEC)
	if e != 0 {
		return 0, e
	}
	defer closeFD(f)
	var buf [1024]byte
	n, e := readFD(f, buf[:])
	if e != 0 {
		return 0, e
	}
	for line := range strings.Lines(string(buf[:n])) {
		if value, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			if id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64); err == nil {
				return id, 0
			}
		}
	}
	return 0, unix.ENOSYS
}

// cross enters the mount at name in the directory d, if that is allowed.
// The decision is made from mountinfo, before the mount is touched.
func (v *View) cross(d *node, name *cname, host string, inside bool) (int, mount, error) {
	table, err := v.root.mounts.current()
	if err != nil {
		return -1, mount{}, err
	}
	m, ok := table.on(d.info.MntID, host)
	if !ok && d.transit {
		return -1, m, table.byID[d.info.MntID].refused()
	}
	if !ok {
		return -1, m, &MountError{}
	}
	// An automounter's directory is only passed through, towards what is mounted in it.
	if inside || !v.root.enters(m.fstype) && m.fstype != "autofs" {
		return -1, m, m.refused()
	}
	// Without O_DIRECTORY: that flag would wake the automounter.
	fd, e := openat(d.fd, name, pinFlags)
	if e != 0 {
		return -1, m, e
	}
	if id, e := mountOfFD(v.root.procFD, fd); e != 0 || id != m.id {
		closeFD(fd)
		return -1, m, ErrBusy
	}
	return fd, m, nil
}

func (m mount) refused() error {
	return &MountError{Point: audit.Untrusted(m.point), Type: audit.Untrusted(m.fstype)}
}

// mountOn describes the mount on path, which lies on the mount parent.
func (r *Root) mountOn(parent uint64, path string) error {
	table, err := r.mounts.current()
	if err != nil {
		return err
	}
	m, ok := table.on(parent, r.hostPath(path))
	if !ok {
		return &MountError{}
	}
	return m.refused()
}
