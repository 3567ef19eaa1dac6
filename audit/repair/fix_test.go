//go:build linux

package repair

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/hostfs/hostfstest"
)

func TestHomeInOrderStaysUntouched(t *testing.T) {
	b := newBench(t, aliceHome()...)
	before := b.ctimes()
	r := b.fix(Options{})
	if len(lines(r)) != 0 || r.ID != "" {
		t.Errorf("id %q, %v", r.ID, lines(r))
	}
	if diff := cmp.Diff(before, b.ctimes()); diff != "" {
		t.Error(diff)
	}
}

func TestModesAreRepairedAndUndone(t *testing.T) {
	b := newBench(t, with(aliceHome(),
		own("/", 0o2777), own("/.ssh/", 0o775), own("/.ssh/authorized_keys", 0o666), own("/.ssh/authorized_keys2", 0o644),
		own("/.ssh/id_rsa", 0o644), own("/.ssh/id_rsa.pub", 0o666), own("/.ssh/known_hosts", 0o664),
		own("/.ssh/config", 0o777), own("/.ssh/rc", 0o777), own("/.ssh/environment", 0o602),
		hostfstest.Entry{Path: "/home/alice/.ssh/deploy", Mode: 0o644, UID: alice, GID: alice,
			Content: "-----BEGIN OPENSSH PRIVATE KEY-----\n"},
		own("/.ssh/notes.txt", 0o644), own("/.ssh/script", 0o4755), own("/.shosts", 0o666), own("/.rhosts", 0o640),
		own("/.bashrc", 0o666), own("/.config/", 0o775), own("/.config/keys", 0o606),
	)...)
	alices := aliceTarget()
	alices.KeyFiles = []string{".ssh/authorized_keys", ".config/keys", "../bob/keys", "/etc/keys"}
	before := b.ctimes()

	plan := b.fix(Options{DryRun: true}, alices)
	if diff := cmp.Diff(before, b.ctimes()); diff != "" || plan.ID != "" || len(b.records()) != 0 {
		t.Fatalf("dry run: id %q, changed:\n%s", plan.ID, diff)
	}
	r := b.fix(Options{}, alices)
	want := []string{
		"done /home/alice mode 2777>2755",
		"done /home/alice/.ssh mode 0775>0700",
		"done /home/alice/.shosts mode 0666>0644",
		"done /home/alice/.config mode 0775>0755",
		"done /home/alice/.config/keys mode 0606>0600",
		"done /home/alice/.ssh/authorized_keys mode 0666>0600",
		"done /home/alice/.ssh/authorized_keys2 mode 0644>0600",
		"done /home/alice/.ssh/config mode 0777>0644",
		"done /home/alice/.ssh/deploy mode 0644>0600",
		"done /home/alice/.ssh/environment mode 0602>0600",
		"done /home/alice/.ssh/id_rsa mode 0644>0600",
		"done /home/alice/.ssh/id_rsa.pub mode 0666>0644",
		"done /home/alice/.ssh/known_hosts mode 0664>0644",
		"done /home/alice/.ssh/rc mode 0777>0755",
		"done /home/alice/.ssh/script mode 4755>0755",
	}
	gotWithoutOrder(t, lines(r), want)
	gotWithoutOrder(t, lines(plan), replaceAll(want, "done ", "planned "))
	b.wantStat("/home/alice", "2755 61001:61001")
	b.wantStat("/home/alice/.bashrc", "0666 61001:61001")
	b.wantSecondRunIdle(Options{}, alices)

	u := b.undo("", Options{})
	if u.ID != r.ID || len(u.Changes) != len(want) || len(u.Refused) != 0 {
		t.Fatalf("undo of %s: id %s, %v", r.ID, u.ID, lines(u))
	}
	for path, was := range before {
		if _, mode, _ := strings.Cut(was, " "); b.stat(path) != mode {
			t.Errorf("after undo %s is %s, was %s", path, b.stat(path), mode)
		}
	}
}

func TestHomeWithoutSearchRightIsRepairedInOneRun(t *testing.T) {
	// What chmod -R 600 ~ leaves.
	b := newBench(t, with(aliceHome(), own("/", 0o600), own("/.ssh/", 0o600), own("/.ssh/authorized_keys", 0o066))...)
	want := []string{
		"done /home/alice mode 0600>0700",
		"done /home/alice/.ssh mode 0600>0700",
		"done /home/alice/.ssh/authorized_keys mode 0066>0400",
	}
	plan := b.fix(Options{DryRun: true})
	gotWithoutOrder(t, lines(plan), replaceAll(want, "done ", "planned "))
	r := b.fix(Options{})
	wantLines(t, r, want...)
	b.wantSecondRunIdle(Options{})
	u := b.undo(r.ID, Options{})
	wantLines(t, u,
		"undone /home/alice/.ssh/authorized_keys mode 0400>0066",
		"undone /home/alice/.ssh mode 0700>0600",
		"undone /home/alice mode 0700>0600")
}

