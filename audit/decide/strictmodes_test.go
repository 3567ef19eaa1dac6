package decide

import (
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
)

const alice, bob = 1000, 1001

// privateGroup is alice's own group, shared the one that bob is in too.
const (
	aliceGroup  = 1000
	sharedGroup = 50
	unnamedGID  = 4242
)

func TestSecureJudgesOwnerAndWritingOnly(t *testing.T) {
	db := factstest.DB(factstest.Passwd, factstest.Group)
	for _, tc := range []struct {
		name             string
		mode, uid, gid   uint32
		upstream, debian Fault
	}{
		{"own 0600", 0o600, alice, aliceGroup, 0, 0},
		{"own 0644", 0o644, alice, aliceGroup, 0, 0},
		{"own 0755", 0o755, alice, aliceGroup, 0, 0},
		{"nothing allowed", 0, alice, aliceGroup, 0, 0},
		{"own 4755", 0o4755, alice, aliceGroup, 0, 0},
		{"root's 0644", 0o644, 0, 0, 0, 0},
		{"root's in another group", 0o755, 0, sharedGroup, 0, 0},
		{"bob's 0600", 0o600, bob, 1001, FaultOwner, FaultOwner},
		{"bob's 0666: the owner comes first", 0o666, bob, 1001, FaultOwner, FaultOwner},
		{"everybody writes", 0o602, alice, aliceGroup, FaultWorldWrite, FaultWorldWrite},
		{"the sticky bit excuses nothing", 0o1777, alice, aliceGroup, FaultWorldWrite, FaultWorldWrite},
		{"root's 1777, as /tmp", 0o1777, 0, 0, FaultWorldWrite, FaultWorldWrite},
		{"everybody and the group", 0o666, alice, aliceGroup, FaultWorldWrite, FaultWorldWrite},
		{"private group writes", 0o664, alice, aliceGroup, FaultGroupWrite, 0},
		{"private group writes, setgid", 0o2775, alice, aliceGroup, FaultGroupWrite, 0},
		{"shared group writes", 0o664, alice, sharedGroup, FaultGroupWrite, FaultGroupWrite},
		{"group without a name writes", 0o664, alice, unnamedGID, FaultGroupWrite, FaultGroupWrite},
		{"root's file, alice's group writes", 0o664, 0, aliceGroup, FaultGroupWrite, 0},
		{"root's file, root's group writes", 0o664, 0, 0, FaultGroupWrite, FaultGroupWrite},
		{"bob's private group writes", 0o664, alice, 1001, FaultGroupWrite, FaultGroupWrite},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := factstest.File("/f", tc.mode, tc.uid, tc.gid)
			if got := Secure(&n, alice, facts.RulesUpstream, db); got != tc.upstream {
				t.Errorf("upstream: fault %d, want %d", got, tc.upstream)
			}
			if got := Secure(&n, alice, facts.RulesDebian, db); got != tc.debian {
				t.Errorf("Debian: fault %d, want %d", got, tc.debian)
			}
			unknown := tc.upstream
			if tc.upstream != tc.debian {
				unknown = FaultGroupUncertain
			}
			if got := Secure(&n, alice, facts.RulesUnknown, db); got != unknown {
				t.Errorf("no build known: fault %d, want %d", got, unknown)
			}
		})
	}
}

