package collect

import (
	"context"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/serverlog"
)

// maxVolumes bounds the places at which file systems are looked for.
const maxVolumes = 1024

// ReadFilesystems looks at the file systems that hold the homes of some accounts:
// for each directory of homes the first home in it, and each home that is a mount
// of its own. So it costs a call of statfs(2) for a directory, not for an account.
func (c *Collector) ReadFilesystems(accounts []int) {
	mounted, err := c.root.MountPoints()
	if err != nil {
		c.missing("/proc/self/mountinfo", "%v", err)
		return
	}
	v := c.root.Self()
	parents := make(map[string]bool)
	seen := make(map[uint64]bool)
	for _, i := range accounts {
		home := c.host.Accounts.At(i).Home
		parent := path.Dir(home)
		if len(home) < 2 || home[0] != '/' || parents[parent] && !mounted[home] || len(parents) >= maxVolumes || len(seen) >= maxVolumes {
			continue
		}
		walked, err := v.Walk(home)
		if err != nil {
			continue // the account's own checks tell
		}
		parents[parent] = true
		if f := filesystem(&walked.Pin); f != nil && !seen[f.Dev] {
			seen[f.Dev] = true
			c.host.Filesystems = append(c.host.Filesystems, *f)
		}
		walked.Close()
	}
}

// volume describes what holds the home; nil if the kernel does not say.
func (r *accountReader) volume(home string) *facts.Filesystem {
	walked, err := r.v.Walk(home)
	if err != nil {
		return nil
	}
	defer walked.Close()
	return filesystem(&walked.Pin)
}

// filesystem describes what holds an object; nil if the kernel does not say.
func filesystem(p *hostfs.Pin) *facts.Filesystem {
	f, err := p.Filesystem()
	if err != nil {
		return nil
	}
	return &facts.Filesystem{
		Point: f.Point, Type: f.Type, Dev: p.Info.Dev, ReadOnly: f.ReadOnly, Size: f.Size, Available: f.Available,
		Inodes: f.Inodes, FreeInodes: f.FreeInodes,
	}
}

// timeDaemons are programs that keep the clock, each with a name that is there
// while it runs.
var timeDaemons = []struct{ program, mark string }{
	{"systemd-timesyncd", "/run/systemd/timesync"}, {"chronyd", "/run/chrony/chronyd.pid"},
	{"ntpd", "/run/ntpd.pid"}, {"ntpd", "/var/run/ntpd.pid"}, {"ntpd", "/run/ntpsec/ntpd.pid"},
}

// clockWitnesses are files whose time is one that the clock has shown: timesyncd
// and fake-hwclock write theirs to keep it over a boot.
var clockWitnesses = []string{"/var/lib/systemd/timesync/clock", "/var/lib/private/systemd/timesync/clock", "/etc/fake-hwclock.data"}

// readClock asks what is known of the clock of the running host. Nobody outside
// is asked.
func (c *Collector) readClock(v *hostfs.View) {
	if !c.root.Live() {
		return
	}
	clock := &facts.Clock{}
	for _, d := range timeDaemons {
		if _, err := v.Lstat(d.mark); err == nil {
			clock.Daemon = d.program
			break
		}
	}
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err == nil {
		clock.Unsynchronised = t.Status&unix.STA_UNSYNC != 0
	}
	for _, name := range clockWitnesses {
		if info, err := v.Stat(name); err == nil && info.Modified().After(c.opts.Now) && info.Modified().After(clock.Later) {
			clock.Later, clock.Witness = info.Modified(), name
		}
	}
	c.host.Clock = clock
}

// notableCauses are those of which the administrator wants to know how often they
// occur, whoever it is.
var notableCauses = []string{"maxstartups", "proto-ftp-to-ssh", "proto-ssh-to-ftp"}

// ReadNotable counts what the log since a moment says of many connections. Without
// root's rights, or on another host than the running one, nothing is noted.
func (c *Collector) ReadNotable(ctx context.Context, since time.Time) {
	if !c.host.Live || os.Geteuid() != 0 {
		return
	}
	entries, err := c.Log(ctx, since)
	if err != nil {
		c.missing("log", "%v", err)
		return
	}
	c.host.Notable = notable(entries)
}

// notable counts entries in the order of time. Of the two lines that a client with
// another protocol leaves, the one counts that tells what it said; the address is
// in the other (sshd's process writes both).
func notable(entries []serverlog.Entry) []facts.Notable {
	list := make([]facts.Notable, len(notableCauses))
	from := make([]map[netip.Addr]bool, len(notableCauses))
	said := make(map[int]int)
	met := func(k int, addr netip.Addr) {
		if from[k] == nil {
			from[k] = make(map[netip.Addr]bool)
		}
		from[k][addr] = true
		list[k].From, list[k].Addr = len(from[k]), addr
	}
	for i := range entries {
		e := &entries[i]
		k := slices.Index(notableCauses, e.Cause)
		if at, ok := said[e.PID]; ok && e.Addr.IsValid() && strings.HasPrefix(string(e.Message), "banner exchange: ") {
			met(at, e.Addr)
			delete(said, e.PID)
		}
		if k < 0 || e.Kind != serverlog.Refused {
			continue
		}
		list[k].Cause, list[k].Last = e.Cause, e.Time
		list[k].Count++
		if e.Addr.IsValid() {
			met(k, e.Addr)
		} else if e.PID != 0 {
			said[e.PID] = k
		}
	}
	return slices.DeleteFunc(list, func(n facts.Notable) bool { return n.Count == 0 })
}
