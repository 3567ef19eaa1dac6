package decide

import (
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

// twoFiles makes alice's account with two key files in a home that is in order.
func twoFiles(t *testing.T, config, passwd, group string) (*facts.Host, *facts.Account, [2]*facts.KeyFile) {
	t.Helper()
	h := factstest.Host(t, config)
	h.Accounts = factstest.DB(passwd, group)
	a := factstest.Account(t, h, "alice")
	first := a.Via[0].KeyFiles[0]
	second := factstest.KeyFile(h, a, "/home/alice/.ssh/authorized_keys2", factstest.Ed25519(2))
	second.Dirs = first.Dirs
	a.Via[0].KeyFiles = append(a.Via[0].KeyFiles, second)
	return h, a, [2]*facts.KeyFile{first, second}
}

const (
	rootLine = "root:x:0:0::/root:/bin/sh\n"
	line     = "alice:x:1000:1000::/home/alice:/bin/sh\n"
	stranger = "bob:x:1001:1000::/home/bob:/bin/sh\n"
	groups   = "root:x:0:\nalice:x:1000:\nshared:x:50:\n"
)

func TestDebiansWalkGoesOnAtTheSecondFile(t *testing.T) {
	own := func(f *facts.KeyFile) { f.Mode = 0o664 }
	shared := func(f *facts.KeyFile) { f.Mode, f.GID = 0o664, 50 }
	fine := func(*facts.KeyFile) {}
	for _, tc := range []struct {
		name, passwd  string
		first, second func(*facts.KeyFile)
		want          [2]audit.Verdict
	}{
		{"nobody else has the group", rootLine + line, own, own, [2]audit.Verdict{audit.Accept, audit.Accept}},
		// The first look stops behind bob, the second begins there and finds alice alone.
		{"a stranger before, two files", rootLine + stranger + line, own, own, [2]audit.Verdict{audit.Refuse, audit.Accept}},
		// A key offered after another one is looked at from behind bob, so the answer is not certain.
		{"a stranger before, one file", rootLine + stranger + line, own, fine, [2]audit.Verdict{audit.Unknown, audit.Accept}},
		// Behind bob nobody is left, and a group without a member is not private.
		{"a stranger behind", rootLine + line + stranger, own, own, [2]audit.Verdict{audit.Refuse, audit.Refuse}},
		// The walk through the first file's group stops behind alice.
		{"another group's stranger behind alice", rootLine + line + "carol:x:1002:50::/:/bin/sh\n", shared, own,
			[2]audit.Verdict{audit.Refuse, audit.Refuse}},
		{"another group's stranger before alice", rootLine + "carol:x:1002:50::/:/bin/sh\n" + line, shared, own,
			[2]audit.Verdict{audit.Refuse, audit.Accept}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, a, files := twoFiles(t, "", tc.passwd, groups)
			tc.first(files[0])
			tc.second(files[1])
			for i, f := range files {
				got := KeyFile(h, a, &a.Via[0], f)
				if got.Verdict != tc.want[i] {
					t.Errorf("file %d: %+v, want %v", i+1, got, tc.want[i])
				}
				if got.Verdict == audit.Unknown && (got.Cause != "akf-strict-file" || got.Fault != FaultGroupWrite || got.Why == "") {
					t.Errorf("file %d: %+v; want the cause of a refusal, and why it is unknown", i+1, got)
				}
			}
		})
	}
}

func TestSameFileNamedTwiceIsReadAtTheSecondLook(t *testing.T) {
	h, a, files := twoFiles(t, "", rootLine+stranger+line, groups)
	files[0].Mode = 0o664
	a.Via[0].KeyFiles = []*facts.KeyFile{files[0], files[0]}
	if got := KeyFile(h, a, &a.Via[0], files[0]); got.Verdict != audit.Accept {
		t.Errorf("%+v, want accept", got)
	}
}

func TestMoreStrangersThanAttemptsAreACertainRefusal(t *testing.T) {
	strangers := strings.Repeat(stranger, 1)
	for i := range 5 {
		strangers += strings.ReplaceAll(strings.ReplaceAll(stranger, "bob", "bob"+string(rune('a'+i))), "1001", "300"+string(rune('0'+i)))
	}
	for config, want := range map[string]audit.Verdict{"": audit.Refuse, "MaxAuthTries 7\n": audit.Unknown} {
		h, a, files := twoFiles(t, config, rootLine+strangers+line, groups)
		files[0].Mode = 0o664
		if got := KeyFile(h, a, &a.Via[0], files[0]); got.Verdict != want {
			t.Errorf("%q: six accounts before, %v; want %v", config, got.Verdict, want)
		}
	}
}

func TestEntryThatKillsSshdHidesTheFilesBehindIt(t *testing.T) {
	for cause, change := range map[string]func(*facts.KeyFile){
		"akf-bad-token":     func(f *facts.KeyFile) { f.BadToken = 'q' },
		"akf-path-too-long": func(f *facts.KeyFile) { f.Problem = &facts.Problem{Failure: facts.TooLong} },
	} {
		h, a, files := twoFiles(t, "", rootLine+line, groups)
		change(files[0])
		if got := KeyFile(h, a, &a.Via[0], files[1]); got.Verdict != audit.Refuse || got.Cause != cause {
			t.Errorf("%+v, want a refusal by %s", got, cause)
		}
		h, a, files = twoFiles(t, "", rootLine+line, groups)
		change(files[1])
		if got := KeyFile(h, a, &a.Via[0], files[0]); got.Verdict != audit.Accept {
			t.Errorf("%+v, want the file before it read", got)
		}
	}
}

func TestHomeThatNobodyFoundLeavesTheDirectoriesAboveUnknown(t *testing.T) {
	h, a, files := twoFiles(t, "", rootLine+line, groups)
	a.Home.Problem = &facts.Problem{Failure: facts.Uncertain}
	files[0].Dirs = []facts.Node{factstest.Dir("/mnt/a", 0o755, 0, 0), factstest.Dir("/mnt", 0o777, 0, 0), factstest.Dir("/", 0o755, 0, 0)}
	if got := KeyFile(h, a, &a.Via[0], files[0]); got.Verdict != audit.Unknown {
		t.Errorf("/mnt: %+v; want unknown, /mnt/a may be the home", got)
	}
	files[0].Dirs[0].Mode = 0o777
	if got := KeyFile(h, a, &a.Via[0], files[0]); got.Verdict != audit.Refuse || got.Object.Path != "/mnt/a" {
		t.Errorf("/mnt/a: %+v; want refuse, the file's own directory always counts", got)
	}
}
