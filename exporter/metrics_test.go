package exporter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/live"
	"sshaudit/audit/watch"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

var testDocs = []audit.Doc{
	{ID: "akf-strict-file", Severity: audit.Critical, Effect: audit.Blocks},
	{ID: "home-mode-loose", Severity: audit.Notice, Effect: audit.Hardening},
	{ID: "config-invalid", Severity: audit.Critical, Effect: audit.Blocks},
}

var testBuild = Build{Version: "1.2.3", Revision: "abc"}

func testReport() *audit.Report {
	return &audit.Report{
		Host: "web1", Root: "/", Started: time.Unix(1767323045, 250e6), Duration: 200 * time.Millisecond,
		Complete: true, Users: 3, Blocked: 2,
		Servers: []audit.Server{{Binary: "/usr/sbin/sshd"}},
		Findings: []audit.Finding{
			{Check: "akf-strict-file", Severity: audit.Critical, Effect: audit.Blocks, User: "alice"},
			{Check: "akf-strict-file", Severity: audit.Critical, Effect: audit.Blocks, User: "bob"},
			{Check: "home-writable-by-others", Severity: audit.Warning, Effect: audit.Exposes, User: "alice"},
		},
	}
}

// source returns a Source that always shows s.
func source(s *live.Snapshot) Source {
	return Source{Snapshot: func() *live.Snapshot { return s }, Docs: testDocs, Build: testBuild}
}

// values gathers a collector's metrics as "name{label=value,…}" to value,
// leaving out the histogram and build_info.
func values(t *testing.T, s *live.Snapshot, names bool) map[string]float64 {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(NewCollector(source(s), names))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			if m.Gauge == nil || family.GetName() == "sshaudit_build_info" {
				continue
			}
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			got[strings.TrimPrefix(family.GetName(), "sshaudit_")+"{"+strings.Join(labels, ",")+"}"] = m.Gauge.GetValue()
		}
	}
	return got
}

func TestMetricsOfAReport(t *testing.T) {
	want := map[string]float64{
		"findings{check=akf-strict-file,effect=blocks,severity=critical}":         2,
		"findings{check=home-mode-loose,effect=hardening,severity=notice}":        0,
		"findings{check=config-invalid,effect=blocks,severity=critical}":          0,
		"findings{check=home-writable-by-others,effect=exposes,severity=warning}": 1,
		"user_findings{severity=critical,user=alice}":                             1,
		"user_findings{severity=warning,user=alice}":                              1,
		"user_findings{severity=critical,user=bob}":                               1,
		"user_series_dropped{}":                                                   0,
		"users{}":                                                                 3,
		"users_blocked{}":                                                         2,
		"sshd_config_valid{}":                                                     1,
		"last_audit_timestamp_seconds{}":                                          1767323045.25,
		"audit_success{}":                                                         1,
		"audit_complete{}":                                                        1,
		"config_last_reload_successful{}":                                         1,
		"watched_directories{}":                                                   0,
		"unwatched_directories{}":                                                 0,
	}
	got := values(t, live.NewSnapshot(testReport()), true)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("with names (-want +got):\n%s", d)
	}
	for key := range want {
		if strings.HasPrefix(key, "user_findings") {
			delete(want, key)
		}
	}
	got = values(t, live.NewSnapshot(testReport()), false)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("without names (-want +got):\n%s", d)
	}
}

