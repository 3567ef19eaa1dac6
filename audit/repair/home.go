//go:build linux

package repair

import (
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/keyfiles"
)

const maxHomePath = 4095

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
	case keyfiles.SystemHome(home, uid):
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

// accounts finds accounts by what a repair asks: a host has 100,000 of them.
type accounts struct {
	// byHome is sorted by the cleaned home, so that those below a directory
	// stand together.
	byHome []Account
	// byBase are positions in byHome, sorted by the last name of the home.
	byBase []int32
	uids   map[uint32]bool
}

func indexAccounts(all []Account) *accounts {
	x := &accounts{byHome: make([]Account, len(all)), byBase: make([]int32, len(all)), uids: make(map[uint32]bool, len(all))}
	for i, a := range all {
		a.Home = path.Clean(a.Home)
		x.byHome[i], x.byBase[i] = a, int32(i)
		x.uids[a.UID] = true
	}
	slices.SortFunc(x.byHome, func(a, b Account) int { return strings.Compare(a.Home, b.Home) })
	slices.SortFunc(x.byBase, func(a, b int32) int { return strings.Compare(x.base(a), x.base(b)) })
	return x
}

func (x *accounts) base(i int32) string { return path.Base(x.byHome[i].Home) }

// named returns the accounts whose home has this last name.
func (x *accounts) named(base string) []Account {
	i, _ := slices.BinarySearchFunc(x.byBase, base, func(i int32, b string) int { return strings.Compare(x.base(i), b) })
	var out []Account
	for ; i < len(x.byBase) && x.base(x.byBase[i]) == base; i++ {
		out = append(out, x.byHome[x.byBase[i]])
	}
	return out
}

// from returns the accounts whose home is prefix or begins with it.
func (x *accounts) from(prefix string) []Account {
	i, _ := slices.BinarySearchFunc(x.byHome, prefix, func(a Account, p string) int { return strings.Compare(a.Home, p) })
	n := i
	for n < len(x.byHome) && strings.HasPrefix(x.byHome[n].Home, prefix) {
		n++
	}
	return x.byHome[i:n]
}

// checkShared refuses a home that another account uses too, or that lies above
// another account's home. Accounts with the same uid are one and the same.
func checkShared(t Target, canonical string, x *accounts) *refusal {
	for _, home := range []string{t.Home, canonical} {
		for _, o := range x.from(home) {
			switch {
			case o.UID == t.UID:
			case o.Home == home:
				return refuse(reasonHomeShared, "the home %s is also that of %s (uid %d); give each account its own",
					audit.Untrusted(t.Home), audit.Untrusted(o.Name), o.UID)
			case below(o.Home, home):
				return refuse(reasonHomeSystem, "the home %s of %s (uid %d) lies below %s; a repair would concern both",
					audit.Untrusted(o.Home), audit.Untrusted(o.Name), o.UID, audit.Untrusted(t.Home))
			}
		}
	}
	return nil
}
