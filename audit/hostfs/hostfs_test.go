//go:build linux

package hostfs_test

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// Uids that no account has.
const (
	alice = 61001
	bob   = 61002
)

func openRoot(t testing.TB, dir string) *hostfs.Root {
	t.Helper()
	r, err := hostfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func build(t testing.TB, entries ...hostfstest.Entry) *hostfs.Root {
	t.Helper()
	return openRoot(t, hostfstest.Build(t, entries...))
}

// as calls f with a View of the account, once with its identity taken on at once
// and once with the switch put off: the outcome must be the same.
func as(t testing.TB, r *hostfs.Root, uid uint32, f func(v *hostfs.View)) {
	t.Helper()
	id := hostfs.Identity{UID: uid, GID: uid}
	err := r.Worker(func(w *hostfs.Worker) error {
		for _, become := range []func(hostfs.Identity, func(*hostfs.View) error) error{w.As, w.ReadAs} {
			if err := become(id, func(v *hostfs.View) error { f(v); return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func homeOf(uid int) []hostfstest.Entry {
	return []hostfstest.Entry{
		{Path: "/home/alice/", Mode: 0o750, UID: uid, GID: uid},
		{Path: "/home/alice/.ssh/", Mode: 0o700, UID: uid, GID: uid},
		{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, UID: uid, GID: uid, Content: "key\n"},
	}
}

func TestWalkReturnsCanonicalPathAndEveryParent(t *testing.T) {
	r := build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/data", Link: "/home"},
		hostfstest.Entry{Path: "/home/link", Link: "../data/./alice//"})...)
	as(t, r, alice, func(v *hostfs.View) {
		w, err := v.Walk("/home/link/.ssh/authorized_keys")
		if err != nil {
			t.Error(err)
			return
		}
		defer w.Close()
		if w.Path != "/home/alice/.ssh/authorized_keys" || w.Info.Type != hostfs.Regular || w.Info.UID != alice {
			t.Errorf("walked to %s, %+v", w.Path, w.Info)
		}
		var chain []string
		for _, d := range w.Chain {
			chain = append(chain, string(d.Path))
		}
		if diff := cmp.Diff([]string{"/home/alice/.ssh", "/home/alice", "/home", "/"}, chain); diff != "" {
			t.Error(diff)
		}
		if w.Chain[0].Info.Mode != 0o700 || w.Chain[1].Info.Mode != 0o750 || w.Chain[2].Info.UID != 0 {
			t.Errorf("chain %+v", w.Chain)
		}
		var links []string
		for _, l := range w.Links {
			links = append(links, string(l.Path+" -> "+l.Target))
		}
		if diff := cmp.Diff([]string{"/home/link -> ../data/./alice//", "/data -> /home"}, links); diff != "" {
			t.Error(diff)
		}
		data, err := w.ReadAll(1<<20, nil)
		if err != nil || string(data) != "key\n" {
			t.Errorf("read %q, %v", data, err)
		}
	})
}

func TestWalkToDirectoryEndsTheChainAtItsParent(t *testing.T) {
	r := build(t, homeOf(alice)...)
	as(t, r, alice, func(v *hostfs.View) {
		for path, want := range map[string]int{"/": 0, "/home": 1, "/home/alice/.ssh/": 3} {
			w, err := v.Walk(path)
			if err != nil {
				t.Error(err)
				continue
			}
			if len(w.Chain) != want || want > 0 && w.Chain[want-1].Path != "/" {
				t.Errorf("%s: chain %+v", path, w.Chain)
			}
			if got := string(w.Path); got != strings.TrimSuffix(path, "/") && got != path {
				t.Errorf("%s: canonical %s", path, got)
			}
			w.Close()
		}
	})
}

// TestChrootSemantics compares with what a process sees after chroot(2).
func TestChrootSemantics(t *testing.T) {
	dir := hostfstest.Build(t,
		hostfstest.Entry{Path: "/etc/secret", Content: "inside"},
		hostfstest.Entry{Path: "/a/b/c/"},
		hostfstest.Entry{Path: "/a/abs", Link: "/etc/secret"},
		hostfstest.Entry{Path: "/a/up", Link: "../../../../../etc/secret"},
		hostfstest.Entry{Path: "/a/loop", Link: "loop"},
		hostfstest.Entry{Path: "/a/l1", Link: "l2/x"},
		hostfstest.Entry{Path: "/a/l2", Link: "l1/y"},
		hostfstest.Entry{Path: "/a/dangling", Link: "/nowhere/at/all"},
		hostfstest.Entry{Path: "/a/dir", Link: "b/c/"},
		hostfstest.Entry{Path: "/a/root", Link: "/"},
		hostfstest.Entry{Path: "/a/self", Link: "."},
		hostfstest.Entry{Path: "/a/odd", Link: "//etc//./secret"},
		hostfstest.Entry{Path: "/a/fileslash", Link: "/etc/secret/"},
	)
	r := openRoot(t, dir)
	chrooted := newChild(t, "chroot", dir)
	for _, path := range []string{"/etc/secret", "/a/abs", "/a/up", "/a/loop", "/a/l1", "/a/l2", "/a/dangling", "/a/dir",
		"/a/dir/..", "/a/dir/../../abs", "/a/root", "/a/root/a/root/etc/secret", "/a/self/self/self/abs", "/a/odd",
		"/a/fileslash", "/etc/secret/", "/etc/secret/.", "/etc/secret/..", "/a/b/../b/c/.", "/../../..", "/a/./././b",
		"/a/dangling/x", "/nothing", "/nothing/..", "/a/" + strings.Repeat("n", 255), "/a/" + strings.Repeat("n", 256),
		"/" + strings.Repeat("self/", 10), "/a/" + strings.Repeat("self/", 40) + "abs", "/a/" + strings.Repeat("self/", 39) + "abs",
		"/a/abs/", "/a/dir/", "/", "//", "/a/root/.."} {
		w, err := r.Self().Walk(path)
		got := ""
		if err == nil {
			got = string(w.Path)
			w.Close()
		}
		want, errno := chrooted.ask(t, path)
		if got != want || hostfs.Errno(err) != errno {
			t.Errorf("%q: walked to %q (%v); after chroot it is %q (%v)", path, got, err, want, errno)
		}
	}
}

func TestPathErrorNamesTheComponentThatFailed(t *testing.T) {
	r := build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/bob/", Mode: 0o700, UID: bob, GID: bob},
		hostfstest.Entry{Path: "/home/bob/keys", UID: bob},
		hostfstest.Entry{Path: "/home/alice/.ssh/stolen", Link: "/home/bob/keys"},
		hostfstest.Entry{Path: "/home/alice/round", Link: "round", UID: alice})...)
	as(t, r, alice, func(v *hostfs.View) {
		for _, c := range []struct {
			path, at string
			want     error
		}{
			{"/home/alice/.ssh/none", "/home/alice/.ssh/none", fs.ErrNotExist},
			{"/home/alice/none/x", "/home/alice/none", fs.ErrNotExist},
			{"/home/bob/keys", "/home/bob/keys", fs.ErrPermission},
			{"/home/alice/.ssh/stolen", "/home/bob/keys", fs.ErrPermission},
			{"/home/alice/.ssh/authorized_keys/x", "/home/alice/.ssh/authorized_keys", syscall.ENOTDIR},
			{"/home/alice/round", "/home/alice/round", syscall.ELOOP},
			{"relative", "relative", hostfs.ErrPath},
			{"/nul\x00byte", "/nul\x00byte", hostfs.ErrPath},
			{"/" + strings.Repeat("a", 4095), "/" + strings.Repeat("a", 4095), hostfs.ErrPath},
		} {
			_, err := v.Walk(c.path)
			var p *hostfs.PathError
			if !errors.As(err, &p) || !errors.Is(err, c.want) || p.Path != audit.Untrusted(c.at) {
				t.Errorf("%.40q: %v, want %v at %.40q", c.path, err, c.want, c.at)
			}
		}
	})
}

func TestAccountCannotReadWhatItsRightsDeny(t *testing.T) {
	r := build(t,
		hostfstest.Entry{Path: "/home/alice/", Mode: 0o755, UID: alice, GID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/", Mode: 0o755, UID: alice, GID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/root", Mode: 0o600, Content: "x"},
		hostfstest.Entry{Path: "/home/alice/.ssh/group", Mode: 0o640, GID: 61100, Content: "x"},
		hostfstest.Entry{Path: "/home/alice/.ssh/notmine", Mode: 0o604, GID: alice, Content: "x"},
		hostfstest.Entry{Path: "/home/alice/shut/", Mode: 0o600, UID: alice},
		hostfstest.Entry{Path: "/home/alice/shut/file", Content: "x"},
	)
	id := hostfs.Identity{UID: alice, GID: alice, Groups: []uint32{61100}}
	err := r.As(id, func(v *hostfs.View) error {
		if !v.Switched() {
			t.Error("identity was not switched")
		}
		for path, readable := range map[string]bool{"root": false, "group": true, "notmine": false, "../shut/file": false} {
			_, _, err := v.ReadFile("/home/alice/.ssh/"+path, 100, nil)
			if readable != (err == nil) || !readable && !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Self().ReadFile("/home/alice/.ssh/root", 100, nil); err != nil {
		t.Error("root afterwards:", err)
	}
}

func TestReadDirSortsAndTruncates(t *testing.T) {
	r := build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/alice/.ssh/config", UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/link", Link: "/etc/shadow", UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/Z\n", UID: alice})...)
	as(t, r, alice, func(v *hostfs.View) {
		entries, truncated, err := v.ReadDir("/home/alice/.ssh", 100)
		if err != nil || truncated {
			t.Error(truncated, err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, string(e.Name)+" "+e.Info.Type.String())
			if e.Err != nil {
				t.Error(e.Err)
			}
		}
		want := []string{"Z\n regular file", "authorized_keys regular file", "config regular file", "link symbolic link"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		entries, truncated, err = v.ReadDir("/home/alice/.ssh", 2)
		if len(entries) != 2 || !truncated || err != nil {
			t.Error(len(entries), truncated, err)
		}
		if _, truncated, err := v.ReadDir("/home/alice/.ssh", 4); truncated || err != nil {
			t.Error("a list of exactly the bound is complete:", truncated, err)
		}
		if _, _, err := v.ReadDir("/home/alice/.ssh/config", 4); !errors.Is(err, syscall.ENOTDIR) {
			t.Error(err)
		}
	})
}

func TestDirectoryWithoutSearchRightIsListed(t *testing.T) {
	r := build(t,
		hostfstest.Entry{Path: "/home/alice/list/", Mode: 0o600, UID: alice},
		hostfstest.Entry{Path: "/home/alice/list/f", UID: alice})
	for _, before := range []string{"/", "/home/alice/list"} {
		as(t, r, alice, func(v *hostfs.View) {
			if _, err := v.Lstat(before); err != nil {
				t.Error(err)
			}
			entries, _, err := v.ReadDir("/home/alice/list", 10)
			if err != nil || len(entries) != 1 || !errors.Is(entries[0].Err, fs.ErrPermission) {
				t.Error(entries, err)
			}
		})
	}
}

func TestReadlinkAndLstatDoNotFollow(t *testing.T) {
	r := build(t, hostfstest.Entry{Path: "/l", Link: "/etc/x\x1b"}, hostfstest.Entry{Path: "/f"})
	v := r.Self()
	if target, err := v.Readlink("/l"); target != "/etc/x\x1b" || err != nil {
		t.Error(target, err)
	}
	if _, err := v.Readlink("/f"); !errors.Is(err, hostfs.ErrType) {
		t.Error(err)
	}
	if i, err := v.Lstat("/l"); i.Type != hostfs.Symlink || err != nil {
		t.Error(i, err)
	}
	if _, err := v.Stat("/l"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
