package exporter

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"sshaudit/audit"
	"sshaudit/audit/report"
)

// maxAnswers bounds the questions that are answered at one time: each reads the
// account files anew.
const maxAnswers = 2

// Why answers questions about single logins.
type Why struct {
	// Ask answers one. An error of the kind *BadQuestion is the asker's.
	Ask func(context.Context, report.Question) (*audit.WhyReport, error)
	// Services and Methods are what may be asked about, the default first.
	Services, Methods []string

	busy chan struct{}
}

// BadQuestion is a question that cannot be answered as it stands.
type BadQuestion struct{ Reason error }

func (b *BadQuestion) Error() string { return b.Reason.Error() }

// Unwrap returns what is wrong with it.
func (b *BadQuestion) Unwrap() error { return b.Reason }

var errBusy = errors.New("others are asking; try again in a second")

// ask answers the question of a request, whose words are as typed.
func (s *Server) ask(r *http.Request) (q report.Question, answer *audit.WhyReport, err error) {
	v := r.URL.Query()
	q = report.Question{User: v.Get("user"), From: v.Get("from"), Port: v.Get("port"), Service: v.Get("service"), Method: v.Get("method"), Key: v.Get("key")}
	if q.User == "" {
		return q, nil, &BadQuestion{errors.New("say whose login it is: user=NAME")}
	}
	select {
	case s.Why.busy <- struct{}{}:
		defer func() { <-s.Why.busy }()
	default:
		return q, nil, errBusy
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	answer, err = s.Why.Ask(ctx, q)
	return q, answer, err
}

// statusOf is the HTTP status of an answer.
func statusOf(err error) int {
	if _, bad := errors.AsType[*BadQuestion](err); bad {
		return http.StatusBadRequest
	}
	if err != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// whyPage serves the form, with the answer once somebody asked.
func (s *Server) whyPage(w http.ResponseWriter, r *http.Request) {
	var q report.Question
	var answer *audit.WhyReport
	var err error
	if r.URL.RawQuery != "" {
		q, answer, err = s.ask(r)
	}
	if err != nil {
		// What was pasted may be a private key: it is not sent back.
		q.Key = ""
	}
	var page bytes.Buffer
	if err := report.WhyHTML(&page, q, s.Why.Services, s.Why.Methods, answer, err); err != nil {
		s.Log.Error("the answer could not be written", "err", audit.Untrusted(err.Error()).String())
		say(w, http.StatusInternalServerError, "the answer could not be written; the daemon's log says why")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", report.ServedPolicy()+"; frame-ancestors 'none'")
	w.WriteHeader(statusOf(err))
	_, _ = page.WriteTo(w) // an error here is the client's, who is gone
}

// whyJSON serves what `sshaudit why --format json` prints.
func (s *Server) whyJSON(w http.ResponseWriter, r *http.Request) {
	_, answer, err := s.ask(r)
	if err != nil {
		say(w, statusOf(err), audit.Untrusted(err.Error()).String())
		return
	}
	var page bytes.Buffer
	if err := report.WhyJSON(&page, answer); err != nil {
		s.Log.Error("the answer could not be written", "err", audit.Untrusted(err.Error()).String())
		say(w, http.StatusInternalServerError, "the answer could not be written; the daemon's log says why")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = page.WriteTo(w) // an error here is the client's, who is gone
}
