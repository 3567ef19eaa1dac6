package clientlog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

// recordTo is the directory to which the real programs' texts are written as well.
var recordTo = os.Getenv("SSHAUDIT_RECORD")

// lab is a real server with accounts of which each has its own trouble.
type lab struct {
	t *testing.T
	*sshdtest.Host
	release sshdtest.Release
	port    int
	key     sshdtest.Key
}

// settings of the lab's sshd: a block for each account.
const labConfig = `
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
Subsystem sftp /usr/lib/openssh/sftp-server
MaxAuthTries 6
Match User keyonly
	PasswordAuthentication no
Match User factor
	AuthenticationMethods publickey,password
Match User jailed
	ChrootDirectory /home/jailed
	ForceCommand internal-sftp
Match User tries
	MaxAuthTries 1
Match User forced
	ForceCommand internal-sftp
Match User nosession
	MaxSessions 0
`

const labPassword = "correct horse"

func newLab(t *testing.T, r sshdtest.Release) *lab { return labOf(t, sshdtest.Open(t, r), r) }

func labOf(t *testing.T, h *sshdtest.Host, r sshdtest.Release) *lab {
	l := &lab{t: t, Host: h, release: r}
	hash, err := l.Command(t.Context(), "perl", "-e", `print crypt($ARGV[0], q($6$saltsalt$))`, labPassword).Output()
	if err != nil {
		t.Fatal(err)
	}
	l.key = l.Keygen("ed25519", 0)
	for _, name := range []string{"alice", "keyonly", "factor", "jailed", "tries", "forced", "nosession", "noshell", "false", "noisy", "unlisted"} {
		u := sshdtest.User{Name: name, Password: string(hash)}
		switch name {
		case "noshell":
			u.Shell = "/usr/sbin/nologin"
		case "false":
			u.Shell = "/bin/false"
		case "noisy":
			u.Shell = "/bin/bash"
		}
		u = l.AddUser(u)
		listed := l.key.Public
		if name == "unlisted" {
			listed = l.Keygen("ed25519", 0).Public
		}
		l.WriteFile("/home/"+name+"/.ssh/authorized_keys", []byte(listed+"\n"), 0o600, u.UID, u.GID)
		if name == "noisy" {
			l.WriteFile("/home/noisy/.bashrc", []byte("echo Welcome to this host\n"), 0o644, u.UID, u.GID)
		}
	}
	config := labConfig
	if r == sshdtest.Bullseye {
		config = strings.ReplaceAll(config, "KbdInteractiveAuthentication", "ChallengeResponseAuthentication")
	}
	l.port = l.StartSshd(config).Port()
	l.WriteFile("/root/askpass", []byte("#!/bin/sh\nprintf '%s\\n' \"$PASSWORD\"\n"), 0o755, 0, 0)
	return l
}

// picky starts a second sshd that takes Ed25519 only, one MAC that PuTTY lacks,
// and has no subsystem; it gives its port.
func (l *lab) picky() int {
	config := "UsePAM no\nCiphers aes256-ctr\nMACs umac-64@openssh.com\nPubkeyAcceptedAlgorithms ssh-ed25519\n"
	if l.release == sshdtest.Bullseye {
		config = strings.ReplaceAll(config, "PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes")
	}
	return l.StartSshd(config).Port()
}

// run lets a program end by itself or after its time, and gives what it wrote.
func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		t.Logf("%s: %v", cmd.Path, err)
	}
	return out.String()
}

// ssh runs the release's ssh or sftp with -v.
func (l *lab) ssh(program, level, user string, options ...string) string {
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	args := []string{level, "-F", "none", "-o", "IdentityAgent=none", "-o", "NumberOfPasswordPrompts=1"}
	args = append(args, options...)
	args = append(args, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "User="+user, "-o", "Port="+strconv.Itoa(l.port), "127.0.0.1")
	if program == "ssh" {
		args = append(args, "true")
	} else {
		args = append([]string{"-b", "/root/batch"}, args...)
		l.WriteFile("/root/batch", []byte("pwd\n"), 0o600, 0, 0)
	}
	cmd := l.Command(ctx, "/usr/bin/"+program, args...)
	cmd.Env = append(cmd.Env, "PASSWORD=wrong", "SSH_ASKPASS=/root/askpass", "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none")
	return run(l.t, cmd)
}

// listener answers every connection with a text, or with silence, or not at all.
func listener(t *testing.T, answer string, shut bool) int {
	t.Helper()
	in, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(answer))
			if shut {
				_ = c.Close()
			} else {
				t.Cleanup(func() { _ = c.Close() })
			}
		}
	}()
	return in.Addr().(*net.TCPAddr).Port
}

