package exporter

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/live"
	"sshaudit/audit/report"
)

func TestEveryPathAnswers(t *testing.T) {
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	for _, c := range []struct {
		path, contentType, holds string
		status                   int
	}{
		{"/", "text/html; charset=UTF-8", `<a href="/metrics">Metrics</a>`, 200},
		{"/metrics", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", `sshaudit_user_findings{severity="critical",user="bob"} 1`, 200},
		{"/metrics", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", "go_goroutines", 200},
		{"/metrics", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", "process_start_time_seconds", 200},
		{"/report", "text/html; charset=utf-8", "<p>alice</p>", 200},
		{"/api/v1/check", "application/json", `"alice"`, 200},
		{"/-/healthy", "text/plain; charset=utf-8", "sshaudit is up", 200},
		{"/-/ready", "text/plain; charset=utf-8", "sshaudit is ready", 200},
		{"/nothing", "text/plain; charset=utf-8", "404", 404},
		{"/api/v2", "text/plain; charset=utf-8", "404", 404},
		{"/debug/pprof/heap", "text/plain; charset=utf-8", "404", 404},
	} {
		got := get(t, "http://"+addr+c.path)
		if got.status != c.status || got.header.Get("Content-Type") != c.contentType || !strings.Contains(got.body, c.holds) {
			t.Errorf("%s: %d %s, want %d %s with %q in\n%s", c.path, got.status, got.header.Get("Content-Type"),
				c.status, c.contentType, c.holds, got.body)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "deny"} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", c.path, name, got.header.Get(name), want)
			}
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("%s: content security policy %q", c.path, policy)
		}
	}
}

func TestBeforeTheFirstAuditNothingIsReady(t *testing.T) {
	_, addr := serve(t, pagesOf(&live.Snapshot{}))
	for path, want := range map[string]int{"/-/healthy": 200, "/-/ready": 503, "/report": 503, "/api/v1/check": 503, "/metrics": 200} {
		if got := get(t, "http://"+addr+path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
}

// TestT42TenantGetsNoNames: over loopback, another user of the host gets
// the metrics without names and 403 for the rest, until he is configured.
func TestT42TenantGetsNoNames(t *testing.T) {
	needRoot(t)
	s, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	all := fmt.Sprintf("%s=http://%[2]s/metrics http://%[2]s/report http://%[2]s/api/v1/check http://%[2]s/api/v1/why", asClient, addr)
	got := as(t, tenantUID, all)
	if n := strings.Count(got, "status 403"); n != 3 {
		t.Errorf("%d answers of 403, want 3:\n%s", n, got)
	}
	if !strings.Contains(got, `sshaudit_findings{check="akf-strict-file",effect="blocks",severity="critical"} 2`) {
		t.Errorf("the metrics without names are missing:\n%s", got)
	}
	for _, secret := range []string{"alice", "bob", `user="`} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is shown to a tenant:\n%s", secret, got)
		}
	}
	s.SetReaders([]uint32{tenantUID})
	got = as(t, tenantUID, all)
	for _, want := range []string{`user="alice"`, "<p>alice</p>", `"bob"`, "status 404"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not shown to a configured reader:\n%s", want, got)
		}
	}
}

func TestForeignHostNameIsRefused(t *testing.T) {
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1": 200, "localhost": 200, "LOCALHOST:9": 200, "[::1]:10069": 200, "192.0.2.1:1": 200, own: 200, own + ":10069": 200,
		"evil.example": 421, "evil.example:10069": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:1": 421, "127.0.0.1:1:1": 421,
	} {
		for _, path := range []string{"/", "/metrics", "/report", "/-/healthy"} {
			if got := get(t, "http://"+addr+path, func(r *http.Request) { r.Host = host }); got.status != want {
				t.Errorf("Host %s, %s: %d, want %d", host, path, got.status, want)
			}
		}
	}
}

func TestNothingButReading(t *testing.T) {
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FIX"} {
		got := get(t, "http://"+addr+"/metrics", func(r *http.Request) { r.Method = method })
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, got.status, got.header.Get("Allow"))
		}
	}
	if got := get(t, "http://"+addr+"/report", func(r *http.Request) { r.Method = "HEAD" }); got.status != 200 || got.body != "" {
		t.Errorf("HEAD: %d %q", got.status, got.body)
	}
	for name, length := range map[string]int64{"with a length": 3, "of unknown length": -1} {
		got := get(t, "http://"+addr+"/metrics", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("abc")), length
		})
		if got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a body %s: %d", name, got.status)
		}
	}
}

