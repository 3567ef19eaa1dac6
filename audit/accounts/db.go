package accounts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DB answers questions about the accounts of one host. It is not changed after
// New and may be read by several goroutines.
type DB struct {
	accounts []Account
	shadow   []Shadow
	groups   []Group
	// Indexes into accounts, sorted by name, uid and gid; and into groups by gid.
	byName, byUID, byGID, groupByGID []int32
	memberOf                         map[string][]int32
	// repeated are the lines of passwd whose name an earlier line has.
	repeated []Account
	// extra are the supplementary gids of accounts that Add brought.
	extra map[string][]uint32
	// ShadowRead tells whether shadow could be read; if not, Shadow knows nothing.
	shadowRead bool
	problems   []Problem
}

// Texts are the contents of the account files; a nil Shadow means it could not be read.
type Texts struct {
	Passwd, Group string
	Shadow        *string
}

// New builds a DB. Where a name stands twice in passwd the first line counts,
// as getpwnam(3) returns it, and the others are problems.
func New(t Texts) *DB {
	db := &DB{}
	var bad []Problem
	db.accounts, bad = ParsePasswd(t.Passwd)
	db.problems = append(db.problems, bad...)
	db.dropRepeated()
	db.groups, bad = ParseGroup(t.Group)
	db.problems = append(db.problems, bad...)
	db.byUID = db.index(func(a, b *Account) int { return cmp.Compare(a.UID, b.UID) })
	db.byGID = db.index(func(a, b *Account) int { return cmp.Compare(a.GID, b.GID) })
	db.indexGroups()
	if t.Shadow != nil {
		db.readShadow(*t.Shadow)
	}
	return db
}

// index returns the indexes of all accounts in the order of less, file order among equals.
func (db *DB) index(compare func(a, b *Account) int) []int32 {
	list := make([]int32, len(db.accounts))
	for i := range list {
		list[i] = int32(i)
	}
	slices.SortStableFunc(list, func(i, j int32) int { return compare(&db.accounts[i], &db.accounts[j]) })
	return list
}

func (db *DB) dropRepeated() {
	db.byName = db.index(func(a, b *Account) int { return strings.Compare(a.Name, b.Name) })
	bad := problems{file: "passwd"}
	repeated := make(map[int32]bool)
	for k := 1; k < len(db.byName); k++ {
		// Stable order: the earlier line comes first among equals.
		first, again := &db.accounts[db.byName[k-1]], &db.accounts[db.byName[k]]
		if first.Name == again.Name {
			repeated[db.byName[k]] = true
			bad.add(int(again.Line), "the account name already stands in an earlier line, which is the one that counts")
		}
	}
	if len(repeated) == 0 {
		return
	}
	kept := db.accounts[:0]
	for i := range db.accounts {
		if repeated[int32(i)] {
			db.repeated = append(db.repeated, db.accounts[i])
		} else {
			kept = append(kept, db.accounts[i])
		}
	}
	db.accounts = kept
	db.byName = db.index(func(a, b *Account) int { return strings.Compare(a.Name, b.Name) })
	db.problems = append(db.problems, bad.done()...)
}

func (db *DB) indexGroups() {
	db.groupByGID = make([]int32, len(db.groups))
	db.memberOf = make(map[string][]int32)
	for i := range db.groups {
		db.groupByGID[i] = int32(i)
		for _, m := range db.groups[i].Members {
			db.memberOf[m] = append(db.memberOf[m], int32(i))
		}
	}
	slices.SortStableFunc(db.groupByGID, func(i, j int32) int {
		return cmp.Compare(db.groups[i].GID, db.groups[j].GID)
	})
}

func (db *DB) readShadow(text string) {
	db.shadowRead = true
	db.shadow = make([]Shadow, len(db.accounts))
	lines, bad := parseShadow(text)
	db.problems = append(db.problems, bad...)
	next := 0 // shadow has the order of passwd mostly
	for i := range lines {
		k, ok := next, next < len(db.accounts) && db.accounts[next].Name == lines[i].name
		if !ok {
			k, ok = db.find(lines[i].name)
		}
		// getspnam(3) returns the first line of a name.
		if ok && !db.shadow[k].Present {
			db.shadow[k] = lines[i].Shadow
		}
		if ok {
			next = k + 1
		}
	}
}

func (db *DB) find(name string) (int, bool) {
	k, ok := slices.BinarySearchFunc(db.byName, name, func(i int32, name string) int {
		return strings.Compare(db.accounts[i].Name, name)
	})
	if !ok {
		return 0, false
	}
	return int(db.byName[k]), true
}

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
// account has none; known is false if shadow could not be read.
func (db *DB) Shadow(a *Account) (s Shadow, known bool) {
	if !db.shadowRead {
		return Shadow{}, false
	}
	i, ok := db.find(a.Name)
	if !ok {
		return Shadow{}, true
	}
	return db.shadow[i], true
}

// WithUID returns the accounts with this uid in file order.
func (db *DB) WithUID(uid uint32) []*Account {
	start, _ := slices.BinarySearchFunc(db.byUID, uid, func(i int32, uid uint32) int {
		return cmp.Compare(db.accounts[i].UID, uid)
	})
	var list []*Account
	for _, i := range db.byUID[start:] {
		if db.accounts[i].UID != uid {
			break
		}
		list = append(list, &db.accounts[i])
	}
	return list
}

// Group returns the group that getgrgid(3) returns, nil if there is none.
func (db *DB) Group(gid uint32) *Group {
	k, ok := slices.BinarySearchFunc(db.groupByGID, gid, func(i int32, gid uint32) int {
		return cmp.Compare(db.groups[i].GID, gid)
	})
	if !ok {
		return nil
	}
	return &db.groups[db.groupByGID[k]]
}

// Groups returns the gids of an account, the primary group first, each once, as
// getgrouplist(3) does.
func (db *DB) Groups(a *Account) []uint32 {
	gids := []uint32{a.GID}
	for _, i := range db.memberOf[a.Name] {
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
func (db *DB) Problems() []Problem { return db.problems }

// Add adds an account that only NSS knows, such as one from a directory
// service: its supplementary gids, and the groups of these that may be new
// here. It is for a DB that nobody reads yet.
func (db *DB) Add(a Account, gids []uint32, groups []Group) error {
	if db.Lookup(a.Name) != nil {
		return fmt.Errorf("account %q is known already", a.Name)
	}
	db.accounts = append(db.accounts, a)
	if db.shadowRead {
		db.shadow = append(db.shadow, Shadow{})
	}
	for _, g := range groups {
		if db.Group(g.GID) == nil {
			db.groups = append(db.groups, g)
			db.indexGroups()
		}
	}
	if db.extra == nil {
		db.extra = make(map[string][]uint32)
	}
	db.extra[a.Name] = gids
	db.byName = db.index(func(a, b *Account) int { return strings.Compare(a.Name, b.Name) })
	db.byUID = db.index(func(a, b *Account) int { return cmp.Compare(a.UID, b.UID) })
	db.byGID = db.index(func(a, b *Account) int { return cmp.Compare(a.GID, b.GID) })
	return nil
}
