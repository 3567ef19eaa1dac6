//go:build linux

package repair

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

// The refusal words, as audit.Refusal carries them and the manual lists them.
const (
	reasonACL            = "acl"
	reasonBusy           = "busy"
	reasonChanged        = "changed"
	reasonChanging       = "changing"
	reasonDenied         = "denied"
	reasonFilesystem     = "filesystem"
	reasonHardLink       = "hard-link"
	reasonHomeShared     = "home-shared"
	reasonHomeSystem     = "home-system"
	reasonImmutable      = "immutable"
	reasonJournal        = "journal"
	reasonLeased         = "leased"
	reasonMissing        = "missing"
	reasonMoved          = "moved"
	reasonNoSpace        = "no-space"
	reasonNotApplied     = "not-applied"
	reasonNotNamed       = "not-named"
	reasonOwner          = "owner"
	reasonParentOwner    = "parent-owner"
	reasonParentWritable = "parent-writable"
	reasonQuota          = "quota"
	reasonReadOnly       = "read-only"
	reasonSymlink        = "symlink"
	reasonTimeout        = "timeout"
	reasonTooMany        = "too-many"
	reasonType           = "type"
	reasonUIDUnmapped    = "uid-unmapped"
)

// refusal is an error with one of the refusal words: why one object, or all of
// an account, is left as it is. Its message is complete and already escaped.
type refusal struct {
	reason  string
	message string
}

func (r *refusal) Error() string { return r.message }

// refuse makes a refusal. Arguments that came from the host are audit.Untrusted.
func refuse(reason, format string, args ...any) *refusal {
	return &refusal{reason: reason, message: fmt.Sprintf(format, args...)}
}

// asRefusal turns any error into a refusal; one that is none already becomes
// the word for its errno.
func asRefusal(err error, tried string) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	errno, ok := errors.AsType[unix.Errno](err)
	if !ok {
		return refuse(reasonDenied, "%s: %v", tried, err)
	}
	return errnoRefusal(errno, tried)
}

// errnoRefusal names what an errno of a change means and what to do.
func errnoRefusal(errno unix.Errno, tried string) *refusal {
	switch errno {
	case unix.EROFS:
		return refuse(reasonReadOnly, "%s: the file system is mounted read-only", tried)
	case unix.ENOSPC:
		return refuse(reasonNoSpace, "%s: no space left on the file system; nothing was changed", tried)
	case unix.EDQUOT:
		return refuse(reasonQuota, "%s: the account's quota is used up; nothing was changed", tried)
	case unix.EINVAL, unix.EOVERFLOW:
		return refuse(reasonUIDUnmapped, "%s: %s: the mount cannot express this owner", tried, errno)
	case unix.ENOENT, unix.ENOTDIR:
		return refuse(reasonChanged, "%s: it is no longer there; run again", tried)
	case unix.ELOOP:
		return refuse(reasonSymlink, "%s: a symbolic link is on the way; sshaudit does not follow links that a user controls", tried)
	case unix.EXDEV:
		return refuse(reasonFilesystem, "%s: a mount point is on the way", tried)
	case unix.EAGAIN:
		return refuse(reasonBusy, "%s: the kernel found names on the way moving all the time; run again", tried)
	case unix.ESTALE:
		return refuse(reasonFilesystem, "%s: the file server no longer knows the file", tried)
	}
	return refuse(reasonDenied, "%s: %s", tried, errno)
}

// entry makes the refusal of one object for the report.
func (r *refusal) entry(user, path string) audit.Refusal {
	return audit.Refusal{User: audit.Untrusted(user), Path: audit.Untrusted(path),
		Reason: r.reason, Message: r.message}
}
