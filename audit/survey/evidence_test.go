package survey_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/survey"
)

// TestTheLogStandsBesideTheAnswer: yesterday the account did not exist, today it has no key.
func TestTheLogStandsBesideTheAnswer(t *testing.T) {
	line := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + " web1 sshd[7]: Invalid user alice from 192.0.2.1 port 5\n"
	root := hostfstest.Build(t,
		hostfstest.Entry{Path: "/etc/passwd", Content: "root:x:0:0::/root:/bin/sh\nalice:x:61001:61001::/home/alice:/bin/sh\n"},
		hostfstest.Entry{Path: "/etc/group", Content: "root:x:0:\nalice:x:61001:\n"},
		hostfstest.Entry{Path: "/etc/ssh/sshd_config", Content: "Port 22\n"},
		hostfstest.Entry{Path: "/bin/sh", Content: "#!", Mode: 0o755},
		hostfstest.Entry{Path: "/home/alice/", UID: 61001, GID: 61001},
		hostfstest.Entry{Path: "/var/log/auth.log", Content: line})
	r, err := survey.Why(t.Context(), survey.WhyOptions{
		Root: root, Request: decide.Request{User: "alice", Service: decide.SSH, Method: decide.Publickey},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Observed) != 1 || r.Observed[0].Cause != "user-unknown" || r.Observed[0].Source != "/var/log/auth.log" {
		t.Errorf("observed %+v", r.Observed)
	}
	// The tree was made a moment ago, after the line.
	if !strings.Contains(r.Log, "because of user-unknown, and now akf-missing refuses it") || !strings.Contains(r.Log, " Changed since then: ") ||
		!strings.Contains(r.Log, "/etc/passwd at "+time.Now().UTC().Format(time.DateOnly)) {
		t.Errorf("verdict %v, causes %+v, log %q", r.Verdict, r.Causes, r.Log)
	}
}

// TestNothingChangedSinceTheLog: the line is of a moment ago, all files are older.
func TestNothingChangedSinceTheLog(t *testing.T) {
	root := hostfstest.Build(t,
		hostfstest.Entry{Path: "/etc/passwd", Content: "root:x:0:0::/root:/bin/sh\nalice:x:61001:61001::/home/alice:/bin/sh\n"},
		hostfstest.Entry{Path: "/etc/group", Content: "root:x:0:\nalice:x:61001:\n"},
		hostfstest.Entry{Path: "/etc/ssh/sshd_config", Content: "Port 22\n"},
		hostfstest.Entry{Path: "/bin/sh", Content: "#!", Mode: 0o755},
		hostfstest.Entry{Path: "/home/alice/", UID: 61001, GID: 61001})
	time.Sleep(1100 * time.Millisecond) // the line's time has whole seconds
	hostfstest.Add(t, root, hostfstest.Entry{
		Path: "/var/log/auth.log", Content: time.Now().UTC().Format(time.RFC3339) + " web1 sshd[7]: Invalid user alice from 192.0.2.1 port 5\n",
	})
	ask := func() *audit.WhyReport {
		t.Helper()
		r, err := survey.Why(t.Context(), survey.WhyOptions{
			Root: root, Request: decide.Request{User: "alice", Service: decide.SSH, Method: decide.Publickey},
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := ask(); !strings.Contains(r.Log, "None of the files that decide changed since then") {
		t.Errorf("log %q", r.Log)
	}
	time.Sleep(1100 * time.Millisecond)
	if err := os.Chmod(filepath.Join(root, "home/alice"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r := ask(); !strings.Contains(r.Log, " Changed since then: /home/alice at ") {
		t.Errorf("log %q", r.Log)
	}
}
