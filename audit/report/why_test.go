package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
)

// hostile is a name that would write over the line, colour the screen and turn the text around.
const hostile = "al\rice\x1b[31m\u202e\n"

func whySample() *audit.WhyReport {
	return &audit.WhyReport{
		User: hostile, From: "203.0.113.7", Service: "sftp", Port: 22, Method: "publickey", Key: "SHA256:abc",
		Verdict: audit.Refuse, ClientMessage: "Server refused our key",
		Causes: []audit.Cause{
			{ID: "akf-strict-file", Layer: audit.LayerKey, Message: "everybody may write the file", Path: hostile, Line: 3,
				Observed: "0666", Expected: "0600", Fix: "sshaudit fix --user alice", Automatic: true},
			{ID: "nologin-file", Layer: audit.LayerSession, Message: "nobody may log in"},
		},
		Steps:    []audit.Step{{Layer: audit.LayerKey, Verdict: audit.Refuse, Message: "everybody may write the file"}},
		Observed: []audit.Observation{{Time: time.Unix(0, 0), Source: "journal", Line: hostile, Cause: "akf-strict-file"}},
		Customer: "Your program shows \"Server refused our key\".",
	}
}

func TestWhySpeaksFirstToTheAdministratorThenToTheCustomer(t *testing.T) {
	var b bytes.Buffer
	if err := WhyText(&b, whySample(), Style{}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	at := 0
	for _, part := range []string{"REFUSE: ", "cause   akf-strict-file (key)", "found   0666, expected 0600", "repair  sshaudit fix --user alice",
		"then    nologin-file (session)", "client  Server refused our key", "layer by layer", "what the server logged", "\nFor the customer:\nYour program shows"} {
		i := strings.Index(text[at:], part)
		if i < 0 {
			t.Fatalf("%q does not follow in:\n%s", part, text)
		}
		at += i
	}
}

func TestWhyLetsNoNameTouchTheTerminal(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text": func(b *bytes.Buffer) error { return WhyText(b, whySample(), Style{}) },
		"json": func(b *bytes.Buffer) error { return WhyJSON(b, whySample()) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\r\x1b\u202e") {
			t.Errorf("%s: %q", name, b.String())
		}
	}
}

func TestWhyDocumentHasTheMembersOfTheInterface(t *testing.T) {
	var b bytes.Buffer
	if err := WhyJSON(&b, whySample()); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for member := range strings.FieldsSeq("schema user from service port method key verdict client_message causes steps observed log customer") {
		if _, ok := doc[member]; !ok {
			t.Errorf("no member %s", member)
		}
	}
	cause := doc["causes"].([]any)[0].(map[string]any)
	for member := range strings.FieldsSeq("id layer message path line observed expected fix automatic") {
		if _, ok := cause[member]; !ok {
			t.Errorf("a cause has no member %s", member)
		}
	}
	empty := &audit.WhyReport{}
	b.Reset()
	if err := WhyJSON(&b, empty); err != nil || strings.Contains(b.String(), "null") {
		t.Errorf("%v, an empty list is no null:\n%s", err, b.String())
	}
}
