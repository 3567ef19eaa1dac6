package sshdtest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const ftpTimeout = 30 * time.Second

// FTPServer is a running FTP server of a [Host]. It ends with [FTPServer.Stop], or
// with the test.
type FTPServer struct {
	t     testing.TB
	cmd   *exec.Cmd
	port  int
	said  *os.File
	ended chan struct{}
}

// FreePort returns a port of the loopback on which nobody listens.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// StartFTP starts a program of the system that listens on a port. It returns nil
// and what the program said if it ends instead.
func (h *Host) StartFTP(port int, name string, args ...string) (*FTPServer, string) {
	h.t.Helper()
	said, err := os.CreateTemp("", "sshaudit-ftp-")
	if err != nil {
		h.t.Fatal(err)
	}
	_ = os.Remove(said.Name()) // it lives on by its descriptor
	s := &FTPServer{t: h.t, port: port, said: said, ended: make(chan struct{})}
	s.cmd = h.Command(h.t.Context(), name, args...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = said, said, said // vsftpd speaks to its standard input
	s.cmd.SysProcAttr.Setpgid = true
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	h.t.Cleanup(s.Stop)
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.ended:
			text, _ := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", said.Fd()))
			return nil, string(text)
		default:
		}
		if c, err := new(net.Dialer).DialContext(h.t.Context(), "tcp", s.address()); err == nil {
			_ = c.Close()
			return s, ""
		}
	}
	s.Stop()
	text, _ := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", said.Fd()))
	return nil, "did not listen in time: " + string(text)
}

func (s *FTPServer) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Stop ends the server and its sessions.
func (s *FTPServer) Stop() {
	select {
	case <-s.ended:
		return
	default:
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
	<-s.ended
	_ = s.said.Close()
}

// FTPResult is the outcome of one login.
type FTPResult struct {
	// Accepted tells that the server said 230 and then still answered.
	Accepted bool
	// Reply is the first line of the answer that refused it; empty if the
	// connection just ended.
	Reply string
	// Dialogue is what was said, without passwords.
	Dialogue string
}

// Login logs in once, over explicit TLS if secure is set.
func (s *FTPServer) Login(user, password string, secure bool) FTPResult {
	c := &ftpClient{}
	conn, err := (&net.Dialer{Timeout: ftpTimeout}).DialContext(s.t.Context(), "tcp", s.address())
	if err != nil {
		return FTPResult{Dialogue: err.Error()}
	}
	defer func() { _ = c.conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(ftpTimeout))
	c.use(conn)
	if !c.expect("", "220") {
		return c.result(false)
	}
	if secure {
		if !c.expect("AUTH TLS", "234") {
			return c.result(false)
		}
		over := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is the test's own
		if err := over.HandshakeContext(s.t.Context()); err != nil {
			c.dialogue.WriteString(err.Error())
			c.last = ""
			return c.result(false)
		}
		c.use(over)
	}
	if !c.expect("USER "+user, "331", "230") {
		return c.result(false)
	}
	if !strings.HasPrefix(c.last, "230") && !c.expect("PASS "+password, "230") {
		return c.result(false)
	}
	// A session that ends at once was none.
	return c.result(c.expect("PWD", "257"))
}

type ftpClient struct {
	conn     net.Conn
	in       *bufio.Reader
	dialogue strings.Builder
	last     string
}

func (c *ftpClient) use(conn net.Conn) { c.conn, c.in = conn, bufio.NewReader(conn) }

func (c *ftpClient) result(accepted bool) FTPResult {
	r := FTPResult{Accepted: accepted, Dialogue: c.dialogue.String()}
	if !accepted {
		r.Reply = c.last
	}
	return r
}

// expect sends a command and reads the answer, whose first line it keeps.
func (c *ftpClient) expect(command string, codes ...string) bool {
	if command != "" {
		shown := command
		if strings.HasPrefix(command, "PASS ") {
			shown = "PASS"
		}
		c.dialogue.WriteString("> " + shown + "\n")
		if _, err := c.conn.Write([]byte(command + "\r\n")); err != nil {
			c.last = ""
			return false
		}
	}
	c.last = ""
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return false
		}
		line = strings.TrimRight(line, "\r\n")
		c.dialogue.WriteString("< " + line + "\n")
		if c.last == "" {
			c.last = line
		}
		if len(line) > 3 && line[3] == ' ' && strings.Trim(line[:3], "0123456789") == "" {
			for _, code := range codes {
				if strings.HasPrefix(line, code) {
					return true
				}
			}
			return false
		}
	}
}
