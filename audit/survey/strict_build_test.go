package survey

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"sshaudit/audit/sshdtest"
)

// builder makes the accounts' files in a system.
type builder struct {
	t testing.TB
	*sshdtest.Host
	key string
}

// files makes the directories and the key file of one account.
func (b *builder) files(a *account) {
	home, made := b.home(a)
	dir, name := home+"/.ssh", "authorized_keys"
	switch a.where {
	case deep:
		dir, name = home+"/keys/deep", "list"
		if made {
			b.dir(a, home+"/keys", object{})
		}
	case inSrv:
		dir, name, made = "/srv/keys/"+a.name, "list", true
	case inEtc:
		dir, name, made = "/etc/keys", a.name, true
	case globbed:
		dir, name = home+"/.ssh/keys", "50-list"
		if made {
			b.dir(a, home+"/.ssh", object{})
		}
	}
	if a.where == twoPlaces && !a.second.absent {
		b.file(a, "/etc/keys/"+a.name, a.second)
	}
	if made && a.where != inEtc {
		dir, made = b.keyDir(a, dir)
	}
	if made {
		b.keyFile(a, dir, name)
	}
}

// home makes what the account has for a home, and tells where it is and whether
// there is one to put files into.
func (b *builder) home(a *account) (real string, made bool) {
	real = a.above() + "/" + a.name
	parent := a.parent
	if a.leadsOutside() {
		b.mkdir(a, a.outside(), 0o755, 0, a.parent)
		parent = object{}
	}
	if a.shape == parentLink {
		b.link(a, a.outside(), a.above())
		real = a.outside() + "/" + a.name
	} else {
		b.mkdir(a, a.above(), 0o755, 0, parent)
	}
	switch a.shape {
	case homeMissing, homeLongName, homeLongest, homeTooLong:
		return real, false
	case homeIsFile:
		b.file(a, real, a.state.home)
		return real, false
	case homeLoop:
		b.link(a, a.name, real)
		return real, false
	case homeIsRoot, homeEmpty:
		return "", true
	case homeBracket:
		real = a.home
	case homeLink:
		b.link(a, a.outside()+"/home", real)
		real = a.outside() + "/home"
	}
	b.mkdir(a, real, 0o755, a.uid, a.state.home)
	return real, true
}

func (a *account) leadsOutside() bool {
	switch a.shape {
	case fileLinkOutside, linkToLink, dirLinkOutside, homeLink, parentLink:
		return true
	}
	return false
}

// keyDir makes the directory of the key file.
func (b *builder) keyDir(a *account, dir string) (real string, made bool) {
	switch a.shape {
	case dirMissing:
		return dir, false
	case dirIsFile:
		b.file(a, dir, a.dir)
		return dir, false
	case dirLinkOutside:
		b.link(a, a.outside()+"/dir", dir)
		dir = a.outside() + "/dir"
	}
	b.mkdir(a, dir, 0o700, a.uid, a.dir)
	return dir, true
}

// dir makes a directory in the home, as usual but for the object.
func (b *builder) dir(a *account, name string, o object) { b.mkdir(a, name, 0o755, a.uid, o) }

// keyFile makes the key file, or what stands in its place.
func (b *builder) keyFile(a *account, dir, name string) {
	file := dir + "/" + name
	special := func(kind uint32) {
		must(b.t, syscall.Mknod(filepath.Join(b.Root(), file), kind|0o600, 0))
		b.own(a, file, 0o600, a.uid, a.file)
	}
	switch a.shape {
	case fileMissing:
	case fileDangling:
		b.link(a, "nowhere", file)
	case fileLoop:
		b.link(a, name, file)
	case fileIsNull:
		b.link(a, "/dev/null", file)
	case fileIsDir:
		b.mkdir(a, file, 0o700, a.uid, a.file)
	case fileIsFIFO:
		special(syscall.S_IFIFO)
	case fileIsSocket:
		special(syscall.S_IFSOCK)
	case secondFile:
		b.file(a, file+"2", a.file)
	case fileLinkInside:
		b.link(a, name+".real", file)
		b.file(a, file+".real", a.file)
	case fileLinkOutside:
		b.link(a, a.outside()+"/list", file)
		b.file(a, a.outside()+"/list", a.file)
	case linkToLink:
		b.link(a, a.outside()+"/link", file)
		b.link(a, "list", a.outside()+"/link")
		b.file(a, a.outside()+"/list", a.file)
	default:
		b.file(a, file, a.file)
	}
}

func (b *builder) mkdir(a *account, name string, mode uint32, uid int, o object) {
	b.Mkdir(name, 0o700, 0, 0)
	b.own(a, name, mode, uid, o)
}

func (b *builder) file(a *account, name string, o object) {
	b.WriteFile(name, []byte(b.key+"\n"), 0o600, 0, 0)
	b.own(a, name, 0o600, a.uid, o)
}

func (b *builder) link(a *account, target, name string) {
	full := filepath.Join(b.Root(), name)
	must(b.t, os.Symlink(target, full))
	must(b.t, os.Lchown(full, b.ownerID(a, a.link, a.uid), a.gid))
}

// own gives an object that is no link its owner and mode.
func (b *builder) own(a *account, name string, mode uint32, uid int, o object) {
	if o.set {
		mode = o.mode
	}
	uid = b.ownerID(a, o.owner, uid)
	gid := map[group]int{ownGroup: a.gid, sharedGroup: sharedGID, unnamedGroup: noGID}[o.group]
	if o.group == usualGroup && uid != 0 {
		gid = a.gid
	}
	full := filepath.Join(b.Root(), name)
	must(b.t, os.Chown(full, uid, gid))
	must(b.t, syscall.Chmod(full, mode))
	if o.acl {
		out, err := b.Command(b.t.Context(), "setfacl", "-m", "u:"+strconv.Itoa(otherUID)+":rwx", name).CombinedOutput()
		if err != nil {
			b.t.Fatalf("setfacl: %v\n%s", err, out)
		}
	}
}

func (b *builder) ownerID(a *account, w owner, usual int) int {
	ids := map[owner]int{theUser: a.uid, otherUser: otherUID, rootUser: 0, usualOwner: usual}
	return ids[w]
}
