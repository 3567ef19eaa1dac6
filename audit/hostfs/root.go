//go:build linux

package hostfs

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// Root is a directory that is read as if it were the root of the file system.
// It is safe for use by several goroutines.
type Root struct {
	fd     int
	procFD int // /proc/self/fd
	dir    string
	// host is the directory as mountinfo names it, empty for "/".
	host string
	live bool
	own  credentials
	// arithmetic: ReadAs may leave the identity as it is; see certain.go.
	arithmetic bool
	overflow   uint32
	// guardLinks is fs.protected_symlinks, 0 for a tree that another kernel would run.
	guardLinks bool
	allowed    map[string]bool
	onPath     func(string)
	mounts     mounts
	cache      cache
	scratch    sync.Pool
	verified   sync.Map // thread id → struct{}: identity switching was checked in full
}

// Open binds a Root to dir, "/" for the running host. It needs /proc. The
// kernel resolves dir itself, links included: its name is the administrator's.
func Open(dir string) (*Root, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	r := &Root{fd: -1, procFD: -1, dir: abs, allowed: maps.Clone(entered)}
	r.mounts.fd = -1
	r.scratch.New = func() any { return new(scratch) }
	if err := r.open(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Root) open() (err error) {
	if r.procFD, err = unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open /proc/self/fd: %w; mount proc on /proc", err)
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(r.procFD, &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return fmt.Errorf("/proc is not a proc file system: mount proc on /proc")
	}
	if r.mounts.fd, err = unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open /proc/self/mountinfo: %w", err)
	}
	if r.fd, err = unix.Open(r.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return &PathError{"open", audit.Untrusted(r.dir), err}
	}
	if r.host, err = os.Readlink(procPath(r.fd)); err != nil {
		return &PathError{"open", audit.Untrusted(r.dir), err}
	}
	r.host = strings.TrimSuffix(r.host, "/")
	if r.live, err = r.isRoot(); err != nil {
		return err
	}
	if r.live {
		data, err := os.ReadFile("/proc/sys/fs/protected_symlinks")
		r.guardLinks = err == nil && strings.TrimSpace(string(data)) == "1"
	}
	if r.own, err = ownCredentials(); err != nil {
		return err
	}
	r.overflow, err = overflowID()
	r.arithmetic = r.own.canSwitch && err == nil && unconfined()
	return nil
}

// Close releases the root. No View may be in use.
func (r *Root) Close() error {
	r.cache.drop()
	for _, fd := range []*int{&r.fd, &r.procFD, &r.mounts.fd} {
		if *fd >= 0 {
			closeFD(*fd)
			*fd = -1
		}
	}
	return nil
}

// Dir returns the directory, absolute.
func (r *Root) Dir() string { return r.dir }

// Live reports whether the root is that of this process, as a rule the running
// host's; the root of a container, reached by /proc/PID/root, is not.
func (r *Root) Live() bool { return r.live }

// isRoot compares with "/"; the name would not do, a container's root has it, too.
func (r *Root) isRoot() (bool, error) {
	fd, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer closeFD(fd)
	ours, e := statFD(r.procFD, r.fd)
	if e != 0 {
		return false, e
	}
	root, e := statFD(r.procFD, fd)
	if e != 0 {
		return false, e
	}
	return ours.SameObject(root), nil
}

// Allow adds types of file systems (third field of mount(8)'s output) that are
// entered although their server can stop, such as nfs4: only in a process that
// somebody else is prepared to kill. Call it before the first use of a View.
func (r *Root) Allow(fstypes ...string) {
	for _, t := range fstypes {
		r.allowed[t] = true
	}
}

func (r *Root) enters(fstype string) bool { return r.allowed[fstype] }

// Self returns a View with the process's own rights, for what the administrator
// owns: /etc, the configuration, the host's keys. It pins nothing between calls.
func (r *Root) Self() *View { return &View{root: r, follower: r.own.euid} }

// hostPath is a path inside the root as mountinfo would name it.
func (r *Root) hostPath(inside string) string {
	if r.host == "" {
		return inside
	}
	return strings.TrimSuffix(r.host+inside, "/")
}

// scratch holds what the kernel writes into, so that a View allocates nothing of it.
type scratch struct {
	name cname
	how  unix.OpenHow
	link [unix.PathMax]byte
	dir  []byte // of dirBuffer bytes, once a directory was listed
	text []byte // the names found in it
}
