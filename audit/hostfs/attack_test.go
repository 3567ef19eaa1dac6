//go:build linux

package hostfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// everyKernel runs a test natively and as if calls were missing or forbidden.
func everyKernel(t *testing.T, f func(t *testing.T)) {
	t.Run("native", f)
	for _, calls := range [][]string{{"openat2"}, {"statx"}, {"openat2", "statx"}} {
		for _, errno := range []syscall.Errno{unix.ENOSYS, unix.EPERM} {
			t.Run(fmt.Sprintf("T-46/%s=%s", strings.Join(calls, "+"), unix.ErrnoName(errno)), func(t *testing.T) {
				hostfs.FailCalls(t, errno, calls...)
				f(t)
			})
		}
	}
}

func TestT07MagicLinksAndWrongTypesAreRefused(t *testing.T) {
	everyKernel(t, func(t *testing.T) {
		r := openRoot(t, "/")
		dir := hostfstest.Build(t,
			hostfstest.Entry{Path: "/root", Link: "/proc/self/root/etc/passwd"},
			hostfstest.Entry{Path: "/fd", Link: "/proc/self/fd/0"},
			hostfstest.Entry{Path: "/cwd", Link: "/proc/1/cwd"},
			hostfstest.Entry{Path: "/dir/"},
			hostfstest.Entry{Path: "/file"})
		v := r.Self()
		for _, name := range []string{"/root", "/fd", "/cwd"} {
			_, _, err := v.ReadFile(dir+name, 100, nil)
			var m *hostfs.MountError
			if !errors.Is(err, hostfs.ErrFilesystem) || !errors.As(err, &m) || m.Type != "proc" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := v.ReadFile(dir+"/dir", 100, nil); !errors.Is(err, hostfs.ErrType) {
			t.Error("directory for file:", err)
		}
		if _, err := v.OpenHome(dir + "/file"); !errors.Is(err, hostfs.ErrType) {
			t.Error("file for home:", err)
		}
		if _, err := v.Stat(dir + "/file/x"); !errors.Is(err, unix.ENOTDIR) {
			t.Error("file for directory:", err)
		}
	})
}

func TestT08TenThousandFIFOsNeitherBlockNorTakeThreads(t *testing.T) {
	r := build(t, hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Special: unix.S_IFIFO, UID: alice})
	var wg sync.WaitGroup
	for range 10100 {
		wg.Go(func() {
			_, _, err := r.Self().ReadFile("/home/alice/.ssh/authorized_keys", 100, nil)
			if !errors.Is(err, hostfs.ErrType) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil || len(tasks) >= 64 {
		t.Error(len(tasks), "threads", err)
	}
}

func TestT09SpecialFilesAreDescribedButNotRead(t *testing.T) {
	everyKernel(t, func(t *testing.T) {
		r := build(t,
			hostfstest.Entry{Path: "/h/fifo", Special: unix.S_IFIFO},
			hostfstest.Entry{Path: "/h/socket", Special: unix.S_IFSOCK},
			hostfstest.Entry{Path: "/h/char", Special: unix.S_IFCHR},
			hostfstest.Entry{Path: "/h/block", Special: unix.S_IFBLK})
		want := map[string]hostfs.Type{"fifo": hostfs.FIFO, "socket": hostfs.Socket, "char": hostfs.CharDevice, "block": hostfs.BlockDevice}
		entries, _, err := r.Self().ReadDir("/h", 10)
		if err != nil || len(entries) != 4 {
			t.Fatal(entries, err)
		}
		for _, e := range entries {
			if e.Info.Type != want[string(e.Name)] {
				t.Errorf("%s is a %s", e.Name, e.Info.Type)
			}
			if _, _, err := r.Self().ReadFile("/h/"+string(e.Name), 100, nil); !errors.Is(err, hostfs.ErrType) {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
	})
}

func TestT10LeasedFileIsReportedAtOnce(t *testing.T) {
	dir := hostfstest.Build(t, homeOf(alice)...)
	file := dir + "/home/alice/.ssh/authorized_keys"
	newChildAs(t, alice, "lease", file).ask(t, "")
	r := openRoot(t, dir)
	as(t, r, alice, func(v *hostfs.View) {
		if _, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil); !errors.Is(err, hostfs.ErrLeased) {
			t.Error(err)
		}
		if i, err := v.Stat("/home/alice/.ssh/authorized_keys"); i.Size != 4 || err != nil {
			t.Error("a lease must not hide the mode:", i, err)
		}
	})
}

// childLease takes a write lease, says so, and keeps it.
func childLease(args []string) error {
	f, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		return err
	}
	return echo(func(string) (string, error) { return "", nil })
}

func TestT11T12SparseAndHugeFilesAreCutAndSaidToBe(t *testing.T) {
	const limit = 1 << 20
	r := build(t,
		hostfstest.Entry{Path: "/sparse", Content: "key", Size: 1 << 40},
		hostfstest.Entry{Path: "/exact", Content: strings.Repeat("x", limit)},
		hostfstest.Entry{Path: "/over", Content: strings.Repeat("x", limit) + "k"},
		hostfstest.Entry{Path: "/empty"})
	for path, want := range map[string]int{"/sparse": limit, "/exact": limit, "/over": limit, "/empty": 0} {
		data, info, err := r.Self().ReadFile(path, limit, make([]byte, 0, 10))
		cut := info.Size > limit
		if len(data) != want || cap(data) > 2*limit || cut != errors.Is(err, hostfs.ErrTooLarge) || !cut && err != nil {
			t.Errorf("%s: %d bytes of %d, capacity %d, %v", path, len(data), info.Size, cap(data), err)
		}
	}
}

func TestT14FileThatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/f", Content: "old"})
	r := openRoot(t, dir)
	for _, c := range []struct {
		changes int
		want    string
		err     error
	}{{0, "old", nil}, {1, "new 1", nil}, {2, "new 2", nil}, {3, "", hostfs.ErrChanging}} {
		n := 0
		hostfs.BeforeRefresh(t, func() {
			if n++; n > c.changes {
				return
			}
			if err := os.WriteFile(dir+"/f", fmt.Appendf(nil, "new %d", n), 0); err != nil {
				t.Fatal(err)
			}
		})
		data, info, err := r.Self().ReadFile("/f", 1<<20, nil)
		if string(data) != c.want || !errors.Is(err, c.err) || err == nil && info.Size != int64(len(data)) {
			t.Errorf("%d changes: %q, %d bytes, %v", c.changes, data, info.Size, err)
		}
	}
}

func TestT14FileTruncatedWithoutEndIsSurvived(t *testing.T) {
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/f", UID: alice})
	newChildAs(t, alice, "rewrite", dir+"/f").ask(t, "")
	r := openRoot(t, dir)
	sizes := map[int64]bool{}
	var buf []byte
	for n := 0; n < 1000 || len(sizes) < 2 && n < 1e6; n++ {
		data, info, err := r.Self().ReadFile("/f", 1<<20, buf)
		if errors.Is(err, hostfs.ErrChanging) {
			continue
		}
		if err != nil || int64(len(data)) != info.Size {
			t.Fatal(len(data), info.Size, err)
		}
		sizes[info.Size] = true
		buf = data
	}
	if len(sizes) < 2 {
		t.Error("the writer was asleep: the size never changed")
	}
}

// childRewrite rewrites and truncates a file without end.
func childRewrite(args []string) error {
	f, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	go func() {
		for n := 0; ; n++ {
			f.WriteAt(bytes.Repeat([]byte{byte('0' + n%10)}, 256<<10), 0)
			if n%3 == 0 {
				f.Truncate(0)
			}
		}
	}()
	return echo(func(string) (string, error) { return "", nil })
}

func TestT15HugeDirectoriesAndDepthAreBounded(t *testing.T) {
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/many/"})
	for i := range 5000 {
		if err := unix.Mknod(fmt.Sprintf("%s/many/%d", dir, i), unix.S_IFREG, 0); err != nil {
			t.Fatal(err)
		}
	}
	// A chain of directories, 20 in each link.
	deep := dir + "/deep"
	for range 15 {
		if err := os.MkdirAll(deep+strings.Repeat("/d", 20), 0o755); err != nil {
			t.Fatal(err)
		}
		deep += strings.Repeat("/d", 20)
	}
	r := openRoot(t, dir)
	entries, truncated, err := r.Self().ReadDir("/many", 4096)
	if len(entries) != 4096 || !truncated || err != nil {
		t.Error(len(entries), truncated, err)
	}
	if _, err := r.Self().Stat("/deep" + strings.Repeat("/d", 300)); !errors.Is(err, hostfs.ErrTooLarge) {
		t.Error("300 directories deep:", err)
	}
	hostfstest.Add(t, dir, hostfstest.Entry{Path: "/long", Link: strings.Repeat("deep/../", 400) + "many"})
	as(t, r, alice, func(v *hostfs.View) {
		if _, err := v.Glob("/long/*", 100000); !errors.Is(err, hostfs.ErrTooLarge) {
			t.Error("5000 names behind a long link:", err)
		}
	})
	if _, err := r.Self().Glob("/*/*", 100); !errors.Is(err, hostfs.ErrTooLarge) {
		t.Error("glob:", err)
	}
	hostfstest.Add(t, dir, hostfstest.Entry{Path: "/spin", Link: strings.Repeat("deep/../", 500) + "spin"})
	if _, err := r.Self().Stat("/spin"); !errors.Is(err, unix.ELOOP) && !errors.Is(err, hostfs.ErrTooLarge) {
		t.Error("long loop:", err)
	}
}

func TestT52LinkToRootsFileDisclosesNothing(t *testing.T) {
	const secret = "root:$6$secret"
	entries := []hostfstest.Entry{
		{Path: "/etc/shadow", Mode: 0o600, Content: secret},
		{Path: "/home/alice/", UID: alice, GID: alice},
		{Path: "/home/alice/.ssh/", UID: alice, GID: alice},
		{Path: "/home/alice/.ssh/authorized_keys", Link: "/etc/shadow", UID: alice},
	}
	t.Run("as the account", func(t *testing.T) {
		as(t, build(t, entries...), alice, func(v *hostfs.View) {
			data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil)
			if len(data) > 0 || !errors.Is(err, fs.ErrPermission) || !v.Switched() {
				t.Errorf("%q %v", data, err)
			}
		})
	})
	t.Run("without the right to switch", func(t *testing.T) {
		r := build(t, entries...)
		hostfs.ForbidSwitch(r)
		as(t, r, alice, func(v *hostfs.View) {
			data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil)
			if len(data) > 0 || !errors.Is(err, hostfs.ErrSymlink) || v.Switched() {
				t.Errorf("%q %v", data, err)
			}
		})
	})
}

