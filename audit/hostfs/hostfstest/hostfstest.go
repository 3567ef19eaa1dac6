//go:build linux

// Package hostfstest builds small host trees for tests: owners, modes, links and
// objects that stall a careless reader.
package hostfstest

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Entry is one object of a tree. Parents that are not in the table are made
// 0755 and belong to root.
type Entry struct {
	// Path is absolute inside the tree; a slash at its end makes a directory.
	Path string
	// Mode holds permission, set-id and sticky bits; 0 stands for 0755 for a
	// directory and 0644 for anything else. NoMode is a real 0.
	Mode uint32
	UID  int
	GID  int
	// Link makes a symbolic link with this text; Hard another name of that path.
	Link, Hard string
	// Content is that of a file; Size, if set, makes it sparse up to that length.
	Content string
	Size    int64
	// Special is unix.S_IFIFO, S_IFSOCK, S_IFCHR (of /dev/null) or S_IFBLK (7:0).
	Special uint32
}

// NoMode is the mode 0000.
const NoMode = 1 << 31

// NeedRoot ends the test where it does not run as root: with a failure when the
// environment variable CI is set, as a skip elsewhere.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test must run as root: it makes files of several owners")
	}
	t.Skip("needs root: it makes files of several owners")
}

// Build makes the entries, in order, below a new directory and returns that. The
// way to it can be searched by everybody, so that another user's process can be
// sent there.
func Build(t testing.TB, entries ...Entry) string {
	t.Helper()
	NeedRoot(t)
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		check(t, os.Chmod(d, 0o755))
	}
	for _, e := range entries {
		Add(t, dir, e)
	}
	return dir
}

// Add makes one more entry in a tree.
func Add(t testing.TB, dir string, e Entry) {
	t.Helper()
	path := dir + strings.TrimSuffix(e.Path, "/")
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	mode := e.Mode
	if mode == 0 {
		mode = 0o644
	}
	switch {
	case e.Link != "":
		check(t, os.Symlink(e.Link, path))
		check(t, os.Lchown(path, e.UID, e.GID))
		return
	case e.Hard != "":
		check(t, os.Link(dir+e.Hard, path))
		return
	case strings.HasSuffix(e.Path, "/"):
		if e.Mode == 0 {
			mode = 0o755
		}
		check(t, os.MkdirAll(path, 0o755))
	case e.Special != 0:
		special(t, path, e.Special)
	default:
		check(t, os.WriteFile(path, []byte(e.Content), 0o600))
		if e.Size > 0 {
			check(t, os.Truncate(path, e.Size))
		}
	}
	check(t, os.Lchown(path, e.UID, e.GID))
	check(t, unix.Chmod(path, mode&0o7777)) // after chown, which clears set-id bits
}

func special(t testing.TB, path string, kind uint32) {
	t.Helper()
	switch kind {
	case unix.S_IFSOCK:
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		check(t, err)
		t.Cleanup(func() { l.Close() })
	case unix.S_IFCHR:
		check(t, unix.Mknod(path, kind|0o600, int(unix.Mkdev(1, 3)))) //nolint:gosec // a small number
	case unix.S_IFBLK:
		check(t, unix.Mknod(path, kind|0o600, int(unix.Mkdev(7, 0)))) //nolint:gosec // a small number
	default:
		check(t, unix.Mknod(path, kind|0o600, 0))
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
