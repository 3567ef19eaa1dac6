package facts

import (
	"net/netip"
	"time"

	"sshaudit/audit"
)

// Filesystem is a file system that holds homes.
type Filesystem struct {
	// Point is where it is mounted; Type such as "ext4".
	Point, Type audit.Untrusted
	// Dev is the device number of its objects (Node.Dev).
	Dev uint64
	// ReadOnly tells that it takes no writes.
	ReadOnly bool
	// Size and Available are bytes; Available is what an account may still use.
	Size, Available uint64
	// Inodes and FreeInodes count files; Inodes is 0 where there is no bound.
	Inodes, FreeInodes uint64
}

// Full tells that an account cannot write a file of any use: less than a MiB, and
// less than a hundredth, is left.
func (f *Filesystem) Full() bool {
	return f.Size > 0 && f.Available < 1<<20 && f.Available < f.Size/100
}

// OutOfInodes tells that no more files can be made: at most a handful, and less
// than a hundredth, is left.
func (f *Filesystem) OutOfInodes() bool {
	return f.Inodes > 0 && f.FreeInodes < 10 && f.FreeInodes < f.Inodes/100
}

// Clock is what is known of the running host's clock.
type Clock struct {
	// Daemon is the program that keeps it; empty if none was seen.
	Daemon string
	// Unsynchronised is the kernel's word that nobody adjusted the clock of late
	// (STA_UNSYNC, adjtimex(2)).
	Unsynchronised bool
	// Later is a time that the host's clock has shown already, by the file Witness;
	// zero if none is later than now.
	Later   time.Time
	Witness string
}

// Notable is something that the log says of many connections.
type Notable struct {
	// Cause is its id in the catalogue.
	Cause string
	// Count is how often, From how many addresses it concerned; Addr is the last one.
	Count, From int
	Addr        netip.Addr
	Last        time.Time
}
