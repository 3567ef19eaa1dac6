package survey

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sshaudit/audit/sshdtest"
)

const (
	// firstUID is the uid of the first state; uidStep leaves room for others in its group.
	firstUID = 20000
	uidStep  = 4
	// The shared group, an account that is nobody's friend, and a gid without a group.
	sharedGID = 9100
	otherUID  = 9101
	noGID     = 9199
)

// account is a state with its name, numbers and places.
type account struct {
	state
	name     string
	uid, gid int
	// home is the home as passwd has it.
	home string
}

func newAccount(s state, number int) *account {
	a := &account{state: s, name: string(s.where) + strconv.Itoa(number), uid: firstUID + number*uidStep}
	if s.where == asRoot {
		a.uid = 0
	}
	a.gid = a.uid
	a.home = a.above() + "/" + a.name
	const file = "/.ssh/authorized_keys"
	switch s.shape {
	case homeIsRoot:
		a.home = "/"
	case homeEmpty:
		a.home = ""
	case homeRelative:
		a.home = a.home[1:]
	case homeDots:
		a.home = "/home/../home//./" + path.Base(a.above()) + "/" + a.name + "/"
	case homeBracket:
		a.home += "[x]"
	case homeLongName:
		a.home += strings.Repeat("x", 300)
	case homeLongest:
		a.home += strings.Repeat("/x", (4096-len(a.home)-len(file))/2)
		a.home += strings.Repeat("y", 4095-len(a.home)-len(file))
	case homeTooLong:
		a.home += strings.Repeat("/x", (4096-len(a.home)-len(file))/2)
		a.home += strings.Repeat("y", 4096-len(a.home)-len(file))
	}
	return a
}

// above is the directory above the home and outside the one that links lead to.
// Both are the account's alone, so that a state may spoil them.
func (a *account) above() string   { return "/home/p" + a.name }
func (a *account) outside() string { return "/srv/x" + a.name }

// lines are the account's lines in passwd and group.
func (a *account) lines() (passwd, group string) {
	other, second := "o"+a.name, "y"+a.name
	line := func(name string, uid, gid int) string {
		return fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh\n", name, uid, gid, a.home)
	}
	own := line(a.name, a.uid, a.gid)
	before, behind := line(other, a.uid+1, a.gid), line(other+"2", a.uid+2, a.gid)
	alias := line(second, a.uid, a.gid)
	if a.uid == 0 {
		return own, ""
	}
	listed := ""
	switch a.members {
	case userListed:
		listed = a.name
	case otherListed:
		listed = "nobody"
	case bothListed:
		listed = a.name + ",nobody"
	case rootListed:
		listed = "root"
	case otherBefore:
		own = before + own
	case otherBeforeListed:
		own, listed = before+own, a.name
	case otherAfter:
		own += behind
	case othersAround:
		own = before + own + behind
	case secondNameBefore:
		own = alias + own
	case firstNameListed:
		own, listed = alias+own, a.name
	case secondNameAfter:
		own += alias
	case secondNameListed:
		own, listed = own+alias, second
	case nobodyHasIt:
		own = line(a.name, a.uid, sharedGID)
	case listedOnly:
		own, listed = line(a.name, a.uid, sharedGID), a.name
	case noSuchGroup:
		return own, ""
	}
	return own, fmt.Sprintf("%s:x:%d:%s\n", a.name, a.gid, listed)
}

// builder makes the accounts' files in a system.
type builder struct {
	t testing.TB
	*sshdtest.Host
	key string
}

// accounts writes passwd, shadow and group with the accounts of the states.
func (b *builder) accounts(list []*account) {
	var passwd, group, shadow strings.Builder
	for _, name := range []string{"passwd", "group", "shadow"} {
		text, err := b.FS().ReadFile("etc/" + name)
		must(b.t, err)
		map[string]*strings.Builder{"passwd": &passwd, "group": &group, "shadow": &shadow}[name].Write(text)
	}
	fmt.Fprintf(&group, "shared:x:%d:\n", sharedGID)
	fmt.Fprintf(&passwd, "other:x:%d:%d::/:/bin/sh\n", otherUID, sharedGID)
	for _, a := range list {
		p, g := a.lines()
		passwd.WriteString(p)
		group.WriteString(g)
		fmt.Fprintf(&shadow, "%s:*:19000:0:99999:7:::\n", a.name)
	}
	b.WriteFile("/etc/passwd", []byte(passwd.String()), 0o644, 0, 0)
	b.WriteFile("/etc/group", []byte(group.String()), 0o644, 0, 0)
	b.WriteFile("/etc/shadow", []byte(shadow.String()), 0o640, 0, 0)
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
