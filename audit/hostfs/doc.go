//go:build linux

// Package hostfs is the one way in which sshaudit reads the audited host's
// files. It assumes that whoever owns a directory is trying to mislead, to
// stall or to redirect the reader:
//
//   - Everything lies below one directory, as after chroot(2): absolute links
//     and ".." lead to that directory, never out of it.
//   - Paths are resolved here, one component at a time, each pinned with O_PATH
//     by openat2(2). The kernel follows no link for us; we read links and decide.
//   - A mount is crossed only when its type is on a list. FUSE servers, automount
//     points without a mount and dead network servers are never asked anything.
//   - An object's type is known before it is opened, and it is opened through the
//     pinned descriptor with O_NONBLOCK: FIFOs, devices and leases cannot stall us.
//   - Every read has a bound, and a read that hit it says so.
//   - [Worker.As] applies an account's own rights, because sshd reads key files as
//     the account: the kernel, not our arithmetic, decides what is readable.
//     [Worker.ReadAs] leaves that out only for what an account owns and its owner
//     bits grant; see certain.go.
//
// A path that has been looked at says nothing about the path that is used next.
// Hence a [Pin] is what is looked at, read and, by audit/repair, changed.
package hostfs