// want is what is to be read out of a text.
type want struct {
	program, protocol, user, step string
	port                          int
	// host is 127.0.0.1 where empty.
	host string
	// key is the fingerprint of the key that was offered.
	key string
}

// check compares what is read with what was done.
func check(t *testing.T, name, text string, w want) {
	t.Helper()
	if recordTo != "" {
		line := fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s\n", name, w.program, w.protocol, cmp.Or(w.host, "127.0.0.1"), w.port, w.user, w.step)
		must(t, os.WriteFile(filepath.Join(recordTo, name+".log"), []byte(text), 0o644)) //nolint:gosec // test data
		f, err := os.OpenFile(filepath.Join(recordTo, "index.tsv"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		must(t, err)
		_, err = f.WriteString(line)
		must(t, err)
		must(t, f.Close())
	}
	got, err := Read(strings.NewReader(text))
	must(t, err)
	compare(t, name, text, got, w)
}

func compare(t *testing.T, name, text string, got *audit.ClientLog, w want) {
	t.Helper()
	var wrong []string
	for _, f := range []struct {
		what      string
		got, want any
	}{
		{"program", got.Program, w.program},
		{"protocol", got.Protocol, w.protocol},
		{"host", string(got.Host), cmp.Or(w.host, "127.0.0.1")},
		{"port", got.Port, w.port},
		{"user", string(got.User), w.user},
		{"step", got.Step, w.step},
	} {
		if f.got != f.want {
			wrong = append(wrong, fmt.Sprintf("%s %q, want %q", f.what, f.got, f.want))
		}
	}
	if w.key != "" {
		found := false
		for _, k := range got.Keys {
			found = found || k.Fingerprint == w.key
		}
		if !found {
			wrong = append(wrong, fmt.Sprintf("keys %v lack %s", got.Keys, w.key))
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%s: %s\nmessage %q line %d reached %s\n%s", name, strings.Join(wrong, "; "), got.Message, got.Line, got.Reached, text)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fingerprint asks the release's ssh-keygen.
func (l *lab) fingerprint(key sshdtest.Key) string {
	out, err := l.Command(l.t.Context(), "ssh-keygen", "-lf", key.Path+".pub").Output()
	must(l.t, err)
	return strings.Fields(string(out))[1]
}

// everyRelease are the cases whose messages changed between releases.
var everyRelease = map[string]bool{
	"works": true, "key-unlisted": true, "second-factor": true, "algorithm": true, "tries": true, "hostkey": true, "shut": true, "noisy-sftp": true, "jail": true,
}

// TestRealOpenSSHTellsItsFailingStep lets ssh and sftp of each release fail for a
// reason that was made, and reads what they say.
func TestRealOpenSSHTellsItsFailingStep(t *testing.T) {
	for _, release := range sshdtest.Releases() {
		t.Run(string(release), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, release)
			key := []string{"-i", l.key.Path, "-o", "IdentitiesOnly=yes", "-o", "PreferredAuthentications=publickey"}
			password := []string{"-o", "PreferredAuthentications=password", "-o", "PubkeyAuthentication=no"}
			rsa := l.Keygen("rsa", 2048)
			more := l.Keygen("ecdsa", 256)
			l.WriteFile("/root/other_hosts", []byte(fmt.Sprintf("[127.0.0.1]:%d %s\n", l.port, l.key.Public)), 0o600, 0, 0)
			l.WriteFile("/root/broken", []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), 0o600, 0, 0)
			picky := l.picky()
			full := fullQueue(t)
			silent, http, ftp, shut := listener(t, "", false), listener(t, "HTTP/1.0 400 Bad Request\r\n\r\n", true), listener(t, "220 ftp.example.com FTP server ready.\r\n", false), listener(t, "", true)
			for _, c := range []struct {
				name, program, level, user, step string
				options                          []string
				port                             int
				protocol                         string
			}{
				{name: "works", user: "alice", options: key},
				{name: "works-vvv", user: "alice", options: key, level: "-vvv"},
				{name: "key-unlisted", user: "unlisted", options: key, step: StepKeyRefused},
				{name: "key-unlisted-vvv", user: "unlisted", options: key, step: StepKeyRefused, level: "-vvv"},
				{name: "key-unlisted-quiet", user: "unlisted", options: key, step: StepAuthRefused, level: "-4"},
				{name: "password-wrong", user: "alice", options: password, step: StepPasswordRefused},
				{name: "password-off", user: "keyonly", options: password, step: StepNoMethods},
				{name: "second-factor", user: "factor", options: key, step: StepPartial},
				{name: "tries", user: "tries", options: []string{"-i", more.Path, "-i", rsa.Path, "-i", l.key.Path}, step: StepTooMany},
				{name: "algorithm", user: "alice", port: picky, options: []string{"-i", rsa.Path, "-o", "IdentitiesOnly=yes", "-o", "PreferredAuthentications=publickey"}, step: map[bool]string{true: StepKeyAlgorithm, false: StepKeyRefused}[release == sshdtest.Trixie]},
				{name: "kex", user: "alice", options: append([]string{"-o", "KexAlgorithms=diffie-hellman-group1-sha1"}, key...), step: StepKexNoCommon},
				{name: "cipher", user: "alice", options: append([]string{"-o", "Ciphers=aes128-cbc"}, key...), step: StepCipherNoCommon},
				{name: "mac", user: "alice", options: append([]string{"-o", "MACs=hmac-md5", "-o", "Ciphers=aes128-ctr"}, key...), step: StepMACNoCommon},
				{name: "hostkey", user: "alice", options: append([]string{"-o", "HostKeyAlgorithms=" + map[bool]string{true: "ssh-rsa", false: "ssh-dss"}[release == sshdtest.Trixie]}, key...), step: StepHostKeyNoCommon},
				{name: "hostkey-changed", user: "alice", options: append([]string{"-o", "UserKnownHostsFile=/root/other_hosts", "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlgorithms=ssh-ed25519"}, key...), step: StepHostKeyMismatch},
				{name: "hostkey-unknown", user: "alice", options: append([]string{"-o", "StrictHostKeyChecking=yes"}, key...), step: StepHostKeyUnknown},
				{name: "key-file-broken", user: "keyonly", options: []string{"-i", "/root/broken", "-o", "IdentitiesOnly=yes"}, step: StepClientKeyFile},
				{name: "refused", user: "alice", options: key, port: closedPort(t), step: StepConnectRefused},
				{name: "timeout", user: "alice", options: append([]string{"-o", "ConnectTimeout=1"}, key...), port: full, step: StepConnectTimeout},
				{name: "silent", user: "alice", options: append([]string{"-o", "ConnectTimeout=1"}, key...), port: silent, step: StepBannerSilent},
				{name: "http", user: "alice", options: key, port: http, step: StepBannerForeign},
				{name: "ftp", user: "alice", options: append([]string{"-o", "ConnectTimeout=1"}, key...), port: ftp, step: StepProtocolSSHToFTP},
				{name: "shut", user: "alice", options: key, port: shut, step: StepConnectReset},
				{name: "jail", user: "jailed", options: key, step: StepSessionClosed},
				{name: "jail-sftp", program: "sftp", user: "jailed", options: key, step: StepSessionClosed},
				{name: "forced", user: "forced", options: key, step: StepSessionShell},
				{name: "no-shell", user: "noshell", options: key, step: StepSessionShell},
				{name: "no-shell-sftp", program: "sftp", user: "noshell", options: key, step: StepSFTPStray},
				{name: "false-sftp", program: "sftp", user: "false", options: key, step: StepSessionExit},
				{name: "noisy-sftp", program: "sftp", user: "noisy", options: key, step: StepSFTPStray},
				{name: "sessions", user: "nosession", options: key, step: StepSessionShell},
				{name: "no-subsystem", program: "sftp", user: "alice", options: key, port: picky, step: StepSFTPStart},
				{name: "works-sftp", program: "sftp", user: "alice", options: key},
				{name: "unlisted-sftp", program: "sftp", user: "unlisted", options: key, step: StepKeyRefused},
			} {
				if release != sshdtest.Trixie && !everyRelease[c.name] {
					continue // one release shows what is the same in all
				}
				saved := l.port
				l.port = cmp.Or(c.port, l.port)
				text := l.ssh(cmp.Or(c.program, "ssh"), cmp.Or(c.level, "-v"), c.user, c.options...)
				w := want{program: "OpenSSH", protocol: cmp.Or(c.protocol, "ssh"), user: c.user, step: c.step, port: l.port}
				l.port = saved
				if c.program == "sftp" && c.name != "jail-sftp" && c.name != "unlisted-sftp" {
					w.protocol = "sftp"
				}
				if c.level == "-4" {
					w.program, w.port = "", 22
				}
				if c.name == "works" || c.name == "key-unlisted" {
					w.key = l.fingerprint(l.key)
				}
				if c.step == StepConnectRefused || c.step == StepConnectTimeout || c.step == StepConnectReset || c.step == StepBannerForeign || c.step == StepProtocolSSHToFTP || c.step == StepBannerSilent {
					w.user = "" // ssh tells it when the server has introduced itself
				}
				check(t, "openssh-"+string(release)+"-"+c.name, text, w)
			}
		})
	}
}

// fullQueue is a port whose queue of connections is full: further ones get no answer.
func fullQueue(t *testing.T) int {
	t.Helper()
	_, port := listenFull(t)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		cancel()
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	return port
}
