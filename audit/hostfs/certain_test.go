//go:build linux

package hostfs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

// readAs calls f with the switch to alice put off.
func readAs(t testing.TB, r *hostfs.Root, f func(v *hostfs.View)) error {
	t.Helper()
	return r.Worker(func(w *hostfs.Worker) error {
		return w.ReadAs(hostfs.Identity{UID: alice, GID: alice}, func(v *hostfs.View) error { f(v); return nil })
	})
}

// lookAtHome does what an audit does with a home.
func lookAtHome(v *hostfs.View) {
	if home, err := v.OpenHome("/home/alice"); err == nil {
		home.Close()
	}
	v.ReadDir("/home/alice/.ssh", 100)
	v.Lstat("/home/alice/.shosts")
	if w, err := v.Walk("/home/alice/.ssh/authorized_keys"); err == nil {
		w.ReadAll(100, nil)
		w.Close()
	}
}

func TestAccountIsBecomeOnlyInDoubt(t *testing.T) {
	key := hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, UID: alice, Content: "key\n"}
	home := hostfstest.Entry{Path: "/home/alice/", Mode: 0o750, UID: alice, GID: alice}
	ssh := hostfstest.Entry{Path: "/home/alice/.ssh/", Mode: 0o700, UID: alice, GID: alice}
	edit := func(e hostfstest.Entry, f func(*hostfstest.Entry)) hostfstest.Entry { f(&e); return e }
	mode := func(e hostfstest.Entry, m uint32) hostfstest.Entry {
		return edit(e, func(e *hostfstest.Entry) { e.Mode = m })
	}
	of := func(e hostfstest.Entry, uid int) hostfstest.Entry {
		return edit(e, func(e *hostfstest.Entry) { e.UID = uid })
	}
	for name, c := range map[string]struct {
		entries []hostfstest.Entry
		doubt   bool
	}{
		"in order":            {[]hostfstest.Entry{home, ssh, key}, false},
		"no keys":             {[]hostfstest.Entry{home}, false},
		"no home":             {[]hostfstest.Entry{{Path: "/home/"}}, false},
		"open to all":         {[]hostfstest.Entry{mode(home, 0o777), mode(ssh, 0o777), mode(key, 0o666)}, false},
		"root's home":         {[]hostfstest.Entry{of(home, 0), ssh, key}, true},
		"another's home":      {[]hostfstest.Entry{of(mode(home, 0o755), bob), ssh, key}, true},
		"shut home":           {[]hostfstest.Entry{mode(home, hostfstest.NoMode), ssh, key}, true},
		"home without search": {[]hostfstest.Entry{mode(home, 0o677), ssh, key}, true},
		"unlistable .ssh":     {[]hostfstest.Entry{home, mode(ssh, 0o300), key}, true},
		"root's .ssh":         {[]hostfstest.Entry{home, of(mode(ssh, 0o755), 0), key}, true},
		"unreadable file":     {[]hostfstest.Entry{home, ssh, mode(key, 0o044)}, true},
		"root's file":         {[]hostfstest.Entry{home, ssh, of(key, 0)}, true},
		"another's file":      {[]hostfstest.Entry{home, ssh, of(key, bob)}, true},
		"hard link": {[]hostfstest.Entry{home, ssh, key,
			{Path: "/home/alice/second", Hard: "/home/alice/.ssh/authorized_keys"}}, true},
		"link": {[]hostfstest.Entry{home, ssh, {Path: "/home/alice/keys", UID: alice},
			{Path: "/home/alice/.ssh/authorized_keys", Link: "../keys", UID: alice}}, true},
		"linked .ssh":      {[]hostfstest.Entry{home, {Path: "/home/alice/.ssh", Link: "/etc", UID: alice}}, true},
		"linked home":      {[]hostfstest.Entry{{Path: "/srv/alice/", UID: alice}, {Path: "/home/alice", Link: "/srv/alice"}}, true},
		"shut parent":      {[]hostfstest.Entry{{Path: "/home/", Mode: 0o711, UID: bob}, home, ssh, key}, true},
		"parent's group":   {[]hostfstest.Entry{{Path: "/home/", Mode: 0o701}, home, ssh, key}, true},
		"file as .ssh":     {[]hostfstest.Entry{home, {Path: "/home/alice/.ssh", UID: alice}}, false},
		"FIFO as key file": {[]hostfstest.Entry{home, ssh, edit(key, func(e *hostfstest.Entry) { e.Special = unix.S_IFIFO })}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := build(t, c.entries...)
			if err := readAs(t, r, func(v *hostfs.View) {
				lookAtHome(v)
				if became := unix.Geteuid() == alice; became != c.doubt || !v.Switched() {
					t.Errorf("became the account: %v, want %v", became, c.doubt)
				}
			}); err != nil {
				t.Error(err)
			}
			if unix.Geteuid() != 0 {
				t.Fatal("the identity was not given back")
			}
		})
	}
}

