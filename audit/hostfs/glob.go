//go:build linux

package hostfs

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

const (
	// maxGlobNames bounds the names that are compared with one pattern.
	maxGlobNames = 1 << 16
	// maxGlobDirs bounds the directories that one pattern lists.
	maxGlobDirs = 4096
)

// Glob finds the paths that match pattern, sorted by bytes, as sshd does for
// Include and, from 10.0 on, for AuthorizedKeysFile: with the glob(3) that OpenSSH
// brings along and no flags. That means "*", "?", "[a-z]", "[!a]", classes such as
// "[[:digit:]]", a backslash that takes the next character literally, and a
// leading dot that only a dot matches. A path is taken when lstat(2) finds it, so
// a dangling link is one. Directories that cannot be read hide what is in them,
// without an error.
//
// More than limit paths, 65536 names or 4096 directories are an ErrTooLarge; the
// paths found so far are returned. A directory behind a mount that is not entered is an error, because what it hides
// is unknown.
func (v *View) Glob(pattern string, limit int) ([]string, error) {
	if strings.IndexByte(pattern, 0) >= 0 || len(pattern) > maxPath || !strings.HasPrefix(pattern, "/") {
		return nil, globError(pattern, ErrPath)
	}
	segments, ok := parsePattern(pattern)
	if !ok {
		return nil, nil
	}
	if err := v.begin(); err != nil {
		return nil, err
	}
	defer v.end()
	g := globber{view: v, limit: limit}
	err := g.expand("", segments)
	slices.Sort(g.found)
	return g.found, err
}

type globber struct {
	view  *View
	limit int
	found []string
	// dirs and names are what was listed so far.
	dirs, names int
}

func globError(path string, err error) error {
	return &PathError{"expand", audit.Untrusted(path), err}
}

// expand goes on below prefix, which is empty or ends in a slash.
func (g *globber) expand(prefix string, rest []segment) error {
	for i := range rest {
		if rest[i].meta() {
			return g.list(prefix, &rest[i], rest[i+1:])
		}
		prefix += rest[i].literal + rest[i].slashes
	}
	return g.add(prefix)
}

// list tries every name of the directory prefix. Its ".." and "." are names too;
// only a pattern with a leading dot can match them.
func (g *globber) list(prefix string, s *segment, rest []segment) error {
	if g.dirs++; g.dirs > maxGlobDirs {
		return globError(prefix, ErrTooLarge)
	}
	names, truncated, err := g.view.names(prefix, maxGlobNames-g.names)
	if err != nil {
		return known(err)
	}
	g.names += len(names)
	if s.dotted() {
		names = append(names, listed{name: "."}, listed{name: ".."})
	}
	for i := range names {
		name := names[i].name
		if name[0] == '.' && !s.dotted() || !matchTokens(s.tokens, name) {
			continue
		}
		if err := g.expand(prefix+name+s.slashes, rest); err != nil {
			return err
		}
	}
	if truncated {
		return globError(prefix, ErrTooLarge)
	}
	return nil
}

// add takes a path if something has that name.
func (g *globber) add(path string) error {
	l, err := g.view.resolve("find", path, false, false)
	if err != nil {
		return known(err)
	}
	l.close()
	if len(g.found) == g.limit {
		return globError(path, ErrTooLarge)
	}
	g.found = append(g.found, path)
	return nil
}

// known drops the errors that glob(3) would have met, and ignored, as well.
func known(err error) error {
	for _, ours := range []error{ErrFilesystem, ErrTooLarge, ErrBusy, ErrSymlink, unix.EMFILE, unix.ENFILE, unix.ENOMEM} {
		if errors.Is(err, ours) {
			return err
		}
	}
	return nil
}
