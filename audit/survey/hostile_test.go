package survey

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/report"
)

// hostileUsers are accounts whose owners do what no owner should, each with the
// check that must tell it; the first is in order.
var hostileUsers = []struct {
	name, check string
	make        func(t *testing.T, dir, ssh string, uid int)
}{
	{"good", "", func(t *testing.T, _, ssh string, uid int) { ownFile(t, ssh+"/authorized_keys", goodLine, uid) }},
	{"huge", "check-unknown", func(t *testing.T, _, ssh string, uid int) {
		ownFile(t, ssh+"/authorized_keys", goodLine, uid)
		must(t, os.Truncate(ssh+"/authorized_keys", 2<<30))
	}},
	{"crowd", "ssh-dir-too-many", func(t *testing.T, _, ssh string, uid int) {
		ownFile(t, ssh+"/authorized_keys", goodLine, uid)
		for i := range 20_000 {
			must(t, os.Link(ssh+"/authorized_keys", fmt.Sprintf("%s/x%d", ssh, i)))
		}
	}},
	{"newline", "private-key-mode-loose", func(t *testing.T, _, ssh string, uid int) {
		ownFile(t, ssh+"/id_a\nCRITICAL - forged \x1b[31m\u202e", "x", uid)
		must(t, os.Chmod(ssh+"/id_a\nCRITICAL - forged \x1b[31m\u202e", 0o644))
	}},
	{"filedir", "ssh-dir-not-a-directory", func(t *testing.T, _, ssh string, uid int) {
		must(t, os.Remove(ssh))
		ownFile(t, ssh, "x", uid)
	}},
	{"loop", "akf-unreadable", func(t *testing.T, _, ssh string, uid int) {
		must(t, os.Symlink("authorized_keys", ssh+"/authorized_keys"))
	}},
	{"fifo", "akf-not-regular", func(t *testing.T, _, ssh string, uid int) {
		must(t, unix.Mkfifo(ssh+"/authorized_keys", 0o600))
	}},
	{"dark", "akf-unreadable", func(t *testing.T, _, ssh string, uid int) {
		ownFile(t, ssh+"/authorized_keys", goodLine, uid)
		must(t, os.Chmod(ssh, 0))
	}},
	{"nul", "ak-nul", func(t *testing.T, _, ssh string, uid int) {
		ownFile(t, ssh+"/authorized_keys", "\x00"+goodLine, uid)
	}},
	{"shadow", "akf-unreadable", func(t *testing.T, _, ssh string, uid int) {
		must(t, os.Symlink("/etc/shadow", ssh+"/authorized_keys"))
	}},
	{"nohome", "home-missing", func(t *testing.T, dir, _ string, _ int) { must(t, os.RemoveAll(dir)) }},
}

const goodLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIXeUZVtdyZ1D6TbUzXq4Y3rkwrTmDqEKSKKSrLGk9D0 c\n"

func ownFile(t *testing.T, name, text string, uid int) {
	t.Helper()
	must(t, os.WriteFile(name, []byte(text), 0o600))
	must(t, os.Chown(name, uid, uid))
}

// secret stands in the root's shadow: no output may show it.
const secret = "$6$SECRETSALT$SECRETHASH"

// hostileHost makes the host with all of them, garbled account files included.
func hostileHost(t *testing.T) string {
	t.Helper()
	hostfstest.NeedRoot(t)
	root := hostfstest.Build(t,
		hostfstest.Entry{Path: "/root/", Mode: 0o700}, hostfstest.Entry{Path: "/home/"},
		hostfstest.Entry{Path: "/etc/os-release", Content: "ID=debian\n"},
		hostfstest.Entry{Path: "/etc/ssh/sshd_config", Content: "UsePAM yes\n"},
	)
	var passwd bytes.Buffer
	passwd.WriteString("root:x:0:0::/root:/bin/bash\nno colons at all\nbad:x:uid:1::/:/bin/sh\n:x:1:1::/:/bin/sh\n")
	shadow := "root:" + secret + ":19000::::::\n"
	for i, u := range hostileUsers {
		uid := 2000 + i
		dir := filepath.Join(root, "home", u.name)
		must(t, os.MkdirAll(dir+"/.ssh", 0o700))
		u.make(t, dir, dir+"/.ssh", uid)
		for _, d := range []string{dir, dir + "/.ssh"} {
			if info, err := os.Lstat(d); err == nil && info.IsDir() {
				must(t, os.Chown(d, uid, uid))
			}
		}
		fmt.Fprintf(&passwd, "%s:x:%d:%d:\x1b]0;x\x07:/home/%s:/bin/bash\n", u.name, uid, uid, u.name)
		shadow += u.name + ":*:19000::::::\n"
	}
	hostfstest.Add(t, root, hostfstest.Entry{Path: "/etc/passwd", Content: passwd.String()})
	hostfstest.Add(t, root, hostfstest.Entry{Path: "/etc/group", Content: "root:x:0:\ngarbage\n"})
	hostfstest.Add(t, root, hostfstest.Entry{Path: "/etc/shadow", Mode: 0o600, Content: shadow})
	return root
}

