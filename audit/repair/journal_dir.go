//go:build linux

package repair

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

const (
	segmentSuffix = ".journal"
	// maxSegments bounds the directory listing: a year of daily runs and more.
	maxSegments = 4096
)

// journalDir is the directory of segments, pinned: what is read and what is
// written is the same directory, whatever becomes of its name.
type journalDir struct {
	path string
	f    *os.File
}

// openJournalDir opens stateDir/journal. With create it makes what is missing,
// readable by the owner only; without, a missing directory is fs.ErrNotExist.
func openJournalDir(stateDir string, create bool) (*journalDir, error) {
	path := filepath.Join(stateDir, "journal")
	if create {
		for _, dir := range []string{stateDir, path} {
			if err := makeDir(dir); err != nil {
				return nil, err
			}
		}
	}
	f, err := os.OpenFile(path, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := ownedPrivately(f, unix.S_IFDIR); err != nil {
		f.Close()
		return nil, err
	}
	return &journalDir{path, f}, nil
}

func (d *journalDir) Close() error { return d.f.Close() }

// makeDir makes dir and syncs its parent, so that the entry outlives a crash.
func makeDir(dir string) error {
	switch err := os.Mkdir(dir, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir:
		if err := makeDir(filepath.Dir(dir)); err != nil {
			return err
		}
		return makeDir(dir)
	case err != nil:
		return err
	}
	parent, err := os.Open(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer parent.Close()
	return parent.Sync()
}

// ownedPrivately refuses a directory or file of the journal that another user
// owns or may write: its records would not be ours.
func ownedPrivately(f *os.File, kind uint32) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	name := audit.Untrusted(f.Name())
	switch {
	case st.Mode&unix.S_IFMT != kind:
		return fmt.Errorf("%s: not what the journal puts there; move it away", name)
	case st.Uid != uint32(os.Geteuid()):
		return fmt.Errorf("%s: belongs to uid %d instead of %d; its records cannot be trusted", name, st.Uid, os.Geteuid())
	case st.Mode&0o022 != 0 || kind == unix.S_IFREG && st.Mode&0o077 != 0:
		return fmt.Errorf("%s: mode %04o lets others in; its records cannot be trusted", name, st.Mode&0o7777)
	case kind == unix.S_IFREG && st.Nlink != 1:
		return fmt.Errorf("%s: has %d names instead of one; its records cannot be trusted", name, st.Nlink)
	}
	return nil
}

// segments lists the names of the segments, the oldest first: a segment is
// named by its first run, and run names sort by time.
func (d *journalDir) segments() ([]string, error) {
	dir, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", d.f.Fd()), unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(maxSegments + 1)
	if err != nil && len(names) > 0 {
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	if len(names) > maxSegments {
		return nil, fmt.Errorf("%s: more than %d files; move the oldest away", d.path, maxSegments)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return !strings.HasSuffix(name, segmentSuffix) || !validID(strings.TrimSuffix(name, segmentSuffix))
	})
	slices.SortFunc(names, func(a, b string) int {
		return compareIDs(strings.TrimSuffix(a, segmentSuffix), strings.TrimSuffix(b, segmentSuffix))
	})
	return names, nil
}

// openSegment opens one segment, never through a link.
func (d *journalDir) openSegment(name string, flags int) (*os.File, error) {
	path := filepath.Join(d.path, name)
	fd, err := unix.Openat(int(d.f.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := os.NewFile(uintptr(fd), path)
	if err := ownedPrivately(f, unix.S_IFREG); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

var errTorn = errors.New("the last line is unfinished, though later segments follow")

// read calls each for every line of the named segment and returns the length
// of its good part. Only the newest segment may end in an unfinished line.
func (d *journalDir) read(name string, newest bool, each func(entry) error) (int64, error) {
	f, err := d.openSegment(name, unix.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	good, err := readSegment(f, f.Name(), each)
	if err != nil || newest {
		return good, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Size != good {
		return good, &CorruptError{f.Name(), good, errors.Join(errTorn, err)}
	}
	return good, nil
}
