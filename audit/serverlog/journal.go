package serverlog

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit"
)

// programs are the tags under which sshd and its modules write (log.c; sshd-session
// from 9.8 on, sshd-auth from 10.0 on; the SFTP server under its own).
var programs = []string{"sshd", "sshd-session", "sshd-auth", "sftp-server", "internal-sftp"}

// record is what is used of a line of "journalctl -o json" (systemd.journal-fields(7)).
type record struct {
	Message    json.RawMessage `json:"MESSAGE"`
	Identifier string          `json:"SYSLOG_IDENTIFIER"`
	PID        string          `json:"_PID"`
	UID        string          `json:"_UID"`
	Exe        string          `json:"_EXE"`
	Transport  string          `json:"_TRANSPORT"`
	Cursor     string          `json:"__CURSOR"`
	Realtime   string          `json:"__REALTIME_TIMESTAMP"`
}

// binaries are the programs that serve a session with the account's rights, where
// distributions install them.
var binaries = []string{
	"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/lib/ssh/sshd-session", "/usr/libexec/openssh/sshd-session",
}

// Journal reads the lines of "journalctl -o json". Records of processes that are
// not root's are kept only when they tell of a session that broke, which sshd's
// process of the session writes with the account's rights; anything else there,
// such as what logger(1) wrote, is somebody's imitation.
func Journal(text string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for raw := range strings.Lines(text) {
			var r record
			if json.Unmarshal([]byte(raw), &r) != nil {
				continue
			}
			if e, ok := r.entry(); ok && !yield(e) {
				return
			}
		}
	}
}

// Record reads one line of "journalctl -o json" as Journal does; ok is false for
// a record that is of no use. The cursor is that of the record, empty if it has none.
func Record(line []byte) (e Entry, cursor string, ok bool) {
	var r record
	if json.Unmarshal(line, &r) != nil {
		return e, "", false
	}
	e, ok = r.entry()
	return e, r.Cursor, ok
}

// entry reads one record; ok tells that it is of sshd, of an FTP server about
// another protocol, or of the kernel about sshd.
func (r *record) entry() (e Entry, ok bool) {
	micros, err := strconv.ParseInt(r.Realtime, 10, 64)
	if err != nil {
		return e, false
	}
	e = Entry{Time: time.UnixMicro(micros), PID: number(r.PID), Program: r.Identifier, Message: message(r.Message)}
	switch {
	case r.Transport == "audit" || r.Transport == "kernel":
		classifyAVC(&e)
		return e, e.Kind != Other
	case slices.Contains(ftpServers, r.Identifier):
		classifyFTP(&e)
		return e, e.Cause != "" && (r.UID == "0" || r.Exe == "/usr/sbin/"+r.Identifier) // ProFTPD has put off root's rights by then
	case !slices.Contains(programs, r.Identifier):
		return e, false
	}
	Classify(&e)
	e.Unprivileged = r.UID != "0"
	return e, !e.Unprivileged || e.Kind == Broken && slices.Contains(binaries, r.Exe)
}

// message is a field's value: a string, an array of bytes when it holds any that
// is not printable, null when it is too long, an array of these when it came twice.
func message(raw json.RawMessage) audit.Untrusted {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return audit.Untrusted(s)
	}
	var numbers []uint8
	var list []int
	if json.Unmarshal(raw, &list) != nil {
		return ""
	}
	for _, n := range list {
		if n < 0 || n > 255 {
			return ""
		}
		numbers = append(numbers, uint8(n))
	}
	return audit.Untrusted(numbers)
}
