//go:build linux

package hostfs_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test binary runs itself as the other party of a test: a process after
// chroot, an attacker under another uid. childVar says what it is to do.
const childVar = "HOSTFS_TEST_CHILD"

var children map[string]func(args []string) error

func init() {
	children = map[string]func(args []string) error{
		"chroot": childChroot, "lease": childLease, "rewrite": childRewrite,
		"kill": childKill, "descriptors": childDescriptors, "seccomp": childSeccomp, "swap": childSwap, "scan": childScan,
		"unprivileged": childUnprivileged,
	}
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childVar); name != "" {
		if err := children[name](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is a running helper process that answers one line for each line.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func newChild(t testing.TB, name string, args ...string) *child {
	return newChildAs(t, 0, name, args...)
}

func newChildAs(t testing.TB, uid uint32, name string, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command("/proc/self/exe", args...)}
	c.cmd.Env = append(os.Environ(), childVar+"="+name)
	c.cmd.Stderr = os.Stderr
	c.cmd.Dir = "/"
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid != 0 {
		c.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
	}
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		c.cmd.Process.Kill()
		c.cmd.Wait()
	})
	return c
}

// ask sends a path and returns the answer: an errno and a path.
func (c *child) ask(t testing.TB, path string) (string, syscall.Errno) {
	t.Helper()
	fmt.Fprintf(c.in, "%q\n", path)
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	number, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	errno, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := strconv.Unquote(rest)
	if err != nil {
		t.Fatal(err)
	}
	return answer, syscall.Errno(errno)
}

// become switches this thread to the identity that the tests give to alice, in
// its own few lines: it must not share a mistake with what is tested.
func become(uid string) error {
	id, err := strconv.Atoi(uid)
	if err != nil {
		return err
	}
	groups := []uint32{uint32(id), 61100}
	none := ^uintptr(0)
	for _, call := range [][3]uintptr{
		{unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0]))},
		{unix.SYS_SETRESGID, none, uintptr(id)},
		{unix.SYS_SETRESUID, none, uintptr(id)},
	} {
		if _, _, e := unix.RawSyscall(call[0], call[1], call[2], none); e != 0 {
			return e
		}
	}
	return nil
}

// childChroot answers where the kernel itself gets to, after chroot(2) and, with
// a second argument, as that uid.
func childChroot(args []string) error {
	proc, err := syscall.Open("/proc/self/fd", unix.O_PATH|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	if err := syscall.Chroot(args[0]); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if len(args) > 1 {
		runtime.LockOSThread() // the answers are given by this goroutine
		if err := become(args[1]); err != nil {
			return err
		}
	}
	return echo(func(path string) (string, error) {
		flags := unix.O_PATH
		if rest, ok := strings.CutPrefix(path, "read "); ok {
			path, flags = rest, unix.O_RDONLY|unix.O_NONBLOCK
		}
		fd, err := syscall.Open(path, flags, 0)
		if err != nil {
			return "", err
		}
		defer syscall.Close(fd)
		var buf [4096]byte
		n, err := unix.Readlinkat(proc, strconv.Itoa(fd), buf[:])
		return string(buf[:n]), err
	})
}

// echo answers every line of standard input.
func echo(answer func(question string) (string, error)) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		question, err := strconv.Unquote(lines.Text())
		if err != nil {
			return err
		}
		text, err := answer(question)
		var errno syscall.Errno
		if err != nil && !errors.As(err, &errno) {
			return err
		}
		fmt.Printf("%d %q\n", errno, text)
	}
	return lines.Err()
}
