package accounts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const passwd = `root:x:0:0:root:/root:/bin/bash
# a comment

  alice:x:1000:1000:Alice,,,:/home/alice:/bin/bash
broken line
noid:x::1000::/home/noid:/bin/sh
bob:!:1001:1001::/home/bob:/bin/sh:with:colons
alice:x:2000:2000::/home/other:/bin/sh
short:x:1002:1003
+@netgroup
huge:x:99999999999:1004::/h:/bin/sh
minus:x:-1:1004::/h:/bin/sh
text:x:12a:1004::/h:/bin/sh
`

func TestPasswdLinesAreReadAsTheCLibraryDoes(t *testing.T) {
	got, bad := ParsePasswd(passwd)
	want := []Account{
		{Name: "root", Home: "/root", Shell: "/bin/bash", Line: 1, Password: PasswordInShadow},
		{Name: "alice", UID: 1000, GID: 1000, Home: "/home/alice", Shell: "/bin/bash", Line: 4, Password: PasswordInShadow},
		{Name: "bob", UID: 1001, GID: 1001, Home: "/home/bob", Shell: "/bin/sh:with:colons", Line: 7, Password: PasswordLocked},
		{Name: "alice", UID: 2000, GID: 2000, Home: "/home/other", Shell: "/bin/sh", Line: 8, Password: PasswordInShadow},
		{Name: "short", UID: 1002, GID: 1003, Line: 9, Password: PasswordInShadow},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var lines []int
	for _, p := range bad {
		lines = append(lines, p.Line)
	}
	if d := cmp.Diff([]int{5, 6, 10, 11, 12, 13}, lines); d != "" {
		t.Errorf("lines with problems: %s", d)
	}
}

func TestFirstLineOfANameCounts(t *testing.T) {
	db := New(Texts{Passwd: passwd})
	if a := db.Lookup("alice"); a == nil || a.UID != 1000 {
		t.Errorf("alice = %+v, want the line with uid 1000", a)
	}
	found := false
	for _, p := range db.Problems() {
		found = found || p.Line == 8 && strings.Contains(p.Message, "earlier line")
	}
	if !found {
		t.Errorf("the repeated name in line 8 is not told: %v", db.Problems())
	}
	if db.Lookup("nobody-here") != nil {
		t.Error("an account that is not there was found")
	}
}

func TestGroupsOfAnAccount(t *testing.T) {
	db := New(Texts{Passwd: passwd, Group: "root:x:0:\nweb:x:33:alice,bob\nalice:x:1000:\nftp:x:34: alice ,\nbad:x:z:\nweb2:x:33:alice\n"})
	alice := db.Lookup("alice")
	if d := cmp.Diff([]uint32{1000, 33, 34}, db.Groups(alice)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"alice", "web", "ftp"}, db.GroupNames(alice)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"web"}, db.GroupNames(db.Lookup("bob"))); d != "" {
		t.Errorf("a primary gid without a group entry has no name: %s", d)
	}
	if g := db.Group(33); g == nil || g.Name != "web" {
		t.Errorf("group 33 = %v, want the first line", g)
	}
}

