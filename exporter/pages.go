package exporter

import (
	"bytes"
	"io"
	"net/http"

	"sshaudit/audit"
	"sshaudit/audit/report"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
)

// Bounds of what is made at one time: scrapes of each kind, and reports.
const (
	maxScrapes    = 4
	maxRenderings = 2
)

// pages returns the handler of every path.
func (s *Server) pages() (http.Handler, error) {
	links := []web.LandingLinks{
		{Address: "metrics", Text: "Metrics", Description: "for Prometheus"},
		{Address: "report", Text: "Report", Description: "every finding, for those who may see account names"},
		{Address: "api/v1/check", Text: "Report as JSON", Description: "the same for programs"},
		{Address: "-/healthy", Text: "Healthy", Description: "the daemon answers"},
		{Address: "-/ready", Text: "Ready", Description: "the first audit is done"},
	}
	if s.Why != nil {
		links = append(links, web.LandingLinks{Address: "why", Text: "Why", Description: "why can somebody not log in?"})
	}
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name:        "sshaudit",
		Description: "Why logins to this host are refused, and what exposes it",
		Version:     s.Build.Version,
		Profiling:   "false",
		Links:       links,
	})
	if err != nil {
		return nil, err
	}
	render := make(chan struct{}, maxRenderings)
	mux := http.NewServeMux()
	mux.Handle("/", landing)
	mux.Handle("/metrics", s.metrics())
	mux.Handle("/report", s.named(s.report("text/html; charset=utf-8", s.Page, render)))
	mux.Handle("/api/v1/check", s.named(s.report("application/json", s.JSON, render)))
	if s.Why != nil {
		mux.Handle("/why", s.named(s.whyPage))
		mux.Handle("/api/v1/why", s.named(s.whyJSON))
	}
	// What is below /api/ and not there says so only to those who may ask.
	mux.Handle("/api/", s.named(http.NotFound))
	mux.HandleFunc("/-/healthy", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "sshaudit is up") })
	mux.HandleFunc("/-/ready", s.ready)
	return mux, nil
}

// metrics serves the registry that fits the peer.
func (s *Server) metrics() http.Handler {
	process := []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	with, without := s.scrape(true, process), s.scrape(false, process)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.mayName(r) {
			with.ServeHTTP(w, r)
			return
		}
		without.ServeHTTP(w, r)
	})
}

func (s *Server) scrape(names bool, process []prometheus.Collector) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(process...)
	reg.MustRegister(NewCollector(s.Source, names))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		Registry:            reg,
		ErrorLog:            quietLog(s.Log),
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: maxScrapes,
		CoalesceGather:      true,
		Timeout:             requestTimeout,
	})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.Snapshot().Report == nil {
		say(w, http.StatusServiceUnavailable, "the first audit is not done yet")
		return
	}
	say(w, http.StatusOK, "sshaudit is ready")
}

// report serves what the query's filter lets pass of the current report.
func (s *Server) report(contentType string, write func(io.Writer, *audit.Report, report.Filter) error, render chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		r := s.Snapshot().Report
		if r == nil {
			say(w, http.StatusServiceUnavailable, "the first audit is not done yet")
			return
		}
		select {
		case render <- struct{}{}:
			defer func() { <-render }()
		default:
			w.Header().Set("Retry-After", "1")
			say(w, http.StatusServiceUnavailable, "others are reading the report; try again in a second")
			return
		}
		var page bytes.Buffer
		if err := write(&page, r, report.ParseFilter(q.URL.Query())); err != nil {
			s.Log.Error("the report could not be written", "err", audit.Untrusted(err.Error()).String())
			say(w, http.StatusInternalServerError, "the report could not be written; the daemon's log says why")
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Security-Policy", report.ServedPolicy()+"; frame-ancestors 'none'")
		w.Header().Set("Last-Modified", r.Started.UTC().Format(http.TimeFormat))
		_, _ = page.WriteTo(w) // an error here is the client's, who is gone
	}
}

// say answers with one line of text.
func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // an error here is the client's, who is gone
}
