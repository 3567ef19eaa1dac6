package serverlog

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"sshaudit/audit"
)

// Audit reads a file of auditd(8), of which denials of SELinux about sshd are
// kept: "type=AVC msg=audit(SECONDS.MILLISECONDS:SERIAL): avc:  denied  …".
func Audit(text string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for raw := range strings.Lines(text) {
			rest, ok := strings.CutPrefix(strings.TrimRight(raw, "\n"), "type=AVC msg=audit(")
			stamp, message, found := strings.Cut(rest, "): ")
			seconds, _, dot := strings.Cut(stamp, ".")
			at, err := strconv.ParseInt(seconds, 10, 64)
			if !ok || !found || !dot || err != nil {
				continue
			}
			e := Entry{Time: time.Unix(at, 0), Program: "audit", Message: audit.Untrusted(message)}
			classifyAVC(&e)
			if e.Kind != Other && !yield(e) {
				return
			}
		}
	}
}

// classifyAVC reads a denial of SELinux: the pid is that of sshd's process, which
// ties it to the connection; what was denied shows up in sshd's own line, if at all.
// A name that a user chose is quoted, or in hexadecimal when it holds a quote or a
// blank (audit_log_untrustedstring), so it cannot imitate another field.
func classifyAVC(e *Entry) {
	_, s, ok := strings.Cut(string(e.Message), "avc:  denied  { ")
	if !ok || len(s) > maxMessage {
		return
	}
	pid, comm := 0, ""
	for field := range strings.FieldsSeq(s) {
		switch key, value, _ := strings.Cut(field, "="); key {
		case "pid":
			pid = number(value)
		case "comm":
			comm = strings.Trim(value, `"`)
		case "permissive":
			if value == "1" {
				return // it was let through
			}
		}
	}
	if slices.Contains(programs, comm) {
		e.Kind, e.Cause, e.PID = Refused, "path-selinux-label", pid
	}
}
