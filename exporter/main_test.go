package exporter

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/live"
	"sshaudit/audit/report"

	"golang.org/x/sys/unix"
)

// The test binary plays other parts when one of these is set: a client under
// another uid, and a daemon that systemd started with a socket.
const (
	asClient    = "SSHAUDIT_TEST_GET"
	asActivated = "SSHAUDIT_TEST_ACTIVATED"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asClient) != "":
		os.Exit(getAll(strings.Fields(os.Getenv(asClient))))
	case os.Getenv(asActivated) != "":
		os.Exit(serveActivated())
	}
	os.Exit(m.Run())
}

// getAll prints the status and the body of each address.
func getAll(urls []string) int {
	client := http.Client{Timeout: 30 * time.Second}
	for _, url := range urls {
		answer, err := client.Get(url)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("status", answer.StatusCode)
		_, err = io.Copy(os.Stdout, answer.Body)
		answer.Body.Close()
		if err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return 0
}

// pagesOf returns options whose presenters name the users of a report.
func pagesOf(s *live.Snapshot) Options {
	write := func(format string) func(io.Writer, *audit.Report, report.Filter) error {
		return func(w io.Writer, r *audit.Report, f report.Filter) error {
			r = f.Apply(r, nil)
			for i := range r.Findings {
				if _, err := fmt.Fprintf(w, format, r.Findings[i].User); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return Options{Source: source(s), Page: write("<p>%s</p>\n"), JSON: write("%q\n"),
		Listen: []string{"127.0.0.1:0"}, Log: slog.New(slog.DiscardHandler)}
}

// serve runs a server until the test ends and returns it with its address.
func serve(t testing.TB, o Options) (*Server, string) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, s.Addrs()[0].String()
}

// answer is what a request got.
type answer struct {
	status int
	body   string
	header http.Header
}

// get makes one request over a new connection.
func get(t testing.TB, url string, change ...func(*http.Request)) answer {
	t.Helper()
	return getBy(t, &http.Transport{}, url, change...)
}

func getBy(t testing.TB, transport *http.Transport, url string, change ...func(*http.Request)) answer {
	t.Helper()
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	client := http.Client{Transport: transport, Timeout: 30 * time.Second}
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, string(body), got.Header}
}

// needRoot ends a test that must act as several users.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test acts as several users: run it as root")
	}
	t.Skip("this test acts as several users, which takes root")
}

// tenantUID is a uid that no account has.
const tenantUID = 41234

// dialAs connects with a socket that belongs to uid, as if that user had made it.
func dialAs(uid int, network, address string) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var chown error
		if err := c.Control(func(fd uintptr) { chown = unix.Fchown(int(fd), uid, -1) }); err != nil {
			return err
		}
		return chown
	}}
	return d.DialContext(context.Background(), network, address)
}

// tenantDial is for an http.Transport whose connections are a tenant's.
func tenantDial(_ context.Context, network, address string) (net.Conn, error) {
	return dialAs(tenantUID, network, address)
}

// as runs the test binary under another uid, with one variable set, and returns its output.
func as(t *testing.T, uid uint32, variable string) string {
	t.Helper()
	needRoot(t)
	cmd := exec.CommandContext(t.Context(), publicBinary(t))
	cmd.Env = append(os.Environ(), variable)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as uid %d: %v\n%s", uid, err, out)
	}
	return string(out)
}

// publicBinary is a copy of the test binary that everybody may run.
func publicBinary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "exporter-test-") //nolint:usetesting // others may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "test")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// serveActivated is a daemon with the socket that it was started with: it
// answers until its standard input ends.
func serveActivated() int {
	o := pagesOf(live.NewSnapshot(testReport()))
	o.Listen = nil
	s, err := New(o)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }()
	if err := s.Serve(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// port returns the port of an address.
func port(t testing.TB, address string) int {
	t.Helper()
	_, digits, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
