package exporter

import (
	"maps"
	"runtime"
	"strconv"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/live"

	"github.com/prometheus/client_golang/prometheus"
)

// configInvalid is the check whose finding means that sshd would refuse its
// configuration; the id is that of the decision path.
const configInvalid = "config-invalid"

// Build says which sshaudit this is.
type Build struct {
	// Version is the release, Revision the commit it was built from.
	Version, Revision string
}

// Source is what metrics are made from.
type Source struct {
	// Snapshot returns the state to be shown; never nil.
	Snapshot func() *live.Snapshot
	// Docs is the catalogue: each of its checks has a series, 0 when clean.
	Docs  []audit.Doc
	Build Build
	// Refusals returns the logins that sshd refused since the start, by reason;
	// nil if nobody reads its log.
	Refusals func() map[string]uint64
	// Single tells that there is one audit, not a daemon that keeps it current.
	Single bool
}

var (
	descBuild = desc("build_info", "A constant 1, labelled by the version and revision of sshaudit and the Go release it was built with.",
		"version", "revision", "goversion")
	descFindings = desc("findings", "Findings as of the last audit, by check.",
		"check", "severity", "effect")
	descUserFindings = desc("user_findings", "Findings as of the last audit, by account; only accounts that have any, the worst first up to a bound.",
		"user", "severity")
	descDropped = desc("user_series_dropped", "Accounts with findings that sshaudit_user_findings leaves out, because of its bound or of a name that is no plain account name.")
	descUsers   = desc("users", "Accounts audited, as of the last audit.")
	descBlocked = desc("users_blocked", "Accounts whose key logins sshd would refuse by a mode, an owner or a broken key file, as of the last audit.")
	descConfig  = desc("sshd_config_valid", "1 if sshd would accept its configuration as of the last audit, 0 if not; absent if no sshd was found.")
	descReach   = desc("port_reachable", "What the packet filter does with a new connection from a vantage address, as of the last audit: 1 accepted, 0 refused, -1 unknown.",
		"service", "port", "family", "vantage")
	descUp = desc("service_up", "1 if the service runs by this unit as of the last audit, 0 if it ought to and does not; without systemd the unit is empty.",
		"service", "unit")
	descListening = desc("listening", "1 if a socket of the service listens on the port as of the last audit, 0 if its configuration says that one should and none does.",
		"service", "port", "family")
	descLast      = desc("last_audit_timestamp_seconds", "When the audit began that the findings are from; 0 before the first.")
	descSuccess   = desc("audit_success", "1 if the last audit ran to its end, 0 if it failed and the findings are older.")
	descWhole     = desc("audit_complete", "1 if everything that was asked for could be looked at in the last audit, 0 if parts are unknown.")
	descReload    = desc("config_last_reload_successful", "1 if the last reload of the configuration was taken over, 0 if it was refused and the earlier one is in force.")
	descTook      = desc("audit_duration_seconds", "How long the audits of all accounts took that ran to their end.")
	descVerdict   = desc("event_to_verdict_seconds", "Time from an event of the kernel, as it was read, to the findings that take it in.")
	descWatched   = desc("watched_directories", "Directories whose changes the kernel tells.")
	descUnwatched = desc("unwatched_directories", "Directories that should be watched and are not, so that their accounts are looked at now and then instead: a limit is reached, the file system cannot, or too much happened there.")
	descOverflows = desc("watch_overflows_total", "Times that the kernel dropped events, so that every account was looked at.")
	descSuspended = desc("watch_suspensions_total", "Times that a directory had too many events to be watched on.")
	descRefusals  = desc("login_refusals_total", "Logins that sshd refused since the daemon started, by the reason that its log gives.", "reason")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("sshaudit", "", name), help, labels, nil)
}

// collector makes metrics from a snapshot at each scrape, so that a series
// whose subject is gone is gone too.
type collector struct {
	Source
	// names adds what names an account.
	names bool
}

// NewCollector returns the metrics of sshaudit itself. Those that name an
// account are among them only if names is set.
func NewCollector(s Source, names bool) prometheus.Collector { return collector{s, names} }

