//go:build linux

package repair

import (
	"fmt"
	"strings"

	"sshaudit/audit/hostfs"
)

// losers says who loses what when the mask of an access list shrinks from one
// mode to another, such as "user 33 loses w". A chmod of the group bits is a
// chmod of the mask (acl(5)): the entry stays and no longer grants anything.
// The owning group is left out: the mode in the report says that already.
func losers(acl hostfs.ACL, from, to uint32) []string {
	gone := uint16(from>>3&7) &^ uint16(to>>3&7)
	var out []string
	for _, e := range acl.Entries {
		lost := e.Perm & gone
		if lost == 0 {
			continue
		}
		switch e.Tag {
		case hostfs.ACLUser:
			out = append(out, fmt.Sprintf("user %d loses %s", e.ID, letters(lost)))
		case hostfs.ACLGroup:
			out = append(out, fmt.Sprintf("group %d loses %s", e.ID, letters(lost)))
		default: // owner, owning group, mask and others have no name
		}
	}
	return out
}

// letters spells permission bits as getfacl does.
func letters(perm uint16) string {
	var b strings.Builder
	for i, c := range "rwx" {
		if perm&(4>>i) != 0 {
			b.WriteRune(c)
		}
	}
	return b.String()
}
