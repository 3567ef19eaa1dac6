package sshdtest_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sshaudit/audit/sshdtest"
)

func TestWithoutRootTheTestIsSkippedAndFailsInCI(t *testing.T) {
	sshdtest.NeedRoot(t)
	// Where nobody may reach it: the directories of go test are root's alone.
	dir, err := os.MkdirTemp("", "sshdtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	copyProgram(t, os.Args[0], binary)
	for _, tc := range []struct{ ci, want string }{
		{"", "--- SKIP: TestCommandRunsInsideTheSystem/bullseye"},
		{"true", "--- FAIL: TestCommandRunsInsideTheSystem/bullseye"},
	} {
		cmd := exec.Command(binary, "-test.v", "-test.run=^TestCommandRunsInsideTheSystem$/^bullseye$")
		cmd.Dir = "/"
		cmd.Env = []string{"CI=" + tc.ci, "PATH=" + os.Getenv("PATH")}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), tc.want) || !strings.Contains(string(out), "needs root: ") {
			t.Errorf("CI=%q: want %q and the reason, got %v\n%s", tc.ci, tc.want, err, out)
		}
	}
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
