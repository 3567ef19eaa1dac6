package checks

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

const (
	theHomePath = "/home/alice"
	theDirPath  = "/home/alice/.ssh"
	theFilePath = "/home/alice/.ssh/authorized_keys"
)

// world is a host with alice's account, both in order, for one row to spoil.
type world struct {
	*facts.Host
	alice *facts.Account
	file  *facts.KeyFile
}

func newWorld(t *testing.T, config string) *world {
	t.Helper()
	h := factstest.Host(t, config)
	w := &world{Host: h, alice: factstest.Account(t, h, "alice")}
	w.file = w.alice.Via[0].KeyFiles[0]
	return w
}

// node changes an object wherever the snapshot has it.
func (w *world) node(path audit.Untrusted, change func(*facts.Node)) {
	nodes := []*facts.Node{&w.alice.Home.Node, &w.alice.SSHDir.Node, &w.file.Node}
	for i := range w.file.Dirs {
		nodes = append(nodes, &w.file.Dirs[i])
	}
	for i := range w.alice.SSHDir.Entries {
		nodes = append(nodes, &w.alice.SSHDir.Entries[i].Node)
	}
	for _, n := range nodes {
		if n.Path == path {
			change(n)
		}
	}
}

func (w *world) mode(path audit.Untrusted, mode uint32) {
	w.node(path, func(n *facts.Node) { n.Mode = mode })
}

func (w *world) owner(path audit.Untrusted, uid uint32) {
	w.node(path, func(n *facts.Node) { n.UID = uid })
}

// entry adds a file of mode 0600 to .ssh.
func (w *world) entry(name string, change func(*facts.Entry)) {
	e := facts.Entry{Node: factstest.File(theDirPath+"/"+name, 0o600, w.alice.UID, w.alice.GID), Name: audit.Untrusted(name)}
	e.Size, e.Content = 100, facts.ContentOther
	change(&e)
	w.alice.SSHDir.Entries = append(w.alice.SSHDir.Entries, e)
}

// brief is what a row expects of a finding.
func brief(f *audit.Finding) string {
	return fmt.Sprintf("%s %s %s %s", f.Check, f.Severity, f.Effect, f.Path)
}

func briefs(found []audit.Finding) []string {
	list := []string{}
	for i := range found {
		list = append(list, brief(&found[i]))
	}
	slices.Sort(list)
	return list
}

const strictOff = "StrictModes no\n"

