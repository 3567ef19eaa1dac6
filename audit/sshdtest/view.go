package sshdtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// sweepOnce: what killed tests left behind is removed once a process, not once a test.
var sweepOnce sync.Once

// mountView mounts a private writable copy of a tree and returns its root. The
// copy disappears when the test ends; if the test process is killed, the next
// one removes it.
func mountView(t testing.TB, tree string) string {
	t.Helper()
	root := mountCopy(t, tree)
	if err := populate(root); err != nil {
		unavailable(t, err.Error())
	}
	return root
}

// mountCopy mounts the copy alone.
func mountCopy(t testing.TB, tree string) string {
	t.Helper()
	views := filepath.Join(cacheDir(t), "views")
	if err := os.MkdirAll(views, 0o700); err != nil {
		t.Fatal(err)
	}
	// Nobody may sweep between the making of a directory and its lock.
	all := lock(t, views+".lock")
	defer all.Close()
	sweepOnce.Do(func() { sweep(t, views) })
	dir, err := os.MkdirTemp(views, "")
	if err != nil {
		t.Fatal(err)
	}
	owner := lock(t, filepath.Join(dir, "lock"))
	root := filepath.Join(dir, "root")
	t.Cleanup(func() {
		endProcesses(root)
		if err := removeTree(dir); err != nil {
			t.Errorf("remove the test's system: %v", err)
		}
		owner.Close()
	})
	if err := mountOverlay(dir, tree, root); err != nil {
		unavailable(t, err.Error())
	}
	return root
}

// mountOverlay puts the upper layer beside the mount point, where it has the
// disk's features (attributes, inode flags). In a container that place is often
// an overlay itself, which the kernel refuses as an upper layer: then a tmpfs serves.
func mountOverlay(dir, lower, root string) error {
	layers := filepath.Join(dir, "layers")
	if err := makeDirs(0o755, root, layers); err != nil {
		return err
	}
	try := func() error {
		upper, work := filepath.Join(layers, "upper"), filepath.Join(layers, "work")
		if err := makeDirs(0o755, upper, work); err != nil {
			return err
		}
		return syscall.Mount("overlay", root, "overlay", 0, "lowerdir="+lower+",upperdir="+upper+",workdir="+work)
	}
	first := try()
	if first == nil {
		return nil
	}
	if err := syscall.Mount("tmpfs", layers, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("overlay on %s: %w; tmpfs for its layers: %w", root, first, err)
	}
	if err := try(); err != nil {
		return fmt.Errorf("overlay on %s: %w; with a tmpfs: %w", root, first, err)
	}
	return nil
}

// populate mounts what sshd needs beside files: /proc and a /dev of its own, so
// that a test may bind /dev/log there. /run holds sshd's directory only.
func populate(root string) error {
	in := func(path string) string { return filepath.Join(root, path) }
	for _, m := range []struct{ kind, at, options string }{
		{"proc", "proc", ""},
		{"tmpfs", "dev", "mode=0755"},
		{"tmpfs", "run", "mode=0755"},
	} {
		if err := syscall.Mount(m.kind, in(m.at), m.kind, syscall.MS_NOSUID, m.options); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.kind, in(m.at), err)
		}
	}
	if err := makeDirs(0o755, in("dev/pts"), in("run/sshd")); err != nil {
		return err
	}
	if err := syscall.Mount("devpts", in("dev/pts"), "devpts", syscall.MS_NOSUID, "newinstance,ptmxmode=0666,mode=0620,gid=5"); err != nil {
		return fmt.Errorf("mount devpts: %w", err)
	}
	// The numbers are those of the kernel's devices.txt.
	for name, minor := range map[string]int{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9} {
		path := in("dev/" + name)
		if err := syscall.Mknod(path, syscall.S_IFCHR|0o666, 1<<8|minor); err != nil {
			return fmt.Errorf("make %s: %w", path, err)
		}
		if err := os.Chmod(path, 0o666); err != nil { // mknod obeys the umask
			return err
		}
	}
	for name, target := range map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2",
	} {
		if err := os.Symlink(target, in("dev/"+name)); err != nil {
			return err
		}
	}
	return nil
}

// makeDirs makes directories with exactly this mode, whatever the umask:
// StrictModes looks at the root directory too.
func makeDirs(mode os.FileMode, dirs ...string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, mode); err != nil {
			return err
		}
		if err := os.Chmod(dir, mode); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes views whose process died: nobody holds their lock any more.
func sweep(t testing.TB, views string) {
	entries, err := os.ReadDir(views)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		dir := filepath.Join(views, e.Name())
		owner, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatalf("view of an earlier test: %v", err)
		}
		if syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			endProcesses(filepath.Join(dir, "root"))
			if err := removeTree(dir); err != nil {
				t.Logf("view of an earlier test: %v", err)
			}
		}
		owner.Close()
	}
}

// endProcesses kills the processes whose root directory is the view or lies in
// it (sshd's unprivileged child sits in /run/sshd). No other process has it.
func endProcesses(root string) {
	roots, err := filepath.Glob("/proc/[0-9]*/root")
	if err != nil {
		return
	}
	for _, link := range roots {
		target, err := os.Readlink(link)
		if err != nil || target != root && !strings.HasPrefix(target, root+"/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
	}
}

// removeTree unmounts whatever is mounted below a directory, then removes it.
// It removes nothing while a mount remains: that would be somebody's files.
func removeTree(dir string) error {
	for range 2 {
		mounts, err := mountsBelow(dir)
		if err != nil {
			return err
		}
		for _, m := range slices.Backward(mounts) {
			if err := syscall.Unmount(m, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
				return fmt.Errorf("unmount %s: %w", m, err)
			}
		}
	}
	mounts, err := mountsBelow(dir)
	if err != nil {
		return err
	}
	if len(mounts) > 0 {
		return fmt.Errorf("%s is still mounted", mounts[0])
	}
	// A detached overlay tidies its directories up when its last process is gone.
	for range 40 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// mountsBelow lists mount points in and below a directory, in mount order.
// Field 5 of a mountinfo line is the mount point (proc_pid_mountinfo(5)).
func mountsBelow(dir string) ([]string, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 4 && (fields[4] == dir || strings.HasPrefix(fields[4], dir+"/")) {
			found = append(found, fields[4])
		}
	}
	return found, nil
}