func TestRefusals(t *testing.T) {
	tree := func(changed ...hostfstest.Entry) []hostfstest.Entry { return with(aliceHome(), changed...) }
	root := func(path string, mode uint32) hostfstest.Entry {
		return hostfstest.Entry{Path: path, Mode: mode, Content: "marker: yes\n"}
	}
	link := func(path, target string) hostfstest.Entry {
		return hostfstest.Entry{Path: path, Link: target, UID: alice, GID: alice}
	}
	bare := []hostfstest.Entry{own("/", 0o755)}
	for name, tc := range map[string]struct {
		tree   []hostfstest.Entry
		target func(*Target)
		opt    Options
		// accounts are those of the host, where it matters.
		accounts []Account
		want     []string
	}{
		"T-01 authorized_keys is a link to root's file": {
			tree: append(bare, root("/etc/secret", 0o644), own("/.ssh/", 0o700), link("/home/alice/.ssh/authorized_keys", "/etc/secret")),
			want: []string{"refused /home/alice/.ssh/authorized_keys symlink"},
		},
		"T-02 .ssh is a link": {
			tree: append(bare, own("/real/", 0o777), own("/real/authorized_keys", 0o666), link("/home/alice/.ssh", "real")),
			want: []string{"refused /home/alice/.ssh symlink"},
		},
		"T-03 hard link to root's file": {
			tree: append(bare, root("/etc/secret", 0o666), own("/.ssh/", 0o700),
				hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Hard: "/etc/secret"}),
			want: []string{"refused /home/alice/.ssh/authorized_keys hard-link"},
		},
		"T-03 hard link to another account's file": {
			tree: append(bare, hostfstest.Entry{Path: "/home/bob/x", Mode: 0o666, UID: bob, GID: bob}, own("/.ssh/", 0o700),
				hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Hard: "/home/bob/x"}),
			want: []string{"refused /home/alice/.ssh/authorized_keys hard-link"},
		},
		"T-03 own file with two names": {
			tree: tree(own("/.ssh/authorized_keys", 0o666), hostfstest.Entry{Path: "/home/alice/other", Hard: "/home/alice/.ssh/authorized_keys"}),
			want: []string{"refused /home/alice/.ssh/authorized_keys hard-link"},
		},
		"T-04 home inside another account's home": {
			tree:   []hostfstest.Entry{{Path: "/home/bob/", UID: bob, GID: bob}, {Path: "/home/bob/alice/", Mode: 0o777, UID: alice, GID: alice}},
			target: func(t *Target) { t.Home = "/home/bob/alice" },
			want:   []string{"refused /home/bob/alice parent-owner"},
		},
		"T-04 home below a directory that others write": {
			tree: tree(hostfstest.Entry{Path: "/home/", Mode: 0o1777}, own("/", 0o777)),
			want: []string{"refused /home/alice parent-writable"},
		},
		"T-06 private key of root's": {
			tree: tree(hostfstest.Entry{Path: "/home/alice/.ssh/id_rsa", Mode: 0o600}),
			want: []string{"refused /home/alice/.ssh/id_rsa owner"},
		},
		"T-07 link through /proc": {
			tree: append(bare, link("/home/alice/.ssh", "/proc/self/root/etc")),
			want: []string{"refused /home/alice/.ssh symlink"},
		},
		"T-07 .ssh is a file": {
			tree: append(bare, own("/.ssh", 0o666)),
			want: []string{"refused /home/alice/.ssh type"},
		},
		"T-07 authorized_keys is a directory": {
			tree: append(bare, own("/.ssh/", 0o700), own("/.ssh/authorized_keys/", 0o777)),
			want: []string{"refused /home/alice/.ssh/authorized_keys type"},
		},
		"T-08 FIFO": {
			tree: append(bare, own("/.ssh/", 0o700), hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o666, Special: 0o10000, UID: alice}),
			want: []string{"refused /home/alice/.ssh/authorized_keys type"},
		},
		"T-09 device": {
			tree: append(bare, own("/.ssh/", 0o700), hostfstest.Entry{Path: "/home/alice/.ssh/id_rsa", Mode: 0o666, Special: 0o20000, UID: alice}),
			want: []string{"refused /home/alice/.ssh/id_rsa type"},
		},
		"T-27 home of the system": {
			tree: tree(own("/", 0o777)), target: func(t *Target) { t.Home = "/etc" },
			want: []string{"refused /etc home-system"},
		},
		"T-27 home above others": {
			tree: tree(hostfstest.Entry{Path: "/srv/homes/", Mode: 0o777, UID: alice}), target: func(t *Target) { t.Home = "/srv/homes" },
			want: []string{"refused /srv/homes home-system"},
		},
		"T-28 one home, two uids": {
			tree: tree(own("/", 0o777)), target: func(t *Target) { t.UID = bob; t.Name = "bob" },
			want: []string{"refused /home/alice home-shared"},
		},
		"T-28 one home under two spellings": {
			tree:     tree(own("/", 0o777), hostfstest.Entry{Path: "/data", Link: "/home"}),
			accounts: []Account{{"alice", alice, "/home/alice"}, {"carol", 61003, "/data/alice"}},
			want:     []string{"refused /home/alice home-shared"},
		},
		"T-28 one home, one uid": {
			tree: tree(own("/.ssh/", 0o755)), accounts: []Account{{"alice", alice, "/home/alice"}, {"alice2", alice, "/home/alice"}},
			want: []string{"done /home/alice/.ssh mode 0755>0700"},
		},
		"T-29 uid that stands for none": {
			tree: tree(own("/", 0o777)), target: func(t *Target) { t.UID = nobodyID },
			want: []string{"refused /home/alice uid-unmapped"},
		},
		"T-29 uid -1": {
			tree: tree(own("/", 0o777)), target: func(t *Target) { t.UID = 4294967295 },
			want: []string{"refused /home/alice uid-unmapped"},
		},
		"T-29 file whose owner stands for none": {
			tree: tree(hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, UID: nobodyID}),
			want: []string{"refused /home/alice/.ssh/authorized_keys uid-unmapped"},
		},
		"T-29 system account in a run over all": {
			tree:   tree(hostfstest.Entry{Path: "/var/games/", Mode: 0o777, UID: 5}),
			target: func(t *Target) { t.UID, t.Home = 5, "/var/games" }, opt: Options{All: true},
			want: []string{"refused /var/games not-named"},
		},
		"home of another account": {
			tree: tree(hostfstest.Entry{Path: "/home/alice/", Mode: 0o777, UID: bob}),
			want: []string{"refused /home/alice owner"},
		},
		"key file of another account": {
			tree: tree(hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, UID: bob, Content: goodKey}),
			want: []string{"refused /home/alice/.ssh/authorized_keys owner"},
		},
		"no home": {
			tree: tree(), target: func(t *Target) { t.Home = "/home/carol" },
			want: []string{"refused /home/carol missing"},
		},
		"no home in a run over all": {
			tree: tree(), target: func(t *Target) { t.Home = "/home/carol" }, opt: Options{All: true},
		},
		"link made by root above the home": {
			tree:   tree(hostfstest.Entry{Path: "/data", Link: "/home"}, own("/.ssh/", 0o755)),
			target: func(t *Target) { t.Home = "/data/alice" },
			want:   []string{"done /data/alice/.ssh mode 0755>0700"},
		},
		"link made by a user above the home": {
			tree:   tree(hostfstest.Entry{Path: "/data", Link: "/home", UID: bob}, own("/.ssh/", 0o755)),
			target: func(t *Target) { t.Home = "/data/alice" },
			want:   []string{"refused /data/alice symlink"},
		},
		"root's readable key file is an administrator's choice": {
			tree: tree(hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o644, Content: goodKey}),
		},
		"root's home is that of a chrooted account": {
			tree: tree(hostfstest.Entry{Path: "/home/alice/", Mode: 0o755}, own("/.ssh/", 0o755)),
			want: []string{"done /home/alice/.ssh mode 0755>0700"},
		},
		"objects nobody reads": {
			tree: tree(own("/.ssh/cm/", 0o777), own("/.ssh/keys.pem/", 0o777), link("/home/alice/.ssh/notes", "/etc/shadow"),
				hostfstest.Entry{Path: "/home/alice/.ssh/agent.key", Special: 0o140000, UID: alice}),
		},
		"link to an own file in order": {
			tree: append(bare, own("/.ssh/", 0o700), own("/keys", 0o600), link("/home/alice/.ssh/authorized_keys", "../keys")),
		},
		"link to an own file that others write": {
			tree: append(bare, own("/.ssh/", 0o700), own("/keys", 0o666), link("/home/alice/.ssh/authorized_keys", "../keys")),
			want: []string{"refused /home/alice/.ssh/authorized_keys symlink"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tc.tree...)
			target := aliceTarget()
			if tc.target != nil {
				tc.target(&target)
			}
			if tc.accounts != nil {
				b.fixer.Accounts = tc.accounts
			}
			before := b.ctimes()
			r := b.fix(tc.opt, target)
			wantLines(t, r, tc.want...)
			if r.ID == "" {
				if diff := cmp.Diff(before, b.ctimes()); diff != "" {
					t.Errorf("a refusal changed something:\n%s", diff)
				}
			}
			for _, x := range r.Refused {
				if x.Message == "" || strings.Contains(x.Message, "%!") || strings.Contains(x.Message, "marker") {
					t.Errorf("message %q", x.Message)
				}
			}
		})
	}
}

func replaceAll(in []string, from, to string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.Replace(s, from, to, 1)
	}
	return out
}

func gotWithoutOrder(t *testing.T, got, want []string) {
	t.Helper()
	missing := map[string]int{}
	for _, s := range want {
		missing[s]++
	}
	for _, s := range got {
		missing[s]--
	}
	for s, n := range missing {
		if n > 0 {
			t.Errorf("missing: %s", s)
		} else if n < 0 {
			t.Errorf("too much: %s", s)
		}
	}
}