// TestACLOnParentIsADoubt: an ACL can keep out one account whom the mode lets in;
// one on the account's own file says nothing about its owner.
func TestACLOnParentIsADoubt(t *testing.T) {
	for path, doubt := range map[string]bool{"": true, "/home": true, "/home/alice": false, "/home/alice/.ssh": false,
		"/home/alice/.ssh/authorized_keys": false} {
		dir := hostfstest.Build(t, homeOf(alice)...)
		setfacl(t, fmt.Sprintf("u:%d:-,u:%d:rwx,m:rwx", alice, bob), dir+path)
		if err := readAs(t, openRoot(t, dir), func(v *hostfs.View) {
			lookAtHome(v)
			if became := unix.Geteuid() == alice; became != doubt {
				t.Errorf("ACL on %q: became the account: %v", path, became)
			}
		}); err != nil {
			t.Error(path, err)
		}
	}
}

// TestOwnerThatMayBeAnybodyIsADoubt: the overflow uid stands for every owner that
// has none here.
func TestOwnerThatMayBeAnybodyIsADoubt(t *testing.T) {
	const nobody = 65534
	r := build(t, homeOf(nobody)...)
	err := r.Worker(func(w *hostfs.Worker) error {
		return w.ReadAs(hostfs.Identity{UID: nobody, GID: nobody}, func(v *hostfs.View) error {
			if unix.Geteuid() != nobody {
				t.Error("read as root")
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMountThatIsNotJudgedByModeIsADoubt(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	for fstype, doubt := range map[string]bool{"tmpfs": false, "overlay": true} {
		dir := hostfstest.Build(t, hostfstest.Entry{Path: "/home/"}, hostfstest.Entry{Path: "/upper/"},
			hostfstest.Entry{Path: "/work/"}, hostfstest.Entry{Path: "/lower/"})
		data := ""
		if fstype == "overlay" {
			data = fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir)
		}
		mount(t, "none", dir+"/home", fstype, 0, data)
		check(t, os.Chmod(dir+"/home", 0o755))
		for _, e := range homeOf(alice) {
			hostfstest.Add(t, dir, e)
		}
		if err := readAs(t, openRoot(t, dir), func(v *hostfs.View) {
			lookAtHome(v)
			if data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil); string(data) != "key\n" || err != nil {
				t.Errorf("%s: %q %v", fstype, data, err)
			}
			if became := unix.Geteuid() == alice; became != doubt {
				t.Errorf("%s: became the account: %v", fstype, became)
			}
		}); err != nil {
			t.Error(err)
		}
	}
}

// TestDoubtThatCannotBeResolvedReadsNothing: the account cannot be become.
func TestDoubtThatCannotBeResolvedReadsNothing(t *testing.T) {
	r := build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/alice/link", Link: ".ssh/authorized_keys", UID: alice})...)
	hostfs.FailCalls(t, unix.EAGAIN, "setresuid")
	err := readAs(t, r, func(v *hostfs.View) {
		for range 2 {
			if data, _, err := v.ReadFile("/home/alice/link", 100, nil); data != nil || !errors.Is(err, hostfs.ErrIdentity) {
				t.Errorf("%q %v", data, err)
			}
		}
		if data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil); data != nil || !errors.Is(err, hostfs.ErrIdentity) {
			t.Errorf("after the failure: %q %v", data, err)
		}
	})
	if !errors.Is(err, hostfs.ErrIdentity) || unix.Geteuid() != 0 {
		t.Error(err, unix.Geteuid())
	}
}

// TestReadAsFindsWhatTheKernelLetsTheAccountFind compares the put-off switch with
// the kernel's own word, over trees of random owners, modes, links and ACLs.
func TestReadAsFindsWhatTheKernelLetsTheAccountFind(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	setfacl := sshdtest.NeedProgram(t, "setfacl", "acl")
	certain, doubtful := 0, 0
	for n := range 150 {
		dir := oddHome(t, random, setfacl)
		r := openRoot(t, dir)
		id := hostfs.Identity{UID: alice, GID: alice, Groups: []uint32{alice, 61100}}
		var want, got string
		err := r.Worker(func(w *hostfs.Worker) error {
			if err := w.As(id, func(v *hostfs.View) error { want = everything(v); return nil }); err != nil {
				return err
			}
			return w.ReadAs(id, func(v *hostfs.View) error {
				got = everything(v)
				if unix.Geteuid() == 0 {
					certain++
				} else {
					doubtful++
				}
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("tree %d:\n%s\n%s", n, listing(dir), diff)
		}
	}
	if certain < 10 || doubtful < 10 {
		t.Errorf("%d trees without and %d with a doubt: too few of one kind", certain, doubtful)
	}
}

// oddHome is a home in which up to three things are odd.
func oddHome(t *testing.T, random *rand.Rand, setfacl string) string {
	t.Helper()
	dir := hostfstest.Build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/etc/shadow", Mode: 0o600, Content: "secret"},
		hostfstest.Entry{Path: "/home/alice/.ssh/config", Mode: 0o644, UID: alice, Content: "config"},
		hostfstest.Entry{Path: "/home/alice/.ssh/id", Mode: 0o600, UID: alice, Content: "id"})...)
	paths := []string{"/home", "/home/alice", "/home/alice/.ssh", "/home/alice/.ssh/authorized_keys", "/home/alice/.ssh/config"}
	for range random.IntN(4) {
		path := dir + paths[random.IntN(len(paths))]
		switch random.IntN(4) {
		case 0:
			check(t, os.Chown(path, []int{0, alice, bob}[random.IntN(3)], []int{0, alice, 61100}[random.IntN(3)]))
		case 1:
			check(t, unix.Chmod(path, random.Uint32N(0o1000)))
		case 2:
			who := []int{alice, bob}[random.IntN(2)]
			if out, err := exec.Command(setfacl, "-m", fmt.Sprintf("u:%d:%d", who, random.IntN(8)), path).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
		case 3:
			name := fmt.Sprintf("%s/home/alice/.ssh/link%d", dir, random.IntN(1000))
			target := []string{"/etc/shadow", "authorized_keys", "..", "none", "/home/alice/.ssh/id"}[random.IntN(5)]
			if err := os.Symlink(target, name); err != nil && !errors.Is(err, os.ErrExist) {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// everything tells all that a View finds in alice's home.
func everything(v *hostfs.View) string {
	var b strings.Builder
	home, err := v.OpenHome("/home/alice")
	if err == nil {
		fmt.Fprintf(&b, "home %v\n", home.Info)
		home.Close()
	}
	fmt.Fprintln(&b, "home", err)
	for _, dir := range []string{"/home/alice/.ssh", "/home/alice"} {
		d, entries, _, err := v.List(dir, 100)
		fmt.Fprintln(&b, "list", d, err)
		for _, e := range entries {
			path := dir + "/" + string(e.Name)
			data, _, err := v.ReadFile(path, 100, nil)
			fmt.Fprintf(&b, "%s %v %v: %q %v\n", path, e.Info, e.Err, data, err)
		}
	}
	for _, path := range []string{"/home/alice/.ssh/authorized_keys", "/home/alice/.ssh/none", "/home/alice/.ssh/../.ssh/config"} {
		w, err := v.Walk(path)
		if err == nil {
			data, err := w.ReadAll(100, nil)
			fmt.Fprintln(&b, w.Path, w.Info, w.Chain, w.Links, string(data), err)
			w.Close()
		}
		fmt.Fprintln(&b, path, err)
	}
	found, err := v.Glob("/home/alice/.ssh/*", 100)
	fmt.Fprintln(&b, found, err)
	return b.String()
}

func listing(dir string) string {
	out, err := exec.Command("ls", "-lanR", dir).CombinedOutput()
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(out), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "total") }), "\n")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFileExchangedAfterTheListingIsNotRead: between the listing of .ssh and the
// opening of a file in it, its owner puts something else in its place.
func TestFileExchangedAfterTheListingIsNotRead(t *testing.T) {
	for name, c := range map[string]struct {
		in   hostfstest.Entry
		want string
	}{
		"another's file": {hostfstest.Entry{Path: "/in", UID: bob, Mode: 0o600, Content: marker}, "permission denied"},
		"root's file":    {hostfstest.Entry{Path: "/in", Mode: 0o600, Content: marker}, "permission denied"},
		"link":           {hostfstest.Entry{Path: "/in", Link: "/secret", UID: alice}, "permission denied"},
		"FIFO":           {hostfstest.Entry{Path: "/in", Special: unix.S_IFIFO, UID: alice}, hostfs.ErrType.Error()},
		"directory":      {hostfstest.Entry{Path: "/in/", UID: alice}, hostfs.ErrType.Error()},
		"closed file":    {hostfstest.Entry{Path: "/in", UID: alice, Mode: hostfstest.NoMode, Content: marker}, "permission denied"},
		"second name":    {hostfstest.Entry{Path: "/in", Hard: "/secret"}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := hostfstest.Build(t, append(homeOf(alice), hostfstest.Entry{Path: "/secret", Mode: 0o600, Content: marker}, c.in)...)
			hostfs.BeforeCall(t, "open listed", func() {
				file := dir + "/home/alice/.ssh/authorized_keys"
				check(t, os.Remove(file))
				check(t, os.Rename(dir+"/in", file))
			})
			if err := readAs(t, openRoot(t, dir), func(v *hostfs.View) {
				_, entries, _, err := v.ListToRead("/home/alice/.ssh", 10, func(string) bool { return true })
				if err != nil || len(entries) != 1 {
					t.Error(entries, err)
				}
				data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil)
				if len(data) > 0 || err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%q %v, want %s", data, err, c.want)
				}
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRightThatIsLostWhileReadingCounts: the mode goes after it was looked at.
func TestRightThatIsLostWhileReadingCounts(t *testing.T) {
	dir := hostfstest.Build(t, homeOf(alice)...)
	hostfs.BeforeRefresh(t, func() { check(t, os.Chmod(dir+"/home/alice/.ssh/authorized_keys", 0)) })
	if err := readAs(t, openRoot(t, dir), func(v *hostfs.View) {
		v.ListToRead("/home/alice/.ssh", 10, func(string) bool { return true })
		data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, nil)
		if len(data) > 0 || !errors.Is(err, os.ErrPermission) {
			t.Errorf("%q %v", data, err)
		}
	}); err != nil {
		t.Error(err)
	}
}

func TestLacksSaysOnlyWhatIsCertain(t *testing.T) {
	r := build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/alice/.rhosts", UID: alice},
		hostfstest.Entry{Path: "/home/alice/dangling", Link: "nowhere", UID: alice},
		hostfstest.Entry{Path: "/home/alice/shut/", Mode: 0o600, UID: alice})...)
	as(t, r, alice, func(v *hostfs.View) {
		for path, want := range map[string]bool{"/home/alice .shosts": true, "/home/alice .rhosts": false, "/home/alice dangling": false,
			"/home/alice .ssh": false, "/home/alice/shut x": false, "/home/none x": false, "/home/alice/.rhosts x": false} {
			dir, name, _ := strings.Cut(path, " ")
			if got := v.Lacks(dir, name); got != want {
				t.Errorf("%s: %v", path, got)
			}
		}
	})
}

// TestT19SilentFUSEAsMissingNameDoesNotStall: what is mounted at the name is not asked.
func TestT19SilentFUSEAsMissingNameDoesNotStall(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := hostfstest.Build(t, append(homeOf(alice), hostfstest.Entry{Path: "/home/alice/.shosts/", UID: alice})...)
	silentFUSE(t, dir+"/home/alice/.shosts", ",allow_other")
	r := openRoot(t, dir)
	as(t, r, alice, func(v *hostfs.View) {
		home, err := v.EnterHome("/home/alice")
		if err != nil || home.Path != "/home/alice" || home.Info.UID != alice {
			t.Error(home, err)
		}
		if v.Lacks("/home/alice", ".shosts") {
			t.Error("a mounted name is said to be missing")
		}
		_, err = v.Lstat("/home/alice/.shosts")
		refusedMount(t, "after it", err, "fuse.silent")
	})
}
