//go:build linux

package hostfs_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary runs itself as the other party of a test: a process after
// chroot, an attacker under another uid. childVar says what it is to do.
const childVar = "HOSTFS_TEST_CHILD"

var children = map[string]func(args []string) error{"chroot": childChroot}

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

// childChroot answers where the kernel itself gets to, after chroot(2).
func childChroot(args []string) error {
	proc, err := syscall.Open("/proc/self/fd", 0x200000|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	if err := syscall.Chroot(args[0]); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		path, err := strconv.Unquote(lines.Text())
		if err != nil {
			return err
		}
		fd, err := syscall.Open(path, 0x200000, 0)
		if err != nil {
			fmt.Printf("%d %q\n", err.(syscall.Errno), "")
			continue
		}
		var buf [4096]byte
		n, err := unix.Readlinkat(proc, strconv.Itoa(fd), buf[:])
		syscall.Close(fd)
		if err != nil {
			return err
		}
		real := strings.TrimPrefix(string(buf[:n]), filepath.Clean(args[0]))
		if real == "" {
			real = "/"
		}
		fmt.Printf("%d %q\n", 0, real)
	}
	return lines.Err()
}
