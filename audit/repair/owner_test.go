//go:build linux

package repair

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs/hostfstest"
)

const goodHost = "example.org,192.0.2.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5cWPLsJHqgSQiSFZv7bUn/x/aXYeN5UfHb2OvXsdvr\n"

func rootFile(name string, mode uint32, content string) hostfstest.Entry {
	return hostfstest.Entry{Path: "/home/alice/.ssh/" + name, Mode: mode, Content: content}
}

func TestOwnerChangesOnlyWhenTheContentProvesTheName(t *testing.T) {
	ownerLine := func(name string) string { return "done /home/alice/.ssh/" + name + " owner 0:0>61001:61001" }
	refused := func(name, reason string) string { return "refused /home/alice/.ssh/" + name + " " + reason }
	for name, tc := range map[string]struct {
		entry hostfstest.Entry
		want  []string
		stat  string
	}{
		"key file":           {rootFile("authorized_keys", 0o600, goodKey), []string{ownerLine("authorized_keys")}, "0600 61001:61001"},
		"empty key file":     {rootFile("authorized_keys", 0o600, ""), []string{ownerLine("authorized_keys")}, "0600 61001:61001"},
		"known hosts":        {rootFile("known_hosts", 0o600, "# mine\n"+goodHost), []string{ownerLine("known_hosts")}, "0600 61001:61001"},
		"client config":      {rootFile("config", 0o600, "Host web\n  HostName 192.0.2.1\n  IdentityFile=~/.ssh/id\n"), []string{ownerLine("config")}, "0600 61001:61001"},
		"public key":         {rootFile("id_rsa.pub", 0o600, goodKey), []string{ownerLine("id_rsa.pub")}, "0600 61001:61001"},
		"writable by others": {rootFile("authorized_keys", 0o666, goodKey), []string{"done /home/alice/.ssh/authorized_keys mode 0666>0600", ownerLine("authorized_keys")}, "0600 61001:61001"},
		"owner cannot read":  {rootFile("authorized_keys", 0o200, goodKey), []string{ownerLine("authorized_keys"), "done /home/alice/.ssh/authorized_keys mode 0200>0600"}, "0600 61001:61001"},
		"of a deleted account": {hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o644, UID: orphan, GID: orphan, Content: goodKey},
			[]string{"done /home/alice/.ssh/authorized_keys mode 0644>0600", "done /home/alice/.ssh/authorized_keys owner 61099:61099>61001:61001"}, "0600 61001:61001"},

		"T-05 moved secret":         {rootFile("authorized_keys", 0o600, "root:$6$salt$hash:19000:0:99999:7:::\n"), []string{refused("authorized_keys", reasonOwner)}, "0600 0:0"},
		"T-05 secret behind a key":  {rootFile("authorized_keys", 0o600, goodKey+"password=hunter2\n"), []string{refused("authorized_keys", reasonOwner)}, "0600 0:0"},
		"T-05 only comments":        {rootFile("authorized_keys", 0o600, "# password hunter2\n"), []string{refused("authorized_keys", reasonOwner)}, "0600 0:0"},
		"T-05 another program's":    {rootFile("config", 0o600, "[client]\nuser=root\npassword=hunter2\n"), []string{refused("config", reasonOwner)}, "0600 0:0"},
		"T-05 only common keywords": {rootFile("config", 0o600, "host db\nuser root\nport 3306\n"), []string{refused("config", reasonOwner)}, "0600 0:0"},
		"T-05 hosts without keys":   {rootFile("known_hosts", 0o600, "host user password\n"), []string{refused("known_hosts", reasonOwner)}, "0600 0:0"},
		"T-05 set-id":               {rootFile("authorized_keys", 0o4600, goodKey), []string{refused("authorized_keys", reasonOwner)}, "4600 0:0"},
		"T-06 private key by name":  {rootFile("id_ed25519", 0o600, "x"), []string{refused("id_ed25519", reasonOwner)}, "0600 0:0"},
		"T-06 private key by content": {rootFile("authorized_keys", 0o600, "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
			[]string{refused("authorized_keys", reasonOwner)}, "0600 0:0"},
		"rc":          {rootFile("rc", 0o600, "echo hello\n"), []string{refused("rc", reasonOwner)}, "0600 0:0"},
		"environment": {rootFile("environment", 0o600, "A=b\n"), []string{refused("environment", reasonOwner)}, "0600 0:0"},
		"of a uid in /etc/subuid": {hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Mode: 0o600, UID: 165536, Content: goodKey},
			[]string{refused("authorized_keys", reasonOwner)}, "0600 165536:0"},
		"another name of a file outside": {hostfstest.Entry{Path: "/home/alice/.ssh/authorized_keys", Hard: "/etc/subuid"},
			[]string{refused("authorized_keys", reasonHardLink)}, "0644 0:0"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := append([]hostfstest.Entry{own("/", 0o755), own("/.ssh/", 0o700),
				{Path: "/etc/subuid", Content: "alice:165536:65536\n"}}, tc.entry)
			b := newBench(t, tree...)
			plan := b.fix(Options{DryRun: true})
			r := b.fix(Options{})
			wantLines(t, r, tc.want...)
			b.wantStat(tc.entry.Path, tc.stat)
			if len(plan.Refused) != len(r.Refused) {
				t.Errorf("dry run says %v", lines(plan))
			}
			if r.ID == "" {
				return
			}
			b.wantSecondRunIdle(Options{})
			b.undo(r.ID, Options{})
			b.wantStat(tc.entry.Path, strings.Replace(modeText(tc.entry), " ", " ", 1))
		})
	}
}

