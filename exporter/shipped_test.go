package exporter

// What packages install and what stands beside a monitoring system is checked
// here by the programs that will read it.

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshaudit/audit/settings"
)

const (
	unitDir    = "../packaging/systemd/"
	scrapeFile = "../deploy/prometheus/scrape.yaml"
)

func TestScrapeExampleIsValid(t *testing.T) {
	promtool := program(t, "promtool", "prometheus")
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "config", "--lint-fatal", "--syntax-only", scrapeFile).CombinedOutput(); err != nil {
		t.Errorf("promtool check config: %v\n%s", err, out)
	}
	if address := settings.Default().Daemon.Listen[0]; !strings.Contains(read(t, scrapeFile), `"`+address+`"`) {
		t.Errorf("%s does not scrape %s, where the daemon listens", scrapeFile, address)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestUnitsAreUnderstood has systemd read the units, in a directory where
// ExecStart= names a program that exists.
func TestUnitsAreUnderstood(t *testing.T) {
	analyze := program(t, "systemd-analyze", "systemd")
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"sshaudit.service", "sshaudit.socket"} {
		text := strings.ReplaceAll(read(t, unitDir+name), "/usr/bin/sshaudit", "/bin/true")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	verify := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no"}, paths...)...)
	if out, err := verify.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// The score is arithmetic, and no proof; it rises when a line gets lost.
	security := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "--threshold=30", paths[0])
	if out, err := security.CombinedOutput(); err != nil {
		t.Errorf("the unit is exposed more than 3.0: %v\n%s", err, out)
	}
}

func TestSocketUnitListensWhereTheDaemonWould(t *testing.T) {
	if address := settings.Default().Daemon.Listen[0]; !strings.Contains(read(t, unitDir+"sshaudit.socket"), "\nListenStream="+address+"\n") {
		t.Errorf("sshaudit.socket does not listen on %s", address)
	}
}
