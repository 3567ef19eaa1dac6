package serverlog

import (
	"iter"
	"net/netip"
	"strings"
	"time"

	"sshaudit/audit"
)

// ftpServers are the tags of FTP servers in syslog and the journal.
var ftpServers = []string{"vsftpd", "proftpd"}

// FTP reads the files that vsftpd and ProFTPD keep themselves (vsftpd_log_file,
// SystemLog), of which only that is kept which tells of a client with another
// protocol. Times without a zone are the host's; vsftpd writes UTC unless
// use_localtime is set, as it is in Debian's configuration.
//
// ProFTPD says so by itself (main.c). vsftpd does with log_ftp_protocol only, and
// Pure-FTPd never: there the connection of an SSH client leaves no trace of it.
func FTP(text string, zone *time.Location) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for raw := range strings.Lines(text) {
			e, ok := ftpLine(strings.TrimRight(raw, "\r\n"), zone)
			if ok && !yield(e) {
				return
			}
		}
	}
}

// ftpLine reads "2006-01-02 15:04:05,000 HOST proftpd[PID] SERVER (NAME[ADDR]): MESSAGE"
// or "Mon Jan _2 15:04:05 2006 [pid PID] MESSAGE".
func ftpLine(s string, zone *time.Location) (e Entry, ok bool) {
	if !strings.Contains(s, "SSH") {
		return e, false
	}
	const ours, theirs = "2006-01-02 15:04:05", time.ANSIC
	var err error
	if len(s) > len(ours) && s[0] >= '0' && s[0] <= '9' {
		e.Time, err = time.ParseInLocation(ours, s[:len(ours)], zone)
		_, s, _ = strings.Cut(s, " proftpd[")
		var pid string
		pid, e.Message, ok = cutUntrusted(s, "] ")
		e.Program, e.PID = "proftpd", number(pid)
	} else if len(s) > len(theirs) {
		e.Time, err = time.ParseInLocation(theirs, s[:len(theirs)], zone)
		rest, found := strings.CutPrefix(s[len(theirs):], " [pid ")
		var pid string
		pid, e.Message, ok = cutUntrusted(rest, "] ")
		e.Program, e.PID, ok = "vsftpd", number(pid), ok && found
	}
	if err != nil || !ok {
		return e, false
	}
	classifyFTP(&e)
	return e, e.Cause != ""
}

func cutUntrusted(s, sep string) (before string, after audit.Untrusted, ok bool) {
	before, rest, ok := strings.Cut(s, sep)
	return before, audit.Untrusted(rest), ok
}

// classifyFTP fills in what a message of an FTP server tells.
func classifyFTP(e *Entry) {
	s := string(e.Message)
	switch e.Program {
	case "proftpd":
		// The name is what the resolver says, so it must not hold what follows it.
		_, s, _ = strings.Cut(s, " (")
		peer, rest, ok := strings.Cut(s, ")")
		_, addr, bracket := strings.Cut(peer, "[")
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, ":"), " -")
		if ok && bracket && strings.HasPrefix(rest, " client sent SSH2 command '") {
			e.spoke(strings.TrimSuffix(addr, "]"))
		}
	case "vsftpd":
		s = strings.TrimPrefix(s, "[anon] ")
		rest, ok := strings.CutPrefix(s, `FTP command: Client "`)
		if addr, command, found := strings.Cut(rest, `", "`); ok && found && strings.HasPrefix(command, "SSH-") {
			e.spoke(addr)
		}
	}
}

// spoke notes a client of SSH.
func (e *Entry) spoke(addr string) {
	if a, err := netip.ParseAddr(addr); err == nil {
		e.Kind, e.Cause, e.Addr = Refused, "proto-ssh-to-ftp", a.Unmap()
	}
}
