package sshdtest

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"sshaudit/audit"
)

const (
	startTimeout = 20 * time.Second
	idleTimeout  = 20 * time.Second
	pollInterval = time.Millisecond
)

// Server is a running sshd of a [Host]. It ends with the test.
type Server struct {
	h     *Host
	cmd   *exec.Cmd
	port  int
	log   string        // path of the log, outside the system
	ended chan struct{} // closed when the process has ended
	one   sync.Mutex    // one login at a time: the log does not name the connection of a line
}

// StartSshd writes config to /etc/ssh/sshd_config and starts the real sshd with
// it on a free port of 127.0.0.1, logging at DEBUG3. It returns when sshd
// listens; a sshd that ends instead fails the test with its log.
//
// Arguments come before the helper's own, so that "-o", "LogLevel=INFO" wins
// (sshd takes the first value). Penalties and connection limits are off unless
// an argument sets them: they would refuse the logins of later test cases.
func (h *Host) StartSshd(config string, args ...string) *Server {
	h.t.Helper()
	h.WriteFile("/etc/ssh/sshd_config", []byte(config), 0o644, 0, 0)
	var problem string
	for range 5 {
		s, err := h.tryStart(args)
		if err == nil {
			return s
		}
		problem = err.Error()
		if !strings.Contains(problem, "Address already in use") {
			break
		}
	}
	h.t.Fatal(problem)
	return nil
}

// tryStart starts sshd once, on a port that was free a moment ago.
func (h *Host) tryStart(args []string) (*Server, error) {
	port, err := freePort(h.t.Context())
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(filepath.Dir(h.root), "sshd-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	args = append([]string{"-D", "-e"}, args...)
	args = append(args, "-p", strconv.Itoa(port), "-o", "ListenAddress=127.0.0.1", "-o", "PidFile=none",
		"-o", "LogLevel=DEBUG3", "-o", "MaxStartups=1000", "-o", "UseDNS=no")
	// A version that cannot be read fails the test in Version.
	if v, err := audit.ParseOpenSSH(h.Version()); err == nil && v.AtLeast(9, 8) {
		args = append(args, "-o", "PerSourcePenalties=no")
	}
	s := &Server{
		h: h, port: port, log: log.Name(), ended: make(chan struct{}),
		cmd: h.Command(context.Background(), "/usr/sbin/sshd", args...),
	}
	// A file, not a pipe: what a process wrote before it ended is there to be
	// read. All processes of sshd share the descriptor, hence its offset.
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start sshd: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // the status says nothing that the log does not
		close(s.ended)
	}()
	h.t.Cleanup(s.Stop)
	if err := s.waitListening(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Port returns the TCP port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// PID returns the listener's process id on this machine.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log returns what sshd has logged so far, without carriage returns.
func (s *Server) Log() string {
	s.h.t.Helper()
	return s.logFrom(0)
}

// Stop ends the listener and waits for it. Stopping twice is harmless.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(startTimeout):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// Reload makes sshd read its configuration anew, as "systemctl reload ssh"
// does, and waits until it listens again.
func (s *Server) Reload() {
	s.h.t.Helper()
	s.one.Lock()
	defer s.one.Unlock()
	from := s.logSize()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.h.t.Fatalf("reload sshd: %v", err)
	}
	if err := s.waitLine(from); err != nil {
		s.h.t.Fatal(err)
	}
}

func (s *Server) waitListening() error { return s.waitLine(0) }

// waitLine waits for the line that listen_on_addrs() of sshd.c writes after listen(2).
func (s *Server) waitLine(from int64) error {
	want := fmt.Sprintf("Server listening on 127.0.0.1 port %d.", s.port)
	deadline := time.Now().Add(startTimeout)
	for !strings.Contains(s.logFrom(from), want) {
		select {
		case <-s.ended:
			return fmt.Errorf("sshd of %s ended instead of listening:\n%s", s.h.release, lastLines(s.Log(), 30))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("sshd of %s does not say %q within %v:\n%s", s.h.release, want, startTimeout, lastLines(s.Log(), 30))
		}
		time.Sleep(pollInterval)
	}
	return nil
}

// waitIdle waits until the listener has no child: then each connection's
// processes have ended and all their lines are in the log.
func (s *Server) waitIdle() {
	s.h.t.Helper()
	children := fmt.Sprintf("/proc/%d/task/%d/children", s.PID(), s.PID())
	deadline := time.Now().Add(idleTimeout)
	for {
		list, err := os.ReadFile(children)
		if err != nil {
			s.h.t.Fatalf("sshd ended or the kernel lists no children: %v\n%s", err, lastLines(s.Log(), 30))
		}
		if len(list) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.h.t.Fatalf("sshd's connection still lives after %v:\n%s", idleTimeout, lastLines(s.Log(), 30))
		}
		time.Sleep(pollInterval)
	}
}

func (s *Server) logSize() int64 {
	s.h.t.Helper()
	info, err := os.Stat(s.log)
	if err != nil {
		s.h.t.Fatal(err)
	}
	return info.Size()
}

// logFrom reads the log from an offset on: hundreds of logins make it long.
func (s *Server) logFrom(offset int64) string {
	s.h.t.Helper()
	f, err := os.Open(s.log)
	if err != nil {
		s.h.t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, offset, math.MaxInt64-offset))
	if err != nil {
		s.h.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r", "")
}

// freePort asks the kernel for a port. Somebody else may take it before sshd does.
func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
