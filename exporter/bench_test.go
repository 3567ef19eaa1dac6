package exporter

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/live"
)

// hostingReport is that of a host with 10,000 accounts and 300 findings.
func hostingReport() (*audit.Report, []audit.Doc) {
	docs := make([]audit.Doc, 150)
	for i := range docs {
		docs[i] = audit.Doc{ID: fmt.Sprintf("check-%d", i), Severity: audit.Warning, Effect: audit.Exposes}
	}
	r := &audit.Report{Started: time.Unix(1, 0), Users: 10_000, Complete: true, Servers: make([]audit.Server, 1)}
	for i := range 300 {
		r.Findings = append(r.Findings, audit.Finding{Check: docs[i%20].ID, Severity: audit.Warning, Effect: audit.Exposes,
			User: audit.Untrusted(fmt.Sprintf("web%d", i))})
	}
	return r, docs
}

// BenchmarkScrape is a whole scrape over a connection that is kept open, as
// Prometheus makes it.
func BenchmarkScrape(b *testing.B) {
	r, docs := hostingReport()
	o := pagesOf(live.NewSnapshot(r))
	o.Docs = docs
	_, addr := serve(b, o)
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for b.Loop() {
		got, err := client.Get("http://" + addr + "/metrics")
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, got.Body)
		got.Body.Close()
		if err != nil || n == 0 || got.StatusCode != 200 {
			b.Fatal(n, err, got.StatusCode)
		}
	}
}

// BenchmarkSnapshot is the counting of one report.
func BenchmarkSnapshot(b *testing.B) {
	r, _ := hostingReport()
	for b.Loop() {
		live.NewSnapshot(r)
	}
}
