package sshdtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// NeedProgram returns the path of a program on this machine. If it is missing
// and the test runs as root on a Debian-like system, the package is installed
// first; otherwise the test is skipped, or failed where CI is set.
func NeedProgram(t testing.TB, program, debianPackage string) string {
	t.Helper()
	if path := find(program); path != "" {
		return path
	}
	apt := find("apt-get")
	if os.Geteuid() != 0 || apt == "" {
		unavailable(t, "needs the program "+program+" (Debian package "+debianPackage+")")
	}
	defer lock(t, filepath.Join(cacheDir(t), "apt.lock")).Close()
	if path := find(program); path != "" {
		return path // another test process was faster
	}
	install := []string{"install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", debianPackage}
	if _, err := aptGet(t, apt, install...); err != nil {
		if out, err := aptGet(t, apt, "update", "-q"); err != nil {
			unavailable(t, "apt-get update: "+err.Error()+"\n"+out)
		}
		if out, err := aptGet(t, apt, install...); err != nil {
			unavailable(t, "apt-get install "+debianPackage+": "+err.Error()+"\n"+out)
		}
	}
	path := find(program)
	if path == "" {
		t.Fatalf("package %s was installed but brought no program %s", debianPackage, program)
	}
	return path
}

func aptGet(t testing.TB, apt string, args ...string) (string, error) {
	cmd := exec.CommandContext(t.Context(), apt, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// find looks in PATH and then where Debian keeps programs of the administrator,
// which a plain user's PATH lacks.
func find(program string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path
		}
	}
	return ""
}

// lock waits for an exclusive lock of a file, made if missing. Closing the file
// or the end of the process releases it.
func lock(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatalf("lock file: %v", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		t.Fatalf("lock %s: %v", path, err)
	}
	return f
}
