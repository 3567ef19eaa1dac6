package exporter

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/live"
	"sshaudit/audit/report"
)

// answering returns options that answer questions.
func answering(ask func(context.Context, report.Question) (*audit.WhyReport, error)) Options {
	o := pagesOf(live.NewSnapshot(testReport()))
	o.Why = &Why{Ask: ask, Services: []string{"ssh", "sftp"}, Methods: []string{"publickey"}}
	return o
}

func TestWhyIsAnsweredAsPageAndAsJSON(t *testing.T) {
	var asked report.Question
	_, addr := serve(t, answering(func(_ context.Context, q report.Question) (*audit.WhyReport, error) {
		asked = q
		return &audit.WhyReport{User: audit.Untrusted(q.User), Verdict: audit.Refuse, Customer: "Your key is fine.",
			Causes: []audit.Cause{{ID: "akf-strict-file", Layer: audit.LayerKey, Message: "everybody may write the file"}}}, nil
	}))
	form := get(t, "http://"+addr+"/why")
	if form.status != http.StatusOK || !strings.Contains(form.body, `<form class="find" method="get" action="why">`) || strings.Contains(form.body, "<main>") {
		t.Errorf("the form: %d\n%s", form.status, form.body)
	}
	query := "?user=alice&from=203.0.113.7&port=22&service=sftp&method=publickey&key=SHA256:abc"
	page := get(t, "http://"+addr+"/why"+query)
	if page.status != http.StatusOK || !strings.Contains(page.body, "everybody may write the file") || !strings.Contains(page.body, "Your key is fine.") {
		t.Errorf("the page: %d\n%s", page.status, page.body)
	}
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self'") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("its policy: %s", policy)
	}
	if want := (report.Question{User: "alice", From: "203.0.113.7", Port: "22", Service: "sftp", Method: "publickey", Key: "SHA256:abc"}); asked != want {
		t.Errorf("asked %+v", asked)
	}
	if api := get(t, "http://"+addr+"/api/v1/why"+query); api.status != http.StatusOK || !strings.Contains(api.body, `"schema": "sshaudit.why/1"`) {
		t.Errorf("the API: %d\n%s", api.status, api.body)
	}
}

func TestBadQuestionIsSaidAndAPastedKeyIsNotSentBack(t *testing.T) {
	_, addr := serve(t, answering(func(context.Context, report.Question) (*audit.WhyReport, error) {
		return nil, &BadQuestion{errors.New("key: this is a private key")}
	}))
	query := "?user=alice&key=" + url.QueryEscape("-----BEGIN OPENSSH PRIVATE KEY-----c2VjcmV0")
	for _, path := range []string{"/why", "/api/v1/why"} {
		got := get(t, "http://"+addr+path+query)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "this is a private key") || strings.Contains(got.body, "c2VjcmV0") {
			t.Errorf("%s: %d\n%s", path, got.status, got.body)
		}
		if got := get(t, "http://"+addr+path+"?from=192.0.2.1"); got.status != http.StatusBadRequest || !strings.Contains(got.body, "say whose login it is") {
			t.Errorf("%s without a name: %d\n%s", path, got.status, got.body)
		}
	}
}

func TestQuestionsAreAnsweredTwoAtATime(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	_, addr := serve(t, answering(func(context.Context, report.Question) (*audit.WhyReport, error) {
		begun <- struct{}{}
		<-release
		return &audit.WhyReport{}, nil
	}))
	var askers sync.WaitGroup
	for range maxAnswers {
		askers.Go(func() { get(t, "http://"+addr+"/api/v1/why?user=alice") })
		<-begun
	}
	if got := get(t, "http://"+addr+"/api/v1/why?user=alice"); got.status != http.StatusServiceUnavailable {
		t.Errorf("a third question: %d", got.status)
	}
	close(release)
	askers.Wait()
}

func TestFilterOfTheQueryReachesThePages(t *testing.T) {
	_, addr := serve(t, pagesOf(live.NewSnapshot(testReport())))
	for _, path := range []string{"/report", "/api/v1/check"} {
		got := get(t, "http://"+addr+path+"?user=alice")
		if !strings.Contains(got.body, "alice") || strings.Contains(got.body, "bob") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestTenantMayNotAsk(t *testing.T) {
	needRoot(t)
	_, addr := serve(t, answering(func(context.Context, report.Question) (*audit.WhyReport, error) {
		t.Error("a tenant's question was asked")
		return &audit.WhyReport{}, nil
	}))
	got := as(t, tenantUID, asClient+"=http://"+addr+"/why?user=alice http://"+addr+"/api/v1/why?user=alice")
	if n := strings.Count(got, "status 403"); n != 2 {
		t.Errorf("%d answers of 403:\n%s", n, got)
	}
}
