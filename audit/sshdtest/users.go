package sshdtest

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"strings"
)

// firstUID is the first uid given to a [User] that asks for none.
const firstUID = 2000

// User is an account to be added.
type User struct {
	Name string
	// UID 0 means the next free one. A second account for uid 0 is for the test
	// to write into etc/passwd itself.
	UID int
	// GID 0 means a group of the user's own, with the user's name and the uid as
	// its number. Any other group must exist.
	GID int
	// Home is /home/NAME where empty. It is made with mode 0755, the user's own.
	Home string
	// NoHome leaves the home directory out.
	NoHome bool
	// Shell is /bin/sh where empty.
	Shell string
	// Password is the second field of the shadow line as it stands there. Empty
	// means "*": no password fits, but the account is not locked, which "!" would
	// mean to a sshd without PAM (platform.c, auth.c allowed_user()).
	Password string
}

// AddUser appends an account to passwd, shadow and group, makes its home, and
// returns it with the defaults filled in.
func (h *Host) AddUser(u User) User {
	h.t.Helper()
	if u.UID == 0 {
		u.UID = h.nextUID
		h.nextUID++
	}
	if u.GID == 0 {
		u.GID = u.UID
		h.appendLine("etc/group", fmt.Sprintf("%s:x:%d:", u.Name, u.GID))
	}
	u.Home = cmp.Or(u.Home, "/home/"+u.Name)
	u.Shell = cmp.Or(u.Shell, "/bin/sh")
	u.Password = cmp.Or(u.Password, "*")
	h.appendLine("etc/passwd", fmt.Sprintf("%s:x:%d:%d::%s:%s", u.Name, u.UID, u.GID, u.Home, u.Shell))
	h.appendLine("etc/shadow", fmt.Sprintf("%s:%s:19000:0:99999:7:::", u.Name, u.Password))
	if !u.NoHome {
		h.Mkdir(u.Home, 0o755, u.UID, u.GID)
	}
	return u
}

func (h *Host) appendLine(name, line string) {
	h.t.Helper()
	f, err := h.fs.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		h.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// Mkdir makes a directory with exactly this mode and owner, and its missing
// parents as root's with mode 0755. An existing directory gets mode and owner.
func (h *Host) Mkdir(name string, mode os.FileMode, uid, gid int) {
	h.t.Helper()
	name = relative(name)
	// Made bit by bit: MkdirAll would obey the umask.
	for i, c := range name + "/" {
		if c != '/' {
			continue
		}
		if err := h.fs.Mkdir(name[:i], 0o700); err == nil {
			h.setOwnerAndMode(name[:i], 0o755, 0, 0)
		} else if !os.IsExist(err) {
			h.t.Fatal(err)
		}
	}
	h.setOwnerAndMode(name, mode, uid, gid)
}

// WriteFile writes a file with exactly this mode and owner. Missing parents are
// made as the same owner's, with mode 0755.
func (h *Host) WriteFile(name string, data []byte, mode os.FileMode, uid, gid int) {
	h.t.Helper()
	name = relative(name)
	if dir := path.Dir(name); dir != "." {
		if _, err := h.fs.Stat(dir); os.IsNotExist(err) {
			h.Mkdir(dir, 0o755, uid, gid)
		}
	}
	if err := h.fs.WriteFile(name, data, 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.setOwnerAndMode(name, mode, uid, gid)
}

// setOwnerAndMode changes the owner first: a change of owner clears set-id bits.
func (h *Host) setOwnerAndMode(name string, mode os.FileMode, uid, gid int) {
	h.t.Helper()
	if err := h.fs.Chown(name, uid, gid); err != nil {
		h.t.Fatal(err)
	}
	if err := h.fs.Chmod(name, mode); err != nil {
		h.t.Fatal(err)
	}
}

// relative turns a path of the system into a name for [Host.FS].
func relative(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}
