//go:build linux

package hostfs_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

// childScan looks at everything in a tree, between two marks for strace.
func childScan(args []string) error {
	r, err := hostfs.Open(args[0])
	if err != nil {
		return err
	}
	defer r.Close()
	mark := func() { unix.Access("/mark", 0) }
	err = r.Worker(func(w *hostfs.Worker) error {
		// Once beforehand: a new thread is compared with /proc.
		if err := w.As(hostfs.Identity{UID: alice, GID: alice}, func(*hostfs.View) error { return nil }); err != nil {
			return err
		}
		mark()
		defer mark()
		if err := w.As(hostfs.Identity{UID: alice, GID: alice}, scanHome); err != nil {
			return err
		}
		return w.ReadAs(hostfs.Identity{UID: alice, GID: alice}, scanHome)
	})
	return err
}

// scanHome looks at everything in alice's home.
func scanHome(v *hostfs.View) error {
	home, err := v.OpenHome("/home/alice")
	if err != nil {
		return err
	}
	defer home.Close()
	for _, dir := range []string{"/home/alice", "/home/alice/.ssh"} {
		entries, _, err := v.ReadDir(dir, 100)
		if err != nil {
			return err
		}
		for _, e := range entries {
			v.ReadFile(dir+"/"+string(e.Name), 1000, nil)
			v.Glob(dir+"/*", 100)
		}
	}
	return nil
}

// TestStraceOpensNothingThatCouldBlock is the proof of an absence: below a home,
// every open has O_PATH or O_NONBLOCK, and special files are never opened at all.
func TestT07T09StraceOpensNothingThatCouldBlock(t *testing.T) {
	strace := sshdtest.NeedProgram(t, "strace", "strace")
	dir := hostfstest.Build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/alice/.ssh/fifo", Special: unix.S_IFIFO, UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/socket", Special: unix.S_IFSOCK, UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/char", Special: unix.S_IFCHR, UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/block", Special: unix.S_IFBLK, UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/magic", Link: "/proc/self/root", UID: alice},
		hostfstest.Entry{Path: "/home/alice/.ssh/link", Link: "authorized_keys", UID: alice})...)
	cmd := exec.Command(strace, "-f", "-y", "-e", "trace=open,openat,openat2,access,faccessat,execve", testBinary(t), dir)
	cmd.Env = append(os.Environ(), childVar+"=scan")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	parts := strings.Split(string(out), `"/mark"`)
	if len(parts) != 3 {
		t.Fatalf("%d marks\n%s", len(parts)-1, out)
	}
	pins, reads := 0, 0
	for line := range strings.Lines(parts[1]) {
		switch {
		case !strings.Contains(line, "open"):
		case strings.Contains(line, "mountinfo") || strings.Contains(line, "fdinfo"):
		case strings.Contains(line, "O_PATH") && strings.Contains(line, "O_NOFOLLOW"):
			pins++
		case strings.Contains(line, "O_NONBLOCK") && strings.Contains(line, "O_NOCTTY"):
			reads++
			for _, bad := range []string{"fifo", "socket", "char", "block", "magic"} {
				if strings.Contains(line, "/"+bad+">") {
					t.Error("opened:", line)
				}
			}
		default:
			t.Error("could block:", line)
		}
		if strings.Contains(line, "open") && !strings.Contains(line, "O_CLOEXEC") || strings.Contains(line, "execve") {
			t.Error("leaks into children:", line)
		}
	}
	if pins < 10 || reads < 3 {
		t.Errorf("%d pins and %d reads: strace saw too little\n%s", pins, reads, parts[1])
	}
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
