package sshdtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recipe is part of a tree's name and counts the changes of how a tree is made,
// so that an old tree is never taken for a new one.
const recipe = "1"

// variant is a kind of tree: what it holds beyond Debian's essential packages.
type variant struct{ name, packages string }

// plain is for a sshd that a test starts itself, booted for one that systemd starts.
var (
	plain  = variant{"", "openssh-server,openssh-client,openssh-sftp-server,acl,libpam-modules,procps,iproute2"}
	booted = variant{"-boot", "systemd,systemd-sysv,dbus,openssh-server,openssh-client,vsftpd,iproute2,procps"}
)

// mirrors lists where the releases may be had, to be tried in order: the mirror
// that SSHAUDIT_TEST_MIRROR names, those that this machine's own apt uses for
// Debian, and "", which is debootstrap's default.
func mirrors(ctx context.Context) []string {
	var list []string
	if named := os.Getenv("SSHAUDIT_TEST_MIRROR"); named != "" {
		list = append(list, named)
	}
	// Without an answer there is the default.
	out, _ := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(SITE)", "Identifier: Packages").Output()
	for site := range strings.FieldsSeq(string(out)) {
		if strings.HasSuffix(site, "/debian") && !slices.Contains(list, site) {
			list = append(list, site)
		}
	}
	return append(list, "")
}

// cacheDir returns the directory that outlives the tests; it is made if missing.
func cacheDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SSHAUDIT_TEST_CACHE")
	if dir == "" {
		dir = "/var/cache/sshaudit-test"
	}
	if !filepath.IsAbs(dir) || strings.ContainsAny(dir, ":,\\ \t\n") {
		t.Fatalf("SSHAUDIT_TEST_CACHE=%s: want an absolute path without blank, colon, comma and backslash, which mount tables and overlay options escape", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("test cache: %v; set SSHAUDIT_TEST_CACHE to a writable directory", err)
	}
	return dir
}

// tree returns the installed system of a release for a sshd that a test starts.
func tree(t testing.TB, r Release) string { return installed(t, r, plain) }

// installed returns the installed system of a release, which nobody may change.
// The first caller on a machine makes it, the others wait.
func installed(t testing.TB, r Release, v variant) string {
	t.Helper()
	cache := cacheDir(t)
	name := string(r) + v.name + "-" + recipe
	path := filepath.Join(cache, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	debootstrap := NeedProgram(t, "debootstrap", "debootstrap")
	defer lock(t, path+".lock").Close()
	if _, err := os.Stat(path); err == nil {
		return path
	}
	unfinished := path + ".unfinished"
	if err := bootstrap(t, debootstrap, r, v, unfinished); err != nil {
		unavailable(t, err.Error())
	}
	if err := slim(unfinished); err != nil {
		t.Fatalf("slim the tree of %s: %v", r, err)
	}
	// The name is the mark of completeness.
	if err := os.Rename(unfinished, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func bootstrap(t testing.TB, debootstrap string, r Release, v variant, into string) error {
	t.Logf("installing Debian %s below %s, once for this machine", r, into)
	var problems []string
	for _, mirror := range mirrors(t.Context()) {
		if err := removeTree(into); err != nil {
			return fmt.Errorf("remains of an interrupted build: %w", err)
		}
		args := []string{"--variant=minbase", "--include=" + v.packages, string(r), into}
		if mirror != "" {
			args = append(args, mirror)
		}
		cmd := exec.CommandContext(t.Context(), debootstrap, args...)
		// debootstrap calls mount and chroot, which a plain PATH may lack.
		cmd.Env = append(os.Environ(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive")
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		problems = append(problems, fmt.Sprintf("debootstrap %s from %q: %v\n%s", r, mirror, err, lastLines(string(out), 20)))
	}
	return fmt.Errorf("%s", strings.Join(problems, "\n"))
}

// slim removes what no test reads; it halves the tree. A link is removed, not followed.
func slim(root string) error {
	for _, dir := range []string{"var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"} {
		if err := os.RemoveAll(filepath.Join(root, dir)); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(root, "usr/sbin/sshd")); err != nil {
		return fmt.Errorf("the installed tree has no sshd: %w", err)
	}
	return nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
