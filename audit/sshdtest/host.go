package sshdtest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path"
	"strings"
	"syscall"
	"testing"
)

// Host is a private, writable system of one release. It lasts until its test ends.
type Host struct {
	t       testing.TB
	release Release
	root    string
	fs      *os.Root
	version string
	nextUID int
	keys    int
}

// Open gives the test a fresh system of the release, with /proc, /dev,
// /run/sshd and host keys as sshd needs them. It ends the test where that is
// not possible: skipped, or failed where CI is set.
func Open(t testing.TB, r Release) *Host {
	t.Helper()
	NeedRoot(t)
	return open(t, r, tree(t, r))
}

// open mounts a fresh copy of a tree.
func open(t testing.TB, r Release, tree string) *Host {
	t.Helper()
	root := mountView(t, tree)
	fs, err := os.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fs.Close() })
	return &Host{t: t, release: r, root: root, fs: fs, nextUID: firstUID}
}

// Release returns the release of the system.
func (h *Host) Release() Release { return h.release }

// Root returns where the system's root directory is on this machine. To change
// files below it use [Host.FS]: a link made by a test leads out of a joined path.
func (h *Host) Root() string { return h.root }

// FS returns the system's files for reading and changing. Names are relative
// ("etc/passwd"); a name that leads out of the system through a link is refused,
// also where it would not leave it after a chroot (absolute links).
func (h *Host) FS() *os.Root { return h.fs }

// Version returns the release as the binary names itself, such as
// "OpenSSH_9.2p1 Debian-2+deb12u7". Only the usage text tells it in full: -V
// is unknown to 8.4, and lacks patch level and vendor in 9.2 (sshd.c usage()).
func (h *Host) Version() string {
	h.t.Helper()
	if h.version != "" {
		return h.version
	}
	out, err := h.Command(context.Background(), "/usr/sbin/sshd", "-?").CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		h.t.Fatalf("sshd usage: %v", err)
	}
	for line := range bytes.Lines(out) {
		if name, _, ok := bytes.Cut(line, []byte(",")); ok && bytes.HasPrefix(name, []byte("OpenSSH_")) {
			h.version = string(name)
			return h.version
		}
	}
	h.t.Fatalf("no version in sshd's usage text:\n%s", out)
	return ""
}

// searchPath is where a chrooted command is looked for.
var searchPath = []string{"usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"}

// Command prepares a command inside the system: chrooted, as root, in /, with
// an environment of its own. A bare name is looked for in the system's path.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if !strings.Contains(name, "/") {
		for _, dir := range searchPath {
			if _, err := h.fs.Lstat(path.Join(dir, name)); err == nil {
				name = "/" + path.Join(dir, name)
				break
			}
		}
	}
	cmd := exec.CommandContext(ctx, name, args...)
	if strings.HasPrefix(name, "/") {
		cmd.Err = nil // about this machine's files, not the system's
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: h.root}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC"}
	return cmd
}
