package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sshaudit/audit"
)

// sarifShapes is the part of the schema of SARIF 2.1.0 that we write: an object a
// key, a member a line's word. "!" marks what the schema requires, "[]" an array;
// a capital letter begins the name of another shape, "a|b" is an enumeration.
// The golden files were found valid by the whole schema (errata 01) as well.
var sarifShapes = map[string]string{
	"Log":           "$schema:string version!:2.1.0 runs!:[]Run",
	"Run":           "tool!:Tool automationDetails:Automation invocations:[]Invocation results:[]Result",
	"Tool":          "driver!:Component",
	"Component":     "name!:string version:string rules:[]Rule",
	"Rule":          "id!:string shortDescription:Multi fullDescription:Multi help:Multi defaultConfiguration:Configuration properties:RuleBag",
	"Multi":         "text!:string",
	"Configuration": "level:none|note|warning|error",
	"RuleBag":       "tags:[]string",
	"Automation":    "id:string",
	"Invocation":    "executionSuccessful!:bool startTimeUtc:string endTimeUtc:string machine:string toolExecutionNotifications:[]Notification",
	"Notification":  "level:none|note|warning|error message!:Multi",
	"Result":        "ruleId:string ruleIndex:index level:none|note|warning|error message!:Multi locations:[]Location partialFingerprints:Fingerprints properties:ResultBag",
	"Location":      "physicalLocation:Physical logicalLocations:[]Logical",
	"Physical":      "artifactLocation:Artifact region:Region",
	"Artifact":      "uri:string",
	"Region":        "startLine:line",
	"Logical":       "name:string fullyQualifiedName:string kind:string",
	"Fingerprints":  "checkUserPath/v1:string",
	"ResultBag":     "effect:string user:string user_b64:string observed:string expected:string fix:string",
}

// misshapen returns what is wrong with a decoded value, each with its place.
func misshapen(at, shape string, v any) []string {
	if element, ok := strings.CutPrefix(shape, "[]"); ok {
		list, ok := v.([]any)
		if !ok {
			return []string{at + ": no array"}
		}
		var wrong []string
		for i := range list {
			wrong = append(wrong, misshapen(fmt.Sprintf("%s[%d]", at, i), element, list[i])...)
		}
		return wrong
	}
	if members, ok := sarifShapes[shape]; ok {
		return misshapenObject(at, members, v)
	}
	text, isText := v.(string)
	number, isNumber := v.(float64)
	_, isBool := v.(bool)
	if ok := map[string]bool{
		"string": isText, "bool": isBool,
		"index": isNumber && number >= -1 && number == math.Trunc(number),
		"line":  isNumber && number >= 1 && number == math.Trunc(number),
	}[shape] || isText && slices.Contains(strings.Split(shape, "|"), text); !ok {
		return []string{fmt.Sprintf("%s: %v is no %s", at, v, shape)}
	}
	return nil
}

func misshapenObject(at, members string, v any) []string {
	object, ok := v.(map[string]any)
	if !ok {
		return []string{at + ": no object"}
	}
	var wrong []string
	unknown := maps.Clone(object)
	for member := range strings.FieldsSeq(members) {
		name, shape, _ := strings.Cut(member, ":")
		name, required := strings.CutSuffix(name, "!")
		value, ok := object[name]
		switch delete(unknown, name); {
		case ok:
			wrong = append(wrong, misshapen(at+"."+name, shape, value)...)
		case required:
			wrong = append(wrong, at+"."+name+": missing")
		}
	}
	for name := range unknown {
		wrong = append(wrong, at+"."+name+": unknown to the standard")
	}
	return wrong
}

// sarifRun is what the tests read of a log's run.
type sarifRun struct {
	Tool    sarifTool
	Results []sarifResult
}

// parseSARIF checks a log's shape and returns its run.
func parseSARIF(t *testing.T, r *audit.Report) sarifRun {
	t.Helper()
	var out bytes.Buffer
	if err := SARIF(&out, r, sampleDocs, "1.2.3"); err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(out.Bytes(), &value); err != nil {
		t.Fatal(err)
	}
	if wrong := misshapen("log", "Log", value); len(wrong) > 0 {
		t.Fatalf("not SARIF:\n%s", strings.Join(wrong, "\n"))
	}
	var log struct{ Runs []sarifRun }
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	return log.Runs[0]
}

func TestSARIFIsValid(t *testing.T) {
	run := parseSARIF(t, sampleReport())
	if got, want := len(run.Results), len(sampleReport().Findings); got != want {
		t.Errorf("%d results, want %d", got, want)
	}
	for _, result := range run.Results {
		if rule := run.Tool.Driver.Rules[result.RuleIndex]; rule.ID != result.RuleID {
			t.Errorf("rule index %d is %s, want %s", result.RuleIndex, rule.ID, result.RuleID)
		}
	}
	if parseSARIF(t, cleanReport()).Results == nil {
		t.Error("results of a clean report are missing: a tool would read that the audit did not run")
	}
}

func TestMisshapenSARIFIsFound(t *testing.T) {
	for text, want := range map[string]string{
		`{"version": "2.1.0"}`:                                     "log.runs: missing",
		`{"version": "2.0.0", "runs": []}`:                         "log.version: 2.0.0 is no 2.1.0",
		`{"version": "2.1.0", "runs": null}`:                       "log.runs: no array",
		`{"version": "2.1.0", "runs": [1]}`:                        "log.runs[0]: no object",
		`{"version": "2.1.0", "runs": [], "x": 1}`:                 "log.x: unknown to the standard",
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]}`: "log.runs[0].tool.driver.name: missing",
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := misshapen("log", "Log", value); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestSARIFIsValidWhateverTheText(t *testing.T) {
	for _, in := range attacks {
		uri := parseSARIF(t, attackReport(in)).Results[0].Locations[0].Physical.Artifact.URI
		u, err := url.Parse(uri)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if u.Scheme != "file" || u.Host != "" || u.Path != "/"+in {
			t.Errorf("%q: URI %s does not give the path back", in, u)
		}
	}
}

func TestSARIFTextIsNoLinkAndNoPlaceholder(t *testing.T) {
	for in, want := range map[string]string{
		"list [a] is long":           "list [a] is long",
		"/home/[x](http://evil)":     `/home/\[x\](http://evil)`,
		`\[x](http://evil)`:          `\\\[x\](http://evil)`,
		"{0} of {1}":                 "{{0}} of {{1}}",
		"first line\n\tsecond\x1b[m": "first line\n\\tsecond\\x1b[m",
	} {
		if got := sarifMessage(in).Text; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestFingerprintIsOfCheckAccountAndPath(t *testing.T) {
	base := audit.Finding{Check: "a", User: "b", Path: "c", Observed: "0666"}
	same := base
	same.Observed, same.Message, same.Line = "0777", "worse", 3
	if fingerprint(&base) != fingerprint(&same) {
		t.Error("tomorrow's finding about the same file has another fingerprint")
	}
	for _, other := range []audit.Finding{{Check: "x", User: "b", Path: "c"}, {Check: "a", User: "x", Path: "c"},
		{Check: "a", User: "b", Path: "x"}, {Check: "ab", Path: "c"}} {
		if fingerprint(&base) == fingerprint(&other) {
			t.Errorf("%+v has the fingerprint of %+v", other, base)
		}
	}
}
