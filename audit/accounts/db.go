package accounts

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// DB answers questions about the accounts of one host. It is not changed after
// New and may be read by several goroutines. What only an audit of all accounts
// needs is made when it is first asked for, so that a question about one login
// on a host with a hundred thousand accounts does not pay for it.
type DB struct {
	accounts []Account
	groups   []Group
	byName   nameTable
	// Indexes of accounts in the order of uid and gid, and of groups in that of gid.
	byUID, byGID, groupByGID func() []int32
	// membersAsked counts the questions for groups, which members answers from the third on.
	membersAsked atomic.Int32
	members      func() map[string][]int32
	shadow       *shadowFile // nil if it could not be read
	// repeated are the lines of passwd whose name an earlier line has.
	repeated []Account
	// extra are the supplementary gids of accounts that Add brought.
	extra map[string][]uint32
	// answered are the shadow entries that the name service gave for accounts
	// which the files do not have.
	answered map[string]Shadow
	problems []Problem
}

// few is how many questions are answered by a search before an index is made.
const few = 2

// Texts are the contents of the account files; a nil Shadow means it could not be read.
type Texts struct {
	Passwd, Group string
	Shadow        *string
	// Directory are lines as in passwd of accounts that only another name
	// service knows, such as a directory server.
	Directory string
}

// New builds a DB. Where a name stands twice in passwd the first line counts,
// as getpwnam(3) returns it, and the others are problems.
func New(t Texts) *DB {
	db := &DB{}
	var bad []Problem
	db.accounts, bad = ParsePasswd(t.Passwd)
	db.problems = append(db.problems, bad...)
	directory, _ := ParsePasswd(t.Directory)
	for i := range directory {
		directory[i].Line = 0
	}
	db.accounts = append(db.accounts, directory...)
	db.dropRepeated()
	db.groups, bad = ParseGroup(t.Group)
	db.problems = append(db.problems, bad...)
	db.index()
	if t.Shadow != nil {
		db.shadow = &shadowFile{text: *t.Shadow, db: db}
	}
	return db
}

// index prepares the indexes of accounts and groups, which Add makes out of date.
func (db *DB) index() {
	db.byUID = sync.OnceValue(func() []int32 {
		return sorted(len(db.accounts), func(i int) uint32 { return db.accounts[i].UID })
	})
	db.byGID = sync.OnceValue(func() []int32 {
		return sorted(len(db.accounts), func(i int) uint32 { return db.accounts[i].GID })
	})
	db.groupByGID = sync.OnceValue(func() []int32 {
		return sorted(len(db.groups), func(i int) uint32 { return db.groups[i].GID })
	})
	db.members = sync.OnceValue(func() map[string][]int32 {
		memberOf := make(map[string][]int32)
		for i := range db.groups {
			for _, m := range db.groups[i].Members {
				memberOf[m] = append(memberOf[m], int32(i))
			}
		}
		return memberOf
	})
}

// dropRepeated sets the accounts apart whose name an earlier line has.
func (db *DB) dropRepeated() {
	bad := problems{file: "passwd"}
	db.byName.grow(len(db.accounts))
	kept := 0
	for i := range db.accounts {
		a := &db.accounts[i]
		if !db.byName.add(db.accounts[:kept], a.Name) {
			if a.Line == 0 {
				continue
			}
			db.repeated = append(db.repeated, *a)
			bad.add(int(a.Line), "the account name already stands in an earlier line, which is the one that counts")
			continue
		}
		if kept != i {
			db.accounts[kept] = *a
		}
		kept++
	}
	db.accounts = db.accounts[:kept]
	db.problems = append(db.problems, bad.done()...)
}

func (db *DB) find(name string) (int, bool) { return db.byName.find(db.accounts, name) }

// Len returns the number of accounts.
func (db *DB) Len() int { return len(db.accounts) }

// At returns the account with index i in file order.
func (db *DB) At(i int) *Account { return &db.accounts[i] }

// Index returns the index of the account that getpwnam(3) returns.
func (db *DB) Index(name string) (int, bool) { return db.find(name) }

// Lookup returns the account that getpwnam(3) returns, nil if there is none.
func (db *DB) Lookup(name string) *Account {
	if i, ok := db.find(name); ok {
		return &db.accounts[i]
	}
	return nil
}

