//go:build linux

package hostfs

import (
	"errors"
	"fmt"
	"syscall"

	"sshaudit/audit"
)

// Reasons why something was not read. They are tested with errors.Is; the
// kernel's own reasons (fs.ErrNotExist, fs.ErrPermission, syscall.ELOOP …) are
// tested in the same way.
var (
	// ErrPath: the path is not absolute, holds a NUL byte or has more than 4095 bytes.
	ErrPath = errors.New("not an absolute path of at most 4095 bytes without NUL")
	// ErrSymlink: a symbolic link stands where none is followed.
	ErrSymlink = errors.New("is a symbolic link that somebody else controls; it is not followed")
	// ErrType: the object has another type than the caller asked for.
	ErrType = errors.New("has the wrong type")
	// ErrTooLarge: a bound was reached; what was returned is incomplete.
	ErrTooLarge = errors.New("is larger than the bound; the rest was not read")
	// ErrFilesystem: the object lies behind a mount that is not entered.
	ErrFilesystem = errors.New("lies on a file system that is not entered")
	// ErrLeased: the owner holds a lease on the file; opening it would wait.
	ErrLeased = errors.New("is held by a lease of its owner; try again later")
	// ErrChanging: the file was modified during each of three attempts to read it.
	ErrChanging = errors.New("changes while it is read; try again later")
	// ErrBusy: the kernel could not resolve the name because names are being
	// renamed or mounted all the time.
	ErrBusy = errors.New("is being renamed all the time; try again later")
	// ErrIdentity: the account's rights could not be assumed; nothing was read.
	ErrIdentity = errors.New("the account's identity could not be assumed")
)

// PathError names the component of a path at which something failed.
type PathError struct {
	// Op is what was tried: "open", "read", "list", "follow" …
	Op string
	// Path is the component concerned, inside the root, with links resolved up to
	// its parent.
	Path audit.Untrusted
	// Err is one of this package's errors or a syscall.Errno.
	Err error
}

// Error escapes the path.
func (e *PathError) Error() string { return e.Op + " " + e.Path.String() + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *PathError) Unwrap() error { return e.Err }

// MountError says which mount was not entered. It is an ErrFilesystem.
type MountError struct {
	// Point is where it is mounted, as /proc/self/mountinfo shows it; empty when unlisted.
	Point audit.Untrusted
	// Type is the file system's type, such as "fuse.sshfs"; empty when unlisted.
	Type audit.Untrusted
}

// Error names type and mount point.
func (e *MountError) Error() string {
	if e.Type == "" {
		return "lies behind a mount that is not listed in /proc/self/mountinfo; it is not entered"
	}
	return fmt.Sprintf("lies on %s mounted at %s, which is not entered", e.Type, e.Point)
}

// Is makes a MountError an ErrFilesystem.
func (e *MountError) Is(target error) bool { return target == ErrFilesystem }

// Errno returns the kernel's error number inside err, 0 if there is none.
func Errno(err error) syscall.Errno {
	var no syscall.Errno
	errors.As(err, &no)
	return no
}
