package exporter

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/live"
)

// freeAddress returns an address that nobody listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// promQuery returns the values that Prometheus has for an expression, by the
// labels that tell them apart.
func promQuery(t *testing.T, address, expression string) map[string]string {
	t.Helper()
	var result struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	got := get(t, "http://"+address+"/api/v1/query?query="+url.QueryEscape(expression))
	if err := json.Unmarshal([]byte(got.body), &result); err != nil {
		t.Fatalf("%s: %v", got.body, err)
	}
	values := map[string]string{}
	for _, r := range result.Data.Result {
		values[strings.Trim(r.Metric["user"]+" "+r.Metric["check"], " ")] = fmt.Sprint(r.Value[1])
	}
	return values
}

// TestPrometheusScrapesTheDaemon has the real Prometheus scrape by the shipped
// example, under the daemon's own uid.
func TestPrometheusScrapesTheDaemon(t *testing.T) {
	prometheus := program(t, "prometheus", "prometheus")
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	config := strings.ReplaceAll(read(t, scrapeFile), "127.0.0.1:10069", addr)
	config += "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
	web := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), prometheus, "--config.file="+writeFile(t, "prometheus.yml", config),
		"--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+web)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	deadline := time.Now().Add(time.Minute)
	for {
		c, err := net.Dial("tcp", web)
		if err == nil {
			c.Close()
			if promQuery(t, web, `up{job="sshaudit"}`)[""] == "1" {
				break
			}
		}
		select {
		case <-ended:
			t.Fatalf("prometheus ended:\n%s", log.String())
		default:
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			<-ended
			t.Fatalf("prometheus did not scrape within a minute:\n%s", log.String())
		}
		time.Sleep(200 * time.Millisecond)
	}
	for expression, want := range map[string]map[string]string{
		`sshaudit_findings{check="akf-strict-file"}`:                  {"akf-strict-file": "2"},
		`sshaudit_user_findings{severity="critical"}`:                 {"alice": "1", "bob": "1"},
		`sum(sshaudit_findings)`:                                      {"": "3"},
		`sshaudit_audit_duration_seconds_bucket{le=~"0.25(.0)?"}`:     {"": "1"},
		`sshaudit_users_blocked`:                                      {"": "2"},
		`count(sshaudit_build_info{version="1.2.3",revision="abc"})`:  {"": "1"},
		`sshaudit_last_audit_timestamp_seconds == bool 1767323045.25`: {"": "1"},
	} {
		if got := promQuery(t, web, expression); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", expression, got, want)
		}
	}
}
