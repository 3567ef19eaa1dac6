//go:build linux

package repair

import (
	"path"
	"strings"

	"sshaudit/audit"
)

const maxHomePath = 4095

// systemDirs are directories that no repair takes for a home, whatever passwd
// says: many accounts and programs share them.
var systemDirs = map[string]bool{
	"/": true, "/bin": true, "/boot": true, "/dev": true, "/etc": true, "/home": true, "/lib": true,
	"/lib32": true, "/lib64": true, "/libx32": true, "/media": true, "/mnt": true, "/nonexistent": true,
	"/opt": true, "/proc": true, "/run": true, "/sbin": true, "/srv": true, "/sys": true, "/tmp": true,
	"/usr": true, "/usr/bin": true, "/usr/lib": true, "/usr/local": true, "/usr/sbin": true, "/usr/share": true,
	"/var": true, "/var/cache": true, "/var/empty": true, "/var/lib": true, "/var/log": true,
	"/var/mail": true, "/var/run": true, "/var/spool": true, "/var/tmp": true,
}

// checkHomeName refuses a home by its name alone, before any system call below it.
func checkHomeName(home string, uid uint32) *refusal {
	shown := audit.Untrusted(home)
	switch {
	case home == "" || home[0] != '/':
		return refuse(reasonHomeSystem, "the home %q is not an absolute path; correct the account's entry in passwd", shown)
	case len(home) > maxHomePath || strings.IndexByte(home, 0) >= 0:
		return refuse(reasonHomeSystem, "the home %s is no path that the system can use; correct the account's entry in passwd", shown)
	case path.Clean(home) != home:
		return refuse(reasonHomeSystem, "the home %s is not written in its plain form %s; correct the account's entry in passwd",
			shown, audit.Untrusted(path.Clean(home)))
	case systemDirs[home] || home == "/root" && uid != 0,
		below(home, "/proc"), below(home, "/sys"), below(home, "/dev"):
		return refuse(reasonHomeSystem, "the home %s is a directory of the system, not of one account", shown)
	}
	return nil
}

// below reports whether p lies below dir.
func below(p, dir string) bool {
	rest, ok := strings.CutPrefix(p, dir)
	return ok && rest != "" && rest[0] == '/'
}

// Account is an account of the host, as passwd has it.
type Account struct {
	Name string
	UID  uint32
	Home string
}

// checkShared refuses a home that another account uses too, or that lies above
// another account's home. Accounts with the same uid are one and the same.
func checkShared(t Target, canonical string, others []Account) *refusal {
	for _, o := range others {
		if o.UID == t.UID {
			continue
		}
		home := path.Clean(o.Home)
		switch {
		case home == t.Home || home == canonical:
			return refuse(reasonHomeShared, "the home %s is also that of %s (uid %d); give each account its own",
				audit.Untrusted(t.Home), audit.Untrusted(o.Name), o.UID)
		case below(home, t.Home) || below(home, canonical):
			return refuse(reasonHomeSystem, "the home %s of %s (uid %d) lies below %s; a repair would concern both",
				audit.Untrusted(o.Home), audit.Untrusted(o.Name), o.UID, audit.Untrusted(t.Home))
		}
	}
	return nil
}
