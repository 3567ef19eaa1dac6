package ftpdconf

import "strings"

// ProRoot is the directory that DefaultRoot means for a user; a path that does not
// begin with "/" is one that is not followed here, such as another user's home.
func ProRoot(dir, home, user string) string {
	dir = strings.ReplaceAll(dir, "%u", user)
	switch {
	case dir == "~":
		return home
	case strings.HasPrefix(dir, "~/"):
		return home + dir[1:]
	}
	return dir
}

// ProAnonymous is the directory of an <Anonymous> section whose user is ftp with
// this home, in the same way.
func ProAnonymous(dir, home string) string {
	dir = strings.TrimSuffix(dir, "/")
	if rest, ok := strings.CutPrefix(dir, "~ftp"); ok && (rest == "" || rest[0] == '/') {
		return home + rest
	}
	return dir
}