// TestT52PinOutlivesNoRights: what was found as the account, by a link, must not
// be read as root afterwards.
func TestT52PinOutlivesNoRights(t *testing.T) {
	r := build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/etc/shadow", Mode: 0o600, Content: "secret"},
		hostfstest.Entry{Path: "/home/alice/l", Link: "/etc/shadow", UID: alice})...)
	err := r.Worker(func(w *hostfs.Worker) error {
		var kept *hostfs.View
		var pin *hostfs.Walked
		err := w.As(hostfs.Identity{UID: alice, GID: alice}, func(v *hostfs.View) (err error) {
			kept = v
			pin, err = v.Walk("/home/alice/l")
			return err
		})
		if err != nil {
			return err
		}
		defer pin.Close()
		denied := func(data []byte, err error) {
			t.Helper()
			if data != nil || !errors.Is(err, hostfs.ErrIdentity) {
				t.Errorf("%q %v", data, err)
			}
		}
		denied(pin.ReadAll(100, nil))
		data, _, err := kept.ReadFile("/home/alice/l", 100, nil)
		denied(data, err)
		return w.As(hostfs.Identity{UID: bob, GID: bob}, func(*hostfs.View) error {
			denied(pin.ReadAll(100, nil))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestViewWithoutSwitchFollowsLinksOfRootOnly(t *testing.T) {
	r := build(t,
		hostfstest.Entry{Path: "/data/alice/", UID: alice},
		hostfstest.Entry{Path: "/data/alice/f", UID: alice},
		hostfstest.Entry{Path: "/home", Link: "data"},
		hostfstest.Entry{Path: "/open/", Mode: 0o777},
		hostfstest.Entry{Path: "/open/l", Link: "/data/alice"})
	hostfs.ForbidSwitch(r)
	as(t, r, alice, func(v *hostfs.View) {
		if _, err := v.Stat("/home/alice/f"); err != nil {
			t.Error(err)
		}
		if _, err := v.Stat("/open/l/f"); !errors.Is(err, hostfs.ErrSymlink) {
			t.Error(err)
		}
	})
}

// TestProtectedSymlinks follows may_follow_link in the kernel's fs/namei.c.
func TestProtectedSymlinks(t *testing.T) {
	r := build(t,
		hostfstest.Entry{Path: "/tmp/", Mode: 0o1777},
		hostfstest.Entry{Path: "/d/f"},
		hostfstest.Entry{Path: "/tmp/of-bob", Link: "/d/f", UID: bob},
		hostfstest.Entry{Path: "/tmp/of-alice", Link: "/d/f", UID: alice},
		hostfstest.Entry{Path: "/tmp/of-root", Link: "/d/f"},
		hostfstest.Entry{Path: "/tmp/dir-of-bob", Link: "/d", UID: bob})
	hostfs.GuardLinks(r)
	as(t, r, alice, func(v *hostfs.View) {
		for path, want := range map[string]error{"/tmp/of-bob": unix.EACCES, "/tmp/of-alice": nil, "/tmp/of-root": nil, "/tmp/dir-of-bob/f": nil} {
			if _, err := v.Stat(path); !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%s: %v, want %v", path, err, want)
			}
		}
	})
}
