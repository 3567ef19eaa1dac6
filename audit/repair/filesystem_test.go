//go:build linux

package repair

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

// output runs a program and returns what it prints.
func output(t testing.TB, program, debianPackage string, args ...string) string {
	t.Helper()
	hostfstest.NeedRoot(t)
	out, err := exec.CommandContext(t.Context(), sshdtest.NeedProgram(t, program, debianPackage), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// ext4 mounts a new ext4 file system from an image, for flags that tmpfs lacks.
func ext4(t testing.TB, dir string) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	f, err := os.Create(image)
	must(t, err)
	must(t, f.Truncate(8<<20))
	must(t, f.Close())
	output(t, "mkfs.ext4", "e2fsprogs", "-q", image)
	output(t, "mount", "mount", "-o", "loop", image, dir)
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func TestT24AccessListLosersAreNamedAndUndoRestoresTheList(t *testing.T) {
	const list = "u:61002:rwx,g:61003:r-x,m::rwx"
	b := newBench(t, with(aliceHome(), own("/", 0o750), own("/.ssh/authorized_keys", 0o600))...)
	home, file := b.dir+"/home/alice", b.dir+"/home/alice/.ssh/authorized_keys"
	output(t, "setfacl", "acl", "-m", list, home)
	output(t, "setfacl", "acl", "-m", "u:61002:rw", file)
	facl := func() string { return output(t, "getfacl", "acl", "-n", "-p", home, file) }
	before := facl()

	wantLines(t, b.fix(Options{All: true}), "refused /home/alice acl", "refused /home/alice/.ssh/authorized_keys acl")
	if diff := cmp.Diff(before, facl()); diff != "" {
		t.Fatalf("a refusal changed a list:\n%s", diff)
	}
	r := b.fix(Options{})
	wantLines(t, r, "done /home/alice mode 0770>0750", "done /home/alice/.ssh/authorized_keys mode 0660>0600")
	for i, want := range []string{"user 61002 loses w", "user 61002 loses rw"} {
		if note := r.Changes[i].Note; !strings.HasSuffix(note, want) {
			t.Errorf("note %q, want %q at its end", note, want)
		}
	}
	if facl() == before {
		t.Error("nothing changed")
	}
	for _, rec := range b.records() {
		if len(rec.ACL) == 0 {
			t.Errorf("record %d of %s has no list", rec.Seq, rec.Path)
		}
	}
	b.wantSecondRunIdle(Options{})
	b.undo(r.ID, Options{})
	if diff := cmp.Diff(before, facl()); diff != "" {
		t.Errorf("undo (-before +after):\n%s", diff)
	}
}

func TestAccessListOfAReplacedTextIsKept(t *testing.T) {
	b := contentBench(t, mark+goodKey)
	file := b.dir + "/home/alice/.ssh/authorized_keys"
	output(t, "setfacl", "acl", "-m", "u:61002:r,m::---", file)
	before := output(t, "getfacl", "acl", "-n", "-p", file)
	if r := b.fix(Options{Keys: true}); len(r.Changes) != 1 || len(r.Refused) != 0 {
		t.Fatal(lines(r))
	}
	if diff := cmp.Diff(before, output(t, "getfacl", "acl", "-n", "-p", file)); diff != "" {
		t.Error(diff)
	}
}

func TestLosersAreThoseWhoReallyLose(t *testing.T) {
	acl := hostfs.ACL{Entries: []hostfs.ACLEntry{
		{Tag: hostfs.ACLUserObj, Perm: 7}, {Tag: hostfs.ACLUser, Perm: 6, ID: 1}, {Tag: hostfs.ACLUser, Perm: 4, ID: 2},
		{Tag: hostfs.ACLGroupObj, Perm: 7}, {Tag: hostfs.ACLGroup, Perm: 7, ID: 3}, {Tag: hostfs.ACLMask, Perm: 7}, {Tag: hostfs.ACLOther, Perm: 7},
	}}
	for _, tc := range []struct {
		from, to uint32
		want     string
	}{
		{0o775, 0o755, "user 1 loses w, group 3 loses w"},
		{0o770, 0o700, "user 1 loses rw, user 2 loses r, group 3 loses rwx"},
		{0o755, 0o755, ""},
		{0o757, 0o755, ""}, // only "other" changes, which is no entry of the list
		{0o717, 0o705, "group 3 loses x"},
	} {
		if got := strings.Join(losers(acl, tc.from, tc.to), ", "); got != tc.want {
			t.Errorf("%04o to %04o: %q, want %q", tc.from, tc.to, got, tc.want)
		}
	}
}

func TestT25ImmutableAndAppendOnlyFilesAreRefusedBeforeTheBatch(t *testing.T) {
	dir := hostfstest.Build(t)
	ext4(t, dir)
	for _, e := range with(aliceHome(), own("/.ssh/authorized_keys", 0o666), own("/.ssh/id_rsa", 0o666), own("/.ssh/config", 0o666)) {
		hostfstest.Add(t, dir, e)
	}
	b := benchAt(t, dir, t.TempDir())
	must(t, os.Chmod(dir, 0o755))
	ssh := dir + "/home/alice/.ssh/"
	output(t, "chattr", "e2fsprogs", "+i", ssh+"authorized_keys")
	output(t, "chattr", "e2fsprogs", "+a", ssh+"id_rsa")
	r := b.fix(Options{})
	wantLines(t, r, "done /home/alice/.ssh/config mode 0666>0644",
		"refused /home/alice/.ssh/authorized_keys immutable", "refused /home/alice/.ssh/id_rsa immutable")
	output(t, "chattr", "e2fsprogs", "+i", ssh+"config")
	wantLines(t, b.undo(r.ID, Options{}), "refused /home/alice/.ssh/config immutable")
	output(t, "chattr", "e2fsprogs", "-ia", ssh+"config", ssh+"authorized_keys", ssh+"id_rsa")
	wantLines(t, b.undo(r.ID, Options{}), "undone /home/alice/.ssh/config mode 0644>0666")
}

func TestT25ReadOnlyFilesystem(t *testing.T) {
	b := loose(t)
	must(t, unix.Mount(b.dir+"/home", b.dir+"/home", "", unix.MS_BIND, ""))
	t.Cleanup(func() { must(t, unix.Unmount(b.dir+"/home", unix.MNT_DETACH)) })
	must(t, unix.Mount("", b.dir+"/home", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	r := b.fix(Options{})
	wantLines(t, r, "failed /home/alice/.ssh/authorized_keys mode 0666>0600", "refused /home/alice/.ssh/authorized_keys read-only")
	if _, err := b.fixer.Undo(t.Context(), r.ID, Options{}); err == nil {
		t.Error("undo of what never happened")
	}
}

func TestT25FullFilesystemKeepsTheText(t *testing.T) {
	dir := hostfstest.Build(t)
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755,size=256k"))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	text := mark + goodKey + strings.Repeat("# padding\n", 1000)
	for _, e := range with(aliceHome(), *marked(text)) {
		hostfstest.Add(t, dir, e)
	}
	b := benchAt(t, dir, t.TempDir())
	b.fixer.RepairText = repairMark
	fill, err := os.Create(filepath.Join(dir, "fill"))
	must(t, err)
	defer fill.Close()
	for {
		if _, err := fill.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	wantLines(t, b.fix(Options{Keys: true}), "refused /home/alice/.ssh/authorized_keys no-space")
	if b.keys() != text || len(b.sshNames()) != 1 {
		t.Errorf("text of %d bytes, names %q", len(b.keys()), b.sshNames())
	}
}

func TestT23MountsInsideAHomeAreNotCrossed(t *testing.T) {
	b := newBench(t, with(aliceHome(), own("/.ssh/", 0o777),
		hostfstest.Entry{Path: "/etc/authorized_keys", Mode: 0o666, UID: alice}, own("/.config/", 0o700))...)
	ssh := b.dir + "/home/alice/.ssh"
	must(t, unix.Mount(b.dir+"/etc", ssh, "", unix.MS_BIND, ""))
	t.Cleanup(func() { must(t, unix.Unmount(ssh, unix.MNT_DETACH)) })
	before := b.stat("/etc/authorized_keys")
	wantLines(t, b.fix(Options{}), "refused /home/alice/.ssh filesystem")
	b.wantStat("/etc/authorized_keys", before)
}
