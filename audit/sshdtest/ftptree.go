package sshdtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ftpRecipe counts the changes of how a tree with the FTP servers is made.
const ftpRecipe = "1"

// ftpInstall puts vsftpd, ProFTPD and Pure-FTPd into one system. As packages they
// exclude each other, which concerns port 21 and not their files, so dpkg is told
// to pass over it. None is started: policy-rc.d says no.
const ftpInstall = `set -e
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
apt-get update -q
mkdir -p /tmp/ftp && chmod 777 /tmp/ftp && cd /tmp/ftp
crypto=$(apt-cache show proftpd-mod-crypto >/dev/null 2>&1 && echo proftpd-mod-crypto || true)
apt-get download -q vsftpd proftpd-core $crypto pure-ftpd pure-ftpd-common
for d in *.deb; do dpkg-deb -f "$d" Depends; done | tr ',' '\n' | sed 's/|.*//;s/(.*//;s/ //g' | sort -u |
	grep -v -e '^proftpd' -e '^pure-ftpd' -e '^$' >needed
apt-get install -y -q --no-install-recommends openssl $(cat needed)
dpkg --force-conflicts,overwrite,confnew,depends -i *.deb
rm -rf /tmp/ftp /usr/sbin/policy-rc.d /var/lib/apt/lists/* /var/cache/apt/archives
`

// OpenFTP is [Open] with vsftpd, ProFTPD and Pure-FTPd installed too.
func OpenFTP(t testing.TB, r Release) *Host {
	t.Helper()
	NeedRoot(t)
	return open(t, r, ftpTree(t, r))
}

// ftpTree returns the system of a release with the FTP servers, made once for a
// machine from the plain one.
func ftpTree(t testing.TB, r Release) string {
	t.Helper()
	plain := tree(t, r)
	path := plain + "-ftp" + ftpRecipe
	if _, err := os.Stat(path); err == nil {
		return path
	}
	defer lock(t, path+".lock").Close()
	if _, err := os.Stat(path); err == nil {
		return path
	}
	unfinished := path + ".unfinished"
	if err := removeTree(unfinished); err != nil {
		t.Fatalf("remains of an interrupted build: %v", err)
	}
	t.Logf("installing the FTP servers of %s below %s, once for this machine", r, path)
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", plain, unfinished).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v\n%s", plain, err, out)
	}
	if err := installFTP(t, unfinished); err != nil {
		unavailable(t, err.Error())
	}
	for _, program := range []string{"vsftpd", "proftpd", "pure-ftpd"} {
		if _, err := os.Stat(filepath.Join(unfinished, "usr/sbin", program)); err != nil {
			t.Fatalf("the system of %s has no %s: %v", r, program, err)
		}
	}
	if err := os.Rename(unfinished, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// installFTP installs from the mirror that the system was made from.
func installFTP(t testing.TB, root string) error {
	resolver := filepath.Join(root, "etc/resolv.conf")
	if text, err := os.ReadFile("/etc/resolv.conf"); err == nil {
		if err := os.WriteFile(resolver, text, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(t.Context(), "chroot", root, "/bin/sh", "-c", ftpInstall)
	cmd.Env = append(os.Environ(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("install the FTP servers: %w\n%s", err, lastLines(string(out), 20))
	}
	if strings.Contains(string(out), "is not configured yet") {
		t.Logf("dpkg: %s", lastLines(string(out), 5))
	}
	return os.WriteFile(resolver, nil, 0o644)
}