// Shadow returns the shadow entry of an account of this DB. It is zero if the
// account has none; known is false if shadow could not be read, or for an
// account that the files do not have, if the name service was not asked.
func (db *DB) Shadow(a *Account) (s Shadow, known bool) {
	if a.Line == 0 {
		s, known = db.answered[a.Name]
		return s, known
	}
	if db.shadow == nil {
		return Shadow{}, false
	}
	return db.shadow.entry(a.Name), true
}

// WithUID returns the accounts with this uid in file order.
func (db *DB) WithUID(uid uint32) []*Account {
	byUID := db.byUID()
	start := sort.Search(len(byUID), func(k int) bool { return db.accounts[byUID[k]].UID >= uid })
	var list []*Account
	for _, i := range byUID[start:] {
		if db.accounts[i].UID != uid {
			break
		}
		list = append(list, &db.accounts[i])
	}
	return list
}

// Group returns the group that getgrgid(3) returns, nil if there is none.
func (db *DB) Group(gid uint32) *Group {
	byGID := db.groupByGID()
	k := sort.Search(len(byGID), func(k int) bool { return db.groups[byGID[k]].GID >= gid })
	if k == len(byGID) || db.groups[byGID[k]].GID != gid {
		return nil
	}
	return &db.groups[byGID[k]]
}

// Groups returns the gids of an account, the primary group first, each once, as
// getgrouplist(3) does.
func (db *DB) Groups(a *Account) []uint32 {
	gids := []uint32{a.GID}
	for _, i := range db.memberOf(a.Name) {
		if gid := db.groups[i].GID; !slices.Contains(gids, gid) {
			gids = append(gids, gid)
		}
	}
	for _, gid := range db.extra[a.Name] {
		if !slices.Contains(gids, gid) {
			gids = append(gids, gid)
		}
	}
	return gids
}

// memberOf returns the groups that list a name, in their order.
func (db *DB) memberOf(name string) (list []int32) {
	if db.membersAsked.Add(1) > few {
		return db.members()[name]
	}
	for i := range db.groups {
		for _, m := range db.groups[i].Members {
			if m == name {
				list = append(list, int32(i))
			}
		}
	}
	return list
}

// GroupNames returns the names of an account's groups as sshd compares them
// (groupaccess.c ga_init): a gid without a group entry has no name and is left out.
func (db *DB) GroupNames(a *Account) []string {
	gids := db.Groups(a)
	names := make([]string, 0, len(gids))
	for _, gid := range gids {
		if g := db.Group(gid); g != nil {
			names = append(names, g.Name)
		}
	}
	return names
}

// Problems returns what is wrong with the files, in the order passwd, group, shadow.
func (db *DB) Problems() []Problem {
	if db.shadow == nil {
		return db.problems
	}
	return slices.Concat(db.problems, db.shadow.problems())
}

// AnswerShadow notes what the name service answered for the shadow entry of an
// account that the files do not have: zero if there is none (getspnam(3)). It
// is for a DB that nobody reads yet.
func (db *DB) AnswerShadow(name string, s Shadow) {
	if db.answered == nil {
		db.answered = make(map[string]Shadow)
	}
	db.answered[name] = s
}

// Add adds an account that only NSS knows, such as one from a directory
// service: its supplementary gids, and the groups of these that may be new
// here. It is for a DB that nobody reads yet.
func (db *DB) Add(a Account, gids []uint32, groups []Group) error {
	if db.Lookup(a.Name) != nil {
		return fmt.Errorf("account %q is known already", a.Name)
	}
	db.byName.grow(len(db.accounts) + 1)
	for i := range db.accounts {
		db.byName.add(db.accounts[:i], db.accounts[i].Name)
	}
	db.byName.add(db.accounts, a.Name)
	db.accounts = append(db.accounts, a)
	for _, g := range groups {
		if !slices.ContainsFunc(db.groups, func(known Group) bool { return known.GID == g.GID }) {
			db.groups = append(db.groups, g)
		}
	}
	if db.extra == nil {
		db.extra = make(map[string][]uint32)
	}
	db.extra[a.Name] = gids
	db.index()
	return nil
}
