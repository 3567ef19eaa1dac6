package clientlog

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/sshdtest"
)

// tool runs a program of this machine in a home of its own.
func (l *lab) tool(home, program string, args ...string) string {
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // a program of the test
	cmd.Env = append(os.Environ(), "HOME="+home, "LC_ALL=C", "SSH_AUTH_SOCK=")
	cmd.Stdin = strings.NewReader("wrong\nquit\n")
	return run(l.t, cmd)
}

// ppkOf converts a key of the lab's.
func (l *lab) ppkOf(puttygen, dir string, key sshdtest.Key) string {
	out := filepath.Join(dir, filepath.Base(key.Path)+".ppk")
	cmd := exec.CommandContext(l.t.Context(), puttygen, filepath.Join(l.Root(), key.Path), "-o", out, "-O", "private") //nolint:gosec // as above
	if text, err := cmd.CombinedOutput(); err != nil {
		l.t.Fatalf("puttygen: %v\n%s", err, text)
	}
	return out
}

// TestRealPuTTYTellsItsFailingStep lets plink and psftp fail for a reason that was
// made, and reads what they say and what they write of their packets.
func TestRealPuTTYTellsItsFailingStep(t *testing.T) {
	t.Parallel()
	plink := sshdtest.NeedProgram(t, "plink", "putty-tools")
	psftp := sshdtest.NeedProgram(t, "psftp", "putty-tools")
	puttygen := sshdtest.NeedProgram(t, "puttygen", "putty-tools")
	l := newLab(t, sshdtest.Bookworm)
	home := t.TempDir()
	ppk := l.ppkOf(puttygen, home, l.key)
	picky := l.picky()
	http, ftp, shut := listener(t, "HTTP/1.0 400 Bad Request\r\n\r\n", true),
		listener(t, "220 ftp.example.com FTP server ready.\r\n", true), listener(t, "", true)
	hostKey := ""
	for line := range strings.SplitSeq(l.tool(home, plink, "-batch", "-v", "-P", strconv.Itoa(l.port), "alice@127.0.0.1", "true"), "\n") {
		if strings.HasPrefix(line, "  ssh-ed25519 255 SHA256:") {
			hostKey = strings.TrimSpace(line)
		}
	}
	if hostKey == "" {
		t.Fatal("plink does not tell the host key")
	}
	key, pw := []string{"-noagent", "-i", ppk}, []string{"-noagent", "-pw", "wrong"}
	opensshKey := []string{"-noagent", "-i", filepath.Join(home, "openssh")}
	data, err := l.FS().ReadFile(strings.TrimPrefix(l.key.Path, "/"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(home, "openssh"), data, 0o600))
	for _, c := range []struct {
		name, program, user, step string
		packets                   string // the step that the packets tell, if it is another
		options                   []string
		port                      int
		foreign                   bool // no key of the host is given
		unknown                   bool // the user is not told
	}{
		{name: "works", user: "alice", options: key},
		{name: "key-unlisted", user: "unlisted", options: key, step: StepKeyRefused},
		{name: "password-wrong", user: "alice", options: pw, step: StepPasswordRefused},
		{name: "password-off", user: "keyonly", options: pw, step: StepNoMethods},
		{name: "key-format", user: "keyonly", options: opensshKey, step: StepClientKeyFile, packets: StepNoMethods},
		{name: "second-factor", user: "factor", options: append([]string{"-batch"}, key...), step: StepPartial},
		{name: "tries", user: "tries", options: pw, step: StepTooMany},
		{name: "mac", user: "alice", options: key, port: picky, step: StepMACNoCommon, unknown: true, foreign: true},
		{name: "hostkey-unknown", user: "alice", options: append([]string{"-batch"}, key...), step: StepHostKeyUnknown, foreign: true, unknown: true},
		{name: "refused", user: "alice", options: key, port: closedPort(t), step: StepConnectRefused, unknown: true},
		{name: "http", user: "alice", options: key, port: http, step: StepConnectReset, unknown: true},
		{name: "ftp", user: "alice", options: key, port: ftp, step: StepConnectReset, unknown: true},
		{name: "shut", user: "alice", options: key, port: shut, step: StepConnectReset, unknown: true},
		{name: "jail", user: "jailed", options: key, step: StepSessionClosed},
		{name: "no-shell-sftp", program: psftp, user: "noshell", options: key, step: StepSFTPStart, packets: StepSFTPStray},
		{name: "false-sftp", program: psftp, user: "false", options: key, step: StepSFTPStart, packets: StepSessionExit},
		{name: "noisy-sftp", program: psftp, user: "noisy", options: key, step: StepSFTPStart, packets: StepSFTPStray},
		{name: "works-sftp", program: psftp, user: "alice", options: key},
		{name: "jail-sftp", program: psftp, user: "jailed", options: key, step: StepSessionClosed},
		{name: "unlisted-sftp", program: psftp, user: "unlisted", options: key, step: StepKeyRefused},
	} {
		port := l.port
		if c.port != 0 {
			port = c.port
		}
		program := plink
		if c.program != "" {
			program = c.program
		}
		log := filepath.Join(home, c.name+".packets")
		args := append([]string{"-v", "-P", strconv.Itoa(port), "-sshlog", log}, c.options...)
		if !c.foreign {
			args = append(args, "-hostkey", strings.Fields(hostKey)[2])
		}
		args = append(args, c.user+"@127.0.0.1")
		if program == plink {
			args = append(args, "true")
		}
		text := l.tool(home, program, args...)
		w := want{program: "PuTTY", protocol: "ssh", user: c.user, step: c.step, port: port}
		if program == psftp && c.step != StepSessionClosed && c.step != StepKeyRefused {
			w.protocol = "sftp"
		}
		if c.unknown {
			w.user = ""
		}
		if c.name == "refused" {
			w.program = "" // it had no time to introduce itself
		}
		check(t, "putty-"+c.name, text, w)
		packets, err := os.ReadFile(log)
		must(t, err)
		if c.packets != "" {
			w.step = c.packets
		}
		if c.step == StepKeyRefused || c.name == "works" {
			w.key = l.fingerprint(l.key)
		}
		w.program = "PuTTY"
		check(t, "putty-"+c.name+"-packets", string(packets), w)
		for _, secret := range []string{"wrong"} {
			got, err := Read(strings.NewReader(text + string(packets)))
			must(t, err)
			if shown := fmt.Sprintf("%+v", got); strings.Contains(shown, secret+"\n") {
				t.Errorf("%s: the password stands in %s", c.name, shown)
			}
		}
	}
}
