package checks

import (
	"fmt"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
)

// filesystems builds a check of the file systems that hold homes.
func filesystems(doc audit.Doc, judge func(*facts.Filesystem) (message, observed, expected string)) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		var found []audit.Finding
		for i := range h.Filesystems {
			fs := &h.Filesystems[i]
			message, observed, expected := judge(fs)
			if message == "" {
				continue
			}
			if len(found) == maxPerAccount {
				break // a host with a file system for each home
			}
			f := c.finding(fs.Point, "%s", message)
			f.Observed, f.Expected, f.Fix = observed, expected, c.Repair
			found = append(found, f)
		}
		return found
	}}
}

var diskFull = filesystems(audit.Doc{
	ID: "disk-full", Title: "File system of homes that is full",
	Why: "Logins work, uploads do not: SFTP clients show \"Failure\" (error code 4) and leave files of no bytes, FTP clients 452 or 426. " +
		"What PAM has to write (codes that may be used once, failures that are counted) is lost too. A file system can run out of " +
		"inodes, the places for files, while there is room for their content.",
	Repair:   "df -h and df -i show it; du -x --max-depth=1 (with --inodes) finds what fills it. Remove or move files.",
	Severity: audit.Critical, Effect: audit.Hardening, Layer: audit.LayerSession,
	Customer: "The server has no room left for your files. We make room." + tryAgain,
}, func(fs *facts.Filesystem) (message, observed, expected string) {
	switch {
	case fs.ReadOnly:
		return "", "", "" // nothing would fit if it were empty
	case fs.Full():
		return fmt.Sprintf("the file system of %s is full for accounts", fs.Point), fmt.Sprintf("%d bytes left of %d", fs.Available, fs.Size), "room"
	case fs.OutOfInodes():
		return fmt.Sprintf("the file system of %s has no inodes left: no file can be made", fs.Point),
			fmt.Sprintf("%d inodes left of %d", fs.FreeInodes, fs.Inodes), "inodes"
	}
	return "", "", ""
})

// alwaysReadOnly are types of file systems that never take writes.
var alwaysReadOnly = map[audit.Untrusted]bool{"squashfs": true, "erofs": true, "iso9660": true, "cramfs": true, "romfs": true}

var fsReadOnly = filesystems(audit.Doc{
	ID: "fs-readonly", Title: "File system of homes that takes no writes",
	Why: "Logins work, uploads do not. The kernel makes a file system read-only by itself when it finds an error on it " +
		"(errors=remount-ro); where it is meant so, accept the finding.",
	Repair:   "dmesg shows whether an error was found: then fsck it. If not, mount -o remount,rw it and correct /etc/fstab.",
	Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerSession,
	Customer: "The server cannot store your files at the moment. The fault is ours, and we repair it." + tryAgain,
}, func(fs *facts.Filesystem) (message, observed, expected string) {
	if !fs.ReadOnly || alwaysReadOnly[fs.Type] {
		return "", "", ""
	}
	return fmt.Sprintf("the file system of %s is mounted read-only", fs.Point), "ro", "rw"
})

// clockSlack is by how much a file may be newer than the clock: a leap of the time
// daemon at the start.
const clockSlack = time.Minute

var clockWrong = &Check{
	Doc: audit.Doc{
		ID: "clock-wrong", Title: "Clock that nobody keeps, or that went back",
		Why: "With a wrong clock certificates and keys with expiry-time are refused or let in at the wrong time, one-time codes never " +
			"fit, and the times in the log mislead.",
		Repair:   "timedatectl, or chronyc tracking, shows what the time daemon lacks: as a rule its servers cannot be reached (UDP port 123).",
		Severity: audit.Warning, Effect: audit.Hardening, Layer: audit.LayerKey,
		References: []string{"CIS Debian 12 2.3", "adjtimex(2)"},
	},
	Host: func(c *Check, h *facts.Host) []audit.Finding {
		clock := h.Clock
		switch {
		case clock == nil:
			return nil
		case clock.Later.Sub(h.Now) > clockSlack:
			f := c.finding(audit.Untrusted(clock.Witness), "the clock is behind: it has shown %s before", clock.Later.UTC().Format(time.DateTime+" MST"))
			f.Observed, f.Expected, f.Fix = h.Now.UTC().Format(time.DateTime+" MST"), "a later time", c.Repair
			return []audit.Finding{f}
		case clock.Unsynchronised && clock.Daemon != "":
			f := c.finding("", "%s runs and has not set the clock of late", clock.Daemon)
			f.Severity = audit.Notice
			f.Observed, f.Expected, f.Fix = "not synchronised", "synchronised", c.Repair
			return []audit.Finding{f}
		}
		return nil
	},
}

// noted builds a check of what the log says of many connections.
func noted(doc audit.Doc, least int, message string) *Check {
	return &Check{Doc: doc, Host: func(c *Check, h *facts.Host) []audit.Finding {
		for _, n := range h.Notable {
			if n.Cause != doc.ID && !(n.Cause == "maxstartups" && doc.ID == "sshd-maxstartups-pressure") || n.Count < least {
				continue
			}
			f := c.finding("", "%d %s", n.Count, message)
			if n.Addr.IsValid() {
				f.Message += fmt.Sprintf(", from %d addresses, the last one %s", n.From, n.Addr)
			}
			f.Observed = "last at " + n.Last.UTC().Format(time.DateTime+" MST")
			f.Fix = c.Repair
			return []audit.Finding{f}
		}
		return nil
	}}
}

// pressure is how many dropped connections a day are told: a burst now and then is
// what MaxStartups is for.
const pressure = 10

var maxStartupsPressure = noted(audit.Doc{
	ID: "sshd-maxstartups-pressure", Title: "sshd drops connections because too many are logging in",
	Why: "More clients are logging in at the same time than MaxStartups allows, so new ones are dropped at random: customers see " +
		"\"Connection reset by peer\" now and then. Often strangers hold the places, by guessing passwords or by saying nothing.",
	Repair: "Look who holds the places (ss -tnp state established '( sport = :22 )'), ban them, shorten LoginGraceTime, set " +
		"PerSourceMaxStartups (8.5 and later) or raise MaxStartups, and reload sshd.",
	Severity: audit.Warning, Effect: audit.Blocks, Layer: audit.LayerService,
	References: []string{"CIS Ubuntu 24.04 5.1.18", "sshd_config(5) MaxStartups"},
}, pressure, "connections of the last day were dropped by MaxStartups")

// wrongProtocolChecks tell of clients that speak another protocol than the port.
var wrongProtocolChecks = []*Check{
	noted(connectionDoc("proto-ftp-to-ssh"), 1, "connections of the last day spoke FTP to sshd: the wrong protocol is chosen in the client"),
	noted(connectionDoc("proto-ssh-to-ftp"), 1, "connections of the last day spoke SSH to an FTP server: the wrong protocol or port is chosen in the client"),
}

// connectionDoc is the text of a cause that is a check as well.
func connectionDoc(id string) audit.Doc {
	for i := range evidenceCauses {
		if evidenceCauses[i].id == id {
			d := evidenceCauses[i].doc()
			d.Effect = audit.Hardening // whoever chooses the right protocol is let in
			return d
		}
	}
	panic("no cause " + id)
}

// aroundChecks look at what is around sshd: disks, clock, what the log says of many.
func aroundChecks() []*Check {
	return append([]*Check{diskFull, fsReadOnly, clockWrong, maxStartupsPressure}, wrongProtocolChecks...)
}
