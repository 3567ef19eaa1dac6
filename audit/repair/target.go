//go:build linux

package repair

import (
	"path"
	"slices"
	"strings"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/keyfiles"
)

// Target is an account to be repaired.
type Target struct {
	Name     string
	UID, GID uint32
	// Groups are the supplementary groups, as initgroups(3) sets them.
	Groups []uint32
	// Home is the home as passwd has it, inside the audited root.
	Home string
	// KeyFiles are paths relative to Home that sshd reads as AuthorizedKeysFile,
	// besides .ssh/authorized_keys and .ssh/authorized_keys2.
	KeyFiles []string
}

func (t Target) identity() hostfs.Identity {
	return hostfs.Identity{UID: t.UID, GID: t.GID, Groups: t.Groups}
}

// place is a path below the home that is looked at by name.
type place struct {
	rel  string
	kind keyfiles.Kind
}

// places lists what is looked at by name: the home's own files, and the key
// files with the directories that lead to them. The entries of ~/.ssh come
// from its listing.
func places(t Target) []place {
	out := []place{{"", keyfiles.Home}, {".ssh", keyfiles.SSHDir}}
	for _, name := range []string{".rhosts", ".shosts"} {
		out = append(out, place{name, keyfiles.Rhosts})
	}
	add := func(p place) {
		if !slices.ContainsFunc(out, func(q place) bool { return q.rel == p.rel }) {
			out = append(out, p)
		}
	}
	for _, file := range t.KeyFiles {
		rel := path.Clean(file)
		if path.IsAbs(rel) || rel == "." || rel == ".." || strings.HasPrefix(rel, "../") {
			continue
		}
		for dir := path.Dir(rel); dir != "." && dir != ".ssh"; dir = path.Dir(dir) {
			add(place{dir, keyfiles.Home})
		}
		add(place{rel, keyfiles.AuthorizedKeys})
	}
	slices.SortStableFunc(out, func(a, b place) int { return depth(a.rel) - depth(b.rel) })
	return out
}

// depth is how many directories lie above a place, so that parents come first.
func depth(rel string) int {
	if rel == "" {
		return 0
	}
	return 1 + strings.Count(rel, "/")
}