func TestPrivateGroupHasExactlyItsOwner(t *testing.T) {
	const root, aliceLine = "root:x:0:0::/root:/bin/sh\n", "alice:x:1000:1000::/home/alice:/bin/sh\n"
	for _, tc := range []struct {
		name, passwd, group string
		owner               uint32
		want                Fault
	}{
		{"nobody is listed", root + aliceLine, "alice:x:1000:\n", alice, 0},
		{"the owner is listed too", root + aliceLine, "alice:x:1000:alice\n", alice, 0},
		{"another one is listed", root + aliceLine, "alice:x:1000:bob\n", alice, FaultGroupWrite},
		{"the owner and another one are listed", root + aliceLine, "alice:x:1000:alice,bob\n", alice, FaultGroupWrite},
		{"a second account with that primary group", root + aliceLine + "bob:x:1001:1000::/:/bin/sh\n",
			"alice:x:1000:\n", alice, FaultGroupWrite},
		{"a second account with that primary group and the same uid", root + aliceLine + "alice2:x:1000:1000::/:/bin/sh\n",
			"alice:x:1000:\n", alice, 0},
		{"the second name of the uid is listed", root + aliceLine + "alice2:x:1000:1000::/:/bin/sh\n",
			"alice:x:1000:alice2\n", alice, FaultGroupWrite},
		{"nobody's primary group, and no member", root + "alice:x:1000:100::/:/bin/sh\n", "alice:x:1000:\nusers:x:100:\n", alice, FaultGroupWrite},
		{"nobody's primary group, the owner listed", root + "alice:x:1000:100::/:/bin/sh\n", "alice:x:1000:alice\nusers:x:100:\n", alice, 0},
		{"the owner's name again, with another uid", root + aliceLine + "alice:x:1001:1000::/:/bin/sh\n",
			"alice:x:1000:\n", alice, FaultGroupWrite},
		{"no such group", root + aliceLine, "", alice, FaultGroupWrite},
		{"root's file in a group that lists root", root + "alice:x:1000:100::/:/bin/sh\n", "alice:x:1000:root\n", 0, 0},
		{"root's file in a group that lists alice", root + aliceLine, "alice:x:1000:alice\n", 0, FaultGroupWrite},
		{"root's file, root has no line in passwd", aliceLine, "alice:x:1000:\n", 0, FaultGroupWrite},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := factstest.File("/f", 0o664, tc.owner, 1000)
			if got := Secure(&n, alice, facts.RulesDebian, factstest.DB(tc.passwd, tc.group)); got != tc.want {
				t.Errorf("fault %d, want %d", got, tc.want)
			}
		})
	}
}

func TestAccountThatIsNotEnumeratedIsNoMember(t *testing.T) {
	db := factstest.DB("root:x:0:0::/root:/bin/sh\n", "alice:x:1000:\nlisted:x:1001:alice\n")
	if err := db.Add(accounts.Account{Name: "alice", UID: alice, GID: aliceGroup}, nil, nil); err != nil {
		t.Fatal(err)
	}
	for gid, want := range map[uint32]Fault{1000: FaultGroupWrite, 1001: 0} {
		n := factstest.File("/f", 0o664, alice, gid)
		if got := Secure(&n, alice, facts.RulesDebian, db); got != want {
			t.Errorf("gid %d: fault %d, want %d", gid, got, want)
		}
	}
}

// keyFile is alice's key file below directories, the innermost first.
func keyFile(t *testing.T, dirs ...facts.Node) (*facts.Host, *facts.Account, *facts.KeyFile) {
	h := factstest.Host(t, "")
	a := factstest.Account(t, h, "alice")
	f := a.Via[0].KeyFiles[0]
	f.Dirs = dirs
	return h, a, f
}

func TestStrictModesLooksAsFarAsTheHome(t *testing.T) {
	home, ssh := factstest.Dir("/home/alice", 0o755, alice, aliceGroup), factstest.Dir("/home/alice/.ssh", 0o700, alice, aliceGroup)
	open := factstest.Dir("/home", 0o777, 0, 0)
	root := factstest.Dir("/", 0o755, 0, 0)
	bad := func(n facts.Node) facts.Node { n.Mode |= 0o002; return n }
	missing := &facts.Problem{Failure: facts.Missing}
	for _, tc := range []struct {
		name  string
		home  *facts.Problem
		dirs  []facts.Node
		at    audit.Untrusted
		fault Fault
	}{
		{"all is well", nil, []facts.Node{ssh, home, open, root}, "", 0},
		{"home", nil, []facts.Node{ssh, bad(home), open, root}, "/home/alice", FaultWorldWrite},
		{"the innermost comes first", nil, []facts.Node{bad(ssh), bad(home), open, root}, "/home/alice/.ssh", FaultWorldWrite},
		{"outside of home every directory counts", nil, []facts.Node{factstest.Dir("/srv/keys", 0o755, 0, 0), factstest.Dir("/srv", 0o777, 0, 0), root},
			"/srv", FaultWorldWrite},
		{"the root directory counts too", nil, []facts.Node{factstest.Dir("/srv", 0o755, 0, 0), bad(root)}, "/", FaultWorldWrite},
		{"a missing home stops nothing", missing, []facts.Node{ssh, home, open, root}, "/home", FaultWorldWrite},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, a, f := keyFile(t, tc.dirs...)
			a.Home.Problem = tc.home
			n, fault := strictModes(f, a, facts.RulesDebian, &walk{db: h.Accounts, uid: a.UID})
			var at audit.Untrusted
			if n != nil {
				at = n.Path
			}
			if at != tc.at || fault != tc.fault {
				t.Errorf("%q, fault %d; want %q, fault %d", at, fault, tc.at, tc.fault)
			}
		})
	}
}

