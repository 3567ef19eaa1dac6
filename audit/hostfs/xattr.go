//go:build linux

package hostfs

import (
	"encoding/binary"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"sshaudit/audit"
)

const (
	xattrACL   = "system.posix_acl_access"
	xattrLabel = "security.selinux"
	// maxXattr bounds one attribute; the kernel's own limit is XATTR_SIZE_MAX, 64 KiB.
	maxXattr = 64 << 10
)

// ACLTag is the kind of an ACL entry; the values are the kernel's
// (include/uapi/linux/posix_acl.h).
type ACLTag uint16

// Kinds of ACL entries. A mode's group bits show the mask where there is one.
const (
	ACLUserObj  ACLTag = 0x01
	ACLUser     ACLTag = 0x02
	ACLGroupObj ACLTag = 0x04
	ACLGroup    ACLTag = 0x08
	ACLMask     ACLTag = 0x10
	ACLOther    ACLTag = 0x20
)

// ACLEntry is one line of getfacl(1).
type ACLEntry struct {
	Tag ACLTag
	// Perm holds read 4, write 2, search or execute 1.
	Perm uint16
	// ID is the user or group of ACLUser and ACLGroup.
	ID uint32
}

// ACL is an access ACL beyond the mode bits; the zero value means that there is none.
type ACL struct {
	// Raw is the extended attribute as it is stored, for a record that can be undone.
	Raw     []byte
	Entries []ACLEntry
}

// errACL is a format this package does not know.
var errACL = errors.New("ACL has an unknown format")

// parseACL reads system.posix_acl_access: a version, 2, then entries of tag,
// permissions and id, all little endian (include/uapi/linux/posix_acl_xattr.h).
func parseACL(raw []byte) (ACL, error) {
	if len(raw) < 4 || (len(raw)-4)%8 != 0 || binary.LittleEndian.Uint32(raw) != 2 {
		return ACL{}, errACL
	}
	a := ACL{Raw: raw}
	for e := raw[4:]; len(e) > 0; e = e[8:] {
		a.Entries = append(a.Entries, ACLEntry{ACLTag(binary.LittleEndian.Uint16(e)),
			binary.LittleEndian.Uint16(e[2:]), binary.LittleEndian.Uint32(e[4:])})
	}
	return a, nil
}

// ACL reads the access ACL of the pinned object.
func (p *Pin) ACL() (ACL, error) {
	raw, err := p.xattr(xattrACL)
	if err != nil || raw == nil {
		return ACL{}, err
	}
	a, err := parseACL(raw)
	if err != nil {
		return ACL{}, p.fail("read ACL of", err)
	}
	return a, nil
}

// Label returns the SELinux context of the pinned object, empty where there is none.
func (p *Pin) Label() (audit.Untrusted, error) {
	raw, err := p.xattr(xattrLabel)
	return audit.Untrusted(strings.TrimRight(string(raw), "\x00")), err
}

// xattr returns nil when the attribute or the support for it is missing. Links
// have neither ACLs nor anything else that is of use here.
func (p *Pin) xattr(name string) ([]byte, error) {
	if p.Info.Type == Symlink {
		return nil, nil
	}
	buf := make([]byte, 512)
	for {
		n, err := unix.Getxattr(procPath(p.fd), name, buf)
		switch {
		case err == nil:
			return buf[:n], nil
		case err == unix.ENODATA || err == unix.EOPNOTSUPP:
			return nil, nil
		case err == unix.ERANGE && len(buf) < maxXattr:
			buf = make([]byte, maxXattr)
		default:
			return nil, p.fail("read attributes of", err)
		}
	}
}