func TestShadowStates(t *testing.T) {
	text := "root:$6$x:19000:0:99999:7:::\nalice:!$6$x:19000:0:99999:7::20000:\nbob::19000::::::\nbroken:*:x:::::\n"
	db := New(Texts{Passwd: passwd, Shadow: &text})
	for name, want := range map[string]Shadow{
		"root":  {Present: true, Password: PasswordSet, LastChange: 19000, Max: 99999, Warn: 7, Inactive: -1, ExpireOn: -1},
		"alice": {Present: true, Password: PasswordLocked, LastChange: 19000, Max: 99999, Warn: 7, Inactive: -1, ExpireOn: 20000},
		"bob":   {Present: true, Password: PasswordEmpty, LastChange: 19000, Min: -1, Max: -1, Warn: -1, Inactive: -1, ExpireOn: -1},
		"short": {},
	} {
		got, known := db.Shadow(db.Lookup(name))
		if !known {
			t.Errorf("%s: shadow was read and is not known", name)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if _, known := New(Texts{Passwd: passwd}).Shadow(&Account{Name: "root"}); known {
		t.Error("without shadow nothing may be known of it")
	}
}

// The expectations are what getent(1) of Debian 11, 12 and 13 prints.
func TestShadowLineThatEndsEarlyIsSkipped(t *testing.T) {
	for line, want := range map[string]string{
		"a": "", "a:*": "", "a:*:1:2": "", "a:*:1:2:": "", "a:*:1:2:3": "1 2 3 -1 -1 -1", "a:*:1:2:3:": "1 2 3 -1 -1 -1",
		"a:*:1:2:3:4": "", "a:*:1:2:3:4:5:": "", "a:*:1:2:3:4:5:6": "1 2 3 4 5 6", "a:*::::": "-1 -1 -1 -1 -1 -1",
		"a:*:-1::::::": "", "a:*:1:::::4294967296:": "", "a:*:+8::::::": "8 -1 -1 -1 -1 -1", "a:*: 7::::::": "7 -1 -1 -1 -1 -1",
		"a:*:1a::::::": "", "a:*:  ::::::": "", "a:*:3000000000::::::": "-1294967296 -1 -1 -1 -1 -1", "a:*:1:2:3: ": "1 2 3 -1 -1 -1",
		"a:*:8::::::x": "", "a:*:7:::::: ": "", "a:*:8:::::: 9": "8 -1 -1 -1 -1 -1",
	} {
		_, s, bad := ParseShadow(line)
		got := fmt.Sprint(s.LastChange, s.Min, s.Max, s.Warn, s.Inactive, s.ExpireOn)
		if bad != "" {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q (%s), want %q", line, got, bad, want)
		}
	}
}

func TestAccountsThatShareAUidOrAGroup(t *testing.T) {
	db := New(Texts{Passwd: "a:x:5:7::/a:\nb:x:6:7::/b:\nc:x:5:8::/c:\n"})
	names := func(list []*Account) (s []string) {
		for _, a := range list {
			s = append(s, a.Name)
		}
		return s
	}
	if d := cmp.Diff([]string{"a", "c"}, names(db.WithUID(5))); d != "" {
		t.Error(d)
	}
	if got := db.WithUID(99); got != nil {
		t.Errorf("uid 99: %v", got)
	}
}

func TestAddedAccountIsFound(t *testing.T) {
	db := New(Texts{Passwd: passwd})
	if err := db.Add(Account{Name: "ldap", UID: 70000, GID: 70000}, []uint32{0}, []Group{{Name: "staff", GID: 70000}}); err != nil {
		t.Fatal(err)
	}
	ldap := db.Lookup("ldap")
	if ldap == nil {
		t.Fatal("the added account is not found")
	}
	if d := cmp.Diff([]uint32{70000, 0}, db.Groups(ldap)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"staff"}, db.GroupNames(ldap)); d != "" {
		t.Error(d)
	}
	if err := db.Add(Account{Name: "alice"}, nil, nil); err == nil {
		t.Error("a known account was added again")
	}
}

// FuzzAccounts: no text panics, every account that is listed is found by its
// name, and a search tells of it what an index of all accounts does.
func FuzzAccounts(f *testing.F) {
	f.Add(passwd, "web:x:33:alice\n", "alice:!:::::::\n")
	f.Add("a:x:1:1\n", "g:x:1:a,a\nh:x:2: a\n", "b:a:1::::\n a:*:x:::\n\ta:!:1:::::\na:*:2:::::")
	f.Add("a:x:1:1\na:x:2:2\n\x00:x:0:0", ":::\n", "a:::::::::\n")
	f.Fuzz(func(t *testing.T, passwd, group, shadow string) {
		db := New(Texts{Passwd: passwd, Group: group, Shadow: &shadow})
		for i := range db.Len() {
			a := db.At(i)
			if db.Lookup(a.Name) != a {
				t.Fatalf("account %d is not found by its name", i)
			}
			if _, known := db.Shadow(a); !known {
				t.Fatal("shadow was read and is not known")
			}
			db.shadow.readOnce()
			if d := cmp.Diff(db.shadow.entries[i], (&shadowFile{text: shadow}).search(a.Name)); d != "" {
				t.Fatalf("the shadow line of account %d: %s", i, d)
			}
			db.membersAsked.Store(0)
			searched := db.memberOf(a.Name)
			if d := cmp.Diff(db.members()[a.Name], searched); d != "" {
				t.Fatalf("the groups of account %d: %s", i, d)
			}
			if len(db.Groups(a)) == 0 || len(db.WithUID(a.UID)) == 0 {
				t.Fatal("an account has no group or is not found by its uid")
			}
		}
	})
}

func BenchmarkNew100000(b *testing.B) {
	var p, g, s strings.Builder
	for i := range 100_000 {
		n := "user" + strings.Repeat("0", i%3) + string(rune('a'+i%26)) + strings.Repeat("x", i%7)
		p.WriteString(n + ":x:1000:1000::/home/" + n + ":/bin/bash\n")
		g.WriteString(n + ":x:1000:\n")
		s.WriteString(n + ":!:19000:0:99999:7:::\n")
	}
	shadow := s.String()
	b.ReportAllocs()
	for b.Loop() {
		New(Texts{Passwd: p.String(), Group: g.String(), Shadow: &shadow})
	}
}