var accountRows = []struct {
	name, config string
	spoil        func(*world)
	want         []string
}{
	{"in order", "", func(*world) {}, nil},
	{"writable key file", "", func(w *world) { w.mode(theFilePath, 0o666) }, []string{"akf-strict-file critical blocks " + theFilePath}},
	{"writable .ssh is told once", "", func(w *world) { w.mode(theDirPath, 0o777) }, []string{"akf-strict-dir critical blocks " + theDirPath}},
	{"writable home is told once", "", func(w *world) { w.mode(theHomePath, 0o777) }, []string{"akf-strict-dir critical blocks " + theHomePath}},
	{"private group", "", func(w *world) { w.mode(theHomePath, 0o775) }, nil},
	{"shared group", "", func(w *world) {
		w.node(theHomePath, func(n *facts.Node) { n.Mode, n.GID = 0o775, 50 })
	}, []string{"akf-strict-dir critical blocks " + theHomePath}},
	{"private group, upstream", "", func(w *world) { w.Servers[0].Rules = facts.RulesUpstream; w.mode(theHomePath, 0o775) },
		[]string{"akf-strict-dir critical blocks " + theHomePath}},
	{"private group, build unknown", "", func(w *world) { w.Servers[0].Rules = facts.RulesUnknown; w.mode(theHomePath, 0o775) },
		[]string{"akf-strict-dir warning hardening " + theHomePath}},
	{"a stranger's group that sshd overlooks at times", "", func(w *world) {
		w.Accounts = factstest.DB("bob:x:1001:1000::/:/bin/sh\n"+factstest.Passwd, factstest.Group)
		w.mode(theFilePath, 0o664)
	}, []string{"akf-strict-file critical blocks " + theFilePath}},
	{"another's key file", "", func(w *world) { w.owner(theFilePath, 1001) }, []string{"akf-strict-file critical blocks " + theFilePath}},
	{"root's readable key file", "", func(w *world) { w.owner(theFilePath, 0); w.mode(theFilePath, 0o644) }, nil},
	{"writable key file without StrictModes", strictOff, func(w *world) { w.mode(theFilePath, 0o666) },
		[]string{"authorized-keys-writable-by-others critical exposes " + theFilePath}},
	{"writable .ssh without StrictModes", strictOff, func(w *world) { w.mode(theDirPath, 0o777) },
		[]string{"ssh-dir-writable-by-others critical exposes " + theDirPath}},
	{"writable home without StrictModes", strictOff, func(w *world) { w.mode(theHomePath, 0o777) },
		[]string{"home-writable-by-others critical exposes " + theHomePath}},
	{"another's home without StrictModes", strictOff, func(w *world) { w.owner(theHomePath, 1001) },
		[]string{"home-owner-wrong critical exposes " + theHomePath}},
	{"another's .ssh without StrictModes", strictOff, func(w *world) { w.owner(theDirPath, 1001) },
		[]string{"ssh-dir-owner-wrong critical exposes " + theDirPath}},
	{"key file that may not be opened", "", func(w *world) {
		w.file.Problem = &facts.Problem{Failure: facts.Denied, At: theFilePath, Why: "permission denied"}
		w.file.Keys = nil
	}, []string{"akf-unreadable critical blocks " + theFilePath}},
	{"no key file is no fault", "", func(w *world) {
		w.file.Problem = &facts.Problem{Failure: facts.Missing, At: theFilePath}
		w.file.Keys, w.alice.SSHDir.Entries = nil, nil
	}, nil},
	{"key file that is a directory", "", func(w *world) {
		w.node(theFilePath, func(n *facts.Node) { n.Type = facts.Directory })
		w.file.Keys = nil
	}, []string{"akf-not-regular critical blocks " + theFilePath}},
	{"unknown token", "", func(w *world) { w.file.BadToken, w.file.Keys = 'q', nil }, []string{"akf-bad-token critical blocks " + theFilePath}},
	{"path too long", "", func(w *world) {
		w.file.Problem = &facts.Problem{Failure: facts.TooLong, At: theFilePath}
		w.file.Keys = nil
	}, []string{"akf-path-too-long critical blocks " + theFilePath}},
	{"key file not looked at", "", func(w *world) {
		w.file.Problem = &facts.Problem{Failure: facts.Uncertain, At: "/home", Why: "nfs"}
		w.file.Keys = nil
	}, []string{"check-unknown warning hardening /home"}},
	{"key file not read to its end", "", func(w *world) { w.file.Unread = "too large" }, []string{"check-unknown warning hardening " + theFilePath}},
	{"readable .ssh and key file", "", func(w *world) { w.mode(theDirPath, 0o755); w.mode(theFilePath, 0o644) },
		[]string{"authorized-keys-mode-loose notice hardening " + theFilePath, "ssh-dir-mode-loose notice hardening " + theDirPath}},

	{"no home", "", func(w *world) { w.alice.Home.Problem = &facts.Problem{Failure: facts.Missing, At: theHomePath} },
		[]string{"home-missing critical blocks " + theHomePath}},
	{"home without a name", "", func(w *world) {
		w.alice.Account.Home = ""
		w.alice.Home.Problem = &facts.Problem{Failure: facts.Missing}
	}, []string{"home-missing critical blocks "}},
	{"home that is a file", "", func(w *world) { w.alice.Home.Type = facts.Regular }, []string{"home-missing critical blocks " + theHomePath}},
	{"home that could not be looked at", "", func(w *world) {
		w.alice.Home.Problem = &facts.Problem{Failure: facts.Uncertain, At: theHomePath, Why: "nfs"}
	}, []string{"check-unknown warning hardening " + theHomePath}},
	{".ssh that is a file", "", func(w *world) {
		w.alice.SSHDir = facts.Dir{Node: factstest.File(theDirPath, 0o600, w.alice.UID, w.alice.GID)}
		w.file.Problem, w.file.Keys = &facts.Problem{Failure: facts.NotDirectory, At: theDirPath}, nil
	}, []string{"akf-unreadable critical blocks " + theDirPath, "ssh-dir-not-a-directory critical blocks " + theDirPath}},
	{".ssh that is a link", "", func(w *world) { w.alice.SSHDir.Link, w.alice.SSHDir.Target = true, "/srv/ssh" },
		[]string{"ssh-dir-symlink notice hardening " + theDirPath}},
	{".ssh that is too large", "", func(w *world) { w.alice.SSHDir.Truncated = true }, []string{"ssh-dir-too-many warning hardening " + theDirPath}},

	{"private key that others read", "", func(w *world) {
		w.entry("id_rsa", func(e *facts.Entry) { e.Mode, e.Private, e.Encrypted = 0o644, true, true })
	}, []string{"private-key-mode-loose warning exposes " + theDirPath + "/id_rsa"}},
	{"private key without passphrase under any name", "", func(w *world) {
		w.entry("backup", func(e *facts.Entry) { e.Private = true })
	}, []string{"private-key-unencrypted notice hardening " + theDirPath + "/backup"}},
	{"writable client configuration", "", func(w *world) { w.entry("config", func(e *facts.Entry) { e.Mode = 0o666 }) },
		[]string{"ssh-file-writable-by-others warning exposes " + theDirPath + "/config"}},
	{"another's file in .ssh", "", func(w *world) { w.entry("config", func(e *facts.Entry) { e.UID = 1001 }) },
		[]string{"ssh-file-owner-wrong warning exposes " + theDirPath + "/config"}},
	{"root's file in .ssh", "", func(w *world) { w.entry("config", func(e *facts.Entry) { e.UID = 0 }) }, nil},
	{"key file with two names", "", func(w *world) { w.node(theFilePath, func(n *facts.Node) { n.Links = 2 }) },
		[]string{"hardlinked-key-file warning hardening " + theFilePath}},
	{"immutable key file", "", func(w *world) { w.node(theFilePath, func(n *facts.Node) { n.Immutable = true }) },
		[]string{"path-immutable notice hardening " + theFilePath}},
	{"SELinux label of another place", "", func(w *world) {
		w.SELinux = true
		w.node(theFilePath, func(n *facts.Node) { n.Label = "system_u:object_r:tmp_t:s0" })
	}, []string{"path-selinux-label warning hardening " + theFilePath}},
	{"SELinux label of a home", "", func(w *world) {
		w.SELinux = true
		w.node(theFilePath, func(n *facts.Node) { n.Label = "unconfined_u:object_r:ssh_home_t:s0" })
	}, nil},
	{"labels without SELinux", "", func(w *world) {
		w.node(theFilePath, func(n *facts.Node) { n.Label = "system_u:object_r:tmp_t:s0" })
	}, nil},
	{".rhosts", "", func(w *world) { w.alice.Trust = []facts.Node{factstest.File("/home/alice/.rhosts", 0o600, 1000, 1000)} },
		[]string{"user-dotfile-loose notice hardening /home/alice/.rhosts"}},
	{".rhosts that others write", "", func(w *world) { w.alice.Trust = []facts.Node{factstest.File("/home/alice/.rhosts", 0o666, 1000, 1000)} },
		[]string{"user-dotfile-loose warning exposes /home/alice/.rhosts"}},
	{"keys under another name beside good ones", "", func(w *world) {
		w.entry("authorized_key", func(e *facts.Entry) { e.Content = facts.ContentPublicKeys })
	}, []string{"authorized-keys-wrong-location notice hardening " + theDirPath + "/authorized_key"}},
	{"keys only under another name", "", func(w *world) {
		w.entry("authorized_key", func(e *facts.Entry) { e.Content = facts.ContentPublicKeys })
		factstest.Write(w.Host, w.file, "")
	}, []string{"authorized-keys-wrong-location critical blocks " + theDirPath + "/authorized_key"}},
	{"public half of a key pair", "", func(w *world) {
		w.entry("id_rsa.pub", func(e *facts.Entry) { e.Content = facts.ContentPublicKeys })
	}, nil},

	{"no line in shadow", "", func(w *world) { w.alice.Shadow.Present = false }, []string{"account-no-shadow warning blocks /etc/shadow"}},
	{"shadow not read", "", func(w *world) { w.alice.Shadow.Present, w.alice.ShadowKnown = false, false }, nil},
	{"uid of another account", "", func(w *world) {
		w.Accounts = factstest.DB(factstest.Passwd+"eve:x:1000:1000::/home/eve:/bin/sh\n", factstest.Group)
	}, []string{"account-uid-shared warning exposes /etc/passwd"}},
	{"home of the system", "", func(w *world) { w.alice.Account.Home = "/etc" }, []string{"home-system warning exposes /etc"}},
}

