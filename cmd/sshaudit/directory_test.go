package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshaudit/audit/sshdtest"
)

// TestAccountOfADirectoryIsJudgedAsSshdDoes runs the program inside a system
// whose name service has accounts that the files do not have, beside its sshd.
func TestAccountOfADirectoryIsJudgedAsSshdDoes(t *testing.T) {
	h := sshdtest.Open(t, sshdtest.Bookworm)
	installExtraUsers(t, h)
	program := filepath.Join(h.Root(), "usr/bin/sshaudit")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	key := h.Keygen("ed25519", 0)
	h.Mkdir("/home/dora", 0o755, 5001, 5001)
	h.Mkdir("/home/dora/.ssh", 0o700, 5001, 5001)
	h.WriteFile("/home/dora/.ssh/authorized_keys", []byte(key.Public), 0o600, 5001, 5001)
	h.WriteFile("/root/dora.pub", []byte(key.Public), 0o644, 0, 0)
	server := h.StartSshd("UsePAM yes\nPasswordAuthentication no\n")

	const listed = "dora:*:19000:0:99999:7:::\n"
	for name, tc := range map[string]struct {
		shadow string
		mode   os.FileMode
		letsIn bool
	}{
		"as it should be":   {listed, 0o600, true},
		"writable key file": {listed, 0o666, false},
		"expired":           {strings.Replace(listed, ":::", "::19001:", 1), 0o600, false},
		"no shadow entry":   {"other:*:19000:0:99999:7:::\n", 0o600, false},
	} {
		t.Run(name, func(t *testing.T) {
			h.WriteFile("/var/lib/extrausers/shadow", []byte(tc.shadow), 0o640, 0, 0)
			if err := os.Chmod(filepath.Join(h.Root(), "home/dora/.ssh/authorized_keys"), tc.mode); err != nil {
				t.Fatal(err)
			}
			if login := server.Login("dora", key.Path); (login.Exit == 0) != tc.letsIn {
				t.Fatalf("the real login: %+v", login)
			}
			var out bytes.Buffer
			why := h.Command(t.Context(), "/usr/bin/sshaudit", "why", "dora", "--key", "/root/dora.pub",
				"--sshd-config", "/etc/ssh/sshd_config")
			why.Stdout, why.Stderr = &out, &out
			err := why.Run()
			status, ended := exitStatus(err)
			if err != nil && !ended {
				t.Fatal(err)
			}
			if letsIn := status == 0; letsIn != tc.letsIn || status == 3 {
				t.Errorf("exit status %d\n%s", status, out.String())
			}
		})
	}
}

// installExtraUsers gives a system a name service that reads a second passwd.
func installExtraUsers(t *testing.T, h *sshdtest.Host) {
	t.Helper()
	dir := t.TempDir()
	download := exec.CommandContext(t.Context(), "apt-get", "download", "-q", "libnss-extrausers")
	download.Dir = dir
	out, err := download.CombinedOutput()
	debs, _ := filepath.Glob(dir + "/*.deb")
	if err != nil || len(debs) != 1 {
		fail := t.Skipf
		if os.Getenv("CI") != "" {
			fail = t.Fatalf
		}
		fail("libnss-extrausers: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "-x", debs[0], h.Root()).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.Mkdir("/var/lib/extrausers", 0o755, 0, 0)
	h.WriteFile("/var/lib/extrausers/passwd", []byte("dora:x:5001:5001:Dora:/home/dora:/bin/sh\n"), 0o644, 0, 0)
	h.WriteFile("/var/lib/extrausers/group", []byte("dora:x:5001:\n"), 0o644, 0, 0)
	h.WriteFile("/etc/nsswitch.conf", []byte("passwd: files extrausers\ngroup: files extrausers\nshadow: files extrausers\n"), 0o644, 0, 0)
}