// send writes to a connection, which then has half a minute left.
func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func TestHugeHeaderIsRefused(t *testing.T) {
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 3*maxHeader)+"\r\n\r\n")
	status, err := bufio.NewReader(c).ReadString('\n')
	if want := "HTTP/1.1 431 Request Header Fields Too Large\r\n"; err != nil || status != want {
		t.Errorf("got %q, %v", status, err)
	}
}

// TestT43ScrapeSucceedsAmongIdleConnections: a tenant opens a thousand
// connections, half of them with half a request, and root still gets through.
func TestT43ScrapeSucceedsAmongIdleConnections(t *testing.T) {
	needRoot(t)
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	for i := range 1000 {
		c, err := dialAs(tenantUID, "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			// The daemon may close a connection at any time, so an error says nothing.
			_, _ = io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: ")
		}
	}
	for range 3 {
		if got := get(t, "http://"+addr+"/report"); got.status != 200 || !strings.Contains(got.body, "alice") {
			t.Errorf("got %d %q", got.status, got.body)
		}
	}
}

// TestGreedyPeerClosesOnlyItsOwn holds a connection of root's open while a
// tenant opens many, and uses it afterwards.
func TestGreedyPeerClosesOnlyItsOwn(t *testing.T) {
	needRoot(t)
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	ask := func() {
		t.Helper()
		send(t, c, "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
		got, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		if body, err := io.ReadAll(got.Body); err != nil || string(body) != "sshaudit is up\n" {
			t.Errorf("got %q, %v", body, err)
		}
	}
	ask()
	for range 4 * maxConnections {
		greedy, err := dialAs(tenantUID, "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer greedy.Close()
	}
	// The last of them was admitted once another connection after it was.
	get(t, "http://"+addr+"/-/healthy")
	ask()
}

func TestReportsAreRenderedTwoAtATime(t *testing.T) {
	o := pagesOf(live.NewSnapshot(testReport()))
	begun, release := make(chan struct{}), make(chan struct{})
	o.Page = func(io.Writer, *audit.Report, report.Filter) error {
		begun <- struct{}{}
		<-release
		return nil
	}
	_, addr := serve(t, o)
	var readers sync.WaitGroup
	for range maxRenderings {
		readers.Go(func() { get(t, "http://"+addr+"/report") })
		<-begun
	}
	if got := get(t, "http://"+addr+"/api/v1/check"); got.status != 503 || got.header.Get("Retry-After") != "1" {
		t.Errorf("a third rendering: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	close(release)
	readers.Wait()
	if got := get(t, "http://"+addr+"/api/v1/check"); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
}

func TestReportThatCannotBeWrittenIsAnErrorWithoutItsText(t *testing.T) {
	o := pagesOf(live.NewSnapshot(testReport()))
	o.Page = func(w io.Writer, _ *audit.Report, _ report.Filter) error {
		io.WriteString(w, "half a page")
		return fmt.Errorf("template: alice")
	}
	_, addr := serve(t, o)
	got := get(t, "http://"+addr+"/report")
	if got.status != 500 || got.body != "the report could not be written; the daemon's log says why\n" {
		t.Errorf("got %d %q", got.status, got.body)
	}
}

// TestSocketOfSystemdIsServed starts a daemon as systemd does for a socket
// unit: the variables name the process itself, so a shell has to set them.
func TestSocketOfSystemdIsServed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"`, self)
	cmd.Env = append(os.Environ(), asActivated+"=1")
	cmd.ExtraFiles = []*os.File{socket}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if got := get(t, "http://"+l.Addr().String()+"/report"); got.status != 200 || !strings.Contains(got.body, "alice") {
		t.Errorf("got %d %q", got.status, got.body)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v\n%s", err, out.String())
	}
}

func TestAddressThatCannotBeHadIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := pagesOf(&live.Snapshot{})
	o.Listen = []string{"127.0.0.1:0", l.Addr().String()}
	want := fmt.Sprintf("listen on %[1]s: listen tcp %[1]s: bind: address already in use; choose another address in daemon.listen", l.Addr())
	if _, err := New(o); err == nil || err.Error() != want {
		t.Errorf("\ngot  %v\nwant %s", err, want)
	}
	o.Listen = nil
	if _, err := New(o); err == nil || err.Error() != "no address to listen on; name one in daemon.listen" {
		t.Errorf("got %v", err)
	}
}