func TestBeforeTheFirstAuditNothingReadsAsClean(t *testing.T) {
	want := map[string]float64{
		"last_audit_timestamp_seconds{}": 0, "config_last_reload_successful{}": 1,
		"watched_directories{}": 0, "unwatched_directories{}": 0,
	}
	if d := cmp.Diff(want, values(t, &live.Snapshot{}, true)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWhatIsWatchedIsTold(t *testing.T) {
	s := *live.NewSnapshot(testReport())
	s.Watch = watch.Stats{Watched: 20, Unwatched: 3, Overflows: 2, Suspensions: 5}
	s.Verdicts = live.Durations{Count: 4, Sum: 0.5, Buckets: []live.Bucket{{Bound: 0.05, Count: 3}, {Bound: 1, Count: 4}}}
	want := `# HELP sshaudit_event_to_verdict_seconds Time from an event of the kernel, as it was read, to the findings that take it in.
# TYPE sshaudit_event_to_verdict_seconds histogram
sshaudit_event_to_verdict_seconds_bucket{le="0.05"} 3
sshaudit_event_to_verdict_seconds_bucket{le="1"} 4
sshaudit_event_to_verdict_seconds_bucket{le="+Inf"} 4
sshaudit_event_to_verdict_seconds_sum 0.5
sshaudit_event_to_verdict_seconds_count 4
# HELP sshaudit_watch_overflows_total Times that the kernel dropped events, so that every account was looked at.
# TYPE sshaudit_watch_overflows_total counter
sshaudit_watch_overflows_total 2
# HELP sshaudit_watch_suspensions_total Times that a directory had too many events to be watched on.
# TYPE sshaudit_watch_suspensions_total counter
sshaudit_watch_suspensions_total 5
# HELP sshaudit_watched_directories Directories whose changes the kernel tells.
# TYPE sshaudit_watched_directories gauge
sshaudit_watched_directories 20
`
	names := []string{"sshaudit_event_to_verdict_seconds", "sshaudit_watch_overflows_total", "sshaudit_watch_suspensions_total",
		"sshaudit_watched_directories"}
	if err := testutil.CollectAndCompare(NewCollector(source(&s), false), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	if v := values(t, &s, false)["unwatched_directories{}"]; v != 3 {
		t.Errorf("unwatched_directories = %v, want 3", v)
	}
}

func TestFailuresAreTold(t *testing.T) {
	r := testReport()
	r.Complete = false
	r.Findings = append(r.Findings, audit.Finding{Check: "config-invalid", Severity: audit.Critical, Effect: audit.Blocks})
	s := live.NewSnapshot(r)
	failed := *s
	failed.Err, failed.ReloadErr = errors.New("no"), errors.New("no")
	got := values(t, &failed, false)
	for _, name := range []string{"audit_success{}", "audit_complete{}", "sshd_config_valid{}", "config_last_reload_successful{}"} {
		if v, there := got[name]; !there || v != 0 {
			t.Errorf("%s = %v, %v; want 0", name, v, there)
		}
	}
	if got["users{}"] != 3 {
		t.Error("the earlier report is not shown beside the failure")
	}
}

func TestConfigValidIsAbsentWithoutSSHD(t *testing.T) {
	r := testReport()
	r.Servers = nil
	if v, there := values(t, live.NewSnapshot(r), false)["sshd_config_valid{}"]; there {
		t.Errorf("no sshd was found, yet its configuration reads %v", v)
	}
}

// hostileNames are account names that must not reach a label.
var hostileNames = []audit.Untrusted{
	"", "a\nb", "\x1b]0;x\a", "x\r", "tab\t", `quo"te`, `back\slash`, "\u202egro", "inv\xffalid", "Alice", "a b", "-a",
	"DOM\\user", "user@host", "0day", audit.Untrusted(strings.Repeat("a", 33)), "<script>", "é",
}

// TestT16OddNamesNeverReachALabel is the part of T-16 that concerns metrics.
func TestT16OddNamesNeverReachALabel(t *testing.T) {
	r := testReport()
	for _, name := range hostileNames {
		r.Findings = append(r.Findings, audit.Finding{Check: "x", Severity: audit.Notice, Effect: audit.Exposes, User: name})
	}
	got := values(t, live.NewSnapshot(r), true)
	if n := got["user_series_dropped{}"]; n != float64(len(hostileNames)-1) { // the empty name is no account
		t.Errorf("%v accounts dropped, want %d", n, len(hostileNames)-1)
	}
	for key := range got {
		if strings.HasPrefix(key, "user_findings") && !strings.Contains(key, "user=alice") && !strings.Contains(key, "user=bob") {
			t.Errorf("series %q", key)
		}
	}
}

// TestT41UserSeriesAreBounded: the worst accounts stay, the rest is counted.
func TestT41UserSeriesAreBounded(t *testing.T) {
	r := testReport()
	r.Findings = nil
	for i := range 10_000 {
		severity := audit.Notice
		if i >= 9_990 {
			severity = audit.Critical
		}
		r.Findings = append(r.Findings, audit.Finding{Check: "x", Severity: severity, User: audit.Untrusted(fmt.Sprintf("u%05d", i))})
	}
	got := values(t, live.NewSnapshot(r), true)
	series := 0
	for key := range got {
		if strings.HasPrefix(key, "user_findings") {
			series++
		}
	}
	if series != maxUserSeries || got["user_series_dropped{}"] != 8_000 {
		t.Errorf("%d series and %v dropped, want 2000 and 8000", series, got["user_series_dropped{}"])
	}
	var text bytes.Buffer
	if err := WriteText(&text, r, testDocs, testBuild, true); err != nil || text.Len() > 2<<20 {
		t.Errorf("%d bytes of text, %v; want at most 2 MiB", text.Len(), err)
	}
	for i := 9_990; i < 10_000; i++ {
		if got[fmt.Sprintf("user_findings{severity=critical,user=u%05d}", i)] != 1 {
			t.Errorf("u%05d, critical, is left out", i)
		}
	}
}

func TestRefusalsAreACounterByReason(t *testing.T) {
	o := source(live.NewSnapshot(testReport()))
	o.Refusals = func() map[string]uint64 { return map[string]uint64{"akf-strict-file": 3, "user-unknown": 0} }
	want := `# HELP sshaudit_login_refusals_total Logins that sshd refused since the daemon started, by the reason that its log gives.
# TYPE sshaudit_login_refusals_total counter
sshaudit_login_refusals_total{reason="akf-strict-file"} 3
sshaudit_login_refusals_total{reason="user-unknown"} 0
`
	if err := testutil.CollectAndCompare(NewCollector(o, false), strings.NewReader(want), "sshaudit_login_refusals_total"); err != nil {
		t.Error(err)
	}
}

func TestMetricsPassPromlint(t *testing.T) {
	o := source(live.NewSnapshot(testReport()))
	o.Refusals = new(live.Refusals).Counts
	problems, err := testutil.CollectAndLint(NewCollector(o, true))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// program returns a program of a Debian package, installed where that may be
// done. Without it the test fails in CI and says why it is skipped elsewhere.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Geteuid() == 0 {
		install := exec.CommandContext(t.Context(), "apt-get", "install", "-y", "-qq", pkg)
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		out, aptErr := install.CombinedOutput()
		if path, err = exec.LookPath(name); err == nil {
			return path
		}
		t.Logf("apt-get install %s: %v\n%s", pkg, aptErr, out)
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is needed: install the package %s", name, pkg)
	}
	t.Skipf("%s is not installed: it is in the package %s", name, pkg)
	return ""
}

func TestPromtoolAcceptsTheMetrics(t *testing.T) {
	promtool := program(t, "promtool", "prometheus")
	r := testReport()
	for _, name := range hostileNames {
		r.Findings = append(r.Findings, audit.Finding{Check: "x", Severity: audit.Notice, Effect: audit.Exposes, User: name})
	}
	var text bytes.Buffer
	if err := WriteText(&text, r, testDocs, testBuild, true); err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = bytes.NewReader(text.Bytes())
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s\n%s", err, out, text.Bytes())
	}
}

func TestTextHasTheSeriesOfTheDaemon(t *testing.T) {
	var text bytes.Buffer
	if err := WriteText(&text, testReport(), testDocs, testBuild, true); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`sshaudit_findings{check="akf-strict-file",effect="blocks",severity="critical"} 2`,
		`sshaudit_user_findings{severity="critical",user="bob"} 1`,
		`sshaudit_last_audit_timestamp_seconds 1.76732304525e+09`,
		`sshaudit_audit_duration_seconds_bucket{le="0.25"} 1`,
		`sshaudit_audit_duration_seconds_count 1`,
		`# TYPE sshaudit_audit_duration_seconds histogram`,
		`# TYPE sshaudit_users_blocked gauge`,
	} {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if err := WriteText(&text, testReport(), testDocs, Build{Version: "\xff"}, true); err != nil {
		t.Errorf("a version that is not UTF-8: %v", err)
	}
}

func TestTextWithoutNamesNamesNobody(t *testing.T) {
	var text bytes.Buffer
	if err := WriteText(&text, testReport(), testDocs, testBuild, false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob"} {
		if strings.Contains(text.String(), name) {
			t.Errorf("%s is named:\n%s", name, text.String())
		}
	}
}
