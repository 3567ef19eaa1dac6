//go:build linux

package hostfs

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// To become an account and to come back takes as many system calls as to read its
// keys. Where the kernel's answer is beyond doubt, [Worker.ReadAs] therefore looks
// with the process's own rights: the owner of an inode is judged by the owner bits
// alone, whatever ACL there is (acl_permission_check in the kernel's fs/namei.c,
// posix_acl_permission in fs/posix_acl.c). At the first doubt, a link, another
// owner, a missing bit, any error but "no such file", the View takes on the
// account's rights, asks again, and keeps them until it ends.

// judged lists the file systems whose answer is that of owner and mode alone. Not
// overlay, whose layers may have a server, and not zfs, whose ACLs are others.
var judged = map[string]bool{
	"ext2": true, "ext3": true, "ext4": true, "xfs": true, "btrfs": true, "f2fs": true, "jfs": true, "tmpfs": true, "ramfs": true,
}

const (
	ownerRead   = unix.S_IRUSR
	ownerSearch = unix.S_IXUSR
	// everybodySearch is what makes the class of the caller irrelevant.
	everybodySearch = unix.S_IXUSR | unix.S_IXGRP | unix.S_IXOTH
)

// unconfined reports whether no security module may judge this process by more
// than its ids: AppArmor, for one, has rules that compare them with the owner.
func unconfined() bool {
	label, err := os.ReadFile("/proc/self/attr/current")
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return true // no module keeps labels of processes
	}
	return err == nil && strings.TrimRight(string(label), "\x00\n") == "unconfined"
}

// overflowID is the uid that stands for all that have none here: as an owner it
// says nothing.
func overflowID() (uint32, error) {
	text, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	return uint32(id), err
}

// mayWait reports whether the switch to id may wait for a doubt.
func (r *Root) mayWait(id Identity) bool {
	return r.arithmetic && id.UID != r.overflow && id.valid()
}

// become takes on the account's rights, if that has been put off.
func (v *View) become() error {
	if !v.waiting {
		return v.failed
	}
	v.waiting = false
	v.failed = v.worker.become(v.id)
	return v.failed
}

// certainSearch reports whether the account can look names up in d.
func (v *View) certainSearch(d *node) bool {
	return d.plain && (d.cached != nil || d.info.UID == v.id.UID && d.info.Mode&ownerSearch != 0)
}

// certainList reports whether the account can list d.
func (v *View) certainList(d *node) bool {
	const bits = ownerRead | ownerSearch
	return d.plain && d.info.UID == v.id.UID && d.info.Mode&bits == bits
}

// certainRead reports whether the account can read a pinned file.
func (v *View) certainRead(plain bool, i *Info) bool {
	return plain && i.Type == Regular && i.UID == v.id.UID && i.Mode&ownerRead != 0 && i.Nlink == 1
}

// certainError reports whether the account would have met the same error.
func certainError(err error) bool {
	for _, same := range []error{unix.ENOENT, unix.ENAMETOOLONG, ErrFilesystem, ErrBusy} {
		if errors.Is(err, same) {
			return true
		}
	}
	return false
}

// searched makes sure that a name can be looked up in the directory reached with
// the rights that this thread has now.
func (v *View) searched() error {
	if v.waiting && !v.certainSearch(v.top()) {
		return v.become()
	}
	return nil
}