func TestHomeThatIsTheRootDirectoryEndsTheWalkThere(t *testing.T) {
	h, a, f := keyFile(t, factstest.Dir("/.ssh", 0o700, alice, aliceGroup), factstest.Dir("/", 0o777, 0, 0))
	a.Home.Path = "/"
	if n, fault := strictModes(f, a, facts.RulesDebian, &walk{db: h.Accounts, uid: a.UID}); fault != FaultWorldWrite || n.Path != "/" {
		t.Errorf("%+v, fault %d; want / as writable by everybody", n, fault)
	}
}

func TestUncertainFaultGivesWayToACertainOne(t *testing.T) {
	private := factstest.Dir("/home/alice/.ssh", 0o770, alice, aliceGroup)
	h, a, f := keyFile(t, private, factstest.Dir("/home/alice", 0o755, alice, aliceGroup))
	if n, fault := strictModes(f, a, facts.RulesUnknown, &walk{db: h.Accounts, uid: a.UID}); fault != FaultGroupUncertain || n.Path != private.Path {
		t.Errorf("%+v, fault %d; want .ssh as uncertain", n, fault)
	}
	f.Dirs[1].Mode = 0o757
	if n, fault := strictModes(f, a, facts.RulesUnknown, &walk{db: h.Accounts, uid: a.UID}); fault != FaultWorldWrite || n.Path != "/home/alice" {
		t.Errorf("%+v, fault %d; want the home, which every build minds", n, fault)
	}
}

func TestProgramOfSshdMustBeRootsUpToTheRootDirectory(t *testing.T) {
	program := func() *facts.Program {
		p := &facts.Program{Setting: "/opt/keys"}
		p.Node = factstest.File("/opt/keys", 0o755, 0, 0)
		p.Dirs = []facts.Node{factstest.Dir("/opt", 0o755, 0, 0), factstest.Dir("/", 0o755, 0, 0)}
		return p
	}
	for _, tc := range []struct {
		name   string
		change func(*facts.Program)
		at     audit.Untrusted
		fault  Fault
	}{
		{"all is well", func(*facts.Program) {}, "", 0},
		{"somebody's program", func(p *facts.Program) { p.UID = alice }, "/opt/keys", FaultOwner},
		{"everybody may write it", func(p *facts.Program) { p.Mode = 0o757 }, "/opt/keys", FaultWorldWrite},
		{"root's group may write it, for Debian", func(p *facts.Program) { p.Mode = 0o775 }, "", 0},
		{"somebody's directory", func(p *facts.Program) { p.Dirs[0].UID = alice }, "/opt", FaultOwner},
		{"the root directory", func(p *facts.Program) { p.Dirs[1].Mode = 0o777 }, "/", FaultWorldWrite},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := program()
			tc.change(p)
			var at audit.Untrusted
			n, fault := UnsafeProgram(p, facts.RulesDebian, factstest.DB(factstest.Passwd, factstest.Group))
			if n != nil {
				at = n.Path
			}
			if at != tc.at || fault != tc.fault {
				t.Errorf("%q, fault %d; want %q, fault %d", at, fault, tc.at, tc.fault)
			}
		})
	}
}
