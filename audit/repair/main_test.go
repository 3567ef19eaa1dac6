//go:build linux

package repair

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

// The test binary runs itself as the other party: an attacker under another
// uid, a fixer that is killed. childVar says what it is to do.
const childVar = "REPAIR_TEST_CHILD"

var children = map[string]func(args []string) error{
	"attack": childAttack, "fixer": childFixer, "race": childRace, "append": childAppend, "once": childOnce,
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

// child is a running helper process.
type child struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startChild runs a child in dir under a uid and waits until it says that it
// is ready. It dies with the test.
func startChild(t testing.TB, uid uint32, dir, name string, args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command("/proc/self/exe", args...)}
	c.cmd.Env = append(os.Environ(), childVar+"="+name)
	c.cmd.Stderr = os.Stderr
	c.cmd.Dir = dir
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid != 0 {
		c.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
	}
	in, err := c.cmd.StdinPipe()
	must(t, err)
	out, err := c.cmd.StdoutPipe()
	must(t, err)
	c.in, c.out = in, bufio.NewReader(out)
	must(t, c.cmd.Start())
	t.Cleanup(c.kill)
	if line := c.line(); line != "ready\n" {
		t.Fatalf("child %s says %q", name, line)
	}
	return c
}

func (c *child) line() string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("child: %v", err)
	}
	return line
}

// wantAlive fails the test if the child has ended by itself.
func (c *child) wantAlive() {
	c.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if _, state, ok := bytes.Cut(stat, []byte(") ")); err != nil || !ok || state[0] == 'Z' {
		c.t.Errorf("the child has ended: %s, %v", stat, err)
	}
}

// kill ends the child with SIGKILL and waits for it.
func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	}
}

// tries is how often a race is run or a process killed: the number given, or
// that of an environment variable for the long runs.
func tries(t testing.TB, variable string, n int) int {
	t.Helper()
	if text := os.Getenv(variable); text != "" {
		v, err := strconv.Atoi(text)
		if err != nil || v < 1 {
			t.Fatalf("%s=%q: want a number", variable, text)
		}
		return v
	}
	return n
}
