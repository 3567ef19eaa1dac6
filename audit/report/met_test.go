package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
)

func TestWhatWasMetIsShownEscaped(t *testing.T) {
	r := &audit.Report{Host: "h", Root: "/", Met: []audit.Met{
		{Service: "ssh", Address: "127.0.0.1:22", Said: "OpenSSH_9.2p1", HostKeys: []audit.MetKey{{Type: "ssh-ed25519", Fingerprint: "SHA256:abc"}}, Ciphers: []string{"aes128-ctr"}},
		{Service: "ftp", Address: "127.0.0.1:21", Said: "hello\x1b[2J", TLS: "TLS 1.3", Certificate: "CN=ftp", Names: []audit.Untrusted{"ftp.example.com\n"},
			Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
		{Service: "ssh", Address: "[::1]:22", Failure: "silent"},
	}}
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var doc struct{ Met []jsonMet }
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil || len(doc.Met) != 3 || doc.Met[0].HostKeys[0].Fingerprint != "SHA256:abc" ||
		doc.Met[1].Until != "2026-12-01T00:00:00Z" || doc.Met[2].Failure != "silent" || doc.Met[2].Ciphers == nil {
		t.Errorf("%v %s", err, b.String())
	}
	b.Reset()
	if err := Text(&b, r, func(string) (audit.Doc, bool) { return audit.Doc{}, false }, Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"127.0.0.1:22 ssh: OpenSSH_9.2p1", "ssh-ed25519 SHA256:abc", "TLS 1.3, certificate of CN=ftp until 2026-12-01", "[::1]:22 ssh: nothing was said"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s lacks %q", b.String(), want)
		}
	}
	if strings.ContainsRune(b.String(), '\x1b') {
		t.Error("an escape sequence came through")
	}
	b.Reset()
	if err := JSON(&b, &audit.Report{}); err != nil || strings.Contains(b.String(), `"met"`) {
		t.Errorf("%v %s", err, b.String())
	}
}
