package facts

import "sshaudit/audit"

// Type is what kind of object a path names.
type Type uint8

// Types of objects. The zero value is one that nobody looked at.
const (
	TypeUnknown Type = iota
	Regular
	Directory
	Symlink
	FIFO
	Socket
	CharDevice
	BlockDevice
)

// String returns the type in words.
func (t Type) String() string {
	return [...]string{"unknown object", "regular file", "directory", "symbolic link", "FIFO",
		"socket", "character device", "block device"}[t]
}

// Node is one object of the host's file system as it was looked at.
type Node struct {
	// Path is the name it was reached by; canonical where a link was resolved.
	Path audit.Untrusted
	Type Type
	// Mode holds the permission, set-id and sticky bits (07777).
	Mode            uint32
	UID, GID, Links uint32
	// Size is in bytes.
	Size int64
	// Dev and Ino identify the object.
	Dev, Ino uint64
	// Immutable tells of chattr +i or +a: no repair can change it.
	Immutable bool
	// ACL holds the named entries of the POSIX ACL, nil if it has none. With an
	// ACL the group bits of Mode are the ACL's mask.
	ACL []ACLEntry
	// Label is the SELinux label, empty where there is none or nobody asked.
	Label string
}

// ACLEntry is one entry of an access ACL that goes beyond the mode bits.
type ACLEntry struct {
	// Group tells a group's entry from a user's.
	Group bool
	// ID is the uid or gid; Perm the granted bits (4 read, 2 write, 1 search).
	ID   uint32
	Perm uint8
}

// Failure is why a path could not be reached or read.
type Failure uint8

// Failures. The zero value is none.
const (
	// Missing: ENOENT, also behind a dangling link.
	Missing Failure = iota + 1
	// Denied: EACCES or EPERM for the account.
	Denied
	// Loop: too many symbolic links.
	Loop
	// NotDirectory: a component in the middle of the path is no directory.
	NotDirectory
	// TooLong: AuthorizedKeysFile and the home make a path of 4096 bytes or more,
	// which sshd dies of.
	TooLong
	// NameTooLong: the system does not take a name or a path of this length.
	NameTooLong
	// Uncertain: it could not be looked at, so nothing may be concluded.
	Uncertain
)

// Problem is a failure with its place.
type Problem struct {
	Failure Failure
	// At is the path of the component that failed.
	At audit.Untrusted
	// Dir is the directory that could not be searched, where that is the reason;
	// empty otherwise.
	Dir audit.Untrusted
	// Why says in words what happened; escaped.
	Why string
}
