//go:build linux

package hostfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

const mountinfo = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:25 / /home rw shared:2 master:1 - autofs systemd-1 rw,fd=29
31 30 0:44 / /home/alice rw - nfs4 server:/a\040b rw
32 22 0:45 / /srv/with\040blank\134\011\012 rw - xfs /dev/x rw
33 22 0:46 / /twice rw - tmpfs lower rw
34 33 0:47 / /twice rw - fuse.sshfs up per rw
broken line
35 22 0:48 / /no-separator rw ext4 x rw
`

func TestMountinfoLines(t *testing.T) {
	for _, c := range []struct {
		parent uint64
		point  string
		want   string
	}{
		{22, "/home", "autofs"}, {30, "/home/alice", "nfs4"}, {22, "/srv/with blank\\\t\n", "xfs"}, {22, "/twice", "fuse.sshfs"},
		{22, "/no-separator", ""}, {22, "/home/alice", ""}, {1, "/", "ext4"},
	} {
		if got, ok := hostfs.MountOn([]byte(mountinfo), c.parent, c.point); got != c.want || ok != (c.want != "") {
			t.Errorf("%q on %d: %q", c.point, c.parent, got)
		}
	}
}

func FuzzMountinfo(f *testing.F) {
	f.Add([]byte(mountinfo))
	f.Add([]byte("1 1 0:1 / / rw - ext4 x rw\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := hostfs.ParseMountinfo(data); n > strings.Count(string(data), "\n")+1 {
			t.Errorf("%d mounts in %d bytes", n, len(data))
		}
		hostfs.MountOn(data, 1, "/")
	})
}

func FuzzACL(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := hostfs.ParseACL(raw)
		if err == nil && 4+8*len(a.Entries) != len(raw) {
			t.Errorf("%d entries in %d bytes", len(a.Entries), len(raw))
		}
	})
}

func setfacl(t *testing.T, entries, path string) {
	t.Helper()
	program := sshdtest.NeedProgram(t, "setfacl", "acl")
	if out, err := exec.Command(program, "-m", entries, path).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}

func TestACLIsThatOfSetfacl(t *testing.T) {
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/f", Mode: 0o640}, hostfstest.Entry{Path: "/plain"})
	setfacl(t, fmt.Sprintf("u:%d:rw,g:%d:r,m:rw", alice, bob), dir+"/f")
	for path, want := range map[string][]hostfs.ACLEntry{"/plain": nil, "/f": {
		{Tag: hostfs.ACLUserObj, Perm: 6, ID: 1<<32 - 1}, {Tag: hostfs.ACLUser, Perm: 6, ID: alice},
		{Tag: hostfs.ACLGroupObj, Perm: 4, ID: 1<<32 - 1}, {Tag: hostfs.ACLGroup, Perm: 4, ID: bob},
		{Tag: hostfs.ACLMask, Perm: 6, ID: 1<<32 - 1}, {Tag: hostfs.ACLOther, ID: 1<<32 - 1}}} {
		w, err := openRoot(t, dir).Self().Walk(path)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		acl, err := w.ACL()
		if diff := cmp.Diff(want, acl.Entries); diff != "" || err != nil || (acl.Raw == nil) != (want == nil) {
			t.Error(path, err, diff)
		}
		if label, err := w.Label(); err != nil || label != "" && !strings.Contains(string(label), ":") {
			t.Error(label, err)
		}
	}
}

func TestBeneathRefusesEveryLinkAndStep(t *testing.T) {
	everyKernel(t, func(t *testing.T) {
		r := build(t, append(homeOf(alice),
			hostfstest.Entry{Path: "/home/alice/to-file", Link: ".ssh/authorized_keys", UID: alice},
			hostfstest.Entry{Path: "/home/alice/to-dir", Link: ".ssh", UID: alice})...)
		home, err := r.Self().OpenHome("/home/alice")
		if err != nil {
			t.Fatal(err)
		}
		defer home.Close()
		for rel, want := range map[string]error{
			".ssh": nil, ".ssh/authorized_keys": nil, "to-file": hostfs.ErrSymlink, "to-dir/authorized_keys": hostfs.ErrSymlink,
			"..": hostfs.ErrPath, ".ssh/../.ssh": hostfs.ErrPath, "/etc": hostfs.ErrPath, "": hostfs.ErrPath, ".ssh/": hostfs.ErrPath,
			"a\x00b": hostfs.ErrPath, "none": fs.ErrNotExist, ".ssh/authorized_keys/x": unix.ENOTDIR, strings.Repeat("n", 256): unix.ENAMETOOLONG,
		} {
			p, err := home.Beneath(rel)
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%.30q: %v, want %v", rel, err, want)
				continue
			}
			if err == nil {
				if string(p.Path) != "/home/alice/"+rel || p.Info.UID != alice || p.Fd() < 0 {
					t.Errorf("%s: %+v", rel, p)
				}
				p.Close()
			}
		}
	})
}

func TestInfoTellsEverythingThatStatDoes(t *testing.T) {
	everyKernel(t, func(t *testing.T) {
		dir := hostfstest.Build(t, hostfstest.Entry{Path: "/f", Mode: 0o4751, UID: alice, GID: bob, Content: "12345"},
			hostfstest.Entry{Path: "/g", Hard: "/f"})
		got, err := openRoot(t, dir).Self().Lstat("/f")
		if err != nil {
			t.Fatal(err)
		}
		var s unix.Stat_t
		if err := unix.Lstat(dir+"/f", &s); err != nil {
			t.Fatal(err)
		}
		if got.MntID == 0 {
			t.Error("no mount")
		}
		got.MntID, got.Btime = 0, 0
		want := hostfs.Info{Type: hostfs.Regular, Mode: 0o4751, UID: alice, GID: bob, Nlink: 2, Size: 5,
			Dev: s.Dev, Ino: s.Ino, Mtime: s.Mtim.Nano(), Ctime: s.Ctim.Nano()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInodeThatIsReusedIsAnotherObject(t *testing.T) {
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/f"})
	r := openRoot(t, dir)
	before, err := r.Self().Lstat("/f")
	if err != nil || before.Btime == 0 {
		t.Skip("this file system keeps no time of creation")
	}
	for range 100 {
		if err := os.Remove(dir + "/f"); err != nil {
			t.Fatal(err)
		}
		hostfstest.Add(t, dir, hostfstest.Entry{Path: "/f"})
		after, err := r.Self().Lstat("/f")
		if err != nil || after.SameObject(before) {
			t.Fatal(after, before, err)
		}
		before = after
	}
}

// TestParentsAreLookedAtAgain: a daemon must notice that /home was opened up.
func TestParentsAreLookedAtAgain(t *testing.T) {
	dir := hostfstest.Build(t, homeOf(alice)...)
	r := openRoot(t, dir)
	mode := func() (m uint32) {
		as(t, r, alice, func(v *hostfs.View) {
			w, err := v.Walk("/home/alice/.ssh/authorized_keys")
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			m = w.Chain[2].Info.Mode
		})
		return m
	}
	if got := mode(); got != 0o755 {
		t.Fatalf("%o", got)
	}
	if err := os.Chmod(dir+"/home", 0o757); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); mode() != 0o757; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the old mode is still remembered")
		}
	}
}

// TestSearchIsDeniedBySharedParentsToo: what is pinned for everybody must not
// let in somebody whom an ACL or the group bits keep out.
func TestSearchIsDeniedBySharedParentsToo(t *testing.T) {
	for name, e := range map[string]hostfstest.Entry{
		"group bits": {Path: "/home/", Mode: 0o705, GID: 61100},
		"private":    {Path: "/home/", Mode: 0o700},
	} {
		t.Run(name, func(t *testing.T) {
			r := build(t, append([]hostfstest.Entry{e}, homeOf(alice)...)...)
			if _, err := r.Self().Stat("/home/alice/.ssh/authorized_keys"); err != nil {
				t.Fatal(err)
			}
			err := r.As(hostfs.Identity{UID: alice, GID: alice, Groups: []uint32{61100}}, func(v *hostfs.View) error {
				_, err := v.Stat("/home/alice/.ssh/authorized_keys")
				return err
			})
			if !errors.Is(err, fs.ErrPermission) {
				t.Error(err)
			}
		})
	}
	t.Run("ACL", func(t *testing.T) {
		dir := hostfstest.Build(t, homeOf(alice)...)
		setfacl(t, fmt.Sprintf("u:%d:-", alice), dir+"/home")
		r := openRoot(t, dir)
		if _, err := r.Self().Stat("/home/alice"); err != nil {
			t.Fatal(err)
		}
		as(t, r, alice, func(v *hostfs.View) {
			if _, err := v.Stat("/home/alice"); !errors.Is(err, fs.ErrPermission) {
				t.Error(err)
			}
		})
	})
}

func TestErrorsEscapeWhatTheHostChose(t *testing.T) {
	r := build(t, hostfstest.Entry{Path: "/d/"})
	_, err := r.Self().Stat("/d/\x1b]0;x\a\n")
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\a\n") || !strings.Contains(err.Error(), `\x1b`) {
		t.Errorf("%q", err)
	}
}

// TestNoDescriptorIsLeft counts descriptors around everything that can fail.
func TestNoDescriptorIsLeft(t *testing.T) {
	dir := hostfstest.Build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/alice/loop", Link: "loop", UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/fifo", Special: unix.S_IFIFO, UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/l", Link: "/home/alice/.ssh/authorized_keys", UID: alice})...)
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	run := func() {
		r, err := hostfs.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		use := func(v *hostfs.View) {
			for _, p := range []string{"/home/alice", "/home/alice/loop", "/home/alice/.ssh/fifo", "/home/alice/.ssh/l", "/none",
				"/home/alice/.ssh/authorized_keys/x", "/home/alice/.ssh/../../alice/.ssh"} {
				if w, err := v.OpenHome(p); err == nil {
					if q, err := w.Beneath(".ssh/authorized_keys"); err == nil {
						q.Close()
					}
					w.Beneath(".ssh/fifo/x")
					w.Close()
				}
				v.Stat(p)
				v.Lstat(p)
				v.ReadFile(p, 1, nil)
				v.ReadDir(p, 2)
				v.ReadDir(p, 100)
				v.ReadDir(p, 100)
				v.Glob(p+"/*", 10)
				v.Readlink(p)
			}
		}
		use(r.Self())
		as(t, r, alice, use)
		hostfs.ForgetParents(r)
		as(t, r, bob, use)
	}
	run()
	before := count()
	everyKernel(t, func(*testing.T) { run() })
	if after := count(); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
}

func TestT25ImmutableAndAppendOnlyAreReported(t *testing.T) {
	const immutable, appendOnly = 0x10, 0x20 // FS_IMMUTABLE_FL, FS_APPEND_FL
	dir := hostfstest.Build(t, hostfstest.Entry{Path: "/f"})
	f, err := os.Open(dir + "/f")
	if err != nil {
		t.Fatal(err)
	}
	others, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		t.Skip("this file system has no such flags:", err)
	}
	set := func(flags int) error { return unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, others|flags) }
	t.Cleanup(func() { set(0); f.Close() })
	for _, flags := range []int{0, immutable, appendOnly} {
		if err := set(flags); err != nil {
			t.Fatal(err)
		}
		i, err := openRoot(t, dir).Self().Lstat("/f")
		if err != nil || i.Immutable != (flags == immutable) || i.AppendOnly != (flags == appendOnly) {
			t.Errorf("flags %#x: %+v %v", flags, i, err)
		}
	}
}