func modeText(e hostfstest.Entry) string {
	return octal(e.Mode) + " " + owners(uint32(e.UID), uint32(e.GID))
}

func TestRootsSSHDirectoryIsHandedOverWithWhatItHolds(t *testing.T) {
	b := newBench(t, own("/", 0o755), hostfstest.Entry{Path: "/home/alice/.ssh/", Mode: 0o700},
		rootFile("authorized_keys", 0o600, goodKey), rootFile("id_rsa", 0o600, "x"))
	want := []string{
		"done /home/alice/.ssh owner 0:0>61001:61001",
		"done /home/alice/.ssh/authorized_keys owner 0:0>61001:61001",
		"refused /home/alice/.ssh/id_rsa owner",
	}
	gotWithoutOrder(t, lines(b.fix(Options{DryRun: true})), replaceAll(want, "done ", "planned "))
	r := b.fix(Options{})
	gotWithoutOrder(t, lines(r), want)
	b.undo(r.ID, Options{})
	b.wantStat("/home/alice/.ssh", "0700 0:0")
	b.wantStat("/home/alice/.ssh/authorized_keys", "0600 0:0")
}

func TestRootsDirectoryWithUnknownFilesStays(t *testing.T) {
	for name, entries := range map[string][]hostfstest.Entry{
		"unknown name":   {rootFile("dump.sql", 0o600, "x")},
		"home not owned": {{Path: "/home/alice/", Mode: 0o755}},
		"others write":   {{Path: "/home/alice/.ssh/", Mode: 0o770}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, with([]hostfstest.Entry{own("/", 0o755), {Path: "/home/alice/.ssh/", Mode: 0o700}}, entries...)...)
			wantLines(t, b.fix(Options{}), "refused /home/alice/.ssh owner")
		})
	}
}

func TestT05FileThatRootStillWritesIsNotHandedOver(t *testing.T) {
	b := newBench(t, own("/", 0o755), own("/.ssh/", 0o700), rootFile("authorized_keys", 0o600, goodKey))
	f, err := os.OpenFile(filepath.Join(b.dir, "/home/alice/.ssh/authorized_keys"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, b.fix(Options{}), "refused /home/alice/.ssh/authorized_keys busy")
	f.Close()
	wantLines(t, b.fix(Options{}), "done /home/alice/.ssh/authorized_keys owner 0:0>61001:61001")
}

// After an owner changed hands the account may write the file; giving it back
// with a set-id bit would make the account's program root's.
func TestUndoNeverMakesASetIDFileOfRoots(t *testing.T) {
	b := newBench(t, own("/", 0o755), own("/.ssh/", 0o700), rootFile("authorized_keys", 0o600, goodKey))
	r := b.fix(Options{})
	path := filepath.Join(b.dir, "/home/alice/.ssh/authorized_keys")
	rewriteJournal(t, b, func(rec *Record) { rec.ModeOld |= 0o4000 })
	u := b.undo(r.ID, Options{})
	wantLines(t, u, "refused /home/alice/.ssh/authorized_keys owner")
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil || st.Mode&unix.S_ISUID != 0 || st.Uid != alice {
		t.Errorf("mode %o, uid %d, %v", st.Mode, st.Uid, err)
	}
}

// rewriteJournal edits every record in place, with valid checksums.
func rewriteJournal(t testing.TB, b *bench, edit func(*Record)) {
	t.Helper()
	var text []byte
	for _, rec := range b.records() {
		edit(rec)
		line, err := rec.encode()
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, line...)
	}
	if err := os.WriteFile(segmentOf(t, b), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// segmentOf is the path of the only segment.
func segmentOf(t testing.TB, b *bench) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.fixer.StateDir, "journal", "*"+segmentSuffix))
	if err != nil || len(files) != 1 {
		t.Fatalf("segments %v, %v", files, err)
	}
	return files[0]
}
