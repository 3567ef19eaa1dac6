//go:build linux

package hostfs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// childHelper answers the size of a file, on file systems that can hang, too.
func childHelper(args []string) error {
	r, err := hostfs.Open(args[0])
	if err != nil {
		return err
	}
	r.Allow("fuse.silent")
	return hostfs.Serve(os.Stdin, os.Stdout, func(request []byte) []byte {
		if string(request) == "crash" {
			os.Exit(3)
		}
		data, _, err := r.Self().ReadFile(string(request), 1<<20, nil)
		if err != nil {
			return []byte(err.Error())
		}
		return data
	})
}

// startHelper starts this test binary as a helper.
func startHelper(t *testing.T, dir string, started *[]*os.Process) func() (*hostfs.Helper, error) {
	return func() (*hostfs.Helper, error) {
		cmd := exec.Command("/proc/self/exe", dir)
		cmd.Env = append(os.Environ(), childVar+"=helper")
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		theirs, requests, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		answers, theirAnswers, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		cmd.Stdin, cmd.Stdout = theirs, theirAnswers
		err = cmd.Start()
		theirs.Close()
		theirAnswers.Close()
		if err != nil {
			return nil, err
		}
		*started = append(*started, cmd.Process)
		return &hostfs.Helper{Requests: requests, Answers: answers, Kill: func() {
			unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
			go cmd.Wait()
		}}, nil
	}
}

func TestT21DeadServerCostsItsOwnMountOnly(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := hostfstest.Build(t, append(homeOf(alice), hostfstest.Entry{Path: "/net/"})...)
	silentFUSE(t, dir+"/net", ",allow_other")
	var started []*os.Process
	h := &hostfs.Helpers{Start: startHelper(t, dir, &started), Budget: 300 * time.Millisecond}
	defer h.Close()
	if _, err := h.Ask("/net", []byte("/net/alice/.ssh/authorized_keys")); !errors.Is(err, hostfs.ErrStuck) {
		t.Error(err)
	}
	// The second account on it does not wait, and starts nothing.
	if _, err := h.Ask("/net", []byte("/net/bob/.ssh/authorized_keys")); !errors.Is(err, hostfs.ErrStuck) || len(started) != 1 {
		t.Error(err, len(started))
	}
	for range 3 {
		if got, err := h.Ask("/home", []byte("/home/alice/.ssh/authorized_keys")); string(got) != "key\n" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	if len(started) != 2 {
		t.Error(len(started), "helpers for two mounts")
	}
	for deadline := time.Now().Add(20 * time.Second); unix.Kill(started[0].Pid, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stuck helper was not ended")
		}
	}
}

func TestHelperThatCrashesIsStartedAgain(t *testing.T) {
	dir := hostfstest.Build(t, homeOf(alice)...)
	var started []*os.Process
	h := &hostfs.Helpers{Start: startHelper(t, dir, &started)}
	defer h.Close()
	if _, err := h.Ask("/home", []byte("crash")); err == nil || errors.Is(err, hostfs.ErrStuck) {
		t.Error(err)
	}
	if got, err := h.Ask("/home", []byte("/home/alice/none")); !strings.Contains(string(got), "no such file") || err != nil {
		t.Errorf("%q %v", got, err)
	}
	h.Start = func() (*hostfs.Helper, error) { return nil, unix.EAGAIN }
	if _, err := h.Ask(audit.Untrusted("/new\x1b"), nil); !errors.Is(err, unix.EAGAIN) || strings.Contains(err.Error(), "\x1b") {
		t.Error(err)
	}
}

func TestServeRefusesAnOversizedFrame(t *testing.T) {
	huge := binary.BigEndian.AppendUint32(nil, 1<<31)
	if err := hostfs.Serve(bytes.NewReader(huge), io.Discard, nil); !errors.Is(err, hostfs.ErrTooLarge) {
		t.Error(err)
	}
	if err := hostfs.Serve(bytes.NewReader([]byte{0, 0, 0, 9, 'x'}), io.Discard, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
