package exporter

import (
	"log"
	"log/slog"
	"strings"

	"sshaudit/audit"

	"golang.org/x/time/rate"
)

// Lines that clients can provoke are logged at this rate and no faster: a
// tenant must not fill the host's log.
const (
	logRate  = 10
	logBurst = 100
)

// quietLog returns a logger for the HTTP server, whose lines may hold bytes
// that a client chose.
func quietLog(to *slog.Logger) *log.Logger {
	return log.New(&quietWriter{to, rate.NewLimiter(logRate, logBurst)}, "", 0)
}

type quietWriter struct {
	to    *slog.Logger
	limit *rate.Limiter
}

// Write logs one line, escaped, if the rate allows.
func (w *quietWriter) Write(p []byte) (int, error) {
	if w.limit.Allow() {
		w.to.Warn("http", "err", audit.Untrusted(strings.TrimSpace(string(p))).String())
	}
	return len(p), nil
}
