package sshdtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const helperEnv = "SSHDTEST_LEAVE"

// TestMain plays a test process that is killed, where a test asks for one: it
// opens a system, starts sshd in it, and ends without any cleanup.
func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) == "" {
		os.Exit(m.Run())
	}
	h := Open(killed{}, Bookworm)
	s := h.StartSshd("")
	fmt.Printf("left %s %d\n", h.Root(), s.PID())
}

// killed is a test that never comes to its cleanup.
type killed struct{ testing.TB }

func (killed) Helper()                           {}
func (killed) Cleanup(func())                    {}
func (killed) Context() context.Context          { return context.Background() }
func (killed) Logf(string, ...any)               {}
func (killed) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (killed) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestSweepRemovesWhatAKilledTestLeft(t *testing.T) {
	NeedRoot(t)
	// A cache of its own: other test processes sweep the common one at any time.
	cache, made := t.TempDir(), tree(t, Bookworm)
	if err := os.Symlink(made, filepath.Join(cache, filepath.Base(made))); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSHAUDIT_TEST_CACHE", cache)
	live := Open(t, Bookworm)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var root string
	var pid int
	if _, err := fmt.Sscanf(string(out), "left %s %d", &root, &pid); err != nil {
		t.Fatalf("helper said %q: %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(root, "etc/passwd")); err != nil {
		t.Fatalf("the helper left nothing to remove: %v", err)
	}

	views := filepath.Dir(filepath.Dir(root))
	all := lock(t, views+".lock")
	sweep(t, views)
	all.Close()

	if _, err := os.Stat(filepath.Dir(root)); !os.IsNotExist(err) {
		t.Errorf("stat of the killed test's system: %v, want that it does not exist", err)
	}
	if at, err := os.Readlink(fmt.Sprintf("/proc/%d/root", pid)); err == nil && strings.HasPrefix(at, root) {
		t.Errorf("the killed test's sshd %d still runs", pid)
	}
	if _, err := live.FS().Stat("etc/passwd"); err != nil {
		t.Errorf("the system of a running test was removed: %v", err)
	}
}
