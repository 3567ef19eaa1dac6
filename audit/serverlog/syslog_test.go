package serverlog_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sshaudit/audit/sshdtest"
)

// syslogd stands in a system for the daemon that listens on /dev/log, and keeps
// what was sent to it as a line of a file without year and zone (RFC 3164).
type syslogd struct {
	mu    sync.Mutex
	lines []string
}

// listenLog takes the messages of a system until the test ends.
func listenLog(t testing.TB, h *sshdtest.Host) *syslogd {
	t.Helper()
	name := filepath.Join(h.Root(), "dev/log")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o666); err != nil {
		t.Fatal(err)
	}
	s := &syslogd{}
	var done sync.WaitGroup
	done.Go(func() {
		buffer := make([]byte, 64<<10)
		for {
			n, _, err := c.ReadFromUnix(buffer)
			if err != nil {
				return // closed
			}
			s.take(string(buffer[:n]))
		}
	})
	t.Cleanup(func() { _ = c.Close(); done.Wait() })
	return s
}

// take writes a datagram "<PRIORITY>TIME TAG[PID]: MESSAGE" down.
func (s *syslogd) take(datagram string) {
	_, text, _ := strings.Cut(strings.TrimRight(datagram, "\n\x00"), ">")
	if len(text) <= len(time.Stamp) {
		return
	}
	s.add(text[:len(time.Stamp)] + " web1" + text[len(time.Stamp):])
}

func (s *syslogd) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

// text returns what was written so far.
func (s *syslogd) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// patience bounds the wait for a daemon in a test.
const patience = 20 * time.Second

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// daemon is an sshd that logs as it does in service: through syslog, not to its
// standard error, so that its lines have their tags and prefixes.
type daemon struct {
	t    testing.TB
	h    *sshdtest.Host
	log  *syslogd
	port int
	cmd  *exec.Cmd
	end  chan struct{}
}

// startDaemon starts an sshd; one that ends at once is a result, too. What it
// writes to its standard error is taken as the journal takes it from a unit.
func startDaemon(t testing.TB, h *sshdtest.Host, log *syslogd, config string) *daemon {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, h: h, log: log, port: l.Addr().(*net.TCPAddr).Port, end: make(chan struct{})}
	_ = l.Close()
	h.WriteFile("/etc/ssh/sshd_config", []byte(config), 0o644, 0, 0)
	d.cmd = h.Command(context.Background(), "/usr/sbin/sshd", "-D", "-p", strconv.Itoa(d.port))
	var stderr strings.Builder
	d.cmd.Stderr = &stderr
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = d.cmd.Wait()
		now := time.Now().UTC().Format(time.Stamp)
		for line := range strings.Lines(stderr.String()) {
			log.add(fmt.Sprintf("%s web1 sshd[%d]: %s", now, d.cmd.Process.Pid, strings.TrimRight(line, "\r\n")))
		}
		close(d.end)
	}()
	eventually(t, "sshd listens or ends", func() bool {
		return d.ended() || strings.Contains(log.text(), fmt.Sprintf("port %d.", d.port)) || strings.Contains(log.text(), "Bind to port")
	})
	return d
}

func (d *daemon) ended() bool {
	select {
	case <-d.end:
		return true
	default:
		return false
	}
}

// idle waits until every connection's processes have ended.
func (d *daemon) idle() {
	d.t.Helper()
	children := fmt.Sprintf("/proc/%d/task/%d/children", d.cmd.Process.Pid, d.cmd.Process.Pid)
	eventually(d.t, "connections end", func() bool {
		list, err := os.ReadFile(children)
		return err != nil || len(list) == 0
	})
}

// stop ends the listener; its log is complete then.
func (d *daemon) stop() {
	d.t.Helper()
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.end:
	case <-time.After(patience):
		_ = d.cmd.Process.Kill()
		<-d.end
	}
	time.Sleep(5 * time.Millisecond) // the last datagrams are read
}

// dial connects to the daemon.
func (d *daemon) dial() net.Conn {
	d.t.Helper()
	c, err := (&net.Dialer{}).DialContext(d.t.Context(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)))
	if err != nil {
		d.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// say connects, says something and waits for the daemon to close.
func (d *daemon) say(text string) {
	d.t.Helper()
	c := d.dial()
	defer c.Close()
	_, _ = c.Write([]byte(text)) // the daemon may have refused already
	buffer := make([]byte, 4096)
	for {
		if _, err := c.Read(buffer); err != nil {
			return
		}
	}
}

// askpass prints the password that the environment holds.
const askpass = "/root/askpass"

// ssh runs the release's client with a key (empty for none) or, by the variable
// PASSWORD, with a password.
func (d *daemon) ssh(user, key string, more ...string) {
	d.t.Helper()
	d.client("/usr/bin/ssh", user, key, append(more, "-T", "-p", strconv.Itoa(d.port)), "true")
}

func (d *daemon) sftp(user, key string, more ...string) {
	d.t.Helper()
	d.client("/usr/bin/sftp", user, key, append([]string{"-b", "-", "-P", strconv.Itoa(d.port)}, more...), "")
}

func (d *daemon) client(program, user, key string, options []string, command string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	methods := "publickey,password,keyboard-interactive"
	args := append([]string{"-F", "none"}, options...)
	for _, o := range []string{
		"User=" + user, "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null",
		"GlobalKnownHostsFile=/dev/null", "ConnectTimeout=20", "KexAlgorithms=curve25519-sha256", "HostKeyAlgorithms=ssh-ed25519",
		"PreferredAuthentications=" + methods, "NumberOfPasswordPrompts=1",
	} {
		args = append(args, "-o", o)
	}
	if key != "" {
		args = append(args, "-i", key)
	}
	args = append(args, "127.0.0.1")
	if command != "" {
		args = append(args, command)
	}
	cmd := d.h.Command(ctx, program, args...)
	cmd.Env = append(cmd.Env, "PASSWORD=secret", "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none")
	cmd.Stdin = strings.NewReader("pwd\n")
	cmd.SysProcAttr.Setsid = true // without a terminal 8.3 and older ask the program, too
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		d.t.Fatalf("%s -l %q: %v\n%s", program, user, err, out)
	}
}

// attempt asks for a login by a name that no careful client would send.
func (d *daemon) attempt(user string) {
	d.t.Helper()
	c, err := ssh.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)), &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.Password("x")}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: patience, //nolint:gosec // a host of the test's own
	})
	if err == nil {
		_ = c.Close()
		d.t.Fatalf("%q was let in", user)
	}
}
