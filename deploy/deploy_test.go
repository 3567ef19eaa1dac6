// Package deploy_test holds the examples of deploy/ against the real programs
// and against the metrics that the program really exports.
package deploy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"sshaudit/audit/sshdtest"
	"sshaudit/exporter"
)

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRulesAndTheirTestsHold(t *testing.T) {
	promtool := sshdtest.NeedProgram(t, "promtool", "prometheus")
	run(t, promtool, "check", "rules", "prometheus/alerts.yaml", "prometheus/fleet.yaml")
	run(t, promtool, "test", "rules", "prometheus/alerts_test.yaml")
}

// rules are the parts of a rule file that the tests look at.
type rules struct {
	Groups []struct {
		Rules []struct {
			Alert, Record, Expr string
			Annotations         map[string]string
		}
	}
}

func TestEveryAlertHasATestAndARunbookEntry(t *testing.T) {
	var alerts rules
	if err := yaml.Unmarshal(read(t, "prometheus/alerts.yaml"), &alerts); err != nil {
		t.Fatal(err)
	}
	tests, runbook := string(read(t, "prometheus/alerts_test.yaml")), string(read(t, "prometheus/RUNBOOK.md"))
	for _, r := range alerts.Groups[0].Rules {
		if !strings.Contains(runbook, "## "+r.Alert+"\n") || !strings.HasSuffix(r.Annotations["runbook_url"], "#"+strings.ToLower(r.Alert)) {
			t.Errorf("%s: no entry in RUNBOOK.md, or another link", r.Alert)
		}
		if !regexp.MustCompile(`alertname: ` + r.Alert + `\n +exp_alerts:\n +- exp_labels`).MatchString(tests) {
			t.Errorf("%s: no test in which it fires", r.Alert)
		}
	}
	if len(alerts.Groups[0].Rules) < 10 {
		t.Errorf("only %d alerts were read", len(alerts.Groups[0].Rules))
	}
}

// expressions returns every expression of the dashboard.
func expressions(t *testing.T) (list []string) {
	t.Helper()
	var d struct {
		UID, Title    string
		SchemaVersion int
		Panels        []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "grafana/sshaudit.json"), &d); err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 36 {
		t.Errorf("uid %q, title %q, schemaVersion %d", d.UID, d.Title, d.SchemaVersion)
	}
	seen := map[int]bool{}
	for _, p := range d.Panels {
		if seen[p.ID] || p.Title == "" || len(p.Targets) == 0 || p.GridPos.W == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q: a second one, without title, query or place", p.ID, p.Title)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			list = append(list, strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
		}
	}
	return list
}

func TestDashboardsExpressionsParse(t *testing.T) {
	promtool := sshdtest.NeedProgram(t, "promtool", "prometheus")
	var b bytes.Buffer
	b.WriteString("groups:\n- name: dashboard\n  rules:\n")
	list := expressions(t)
	for i, e := range list {
		fmt.Fprintf(&b, "  - {record: 'panel:%d', expr: %q}\n", i, e)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, promtool, "check", "rules", file)
	if len(list) < 10 {
		t.Errorf("only %d expressions", len(list))
	}
}

var fullName = regexp.MustCompile(`fqName: "([a-z_]+)"`)

// exportedNames asks the collector of the daemon.
func exportedNames(t *testing.T) (list []string) {
	t.Helper()
	ch := make(chan *prometheus.Desc, 100)
	exporter.NewCollector(exporter.Source{}, true).Describe(ch)
	close(ch)
	for d := range ch {
		list = append(list, fullName.FindStringSubmatch(d.String())[1])
	}
	if len(list) < 10 {
		t.Fatalf("only %q", list)
	}
	return list
}

var metricName = regexp.MustCompile(`\bsshaudit_[a-z_]+`)

func TestEveryMetricOfTheExamplesIsExported(t *testing.T) {
	exported := map[string]bool{}
	for _, name := range exportedNames(t) {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			exported[name+suffix] = true
		}
	}
	used := strings.Join(expressions(t), "\n")
	for _, file := range []string{"prometheus/alerts.yaml", "prometheus/fleet.yaml"} {
		var r rules
		if err := yaml.Unmarshal(read(t, file), &r); err != nil {
			t.Fatal(err)
		}
		for _, rule := range r.Groups[0].Rules {
			used += "\n" + rule.Expr
		}
	}
	for _, name := range metricName.FindAllString(used, -1) {
		if !exported[name] {
			t.Errorf("%s is used and not exported", name)
		}
	}
}

func TestOtherExamplesParse(t *testing.T) {
	files, err := filepath.Glob("*/*.yaml")
	roles, _ := filepath.Glob("ansible/roles/*/*/*.yaml")
	if files = append(files, roles...); err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		var any any
		if err := yaml.Unmarshal(read(t, file), &any); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
