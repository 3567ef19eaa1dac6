package survey_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/sshdtest"
)

// ftpPassword is the password of every account that has one; its hash was made by
// openssl passwd -6.
const (
	ftpPassword = "secret"
	ftpHash     = "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"
)

// ftpUser is an account with what may decide about its logins.
type ftpUser struct {
	name, password string
	hash           string
	aging          string
	uid            int
	shell          string
	home           string
	mode           uint32
	owner          string // "own", "root", "none" for no directory, "file", "above" for a closed one above
	lists          string // the lists that name it
}

// ftpUsers makes accounts of every kind.
func ftpUsers(random *rand.Rand, n int) []ftpUser {
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	today := int(time.Now().Unix() / (24 * 60 * 60))
	plain := fmt.Sprintf("%d:0:99999:7:::", today-10)
	users := make([]ftpUser, n)
	for i := range users {
		u := ftpUser{
			name: fmt.Sprintf("u%d", i), password: ftpPassword, hash: ftpHash, aging: plain, uid: 2000 + i, shell: "/bin/bash",
			mode: 0o755, owner: "own",
		}
		u.home = "/home/" + u.name
		for range []int{0, 0, 1, 1, 1, 2}[random.IntN(6)] {
			switch random.IntN(8) {
			case 0:
				u.shell = pick("/usr/sbin/nologin", "/bin/false", "/opt/odd", "/bin/sh", "", "ftp", "/usr/bin/tcsh")
			case 1:
				switch u.hash = pick("!"+ftpHash, "*", "", "!", "!*", ftpHash[:20]); u.hash {
				case "":
					u.password = ""
				}
			case 2:
				u.aging = pick(
					fmt.Sprintf("%d:0:99999:7::%d:", today-10, today-1), fmt.Sprintf("%d:0:99999:7::%d:", today-10, today),
					fmt.Sprintf("%d:0:99999:7::%d:", today-10, today+1), "0:0:99999:7:::", fmt.Sprintf("%d:0:5:7:::", today-10),
					fmt.Sprintf("%d:0:5:7:2::", today-10), fmt.Sprintf("%d:0:5:7:90::", today-10), fmt.Sprintf("%d:0:10:7:::", today-10),
					":::::1:", fmt.Sprintf("%d:0:30:7:2::", today-10), ":::::0:")
			case 3:
				u.uid = []int{0, 500, 999, 1000, 3000 + i}[random.IntN(5)]
			case 4:
				u.owner = pick("root", "none", "file", "above", "own")
			case 5:
				u.mode = []uint32{0o700, 0o755, 0o555, 0o000, 0o777, 0o711, 0o070, 0o705, 0o775}[random.IntN(9)]
			case 6:
				u.home = pick("/home/"+u.name+"/./sub", "/home/./"+u.name, "", "home/"+u.name, "/", "/home/$USER")
			case 7:
				u.lists = pick("ftpusers", "user", "chroot", "ftpusers user", "user chroot", "group")
			}
		}
		users[i] = u
	}
	return users
}

// makeFTPUsers puts the accounts and their lists into a system.
func makeFTPUsers(t *testing.T, h *sshdtest.Host, users []ftpUser) {
	t.Helper()
	var passwd, shadow, group, groupNames strings.Builder
	lists := map[string]*strings.Builder{"ftpusers": {}, "user": {}, "chroot": {}}
	lists["ftpusers"].WriteString("# not by FTP\nroot\n daemon\n")
	for _, u := range users {
		gid := u.uid
		if gid == 0 {
			gid = 2500
		}
		fmt.Fprintf(&passwd, "%s:x:%d:%d::%s:%s\n", u.name, u.uid, gid, u.home, u.shell)
		fmt.Fprintf(&shadow, "%s:%s:%s\n", u.name, u.hash, u.aging)
		fmt.Fprintf(&group, "g%s:x:%d:\n", u.name, gid)
		for list := range strings.FieldsSeq(u.lists) {
			if list == "group" {
				fmt.Fprintf(&groupNames, ",%s", u.name)
			} else {
				lists[list].WriteString(u.name + "\n")
			}
		}
		ftpHome(t, h, &u, gid)
	}
	fmt.Fprintf(&group, "ftpmates:x:7777:%s\n", strings.TrimPrefix(groupNames.String(), ","))
	for name, more := range map[string]string{"passwd": passwd.String(), "shadow": shadow.String(), "group": group.String()} {
		old, err := h.FS().ReadFile("etc/" + name)
		if err != nil {
			t.Fatal(err)
		}
		h.WriteFile("etc/"+name, append(old, more...), map[bool]fsMode{true: 0o640, false: 0o644}[name == "shadow"], 0, 0)
	}
	h.WriteFile("etc/ftpusers", []byte(lists["ftpusers"].String()), 0o644, 0, 0)
	h.WriteFile("etc/vsftpd.user_list", []byte(lists["user"].String()), 0o644, 0, 0)
	h.WriteFile("etc/vsftpd.chroot_list", []byte(lists["chroot"].String()), 0o644, 0, 0)
	h.WriteFile("etc/shells", []byte("# /etc/shells\n/bin/sh\n/bin/bash\n/usr/bin/tcsh # no\n/opt/odd \n"), 0o644, 0, 0)
}

func ftpHome(t *testing.T, h *sshdtest.Host, u *ftpUser, gid int) {
	t.Helper()
	if !strings.HasPrefix(u.home, "/home/") || strings.Contains(u.home, "$") {
		return
	}
	dir := strings.ReplaceAll(u.home, "/./", "/")
	switch u.owner {
	case "own":
		h.Mkdir(dir, fsMode(u.mode), u.uid, gid)
	case "root":
		h.Mkdir(dir, fsMode(u.mode), 0, 0)
	case "file":
		h.WriteFile(dir, nil, 0o644, u.uid, gid)
	case "above":
		h.Mkdir(dir, fsMode(u.mode), u.uid, gid)
		h.Mkdir("/closed", 0o700, 0, 0)
		if err := h.FS().Rename(strings.TrimPrefix("/home/"+u.name, "/"), "closed/"+u.name); err != nil {
			t.Fatal(err)
		}
		if err := h.FS().Symlink("/closed/"+u.name, "home/"+u.name); err != nil {
			t.Fatal(err)
		}
	}
}
