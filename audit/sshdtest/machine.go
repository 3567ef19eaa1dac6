package sshdtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bootPatience bounds the boot of a machine.
const bootPatience = 90 * time.Second

// Machine is a booted system of one release, in a container with a network of its
// own: systemd, sshd and vsftpd as their packages set them up. It lasts until its
// test ends.
type Machine struct {
	t    testing.TB
	root string
	init int
}

// Boot starts a machine. It ends the test where that is not possible: skipped, or
// failed where CI is set.
func Boot(t testing.TB, r Release) *Machine {
	t.Helper()
	NeedRoot(t)
	nspawn := NeedProgram(t, "systemd-nspawn", "systemd-container")
	NeedProgram(t, "nsenter", "util-linux")
	m := &Machine{t: t, root: mountCopy(t, installed(t, r, booted))}
	cmd := exec.Command(nspawn, "--quiet", "--directory="+m.root, "--machine=sshaudit-"+filepath.Base(filepath.Dir(m.root)), //nolint:noctx // ended by the cleanup, in its own way
		"--private-network", "--register=no", "--keep-unit", "--link-journal=no", "--console=pipe", "--boot")
	// Releases that know cgroup v2 only do not boot under the other one.
	cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		unavailable(t, err.Error())
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended does not matter
	t.Cleanup(func() {
		if m.init != 0 {
			_ = syscall.Kill(m.init, syscall.SIGKILL) // the kernel ends all others with it
		}
		_ = cmd.Process.Kill() // it ends with its container
		<-ended
	})
	for deadline := time.Now().Add(bootPatience); ; time.Sleep(100 * time.Millisecond) {
		if m.booted(cmd.Process.Pid) {
			return m
		}
		select {
		case <-ended:
			unavailable(t, "the container ended: "+lastLines(console.String(), 10))
		default:
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			<-ended // who writes to console has ended too
			unavailable(t, "the container did not boot: "+lastLines(console.String(), 10))
		}
	}
}

// booted finds the container's first process below nspawn's and asks it.
func (m *Machine) booted(nspawn int) bool {
	if m.init == 0 {
		name := strconv.Itoa(nspawn)
		data, err := os.ReadFile(filepath.Join("/proc", name, "task", name, "children"))
		if err != nil {
			return false
		}
		for child := range strings.FieldsSeq(string(data)) {
			pid, err := strconv.Atoi(child)
			if comm, errComm := os.ReadFile(filepath.Join("/proc", child, "comm")); err == nil && errComm == nil && string(comm) == "systemd\n" { // not nspawn's own child before that
				m.init = pid
			}
		}
	}
	if m.init == 0 {
		return false
	}
	out, _ := m.Command(m.t.Context(), "systemctl", "is-system-running").Output() // degraded is status 1
	state := strings.TrimSpace(string(out))
	return state == "running" || state == "degraded"
}

// Command prepares a command inside the machine, as root.
func (m *Machine) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "nsenter", append([]string{"--target=" + strconv.Itoa(m.init), "--all", "--", name}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC"}
	return cmd
}

// Shell runs a script inside the machine and returns what it prints.
func (m *Machine) Shell(script string) (string, error) {
	out, err := m.Command(m.t.Context(), "/bin/sh", "-c", script).CombinedOutput()
	return string(out), err
}

// Copy puts a program of this host at a path of the machine.
func (m *Machine) Copy(from, path string) {
	m.t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		m.t.Fatal(err)
	}
	fs, err := os.OpenRoot(m.root)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = fs.Close() }()
	if err := fs.WriteFile(strings.TrimPrefix(path, "/"), data, 0o755); err != nil {
		m.t.Fatal(err)
	}
}
