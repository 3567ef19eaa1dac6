//go:build linux

package hostfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

const ownNamespace = "HOSTFS_TEST_NAMESPACE"

// inNamespace runs a test in a process with its own mounts, and reports whether
// this is that process.
func inNamespace(t *testing.T) bool {
	t.Helper()
	hostfstest.NeedRoot(t)
	if os.Getenv(ownNamespace) != "" {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), ownNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

func mount(t *testing.T, source, target, fstype string, flags uintptr, data string) {
	t.Helper()
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		t.Fatalf("mount %s on %s: %v", fstype, target, err)
	}
	t.Cleanup(func() { unix.Unmount(target, unix.MNT_DETACH) })
}

// silentFUSE mounts a FUSE file system that nobody serves.
func silentFUSE(t *testing.T, target, options string) {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) }) // after the unmount: it lets go of whoever hangs
	mount(t, "silent", target, "fuse.silent", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d%s", fd, alice, alice, options))
}

// refusedMount checks that something ended at a mount of a type.
func refusedMount(t *testing.T, what string, err error, fstype string) {
	t.Helper()
	var m *hostfs.MountError
	if !errors.Is(err, hostfs.ErrFilesystem) || !errors.As(err, &m) || string(m.Type) != fstype {
		t.Errorf("%s: %v, want a refusal of %s", what, err, fstype)
	}
}

func TestT19SilentFUSEInHomeIsNotEntered(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	everyKernel(t, func(t *testing.T) {
		for _, options := range []string{"", ",allow_other"} {
			dir := hostfstest.Build(t, homeOf(alice)...)
			silentFUSE(t, dir+"/home/alice/.ssh", options)
			r := openRoot(t, dir)
			for _, view := range []func(func(*hostfs.View)){
				func(f func(*hostfs.View)) { f(r.Self()) },
				func(f func(*hostfs.View)) { as(t, r, alice, f) },
			} {
				view(func(v *hostfs.View) {
					home, err := v.OpenHome("/home/alice")
					if err != nil {
						t.Error(err)
						return
					}
					defer home.Close()
					_, _, err = v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil)
					refusedMount(t, "read", err, "fuse.silent")
					_, _, err = v.ReadDir("/home/alice/.ssh", 100)
					refusedMount(t, "list", err, "fuse.silent")
					entries, _, err := v.ReadDir("/home/alice", 100)
					if len(entries) != 1 || err != nil {
						t.Error(entries, err)
						return
					}
					refusedMount(t, "entry", entries[0].Err, "fuse.silent")
					_, err = home.Beneath(".ssh/authorized_keys")
					refusedMount(t, "beneath", err, "fuse.silent")
				})
			}
		}
	})
}

func TestT20FUSEAsHomeIsNotEnteredAndOthersAreRead(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	everyKernel(t, func(t *testing.T) {
		dir := hostfstest.Build(t, append(homeOf(alice), hostfstest.Entry{Path: "/home/bob/"})...)
		silentFUSE(t, dir+"/home/bob", ",allow_other")
		r := openRoot(t, dir)
		_, err := r.Self().Stat("/home/bob")
		refusedMount(t, "home", err, "fuse.silent")
		if _, err := r.Self().Stat("/home/alice/.ssh/authorized_keys"); err != nil {
			t.Error(err)
		}
	})
}

// TestT20AutomounterWithoutDaemon: a name that is not mounted yet wakes the
// automounter, which here never answers; a name that is mounted can be entered.
func TestT20AutomounterWithoutDaemon(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/home/"})
	p := make([]int, 2)
	if err := unix.Pipe2(p, unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	// The daemon is whoever belongs to the process group; this child is it.
	daemon := exec.Command("sleep", "60")
	daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	mount(t, "auto", dir+"/home", "autofs", 0,
		fmt.Sprintf("fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", p[1], daemon.Process.Pid))
	// The daemon may make directories in its file system; nobody else may.
	mkdir := exec.Command("sh", "-c", "mkdir "+dir+"/home/alice && mount -t tmpfs none "+dir+"/home/alice && echo key > "+dir+"/home/alice/f")
	mkdir.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: daemon.Process.Pid}
	if out, err := mkdir.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	everyKernel(t, func(t *testing.T) {
		r := openRoot(t, dir)
		_, err := r.Self().Stat("/home/bob")
		refusedMount(t, "not mounted yet", err, "autofs")
		if found, err := r.Self().Glob("/home/*/f", 10); len(found) != 1 || err != nil {
			t.Error("glob over what is mounted:", found, err)
		}
		if data, _, err := r.Self().ReadFile("/home/alice/f", 100, nil); string(data) != "key\n" || err != nil {
			t.Error("mounted already:", data, err)
		}
	})
}

