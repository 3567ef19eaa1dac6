//go:build linux

package repair

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"sshaudit/audit"
)

// CorruptError says that a segment of the journal holds a line that was not
// written by sshaudit, or was damaged since. Nothing is undone from it.
type CorruptError struct {
	// Segment is the file's path; Offset the first byte of the bad line.
	Segment string
	Offset  int64
	Cause   error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: byte %d: %v; keep the file for inspection and move it out of the journal to go on",
		audit.Untrusted(e.Segment), e.Offset, e.Cause)
}

func (e *CorruptError) Unwrap() error { return e.Cause }

// readSegment calls each for every line in order and returns the length of
// the good part. A last line without its newline was being written when the
// power went or the process died: it is left out, and nothing was changed by
// it, for a record is synced before its change is made. The same holds for
// zero bytes at the end. Any other bad line is a CorruptError.
func readSegment(r io.Reader, name string, each func(entry) error) (good int64, err error) {
	br := bufio.NewReaderSize(r, 64<<10)
	id := ""
	for {
		line, err := readLine(br)
		switch {
		case errors.Is(err, io.EOF):
			return good, nil
		case err != nil:
			return good, &CorruptError{name, good, err}
		}
		e, err := parseLine(line[:len(line)-1], id)
		if err != nil {
			return good, &CorruptError{name, good, err}
		}
		if err := each(e); errors.Is(err, errLine) {
			return good, &CorruptError{name, good, err}
		} else if err != nil {
			return good, err
		}
		id = e.id
		good += int64(len(line))
	}
}

var errLongLine = fmt.Errorf("a line of more than %d bytes", maxRecord)

// readLine returns the next line with its newline, io.EOF when only an
// unfinished line (or nothing) is left.
func readLine(br *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := br.ReadSlice('\n')
		if err == nil {
			if long == nil {
				return part, nil
			}
			long = append(long, part...)
		}
		if len(long)+len(part) > maxRecord && !errors.Is(err, io.EOF) {
			return nil, errLongLine
		}
		switch {
		case err == nil:
			return long, nil
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, part...)
		default:
			return nil, err
		}
	}
}
