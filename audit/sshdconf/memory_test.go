package sshdconf

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"sshaudit/audit"
)

// memory is a Source of a few files by path.
type memory map[string]string

func (m memory) ReadFile(name string) ([]byte, error) {
	if text, ok := m[path.Clean(name)]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

// Glob matches in the last element only, and keeps the directory as written. A
// bracket that does not close matches nothing here.
func (m memory) Glob(pattern string) ([]string, error) {
	dir, base := path.Split(pattern)
	var out []string
	for name := range m {
		if path.Dir(name) != path.Clean(dir) {
			continue
		}
		if ok, err := path.Match(base, path.Base(name)); err == nil && ok && (!strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(base, ".")) {
			out = append(out, dir+path.Base(name))
		}
	}
	slices.Sort(out)
	return out, nil
}

// version is Debian's build of a release.
func version(r rel) audit.OpenSSH {
	v := audit.OpenSSH{Major: int(r) / 100, Minor: int(r) % 100, Patch: 1}
	switch r {
	case 804:
		v.Vendor = "Debian-5+deb11u3"
	case 902:
		v.Vendor = "Debian-2+deb12u10"
	case 909:
		v.Patch = 2 // 9.9p1 was short-lived and had faults of its own
	case 1000:
		v.Vendor, v.Patch = "Debian-7+deb13u4", 2
	}
	return v
}
