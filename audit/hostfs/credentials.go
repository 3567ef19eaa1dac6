//go:build linux

package hostfs

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxGroups is NGROUPS_MAX of the kernel.
const maxGroups = 65536

// keep leaves an id as it is, in setresuid(2) and setresgid(2).
const keep = ^uintptr(0)

// credentials are the process's own, read once.
type credentials struct {
	ruid, euid, suid uint32
	rgid, egid, sgid uint32
	groups           []uint32
	// canSwitch: the process is root throughout and may set user and group ids. A
	// process of another uid with capabilities would keep some of them after the
	// switch, so it does not switch.
	canSwitch bool
}

func ownCredentials() (credentials, error) {
	var c credentials
	groups, err := unix.Getgroups()
	if err != nil {
		return c, fmt.Errorf("getgroups: %w", err)
	}
	for _, g := range groups {
		c.groups = append(c.groups, uint32(g)) //nolint:gosec // gid_t
	}
	c.ruid, c.euid, c.suid = getres(unix.SYS_GETRESUID)
	c.rgid, c.egid, c.sgid = getres(unix.SYS_GETRESGID)
	effective, err := effectiveCapabilities()
	if err != nil {
		return c, fmt.Errorf("capget: %w", err)
	}
	const need = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID
	c.canSwitch = c.ruid == 0 && c.euid == 0 && c.suid == 0 && effective&need == need
	return c, nil
}

// become switches the effective ids of this thread and verifies the result. The
// order is that of uidswap.c: groups need the privilege that the uid gives up.
func (r *Root) become(id Identity) error {
	if !id.valid() {
		return fmt.Errorf("uid %d, gid %d, %d groups: %w", id.UID, id.GID, len(id.Groups), ErrIdentity)
	}
	if e := setGroups(id.Groups); e != nil {
		return fmt.Errorf("setgroups: %w (%w)", ErrIdentity, e)
	}
	if e := setEffective(id.UID, id.GID); e != nil {
		return fmt.Errorf("uid %d: %w (%w)", id.UID, ErrIdentity, e)
	}
	ruid, euid, suid := getres(unix.SYS_GETRESUID)
	rgid, egid, sgid := getres(unix.SYS_GETRESGID)
	effective, err := effectiveCapabilities()
	c := &r.own
	if err != nil || effective != 0 || euid != id.UID || egid != id.GID ||
		ruid != c.ruid || suid != c.suid || rgid != c.rgid || sgid != c.sgid {
		return fmt.Errorf("uid %d: %w (the kernel reports effective uid %d, gid %d, capabilities %x)",
			id.UID, ErrIdentity, euid, egid, effective)
	}
	return nil
}

func setEffective(uid, gid uint32) error {
	if e := forced("setresuid"); e != 0 {
		return e
	}
	if _, _, e := unix.RawSyscall(sysSetresgid, keep, uintptr(gid), keep); e != 0 {
		return e
	}
	if _, _, e := unix.RawSyscall(sysSetresuid, keep, uintptr(uid), keep); e != 0 {
		return e
	}
	return nil
}

// restore makes the thread what the process is, in the opposite order.
func (c *credentials) restore() error {
	if e := forced("restore"); e != 0 {
		return e
	}
	if _, _, e := unix.RawSyscall(sysSetresuid, keep, uintptr(c.euid), keep); e != 0 {
		return e
	}
	if _, _, e := unix.RawSyscall(sysSetresgid, keep, uintptr(c.egid), keep); e != 0 {
		return e
	}
	if err := setGroups(c.groups); err != nil {
		return err
	}
	_, euid, _ := getres(unix.SYS_GETRESUID)
	_, egid, _ := getres(unix.SYS_GETRESGID)
	if euid != c.euid || egid != c.egid {
		return ErrIdentity
	}
	return nil
}

func setGroups(groups []uint32) error {
	_, _, e := unix.RawSyscall(sysSetgroups, uintptr(len(groups)), uintptr(unsafe.Pointer(unsafe.SliceData(groups))), 0)
	if e != 0 {
		return e
	}
	return nil
}

// getres is getresuid(2) or getresgid(2), which cannot fail.
func getres(call uintptr) (r, e, s uint32) {
	_, _, _ = unix.RawSyscall(call, uintptr(unsafe.Pointer(&r)), uintptr(unsafe.Pointer(&e)), uintptr(unsafe.Pointer(&s)))
	return r, e, s
}

// effectiveCapabilities returns CapEff of this thread.
func effectiveCapabilities() (uint64, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	_, _, e := unix.RawSyscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0)
	if e != 0 {
		return 0, e
	}
	return uint64(data[0].Effective) | uint64(data[1].Effective)<<32, nil
}

// verifyThread compares with what /proc says about this thread, once for each
// thread: it also shows the file system uid and the groups.
func (r *Root) verifyThread(id Identity) error {
	tid := unix.Gettid()
	if _, ok := r.verified.Load(tid); ok {
		return nil
	}
	status, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrIdentity, err)
	}
	c := &r.own
	groups := slices.Clone(id.Groups)
	slices.Sort(groups)
	want := map[string]string{
		"Uid":    fmt.Sprint(c.ruid, id.UID, c.suid, id.UID),
		"Gid":    fmt.Sprint(c.rgid, id.GID, c.sgid, id.GID),
		"Groups": strings.Trim(fmt.Sprint(groups), "[]"),
		"CapEff": "0000000000000000",
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		if w, ok := want[name]; ok && strings.Join(strings.Fields(value), " ") != w {
			return fmt.Errorf("uid %d: %w (/proc reports %s %q)", id.UID, ErrIdentity, name, strings.TrimSpace(value))
		}
	}
	r.verified.Store(tid, struct{}{})
	return nil
}
