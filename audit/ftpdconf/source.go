package ftpdconf

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"sshaudit/audit"
)

// Source gives the host's files by absolute path inside the audited root.
type Source struct {
	// Read returns a file's text, links followed; an error that is fs.ErrNotExist
	// if it is not there, and any other if it cannot be read.
	Read func(path string) ([]byte, error)
	// Stat tells about what a path leads to, links followed, Lstat about the path
	// itself; their errors are Read's.
	Stat, Lstat func(path string) (Info, error)
	// Readlink returns where a link leads.
	Readlink func(path string) (string, error)
	// List returns the names in a directory, sorted by byte.
	List func(dir string) ([]string, error)
}

// Info is what the readers mind of an object.
type Info struct {
	// Mode holds type and permission bits.
	Mode fs.FileMode
	// UID is the owner's.
	UID uint32
}

// Error is a configuration that the program refuses: it would not start with it.
type Error struct {
	// File and Line say where; Line is 0 for the file as a whole, File is empty
	// for an argument of the command line.
	File string
	Line int
	// Message is the program's own text as near as possible. It may quote the configuration.
	Message string
}

// Error names file, line and fault; text of the host is escaped.
func (e *Error) Error() string {
	message := audit.Untrusted(e.Message).String()
	switch {
	case e.File == "":
		return "command line: " + message
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", audit.Untrusted(e.File), message)
	}
	return fmt.Sprintf("%s:%d: %s", audit.Untrusted(e.File), e.Line, message)
}

// UnknownError is a configuration whose meaning is not known here: a file that
// cannot be read, a bound of the reader, a construct that it does not follow. It
// says nothing about what the program would do.
type UnknownError struct {
	File string
	Line int
	// What says what is missing; already escaped.
	What string
}

// Error names the place and what is missing.
func (e *UnknownError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", audit.Untrusted(e.File), e.What)
	}
	return fmt.Sprintf("%s:%d: %s", audit.Untrusted(e.File), e.Line, e.What)
}

// Place is where a setting stands; the zero value means that it is a default.
type Place struct {
	// File is empty for an argument of the command line, too; then Line is -1.
	File string
	Line int
}

// Given tells a setting that somebody made from a default.
func (p Place) Given() bool { return p.Line != 0 }

// Range is a range of ports, both ends included; the zero value is none.
type Range struct{ Low, High int }

// Set tells that there is a range.
func (r Range) Set() bool { return r.High != 0 }

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// unread is the answer where a file cannot be read here, but perhaps by the program.
func unread(file string, err error) error {
	return &UnknownError{File: file, What: "cannot be read: " + audit.Untrusted(err.Error()).String()}
}

// isSpace is isspace(3) in the C locale.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

const spaces = " \t\n\v\f\r"

func trimLeft(s string) string { return strings.TrimLeft(s, spaces) }

func trim(s string) string { return strings.Trim(s, spaces) }

// atoi reads as atoi(3) does: leading blanks, a sign, digits, and no complaint.
// What is out of an int's range is cut as on 64-bit systems.
func atoi(s string) int32 {
	s = trimLeft(s)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	const most = 1<<63 - 1
	n := uint64(0)
	for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if digit := uint64(s[i] - '0'); n > (most-digit)/10 {
			n = most
		} else {
			n = n*10 + digit
		}
	}
	if negative {
		return int32(-int64(n)) //nolint:gosec // atoi cuts the long of strtol
	}
	return int32(int64(n)) //nolint:gosec // likewise
}
