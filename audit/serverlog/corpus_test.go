package serverlog_test

import (
	"cmp"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/serverlog"
)

// recorded is when the corpus was.
var recorded = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

// causesOf returns what the lines prove, each once.
func causesOf(entries []serverlog.Entry) []string {
	var list []string
	for i := range entries {
		if c := entries[i].Cause; c != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// judge compares what the lines of a scenario prove with what was provoked.
func (sc *scenario) judge(t *testing.T, log, release, level string, now time.Time) {
	t.Helper()
	entries := slices.Collect(serverlog.Syslog(log, now, time.UTC))
	if len(entries) == 0 {
		t.Fatalf("no line was read of\n%s", log)
	}
	got := causesOf(entries)
	silent := strings.Contains(" "+sc.hushed+" ", " "+release+" ") ||
		level == "INFO" && strings.Contains(" "+sc.silent+" ", " "+release+" ")
	if want := sc.cause; want != "" && silent == slices.Contains(got, want) {
		t.Errorf("the lines prove %q; %s expected: %v\n%s", got, want, !silent, log)
	}
	for _, c := range got {
		if c != sc.cause && !slices.Contains(strings.Fields(sc.also), c) && c != "client-closed-preauth" && c != "ident-closed" && vague[sc.cause] != c {
			t.Errorf("a line proves %s, which was not provoked\n%s", c, log)
		}
	}
	for i := range entries {
		e := &entries[i]
		if e.Addr.IsValid() && e.Addr != netip.MustParseAddr("127.0.0.1") && e.Kind != serverlog.Listener {
			t.Errorf("%q is taken for a line about %v", string(e.Message), e.Addr)
		}
		if e.Kind == serverlog.Other && !idle(string(e.Message)) {
			t.Errorf("not known: %q", string(e.Message))
		}
	}
	if sc.cause == "" || silent || sc.nameless && level == "INFO" {
		return
	}
	observed := serverlog.Observe(entries, cmp.Or(sc.user, "alice"), netip.MustParseAddr("127.0.0.1"), now.Add(-48*time.Hour))
	found := false
	for _, o := range observed {
		found = found || o.Cause == sc.cause
		if v := vague[sc.cause]; v != "" && o.Cause == v {
			t.Errorf("%q is told as %s", string(o.Line), v)
		}
	}
	if found {
		return
	}
	t.Errorf("nothing of %s is told about the login: %+v\n%s", sc.cause, observed, log)
}

// vague are the causes that a line of the same connection proves if it stands alone.
var vague = map[string]string{
	"proto-ftp-to-ssh": "ident-invalid", "proto-http-to-ssh": "ident-invalid", "proto-tls-to-ssh": "ident-invalid", "ident-version": "ident-invalid",
}

// idle are lines that tell nothing of use.
func idle(message string) bool {
	return slices.ContainsFunc([]string{"@@@", "@  ", "Transferred: ", "Closing connection to "}, func(p string) bool {
		return strings.HasPrefix(message, p)
	})
}

func TestRecordedLinesProveTheirCause(t *testing.T) {
	files, err := filepath.Glob("testdata/sshd-*.log")
	if err != nil || len(files) != 6 {
		t.Fatalf("%d recorded logs, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Split(strings.TrimSuffix(filepath.Base(file), ".log"), "-")
		release, level := name[1], strings.ToUpper(name[2])
		n := 0
		for block := range strings.SplitSeq(string(text), "# ") {
			title, log, _ := strings.Cut(block, "\n")
			for i := range scenarios {
				if scenarios[i].name == title {
					n++
					t.Run(release+"/"+level+"/"+title, func(t *testing.T) { scenarios[i].judge(t, log, release, level, recorded) })
				}
			}
		}
		if n != len(scenarios) {
			t.Errorf("%s holds %d of %d scenarios; record it anew", file, n, len(scenarios))
		}
	}
}
