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
	reasonACL            = "acl"             // an access list would lose effect in a run over all accounts
	reasonBusy           = "busy"            // another fixer is at work, or somebody has the file open for writing
	reasonChanged        = "changed"         // not the object, or not the state, that was looked at or recorded
	reasonChanging       = "changing"        // written while it was read
	reasonDenied         = "denied"          // the kernel refuses the account: SELinux, NFS
	reasonFilesystem     = "filesystem"      // a mount that is not crossed, or a call it does not have
	reasonHardLink       = "hard-link"       // the file has another name
	reasonHomeShared     = "home-shared"     // another uid has the same home
	reasonHomeSystem     = "home-system"     // not one account's home
	reasonImmutable      = "immutable"       // chattr +i or +a
	reasonJournal        = "journal"         // no record, hence no change
	reasonLeased         = "leased"          // the owner holds a lease on the file
	reasonMissing        = "missing"         // the home of a named account is not there
	reasonMoved          = "moved"           // the name led elsewhere after the change, which was taken back
	reasonNoSpace        = "no-space"        // for the new text
	reasonNotApplied     = "not-applied"     // the file system took the change and did not make it
	reasonNotNamed       = "not-named"       // a system account in a run over all
	reasonOwner          = "owner"           // the owner is wrong and stays
	reasonParentOwner    = "parent-owner"    // somebody else owns a directory above the home
	reasonParentWritable = "parent-writable" // somebody else may write one
	reasonQuota          = "quota"           // the account's
	reasonReadOnly       = "read-only"       // the mount
	reasonSymlink        = "symlink"         // a link that a user controls
	reasonTimeout        = "timeout"         // the run was stopped
	reasonTooMany        = "too-many"        // more than one run repairs, or reports
	reasonType           = "type"            // a directory for a file, a FIFO, and so on
	reasonUIDUnmapped    = "uid-unmapped"    // an owner that the mount cannot express
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
