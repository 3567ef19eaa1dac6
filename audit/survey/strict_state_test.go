package survey

import (
	"fmt"
	"strings"
)

// state is one account and its files as far as they are unusual: the zero value
// is an account in order, which sshd lets in.
type state struct {
	where where
	shape shape
	// The objects on the way to the keys, from the inside. parent is the
	// directory above the home, or the one outside that a link leads to.
	file, dir, home, parent object
	// second is the file in /etc/keys where two places are looked at.
	second object
	// members says who has the account's own group.
	members members
	// link owns the links of the shape.
	link owner
}

// where is the AuthorizedKeysFile that counts for the account, by the first
// letter of its name.
type where byte

const (
	byDefault   where = 'd' // .ssh/authorized_keys .ssh/authorized_keys2
	inEtc       where = 'e'
	inSrv       where = 's'
	deep        where = 'h'
	twoPlaces   where = 't'
	globbed     where = 'g' // a pattern from 10.0 on, and a strange name before
	badToken    where = 'q'
	badFirst    where = 'b'
	badLast     where = 'l'
	switchedOff where = 'n'
	asRoot      where = 'r' // a second name of root's, by default
)

// patterns are the settings, each for the accounts whose name has this letter.
var patterns = map[where]string{
	inEtc: "/etc/keys/%u", inSrv: "/srv/keys/%u/list", deep: "%h/keys/deep/list",
	twoPlaces: ".ssh/authorized_keys /etc/keys/%u", globbed: ".ssh/key[s]/* .ssh/authorized_key?",
	badToken: "/etc/keys/%q", badFirst: "/etc/keys/%q .ssh/authorized_keys", badLast: ".ssh/authorized_keys /etc/keys/%q",
	switchedOff: "none",
}

// shape says which links lead to the key file, or what stands in its place.
type shape string

const (
	plain           shape = ""
	fileLinkOutside shape = "the file links outside"
	fileLinkInside  shape = "the file links to another in the home"
	linkToLink      shape = "the file links to a link outside"
	dirLinkOutside  shape = "the directory links outside"
	homeLink        shape = "the home is a link"
	parentLink      shape = "the home is below a link"
	fileMissing     shape = "no file"
	fileDangling    shape = "the file is a dangling link"
	fileLoop        shape = "the file links to itself"
	fileIsDir       shape = "the file is a directory"
	fileIsFIFO      shape = "the file is a FIFO"
	fileIsSocket    shape = "the file is a socket"
	fileIsNull      shape = "the file links to /dev/null"
	dirMissing      shape = "no directory"
	dirIsFile       shape = "the directory is a file"
	secondFile      shape = "only authorized_keys2"
	homeMissing     shape = "no home"
	homeIsFile      shape = "the home is a file"
	homeLoop        shape = "the home links to itself"
	homeIsRoot      shape = "the home is /"
	homeEmpty       shape = "the home has no name"
	homeRelative    shape = "the home's name is relative"
	homeDots        shape = "the home's name has dots and slashes"
	homeBracket     shape = "the home's name has brackets"
	homeLongName    shape = "a name of 300 bytes in the home"
	homeLongest     shape = "a key file of 4095 bytes"
	homeTooLong     shape = "a key file of 4096 bytes"
)

// object is what is unusual in one object.
type object struct {
	// mode holds bits as chmod(1) takes them, where set is true.
	mode  uint32
	set   bool
	owner owner
	group group
	// acl gives another account every right by an access list.
	acl bool
	// absent leaves the second file out.
	absent bool
}

type owner string

const (
	usualOwner owner = ""
	theUser    owner = "the user's"
	rootUser   owner = "root's"
	otherUser  owner = "another's"
)

type group string

const (
	usualGroup   group = ""
	ownGroup     group = "own group"
	sharedGroup  group = "shared group"
	rootGroup    group = "root's group"
	unnamedGroup group = "unnamed group"
)

// members says who is in the account's own group, as Debian's rule counts it.
type members string

const (
	userAlone         members = ""
	userListed        members = "the user is listed too"
	otherListed       members = "another is listed"
	bothListed        members = "the user and another are listed"
	otherBefore       members = "another account before has it"
	otherAfter        members = "another account behind has it"
	othersAround      members = "accounts before and behind have it"
	secondNameBefore  members = "a second name of the uid before has it"
	secondNameAfter   members = "a second name of the uid behind has it"
	secondNameListed  members = "a second name of the uid behind is listed"
	firstNameListed   members = "a second name before, the user is listed"
	nobodyHasIt       members = "nobody has it"
	listedOnly        members = "the user is only listed"
	rootListed        members = "root is listed"
	noSuchGroup       members = "there is no such group"
	nameTwice         members = "the user's name stands twice in passwd"
	otherBeforeListed members = "another account before has it, the user is listed"
)

// with returns an object with another mode than usual.
func with(mode uint32) object { return object{mode: mode, set: true} }

func (o object) by(w owner) object { o.owner = w; return o }
func (o object) of(g group) object { o.group = g; return o }
func (o object) listed() object    { o.acl = true; return o }

func (o object) String() string {
	var words []string
	if o.set {
		words = append(words, fmt.Sprintf("%04o", o.mode))
	}
	for _, w := range []string{string(o.owner), string(o.group)} {
		if w != "" {
			words = append(words, w)
		}
	}
	if o.acl {
		words = append(words, "ACL")
	}
	if o.absent {
		words = append(words, "absent")
	}
	return strings.Join(words, " ")
}

func (s *state) String() string {
	words := []string{"AuthorizedKeysFile " + patterns[s.where]}
	add := func(name, text string) {
		if text != "" {
			words = append(words, name+text)
		}
	}
	add("", string(s.shape))
	add("file ", s.file.String())
	add("dir ", s.dir.String())
	add("home ", s.home.String())
	add("parent ", s.parent.String())
	add("second ", s.second.String())
	add("own group: ", string(s.members))
	add("link ", string(s.link))
	return strings.Join(words, "; ")
}
