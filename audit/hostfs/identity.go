//go:build linux

package hostfs

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Identity is what sshd becomes before it reads an account's files: user,
// primary group, and the groups that initgroups(3) would set.
type Identity struct {
	UID, GID uint32
	Groups   []uint32
}

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

// As calls f with a View that has the rights of id; see [Worker.As]. It is for a
// single account: for many, run them through one Worker.
func (r *Root) As(id Identity, f func(*View) error) error {
	return r.Worker(func(w *Worker) error { return w.As(id, f) })
}

// Worker becomes one account after the other on a thread of its own.
type Worker struct {
	root *Root
	view View
	// checked: this thread's switching was compared with /proc.
	checked bool
	// busy: an account's View is in use.
	busy bool
	// gone: the thread could not get its own identity back.
	gone bool
}

// outcome is how the function of a Worker ended.
type outcome struct {
	err      error
	returned bool
	panicked any
}

// Worker calls f on a new goroutine that is bound to a thread, and waits for it.
// What f does outside of [Worker.As] has the rights of the process. A panic in f,
// and runtime.Goexit, are passed on to the caller.
//
// Should an account's identity not be given back, the thread is destroyed and
// Worker returns an ErrIdentity at once; f does not continue.
func (r *Root) Worker(f func(*Worker) error) error {
	done := make(chan outcome, 1)
	go func() {
		runtime.LockOSThread()
		w := &Worker{root: r}
		var o outcome
		defer func() {
			if !o.returned && !w.gone {
				o.panicked = recover()
			}
			if w.gone {
				// This goroutine ends while it is locked, which ends its thread.
				o = outcome{err: fmt.Errorf("the thread's own %w again; it was given up", ErrIdentity), returned: true}
			} else {
				runtime.UnlockOSThread()
			}
			done <- o
		}()
		o.err = f(w)
		o.returned = true
	}()
	o := <-done
	if o.panicked != nil {
		panic(o.panicked)
	}
	if !o.returned {
		runtime.Goexit()
	}
	return o.err
}

// As calls f with a View that has the rights of id, as sshd's temporarily_use_uid
// gives them to itself (uidswap.c): supplementary groups, effective group and user
// of this thread. Real and saved ids stay, so the account can neither signal nor
// trace this process. f must not start goroutines or programs, resolve names, or
// keep the View.
//
// Where the process is id already, or may not become it, nothing is switched;
// [View.Switched] tells the difference. An ErrIdentity means that the switch
// failed and f was not called.
func (w *Worker) As(id Identity, f func(*View) error) error {
	r, v := w.root, &w.view
	if w.busy {
		return fmt.Errorf("uid %d: %w from within another account's", id.UID, ErrIdentity)
	}
	w.busy = true
	defer func() { w.busy = false }()
	v.reset(r, id.UID)
	defer v.retire()
	switch {
	case id.UID == r.own.euid:
		v.switched = true
		return f(v)
	case !r.own.canSwitch:
		v.foreign = true
		return f(v)
	}
	v.switched = true
	defer w.comeBack() // before v.retire: descriptors are closed as ourselves
	if err := r.become(id); err != nil {
		return err
	}
	if !w.checked {
		if err := r.verifyThread(id); err != nil {
			return err
		}
		w.checked = true
	}
	return f(v)
}

// comeBack gives the thread its own identity again, or ends the goroutine.
func (w *Worker) comeBack() {
	if err := w.root.own.restore(); err != nil {
		w.gone = true
		runtime.Goexit()
	}
}

// become switches the effective ids of this thread and verifies the result. The
// order is that of uidswap.c: groups need the privilege that the uid gives up.
func (r *Root) become(id Identity) error {
	if id.UID == ^uint32(0) || id.GID == ^uint32(0) || len(id.Groups) > maxGroups {
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
	status, err := os.ReadFile("/proc/self/task/" + decimal(tid) + "/status")
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