func TestT23BindMountInHomeIsNotEntered(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	everyKernel(t, func(t *testing.T) {
		dir := hostfstest.Build(t, append(homeOf(alice), hostfstest.Entry{Path: "/etc/authorized_keys", Content: "root's"})...)
		mount(t, dir+"/etc", dir+"/home/alice/.ssh", "", unix.MS_BIND, "")
		r := openRoot(t, dir)
		as(t, r, alice, func(v *hostfs.View) {
			if data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil); string(data) != "root's" {
				t.Error("before it is known to be a home, a mount of a local type is entered:", err)
			}
		})
		as(t, r, alice, func(v *hostfs.View) {
			home, err := v.OpenHome("/home/alice/")
			if err != nil {
				t.Error(err)
				return
			}
			defer home.Close()
			for _, path := range []string{"/home/alice/.ssh/authorized_keys", "/home/./alice/../alice/.ssh/authorized_keys"} {
				data, _, err := v.ReadFile(path, 100, nil)
				if !errors.Is(err, hostfs.ErrFilesystem) || data != nil {
					t.Errorf("%s: %q %v", path, data, err)
				}
			}
		})
	})
}

// TestT23MountThatIsRememberedIsNotEnteredEither: another view, or the same one
// earlier, may have had reason to enter it.
func TestT23MountThatIsRememberedIsNotEnteredEither(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/home/alice/.ssh/"}, hostfstest.Entry{Path: "/etc/keys"})
	mount(t, dir+"/etc", dir+"/home/alice/.ssh", "", unix.MS_BIND, "")
	r := openRoot(t, dir)
	as(t, r, alice, func(v *hostfs.View) {
		if _, err := v.Stat("/home/alice/.ssh/keys"); err != nil {
			t.Error(err)
		}
	})
	as(t, r, bob, func(v *hostfs.View) {
		for range 2 {
			home, err := v.OpenHome("/home/alice")
			if err != nil {
				t.Error(err)
				return
			}
			home.Close()
			if _, err = v.Stat("/home/alice/.ssh/keys"); !errors.Is(err, hostfs.ErrFilesystem) {
				t.Error("sealed:", err)
			}
			if _, err = v.OpenHome("/"); err == nil {
				_, err = v.Stat("/home/alice/.ssh/keys")
			}
			if err != nil {
				t.Error("not sealed:", err)
			}
		}
	})
}

func TestMountsOfLocalTypesAreCrossedAboveHomes(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	everyKernel(t, func(t *testing.T) {
		dir := hostfstest.Build(t, hostfstest.Entry{Path: "/home/"})
		// Two mounts on one place: the upper one counts.
		mount(t, "lower", dir+"/home", "tmpfs", 0, "")
		mount(t, "upper", dir+"/home", "tmpfs", 0, "mode=755")
		for _, e := range homeOf(alice) {
			hostfstest.Add(t, dir, e)
		}
		r := openRoot(t, dir)
		as(t, r, alice, func(v *hostfs.View) {
			w, err := v.Walk("/home/alice/.ssh/authorized_keys")
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Close()
			if w.Chain[2].Path != "/home" || w.Chain[2].Info.MntID == w.Chain[3].Info.MntID || w.Info.MntID != w.Chain[2].Info.MntID {
				t.Errorf("%+v", w.Chain)
			}
		})
	})
}

func TestNosymfollowMountFollowsNoLink(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/home/"})
	const nosymfollow = 0x100 // MS_NOSYMFOLLOW, Linux 5.10
	mount(t, "none", dir+"/home", "tmpfs", nosymfollow, "")
	hostfstest.Add(t, dir, hostfstest.Entry{Path: "/home/f"})
	hostfstest.Add(t, dir, hostfstest.Entry{Path: "/home/l", Link: "f"})
	_, err := openRoot(t, dir).Self().Stat("/home/l")
	_, want := os.Stat(dir + "/home/l")
	if !errors.Is(err, unix.ELOOP) || !errors.Is(want, unix.ELOOP) {
		t.Errorf("%v, the kernel says %v", err, want)
	}
}

// TestT22RootSquash: a server that denies root what it gives to the account.
func TestT22RootSquashIsReadAsTheAccount(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/home/"})
	serveFUSE(t, dir+"/home")
	r := openRoot(t, dir)
	r.Allow("fuse.stub")
	if _, _, err := r.Self().ReadFile("/home/keys", 100, nil); !errors.Is(err, fs.ErrPermission) {
		t.Error("root:", err)
	}
	hostfs.ForgetParents(r)
	as(t, r, alice, func(v *hostfs.View) {
		if data, _, err := v.ReadFile("/home/keys", 100, nil); string(data) != fuseContent || err != nil {
			t.Errorf("account: %q %v", data, err)
		}
		if _, err := v.Stat("/home/stale"); !errors.Is(err, unix.ESTALE) {
			t.Error("stale handle:", err)
		}
	})
}

func TestLiveIsThisProcessesRootOnly(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	// Another root, by the name "/": that of a process in another namespace.
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/proc/"})
	mount(t, "none", dir, "tmpfs", 0, "mode=755")
	child := newChild(t, "chroot", dir)
	child.ask(t, "/")
	for path, want := range map[string]bool{"/": true, "/proc/self/root": true, "/etc": false, dir: false,
		fmt.Sprintf("/proc/%d/root", child.cmd.Process.Pid): false} {
		if r := openRoot(t, path); r.Live() != want {
			t.Errorf("%s: %v", path, r.Live())
		}
	}
}
