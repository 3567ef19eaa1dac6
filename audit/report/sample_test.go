package report

import (
	"fmt"
	"time"

	"sshaudit/audit"
)

// The sample is one report, inventory, configuration and repair that exercises
// every branch of the presenters with plain names; attack_test.go has the others.

func sampleDocs(id string) (audit.Doc, bool) {
	for _, doc := range sampleCatalogue() {
		if doc.ID == id {
			return doc, true
		}
	}
	return audit.Doc{}, false
}

func sampleCatalogue() []audit.Doc {
	return []audit.Doc{
		{ID: "akf-strict-file", Title: "others may write the authorized_keys file", Severity: audit.Critical,
			Effect: audit.Blocks, Layer: audit.LayerKey, Automatic: true,
			Why: "Whoever can write the file can add a key of his own, so sshd leaves the whole file aside and " +
				"the client hears only that its key was refused. The server's log names the file.",
			Repair:     "The file loses its write bits for group and others:\n    sshaudit fix --user NAME\nNothing else is changed.",
			References: []string{"CIS Debian 12 5.1.1", "sshd(8), FILES"}},
		{ID: "private-key-readable", Title: "a private key can be read by others", Severity: audit.Critical,
			Effect: audit.Exposes, Automatic: true,
			Why:    "Anybody with an account here can copy the key and log in with it elsewhere.",
			Repair: "sshaudit fix --user NAME takes the bits away; then replace the key, for it may have been copied."},
		{ID: "config-weak-mac", Title: "sshd offers a MAC that is no longer advised", Severity: audit.Warning,
			Effect: audit.Hardening,
			Why:    "The MAC is not broken, but clients that still ask for it deserve a newer one.",
			Repair: "Leave hmac-sha1 out of MACs in sshd_config, then reload sshd."},
		{ID: "key-shared", Title: "accounts share one key", Severity: audit.Notice, Effect: audit.Exposes,
			Why: "Who holds the key can enter every one of them."},
	}
}

func sampleReport() *audit.Report {
	running := true
	r := &audit.Report{
		Host: "web1", Root: "/", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600)),
		Duration: 123456 * time.Microsecond, Complete: false, Users: 10000, Blocked: 7,
		Errors: []audit.Problem{{Subject: "/home/bob", Message: "permission denied; run as root"}},
		Servers: []audit.Server{{Binary: "/usr/sbin/sshd", Version: "OpenSSH_9.2p1 Debian-2+deb12u7",
			ConfigFile: "/etc/ssh/sshd_config", Rules: "Debian's, a private group may write (by the version's vendor)", Running: &running}},
	}
	r.Findings = append(r.Findings, audit.Finding{
		Check: "config-weak-mac", Severity: audit.Warning, Effect: audit.Hardening,
		Path: "/etc/ssh/sshd_config.d/10-old clients.conf", Line: 12, Observed: "hmac-sha1",
		Message: "MACs lists hmac-sha1", Fix: "remove hmac-sha1 from MACs, then systemctl reload ssh",
		References: []string{"CIS Debian 12 5.1.15"}})
	for i := range 7 {
		user := audit.Untrusted(fmt.Sprintf("user%d", i))
		r.Findings = append(r.Findings, audit.Finding{
			Check: "akf-strict-file", Severity: audit.Critical, Effect: audit.Blocks, User: user,
			Path: "/home/" + user + "/.ssh/authorized_keys", Observed: "0666", Expected: "0600",
			Message: fmt.Sprintf("sshd ignores the key file of %s: others may write it", user),
			Fix:     fmt.Sprintf("sshaudit fix --user %s", user), References: []string{"CIS Debian 12 5.1.1"}})
	}
	for _, user := range []audit.Untrusted{"alice", "carol"} {
		r.Findings = append(r.Findings, audit.Finding{
			Check: "private-key-readable", Severity: audit.Critical, Effect: audit.Exposes, User: user,
			Path: "/home/" + user + "/.ssh/id_rsa", Observed: "0644", Expected: "0600",
			Message: "a private key can be read by others", Fix: fmt.Sprintf("sshaudit fix --user %s", user)})
	}
	return withFindings(r,
		audit.Finding{Check: "key-shared", Severity: audit.Notice, Effect: audit.Exposes, User: "carol",
			Path: "/home/carol/.ssh/authorized_keys", Line: 3, Message: "the key SHA256:abc also opens dave"},
		audit.Finding{Check: "key-shared", Severity: audit.Notice, Effect: audit.Exposes, User: "dave",
			Path: "/home/dave/.ssh/authorized_keys", Line: 1, Message: "the key SHA256:abc also opens carol",
			Fix: "give dave a key of his own"},
		audit.Finding{Check: "not-in-catalogue", Severity: audit.Warning, Effect: audit.Blocks,
			Message: "no sshd listens", Fix: "systemctl start ssh"})
}