// Describe sends the descriptors of every metric.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descBuild, descFindings, descUserFindings, descDropped, descUsers, descBlocked,
		descConfig, descReach, descUp, descListening, descLast, descSuccess, descWhole, descReload, descTook, descVerdict,
		descWatched, descUnwatched, descOverflows, descSuspended, descRefusals} {
		ch <- d
	}
}

// Collect sends the metrics of the current snapshot.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	s := c.Snapshot()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descBuild, 1, label(c.Build.Version), label(c.Build.Revision), runtime.Version())
	gauge(descReload, truth(s.ReloadErr == nil))
	c.watching(ch, s)
	if c.Refusals != nil {
		for reason, n := range c.Refusals() {
			ch <- prometheus.MustNewConstMetric(descRefusals, prometheus.CounterValue, float64(n), reason)
		}
	}
	if s.Attempted {
		gauge(descSuccess, truth(s.Err == nil))
	}
	if s.Report == nil {
		gauge(descLast, 0)
		return
	}
	gauge(descLast, float64(s.LastAudit.UnixMilli())/1000)
	gauge(descWhole, truth(s.Report.Complete))
	gauge(descUsers, float64(s.Report.Users))
	gauge(descBlocked, float64(s.Report.Blocked))
	if len(s.Report.Servers) > 0 {
		gauge(descConfig, truth(!found(s.Counts, configInvalid)))
	}
	for _, r := range s.Report.Reach {
		value := map[audit.Verdict]float64{audit.Accept: 1, audit.Refuse: 0, audit.Unknown: -1}[r.Verdict]
		gauge(descReach, value, r.Service, strconv.Itoa(r.Port), r.Family, label(r.Vantage))
	}
	for _, u := range s.Report.Services {
		gauge(descUp, truth(u.Up), u.Service, label(u.Unit))
	}
	for _, l := range s.Report.Listening {
		gauge(descListening, truth(l.Open), l.Service, strconv.Itoa(l.Port), l.Family)
	}
	for kind, n := range withClean(s.Counts, c.Docs) {
		gauge(descFindings, float64(n), label(kind.Check), kind.Severity.String(), label(string(kind.Effect)))
	}
	shown, dropped := userSeries(s.Users)
	gauge(descDropped, float64(dropped))
	if c.names {
		for _, u := range shown {
			gauge(descUserFindings, float64(u.n), u.user, u.severity)
		}
	}
}

// watching sends how the audit is kept current; a single audit keeps nothing.
func (c collector) watching(ch chan<- prometheus.Metric, s *live.Snapshot) {
	ch <- prometheus.MustNewConstHistogram(descTook, s.Durations.Count, s.Durations.Sum, buckets(s.Durations))
	if c.Single {
		return
	}
	ch <- prometheus.MustNewConstHistogram(descVerdict, s.Verdicts.Count, s.Verdicts.Sum, buckets(s.Verdicts))
	for _, m := range []struct {
		desc *prometheus.Desc
		kind prometheus.ValueType
		n    float64
	}{
		{descWatched, prometheus.GaugeValue, float64(s.Watch.Watched)},
		{descUnwatched, prometheus.GaugeValue, float64(s.Watch.Unwatched)},
		{descOverflows, prometheus.CounterValue, float64(s.Watch.Overflows)},
		{descSuspended, prometheus.CounterValue, float64(s.Watch.Suspensions)},
	} {
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, m.n)
	}
}

// withClean adds a zero for every check of the catalogue that found nothing.
func withClean(counts map[live.Kind]int, docs []audit.Doc) map[live.Kind]int {
	all := make(map[live.Kind]int, len(counts)+len(docs))
	for i := range docs {
		all[live.Kind{Check: docs[i].ID, Severity: docs[i].Severity, Effect: docs[i].Effect}] = 0
	}
	maps.Copy(all, counts)
	return all
}

func found(counts map[live.Kind]int, check string) bool {
	for kind := range counts {
		if kind.Check == check {
			return true
		}
	}
	return false
}

func buckets(d live.Durations) map[float64]uint64 {
	m := make(map[float64]uint64, len(d.Buckets))
	for _, b := range d.Buckets {
		m[b.Bound] = b.Count
	}
	return m
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// label makes text of our own fit for a label's value: client_golang answers a
// whole scrape with an error for one byte that is not UTF-8.
func label(s string) string { return strings.ToValidUTF8(s, "?") }