func TestHostileHomesAreToldAndTheRestGoesOn(t *testing.T) {
	r := surveyed(t, hostileHost(t))
	if want := len(hostileUsers) + 1; r.Users != want {
		t.Errorf("%d accounts audited, want %d", r.Users, want)
	}
	for _, u := range hostileUsers {
		told := false
		for _, f := range r.Findings {
			mine := f.User == audit.Untrusted(u.name)
			told = told || mine && strings.HasPrefix(f.Check, u.check)
			if mine && u.check == "" && f.Check != "key-shared-between-users" {
				t.Errorf("%s is in order and has %s: %s", u.name, f.Check, f.Message)
			}
		}
		if !told && u.check != "" {
			t.Errorf("%s: no finding %s", u.name, u.check)
		}
	}
	var lines []int
	for _, f := range r.Findings {
		if f.Check == "account-line-malformed" {
			lines = append(lines, f.Line)
		}
	}
	if len(lines) != 4 {
		t.Errorf("malformed lines told: %v, want 3 of passwd and 1 of group", lines)
	}
	if r.Complete != true || len(r.Errors) == 0 {
		t.Errorf("complete = %v, errors = %v: the audit ended, and something was not judged", r.Complete, r.Errors)
	}
}

func TestHostileTextNeverReachesAnOutputRaw(t *testing.T) {
	r := surveyed(t, hostileHost(t))
	var out bytes.Buffer
	must(t, report.Text(&out, r, nil, report.Style{Verbose: true}))
	must(t, report.JSON(&out, r))
	must(t, report.HTML(&out, r, nil, audit.Warning))
	for i, b := range out.Bytes() {
		if b < ' ' && b != '\n' || b == 0x7f {
			t.Fatalf("control byte %#x at %d: %q", b, i, out.Bytes()[max(0, i-60):i+20])
		}
	}
	for _, text := range []string{"\u202e", "SECRETSALT", "SECRETHASH", "\nCRITICAL - forged"} {
		if strings.Contains(out.String(), text) {
			t.Errorf("the output holds %q", text)
		}
	}
}

func TestBrokenConfigurationsAreToldWithFileAndLine(t *testing.T) {
	hostfstest.NeedRoot(t)
	for text, want := range map[string]struct {
		check string
		line  int
	}{
		"UsePAM yes\nInclude /etc/ssh/sshd_config\n": {"config-invalid", 0},
		"UsePAM yes\nNoSuchThing 1\n":                {"config-invalid", 2},
		"Match User\n":                               {"config-invalid", 1},
	} {
		root := hostfstest.Build(t,
			hostfstest.Entry{Path: "/etc/passwd", Content: "root:x:0:0::/root:/bin/bash\n"},
			hostfstest.Entry{Path: "/root/", Mode: 0o700},
			hostfstest.Entry{Path: "/etc/ssh/sshd_config", Content: text},
		)
		found := false
		for _, f := range surveyed(t, root).Findings {
			if f.Check == want.check && (want.line == 0 || f.Line == want.line) && f.Path == "/etc/ssh/sshd_config" {
				found = true
			}
		}
		if !found {
			t.Errorf("%q: no finding %s in line %d", text, want.check, want.line)
		}
	}
}
