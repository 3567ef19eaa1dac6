package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// The parts of SARIF 2.1.0 (OASIS standard, errata 01) that an audit fills. They
// are few, so they are our own structs and no library's.
type (
	sarifText struct {
		Text string `json:"text"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string          `json:"id"`
		Short         sarifText       `json:"shortDescription"`
		Full          *sarifText      `json:"fullDescription,omitempty"`
		Help          *sarifText      `json:"help,omitempty"`
		Configuration *sarifLevel     `json:"defaultConfiguration,omitempty"`
		Properties    *sarifRuleExtra `json:"properties,omitempty"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifRuleExtra struct {
		Tags []string `json:"tags"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Start         string              `json:"startTimeUtc"`
		End           string              `json:"endTimeUtc"`
		Machine       string              `json:"machine,omitempty"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID       string           `json:"ruleId"`
		RuleIndex    int              `json:"ruleIndex"`
		Level        string           `json:"level"`
		Message      sarifText        `json:"message"`
		Locations    []sarifLocation  `json:"locations"`
		Fingerprints sarifFingerprint `json:"partialFingerprints"`
		Properties   sarifResultExtra `json:"properties"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name      string `json:"name"`
		Qualified string `json:"fullyQualifiedName"`
		Kind      string `json:"kind"`
	}
	sarifFingerprint struct {
		CheckUserPath string `json:"checkUserPath/v1"`
	}
	sarifResultExtra struct {
		Effect   string `json:"effect"`
		User     string `json:"user,omitempty"`
		UserB64  string `json:"user_b64,omitempty"`
		Observed string `json:"observed,omitempty"`
		Expected string `json:"expected,omitempty"`
		Fix      string `json:"fix,omitempty"`
	}
)

// sarifOpen begins a log of one run, sarifClose ends it.
const (
	sarifOpen = `{"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",` +
		"\n" + `"version": "2.1.0", "runs": [{`
	sarifClose = "}]}\n"
)

// SARIF writes the outcome of a check as a SARIF 2.1.0 log of one run. The rules
// are those of the checks that found something. A finding's place is its file, a
// file URI of the raw path below the audited root, and its account; if it has
// neither, the host. The partial fingerprint is over check, account and path, so
// that a tool knows tomorrow's finding for today's. Version is sshaudit's own.
func SARIF(w io.Writer, r *audit.Report, docs Docs, version string) error {
	ids := map[string]int{}
	for i := range r.Findings {
		ids[r.Findings[i].Check] = 0
	}
	driver := sarifDriver{Name: "sshaudit", Version: version, Rules: []sarifRule{}}
	for i, id := range slices.Sorted(maps.Keys(ids)) {
		ids[id] = i
		driver.Rules = append(driver.Rules, toSARIFRule(docs.find(id)))
	}
	host := hostName(r)
	d := newDocument(w, sarifOpen, sarifClose)
	d.member("tool", sarifTool{driver})
	d.member("automationDetails", sarifAutomation{"sshaudit/" + host + "/"})
	d.member("invocations", []sarifInvocation{toSARIFInvocation(r, host)})
	array(d, "results", apply(slices.Values(r.Findings), func(f audit.Finding) sarifResult {
		return toSARIFResult(&f, ids[f.Check], host, docs)
	}))
	return d.close()
}

func toSARIFRule(doc audit.Doc) sarifRule {
	rule := sarifRule{ID: clean(doc.ID), Short: sarifMessage(doc.Title)}
	if doc.Why != "" {
		full := sarifMessage(doc.Why)
		rule.Full = &full
	}
	if doc.Repair != "" {
		help := sarifMessage(doc.Repair)
		rule.Help = &help
	}
	if doc.Severity != 0 {
		rule.Configuration = &sarifLevel{sarifLevelOf(doc.Severity)}
	}
	if doc.Effect != "" || len(doc.References) > 0 {
		tags := append([]string{clean(string(doc.Effect))}, cleans(doc.References)...)
		slices.Sort(tags)
		rule.Properties = &sarifRuleExtra{Tags: slices.Compact(tags)}
	}
	return rule
}

func toSARIFInvocation(r *audit.Report, host string) sarifInvocation {
	v := sarifInvocation{
		Successful: r.Complete, Machine: host, Notifications: []sarifNotification{},
		Start: r.Started.UTC().Format(time.RFC3339), End: r.Started.Add(r.Duration).UTC().Format(time.RFC3339),
	}
	for i := range r.Errors {
		text := whole(r.Errors[i].Subject) + ": " + r.Errors[i].Message
		v.Notifications = append(v.Notifications, sarifNotification{Level: "warning", Message: sarifMessage(text)})
	}
	return v
}

func toSARIFResult(f *audit.Finding, rule int, host string, docs Docs) sarifResult {
	text := f.Message
	if text == "" {
		text = docs.find(f.Check).Title
	}
	return sarifResult{
		RuleID: clean(f.Check), RuleIndex: rule, Level: sarifLevelOf(f.Severity), Message: sarifMessage(text),
		Locations:    []sarifLocation{toSARIFLocation(f, host)},
		Fingerprints: sarifFingerprint{fingerprint(f)},
		Properties: sarifResultExtra{Effect: clean(string(f.Effect)), User: whole(f.User), UserB64: raw(f.User),
			Observed: clean(f.Observed), Expected: clean(f.Expected), Fix: clean(f.Fix)},
	}
}

func toSARIFLocation(f *audit.Finding, host string) sarifLocation {
	var l sarifLocation
	if f.Path != "" {
		l.Physical = &sarifPhysical{Artifact: sarifArtifact{fileURI(string(f.Path))}}
		if f.Line > 0 {
			l.Physical.Region = &sarifRegion{f.Line}
		}
	}
	switch {
	case f.User != "":
		l.Logical = []sarifLogical{{whole(f.User), host + "/" + whole(f.User), "account"}}
	case f.Path == "":
		l.Logical = []sarifLogical{{host, host, "host"}}
	}
	return l
}

// sarifMessage writes text so that a viewer shows it as it is: braces are doubled,
// for they hold the numbers of arguments (SARIF 2.1.0, 3.11.5), and text that
// could be read as a link to anywhere is escaped (3.11.6).
func sarifMessage(text string) sarifText {
	text = cleanText(text)
	if strings.Contains(text, "](") {
		text = sarifBrackets.Replace(text)
	}
	return sarifText{sarifBraces.Replace(text)}
}

var (
	sarifBrackets = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`)
	sarifBraces   = strings.NewReplacer("{", "{{", "}", "}}")
)

// fingerprint is the same for the same check, account and path, whatever else
// was observed.
func fingerprint(f *audit.Finding) string {
	sum := sha256.Sum256([]byte(f.Check + "\x00" + string(f.User) + "\x00" + string(f.Path)))
	return hex.EncodeToString(sum[:16])
}

func sarifLevelOf(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return "error"
	case audit.Warning:
		return "warning"
	default:
		return "note"
	}
}

// fileURI writes a path as a file URI (RFC 8089) with an empty host. Every byte
// but RFC 3986's unreserved ones and the slash is percent-encoded, so the raw
// path can be got back whatever its encoding.
func fileURI(path string) string {
	var b strings.Builder
	b.WriteString("file://")
	if !strings.HasPrefix(path, "/") {
		b.WriteByte('/')
	}
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}