func withFindings(r *audit.Report, findings ...audit.Finding) *audit.Report {
	r.Findings = append(r.Findings, findings...)
	return r
}

func cleanReport() *audit.Report {
	return &audit.Report{Host: "web2", Root: "/mnt/web2", Complete: true, Users: 1, Duration: time.Second,
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func sampleKeys() []audit.KeyEntry {
	return []audit.KeyEntry{
		{User: "alice", File: "/home/alice/.ssh/authorized_keys", Line: 3, Type: "ssh-rsa", Bits: 3072,
			Fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BrrfnYYNXQD4BXfQ9Qyz7Xlc", Comment: "alice@laptop",
			Options: []audit.Untrusted{`from="198.51.100.0/24"`, "no-pty"}, Accepted: audit.Accept,
			Also: []audit.Untrusted{"bob", "carol", "dave", "erin", "frank", "grace"}},
		{User: "bob", File: "/home/bob/.ssh/authorized_keys", Line: 1, Type: "ssh-dss", Bits: 1024,
			Fingerprint: "SHA256:AAAAztksCsDhcc0u9e8BrrfnYYNXQD4BXfQ9Qyz7Xlc", Comment: "=HYPERLINK(1)",
			Accepted: audit.Refuse, Cause: "akf-strict-file"},
		{User: "carol", File: "/home/carol/.ssh/authorized_keys", Line: 2, Type: "ssh-ed25519", Bits: 256,
			Fingerprint: "SHA256:BBBBztksCsDhcc0u9e8BrrfnYYNXQD4BXfQ9Qyz7Xlc", Accepted: audit.Unknown, Cause: "not-read"},
	}
}

func sampleConfig() *audit.ConfigReport {
	return &audit.ConfigReport{Version: "OpenSSH_9.2p1", Files: []audit.Untrusted{"/etc/ssh/sshd_config"},
		Settings: []audit.Setting{
			{Keyword: "port", Value: "22"},
			{Keyword: "permitrootlogin", Value: "no", File: "/etc/ssh/sshd_config", Line: 33},
			{Keyword: "subsystem", Value: "sftp internal-sftp -f AUTH", File: "/etc/ssh/sshd_config.d/a b.conf", Line: 2},
		}}
}

func sampleFix() *audit.FixReport {
	return &audit.FixReport{ID: "20260102T030405Z-1",
		Changes: []audit.Change{
			{User: "alice", Path: "/home/alice/.ssh/authorized_keys", What: "mode", From: "0666", To: "0600", Result: "done"},
			{User: "alice", Path: "/home/alice", What: "mode", From: "0770", To: "0750", Result: "done",
				Note: "the ACL mask changes: group www-data loses write"},
			{User: "carol", Path: "/home/carol/.ssh", What: "mode", From: "0777", To: "0700", Result: "failed"},
		},
		Refused: []audit.Refusal{{User: "bob", Path: "/home/bob/.ssh/id_rsa", Reason: "hard-link",
			Message: "the file has 2 names; the other would change too"}}}
}
