package keyfiles

import "strings"

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

// SystemHome reports whether a home, in its plain form, is a directory of the
// system and not one account's own.
func SystemHome(home string, uid uint32) bool {
	if systemDirs[home] || home == "/root" && uid != 0 {
		return true
	}
	for _, dir := range []string{"/proc/", "/sys/", "/dev/"} {
		if strings.HasPrefix(home, dir) {
			return true
		}
	}
	return false
}