func TestAccountsAreFoundAtFaultForExactlyWhatIsWrong(t *testing.T) {
	for _, tc := range accountRows {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.config)
			tc.spoil(w)
			found := Account(All(), w.Host, w.alice)
			want := slices.Clone(tc.want)
			slices.Sort(want)
			if diff := cmp.Diff(append([]string{}, want...), briefs(found)); diff != "" {
				t.Error(diff)
			}
			for i := range found {
				if f := &found[i]; f.User != "alice" || f.Message == "" {
					t.Errorf("%s: user %q, message %q", f.Check, f.User, f.Message)
				}
			}
		})
	}
}

func TestHomeIsHeldAgainstTheHostsRule(t *testing.T) {
	w := newWorld(t, "")
	got := Account([]*Check{HomeMode(0o750)}, w.Host, w.alice)
	if len(got) != 1 || got[0].Observed != "0755" || got[0].Expected != "0750" {
		t.Errorf("%+v, want one finding, 0755 for 0750", got)
	}
	if got := Account([]*Check{HomeMode(0o755)}, w.Host, w.alice); len(got) != 0 {
		t.Errorf("%+v, want none", got)
	}
}

func TestFindingsOfOneAccountAreBounded(t *testing.T) {
	w := newWorld(t, "")
	for i := range 300 {
		w.entry(fmt.Sprintf("key%d", i), func(e *facts.Entry) { e.Private, e.Encrypted, e.Mode = true, true, 0o644 })
	}
	found := Account(All(), w.Host, w.alice)
	if last := found[len(found)-1]; len(found) != maxPerAccount+1 || last.Check != UnknownID {
		t.Errorf("%d findings, the last %+v; want %d and how many more", len(found), last, maxPerAccount)
	}
}

func TestEveryServersAnswerCounts(t *testing.T) {
	w := newWorld(t, "")
	second := factstest.Server(t, factstest.Upstream, "")
	w.Servers = append(w.Servers, second)
	w.alice.Via = append(w.alice.Via, facts.Via{
		Server: second, Settings: second.Settings, Policy: facts.NewPolicy(second.Settings), KeyFiles: []*facts.KeyFile{w.file},
	})
	w.mode(theFilePath, 0o664)
	got := briefs(Account(All(), w.Host, w.alice))
	if want := "akf-strict-file critical blocks " + theFilePath; !slices.Contains(got, want) {
		t.Errorf("%q; want %q, which only the second sshd minds", got, want)
	}
}
