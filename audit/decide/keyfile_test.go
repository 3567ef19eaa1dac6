package decide

import (
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

func TestKeyFileIsReadOrPassedOver(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		change       func(*facts.KeyFile)
		verdict      audit.Verdict
		cause        string
		at           audit.Untrusted
	}{
		{"in order", "", func(*facts.KeyFile) {}, audit.Accept, "", ""},
		{"missing", "", problem(facts.Missing), audit.Refuse, "akf-missing", "/at"},
		{"denied", "", problem(facts.Denied), audit.Refuse, "akf-unreadable", "/at"},
		{"loop of links", "", problem(facts.Loop), audit.Refuse, "akf-unreadable", "/at"},
		{"a file on the way", "", problem(facts.NotDirectory), audit.Refuse, "akf-unreadable", "/at"},
		{"path too long", "", problem(facts.TooLong), audit.Refuse, "akf-path-too-long", "/at"},
		{"not looked at", "", problem(facts.Uncertain), audit.Unknown, "", "/at"},
		{"unknown token", "", func(f *facts.KeyFile) { f.BadToken = 'q' }, audit.Refuse, "akf-bad-token", "/home/alice/.ssh/authorized_keys"},
		{"directory", "", func(f *facts.KeyFile) { f.Type = facts.Directory }, audit.Refuse, "akf-not-regular", "/home/alice/.ssh/authorized_keys"},
		{"FIFO without StrictModes", "StrictModes no\n", func(f *facts.KeyFile) { f.Type = facts.FIFO },
			audit.Refuse, "akf-not-regular", "/home/alice/.ssh/authorized_keys"},
		{"type before owner", "", func(f *facts.KeyFile) { f.Type, f.UID = facts.Directory, bob },
			audit.Refuse, "akf-not-regular", "/home/alice/.ssh/authorized_keys"},
		{"writable by everybody", "", func(f *facts.KeyFile) { f.Mode = 0o666 },
			audit.Refuse, "akf-strict-file", "/home/alice/.ssh/authorized_keys"},
		{"writable home", "", func(f *facts.KeyFile) { f.Dirs[1].Mode = 0o777 }, audit.Refuse, "akf-strict-dir", "/home/alice"},
		{"without StrictModes modes do not count", "StrictModes no\n", func(f *facts.KeyFile) { f.Mode = 0o666 }, audit.Accept, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := factstest.Host(t, tc.config)
			a := factstest.Account(t, h, "alice")
			f := a.Via[0].KeyFiles[0]
			tc.change(f)
			got := KeyFile(h, a, &a.Via[0], f)
			if got.Verdict != tc.verdict || got.Cause != tc.cause || got.Object.Path != tc.at {
				t.Errorf("%v, %q at %q; want %v, %q at %q", got.Verdict, got.Cause, got.Object.Path, tc.verdict, tc.cause, tc.at)
			}
		})
	}
}

func problem(failure facts.Failure) func(*facts.KeyFile) {
	return func(f *facts.KeyFile) { f.Problem = &facts.Problem{Failure: failure, At: "/at"} }
}

func TestPrivateGroupIsUnknownWhereTheBuildIsUnknown(t *testing.T) {
	h := factstest.Host(t, "")
	h.Servers[0].Rules = facts.RulesUnknown
	a := factstest.Account(t, h, "alice")
	f := a.Via[0].KeyFiles[0]
	f.Mode = 0o664
	if got := KeyFile(h, a, &a.Via[0], f); got.Verdict != audit.Unknown || got.Cause != "akf-strict-file" || got.Why == "" {
		t.Errorf("%+v, want unknown with the cause that other builds have, and why", got)
	}
}

func TestWithoutSettingsAKeyFileIsNotJudgedByItsModes(t *testing.T) {
	h := factstest.Host(t, "")
	a := factstest.Account(t, h, "alice")
	a.Via[0].Settings, a.Via[0].Policy = nil, nil
	f := a.Via[0].KeyFiles[0]
	f.Mode = 0o666
	if got := KeyFile(h, a, &a.Via[0], f); got.Cause != "" {
		t.Errorf("%+v: whether StrictModes is on is not known", got)
	}
}

func TestHostKeyThatSshdDoesNotUse(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*facts.HostKey)
		want   string
	}{
		{"in order", func(*facts.HostKey) {}, ""},
		{"missing", func(k *facts.HostKey) { k.Problem = &facts.Problem{Failure: facts.Missing} }, "the file does not exist"},
		{"nobody could look", func(k *facts.HostKey) { k.Problem = &facts.Problem{Failure: facts.Uncertain} }, ""},
		{"directory", func(k *facts.HostKey) { k.Type = facts.Directory }, "it is a directory"},
		{"root's, others may read", func(k *facts.HostKey) { k.Mode = 0o640 }, "its mode 0640 lets others at it"},
		{"somebody's, others may read: used", func(k *facts.HostKey) { k.UID, k.Mode = alice, 0o644 }, ""},
		{"passphrase", func(k *facts.HostKey) { k.Encrypted = true }, "it has a passphrase"},
		{"no key", func(k *facts.HostKey) { k.Malformed = true }, "it holds no private key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := &facts.HostKey{SystemFile: facts.SystemFile{Node: factstest.File("/etc/ssh/ssh_host_rsa_key", 0o600, 0, 0)}}
			tc.change(k)
			if got := HostKey(k); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
