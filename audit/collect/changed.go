package collect

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// Change is when an object was last changed.
type Change struct {
	Path audit.Untrusted
	At   time.Time
}

// Changed tells which of some objects were changed after a moment: their content,
// owner, mode or name (st_ctime, which nobody can set). A path is not followed at
// its end. The latest change comes first.
func (c *Collector) Changed(paths []audit.Untrusted, since time.Time) []Change {
	v := c.root.Self()
	var list []Change
	for _, path := range paths {
		if !strings.HasPrefix(string(path), "/") || slices.ContainsFunc(list, func(c Change) bool { return c.Path == path }) {
			continue
		}
		info, err := v.Lstat(string(path))
		if at := time.Unix(0, info.Ctime); err == nil && at.After(since) {
			list = append(list, Change{path, at})
		}
	}
	slices.SortStableFunc(list, func(a, b Change) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	return list
}
