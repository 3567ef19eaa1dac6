package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

// TestConfigTextIsWhatSshdPrints gives ConfigText the settings that the real
// sshd -T printed, and wants its bytes back.
func TestConfigTextIsWhatSshdPrints(t *testing.T) {
	for _, release := range sshdtest.Releases() {
		t.Run(string(release), func(t *testing.T) {
			h := sshdtest.Open(t, release)
			want, err := h.Command(t.Context(), "/usr/sbin/sshd", "-T").Output()
			if err != nil {
				t.Fatal(err)
			}
			var c audit.ConfigReport
			for line := range strings.Lines(string(want)) {
				keyword, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
				c.Settings = append(c.Settings, audit.Setting{Keyword: keyword, Value: audit.Untrusted(value)})
			}
			if len(c.Settings) < 80 {
				t.Fatalf("sshd -T printed %d settings only", len(c.Settings))
			}
			var got bytes.Buffer
			if err := ConfigText(&got, &c, false); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("not what sshd -T prints (-want +got):\n%s", diff)
			}
		})
	}
}
