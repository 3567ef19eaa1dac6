//go:build linux

package repair

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// segmentSize is where a new segment begins.
	segmentSize = 16 << 20
	// reserveSize is asked for ahead, so that a disk that fills up between the
	// record and the change cannot stop the outcome from being recorded.
	reserveSize = 4 << 20
	// journalSize and journalAge bound what is kept.
	journalSize = 256 << 20
	journalAge  = 90 * 24 * time.Hour
)

// journal is the newest segment, open for appending. Only the holder of the
// lock has one.
type journal struct {
	dir      *journalDir
	name     string // of the segment
	f        *os.File
	size     int64 // bytes of records
	reserved int64 // bytes of the file that are allocated
	// broken is the first error of a write: after it the file may end in a
	// torn line, and nothing may be appended behind that.
	broken error
}

// openJournal opens the newest segment behind its last good record, or begins
// the first one, named by the run.
func openJournal(dir *journalDir, id string, t tail) (*journal, error) {
	j := &journal{dir: dir, name: t.segment}
	if t.segment == "" || t.good >= segmentSize {
		return j, j.begin(id)
	}
	f, err := dir.openSegment(t.segment, unix.O_WRONLY|unix.O_APPEND)
	if err != nil {
		return nil, err
	}
	j.f, j.size, j.reserved = f, t.good, t.good
	// Drops a torn last line, and what was allocated ahead beyond the end.
	if err := f.Truncate(t.good); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return j, nil
}

// begin starts a new segment and syncs its directory entry. It is named by the
// run, or, where that would not sort behind the segment before, by the next
// number of that one.
func (j *journal) begin(id string) error {
	name := nextSegment(j.name, id)
	f, err := j.dir.openSegment(name, unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_EXCL)
	if err != nil {
		return err
	}
	if err := j.dir.f.Sync(); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", j.dir.path, err)
	}
	if j.f != nil {
		j.f.Close()
	}
	j.name, j.f, j.size, j.reserved = name, f, 0, 0
	return nil
}

func nextSegment(before, id string) string {
	last := strings.TrimSuffix(before, segmentSuffix)
	if last == "" || compareIDs(id, last) > 0 {
		return id + segmentSuffix
	}
	second, number, _ := strings.Cut(last, "-")
	n, _ := strconv.Atoi(number) // a name that segments lists is valid
	return second + "-" + strconv.Itoa(n+1) + segmentSuffix
}

// intents appends the records of one batch with room for their outcomes and
// syncs them. When it fails, nothing may be changed. It begins a new segment
// when the old one is full: all its changes have their outcomes by then.
func (j *journal) intents(recs []*Record) error {
	if j.size >= segmentSize {
		if err := j.begin(recs[0].ID); err != nil {
			return err
		}
	}
	return j.append(recs, true)
}

// outcomes appends how the changes of the batch ended.
func (j *journal) outcomes(recs []*Record) error { return j.append(recs, false) }

func (j *journal) append(recs []*Record, reserve bool) error {
	if j.broken != nil {
		return j.broken
	}
	var text []byte
	for _, r := range recs {
		line, err := r.encode()
		if err != nil {
			return err
		}
		text = append(text, line...)
	}
	if reserve {
		// An outcome is its intent with a few words more.
		if err := j.reserve(2*int64(len(text)) + int64(len(recs))*512); err != nil {
			return fmt.Errorf("%s: %w", j.f.Name(), err)
		}
	}
	if err := j.write(text); err != nil {
		j.broken = fmt.Errorf("%s: %w", j.f.Name(), err)
		return j.broken
	}
	return nil
}

func (j *journal) write(text []byte) error {
	n, err := j.f.Write(text)
	if err == nil {
		err = unix.Fdatasync(int(j.f.Fd()))
	}
	if err != nil {
		if n > 0 && j.f.Truncate(j.size) == nil {
			j.reserved = j.size
		}
		return err
	}
	j.size += int64(n)
	return nil
}

// reserve allocates blocks for need bytes more: reserveSize when there is
// room, otherwise just as much as needed. A file system that cannot allocate
// ahead is written to without.
func (j *journal) reserve(need int64) error {
	if j.size+need <= j.reserved {
		return nil
	}
	for _, n := range []int64{max(need, reserveSize), need} {
		err := unix.Fallocate(int(j.f.Fd()), unix.FALLOC_FL_KEEP_SIZE, j.size, n)
		switch err {
		case nil:
			j.reserved = j.size + n
			return nil
		case unix.EOPNOTSUPP, unix.ENOSYS:
			return nil
		case unix.ENOSPC, unix.EDQUOT:
			continue
		}
		return err
	}
	return unix.ENOSPC
}

// prune removes segments that are too old, then the oldest until the rest is
// small enough; never the newest.
func (j *journal) prune(now time.Time) error {
	names, err := j.dir.segments()
	if err != nil {
		return err
	}
	var total int64
	for i, name := range slices.Backward(names) {
		var st unix.Stat_t
		if err := unix.Fstatat(int(j.dir.f.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return fmt.Errorf("%s/%s: %w", j.dir.path, name, err)
		}
		total += st.Size
		old := now.Sub(time.Unix(st.Mtim.Unix())) > journalAge
		if i == len(names)-1 || !old && total <= journalSize {
			continue
		}
		if err := unix.Unlinkat(int(j.dir.f.Fd()), name, 0); err != nil {
			return fmt.Errorf("%s/%s: %w", j.dir.path, name, err)
		}
	}
	return nil
}

func (j *journal) Close() error {
	// Give back what was allocated ahead and not used.
	if j.broken == nil && j.reserved > j.size {
		// What stays allocated is given back when the segment is opened next.
		_ = j.f.Truncate(j.size)
	}
	return j.f.Close()
}

// compareIDs orders run names by time, then by number.
func compareIDs(a, b string) int {
	ta, na, _ := strings.Cut(a, "-")
	tb, nb, _ := strings.Cut(b, "-")
	if c := strings.Compare(ta, tb); c != 0 {
		return c
	}
	if len(na) != len(nb) {
		return len(na) - len(nb)
	}
	return strings.Compare(na, nb)
}
