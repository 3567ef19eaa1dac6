package survey

import (
	"fmt"
	"path"
	"strconv"
	"strings"
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
	case nameTwice:
		own += line(a.name, a.uid+1, a.gid)
	case noSuchGroup:
		return own, ""
	}
	return own, fmt.Sprintf("%s:x:%d:%s\n", a.name, a.gid, listed)
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
